/* The breakpoints and watchpoints that the client has set, and by what each is carried.
 *
 * The one module that decides means: a debug register, an int3 in memory, a fenced page, or
 * stepping with comparison. Others ask it "what stands at this address?", "was that access one of
 * mine?". It decides anew before each run:
 *
 *     hardware breakpoints, then watchpoints, then software breakpoints take the debug registers;
 *     a further watchpoint fences its pages, so that each access exits; a further breakpoint is an
 *     int3, in a page that is fenced against writes, so that no loader overwrites it, or where int3
 *     does not exit a page that is fenced against execution. Where a page can't be fenced, because
 *     the processor itself uses it (cpu_view.h), an int3 is unguarded, and the rest is by stepping.
 *
 * While the guest is stopped its memory is untouched: int3 bytes are planted just before it runs
 * and lifted as soon as it has stopped. So every read of memory, by whomever, shows the guest's own
 * bytes, and a byte that was overwritten all the same is noticed when it is lifted. Fences change
 * no byte; they stay.
 *
 * The table changes only while all vCPUs are parked; while they run, their threads only read it,
 * but for what is said below. */
#ifndef VMM_DEBUG_BREAKPOINTS_H
#define VMM_DEBUG_BREAKPOINTS_H

#include "debug/breakpoint/cpu_view.h"
#include "debug/breakpoint/debugreg.h"
#include "debug/cpu/gva.h"
#include "debug/host_probe.h"
#include "memory/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BREAKPOINTS_MAX 16384
#define WATCH_MAX_LEN   (1u << 20)

enum breakpoint_type {
    BREAKPOINT_SOFTWARE,
    BREAKPOINT_HARDWARE,
    BREAKPOINT_TRACE, /* whether it stops anyone is asked each time (run_hit.c) */
    WATCH_WRITE,
    WATCH_READ,
    WATCH_ACCESS
};

/* A data access that a watchpoint is set for. */
struct watch_hit {
    bool is_hit;
    enum breakpoint_type type; /* WATCH_* */
    uint64_t addr;             /* linear: the first watched byte that it touched */
};

/* What an instruction accesses of guest-physical memory (insn_watch.h). */
#define WATCH_ACCESSES 4
struct watch_accesses {
    struct watch_access {
        uint64_t gpa, len;
        bool reads, writes;
    } list[WATCH_ACCESSES];
    unsigned count;
    bool more; /* and what is not known */
};

enum breakpoint_carrier {
    CARRIER_DEBUGREG, /* a debug register of each vCPU */
    CARRIER_INT3,     /* 0xcc in guest memory */
    CARRIER_FENCE,    /* accesses to its pages, or fetches from them, exit */
    CARRIER_STEP,     /* the run loop steps and compares: slow, always possible */
    CARRIERS
};

struct breakpoint {
    uint64_t addr; /* linear */
    enum breakpoint_type type;
    enum breakpoint_carrier carrier; /* as of the last breakpoints_plan */
    bool mapped;
    bool removed;  /* was there in the last plan; gdb often inserts it again before the next */
    bool settled;  /* was there in the last plan, as it is */
    uint64_t gpa;  /* if mapped */
    bool guarded;  /* CARRIER_INT3: the guest can't overwrite it */
    uint8_t saved; /* CARRIER_INT3, planted: the guest's byte */
    bool planted;
};

struct breakpoints;

/* HOST: what this host's KVM really delivers (host_probe.h); only read here. NULL if memory is
 * short. */
struct breakpoints *breakpoints_new(struct memory *memory, const struct host_debug *host);
void breakpoints_free(struct breakpoints *set);

/* Adds one at linear ADDR, whose guest-physical address is GPA if MAPPED. One that is there already
 * is a success and adds nothing. 0, -ENOSPC (BREAKPOINTS_MAX) or -ENOMEM. */
int breakpoints_insert(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                       bool mapped, uint64_t gpa);
/* 0, or -ENOENT. */
int breakpoints_remove(struct breakpoints *set, enum breakpoint_type type, uint64_t addr);
/* Adds a watchpoint of TYPE on LEN bytes at linear ADDR, as SPACE maps them. As breakpoints_insert,
 * and -EINVAL (no byte, or past the end of addresses), -E2BIG (WATCH_MAX_LEN). */
int breakpoints_watch(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                      uint64_t len, const struct gva_space *space);
int breakpoints_unwatch(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                        uint64_t len);
/* Removes all; also the fences. */
void breakpoints_clear(struct breakpoints *set);
/* The same, but what is only traced stays. */
void breakpoints_leave_traces(struct breakpoints *set);

/* Chooses each one's carrier for a run of the vCPUs that the N VIEWS show (0: nobody runs, and no
 * fence is made). Before a run, all vCPUs parked. If the last plan would come out again, it stands,
 * and this costs the same however many breakpoints there are. */
void breakpoints_plan(struct breakpoints *set, const struct cpu_view *views, size_t n);
/* Whether the last plan stands for N vCPUs whatever these do: then nobody need look at them, and
 * breakpoints_plan need not be called. */
bool breakpoints_plan_stands(const struct breakpoints *set, size_t n);
/* Something has changed that this module does not see: memory, or what a vCPU's own thread has
 * found (breakpoints_now_mapped). The next plan is made anew. */
void breakpoints_outdate(struct breakpoints *set);

/* The breakpoint at ADDR (the first type of all that are there), or NULL. */
const struct breakpoint *breakpoints_at(const struct breakpoints *set, uint64_t addr);
/* The same, but for those that are only traced. */
const struct breakpoint *breakpoints_clients_at(const struct breakpoints *set, uint64_t addr);
bool breakpoints_any_watch(const struct breakpoints *set);
/* Whether TOUCHED says so of bytes that a watchpoint of writes or accesses is set for. Fills HIT
 * and returns HIT->is_hit. */
bool breakpoints_watch_touched(const struct breakpoints *set,
                               bool (*touched)(void *context, uint64_t gpa, uint64_t len),
                               void *context, struct watch_hit *hit);
/* Whether there is a watchpoint of reads or accesses. */
bool breakpoints_watch_reads(const struct breakpoints *set);
/* Whether one of those is set for what an instruction has ACCESSED by known operands. An earlier
 * hit in HIT is replaced only by one that weighs more, a write in place of a read. Returns
 * HIT->is_hit.
 */
bool breakpoints_watch_accessed(const struct breakpoints *set,
                                const struct watch_accesses *accessed, struct watch_hit *hit);
/* Whether a watchpoint of TYPE holds linear ADDR. */
bool breakpoints_watches(const struct breakpoints *set, enum breakpoint_type type, uint64_t addr);

/* One row of a list of all, breakpoints in ascending order first. */
struct breakpoint_row {
    enum breakpoint_type type;
    uint64_t addr, len; /* len 0: a breakpoint */
    enum breakpoint_carrier carrier;
    bool guarded; /* an int3 in a page fenced against writes */
    bool stepped; /* a fence that goes with steps: breakpoints_step_fences */
};
/* False past the end. */
bool breakpoints_row(const struct breakpoints *set, size_t i, struct breakpoint_row *row);
/* The same of the last run, which is all that there is to show once gdb, which takes its
 * breakpoints out at each stop, has done so. Up to BREAKPOINTS_SHOWN rows are kept. */
#define BREAKPOINTS_SHOWN 64
void breakpoints_keep_rows(struct breakpoints *set);
bool breakpoints_kept_row(const struct breakpoints *set, size_t i, struct breakpoint_row *row);

/* As planned: writes the int3 bytes, all but those at the N addresses in EXCEPT. */
void breakpoints_plant(struct breakpoints *set, const uint64_t *except, size_t n);
/* Lifts them again. How many of them something had overwritten; *FIRST is the first one's address.
 */
size_t breakpoints_lift(struct breakpoints *set, uint64_t *first);
/* The same for those alone that are in the LEN bytes at GPA; what that costs does not depend on how
 * many others there are, nor does it to plant them again. */
size_t breakpoints_lift_at(struct breakpoints *set, uint64_t gpa, uint64_t len, uint64_t *first);
/* Whether the byte at GPA is one of ours now. */
bool breakpoints_planted(const struct breakpoints *set, uint64_t gpa);
/* *BYTE was read at GPA: if it is one of ours, makes it the guest's. */
void breakpoints_uncover(const struct breakpoints *set, uint64_t gpa, uint8_t *byte);

/* Around the machine's own reads and writes of guest memory while the guest runs (a disk): gives
 * the planted bytes back, and plants the same ones again over what is there then. */
void breakpoints_hide(struct breakpoints *set);
void breakpoints_show(struct breakpoints *set);

bool breakpoints_any(const struct breakpoints *set);
/* How many plans were made: while it is the same, what carries each is. */
uint64_t breakpoints_plans(const struct breakpoints *set);
bool breakpoints_any_int3(const struct breakpoints *set);
bool breakpoints_any_stepped(const struct breakpoints *set);
/* Whether one that is carried by stepping because nothing was mapped there is mapped by SPACE, so
 * that a new plan would do better. Cheap if there is none. If there are many, each call looks at a
 * few: *FROM, at first 0, remembers for the caller who is next. */
bool breakpoints_now_mapped(const struct breakpoints *set, const struct gva_space *space,
                            size_t *from);
/* The debug registers that carry the rest. */
void breakpoints_debugregs(const struct breakpoints *set, struct debugregs *regs);

/* ---- Fences */

/* Whether linear PC lies in a page that can't be executed because it is fenced. */
bool breakpoints_is_fenced_pc(const struct breakpoints *set, const struct gva_space *space,
                              uint64_t pc);
bool breakpoints_any_fence(const struct breakpoints *set);
/* In real mode any push may be the first one of a stack that has moved into a fenced page, and KVM
 * loses all but the last word of what an interrupt, a far call or pusha pushes there. So with
 * fences real mode runs by steps, and each begins with a look: whether the stack that VIEW shows is
 * in a fenced page, which must then be opened for that step. */
bool breakpoints_step_fences(const struct breakpoints *set);
bool breakpoints_fences_stack(const struct breakpoints *set, const struct cpu_view *view);
/* Serves an access of LEN bytes at GPA, if it is to a fenced page: does it, with planted bytes
 * hidden and kept, and notes in HIT if a watchpoint is set for it. False: it is not. The caller
 * keeps other accesses out meanwhile. */
bool breakpoints_serve(struct breakpoints *set, uint64_t gpa, uint8_t *data, uint64_t len,
                       bool is_write, struct watch_hit *hit);
/* Opens all fences for one vCPU that runs while the others are parked, and closes them again; SPACE
 * is that vCPU's. What it changes of a watched value is noted in HIT. 0 or -errno. */
int breakpoints_open(struct breakpoints *set, const struct gva_space *space);
int breakpoints_close(struct breakpoints *set, const struct gva_space *space,
                      struct watch_hit *hit);

/* Around what the machine itself does to guest memory in the place of an instruction of the vCPU
 * whose SPACE it is (a BIOS call): what it changes of a watched value is noted in HIT. */
void breakpoints_watch_begin(struct breakpoints *set, const struct gva_space *space);
void breakpoints_watch_end(struct breakpoints *set, const struct gva_space *space,
                           struct watch_hit *hit);

/* ---- Watchpoints, while a vCPU runs: by its own thread */

/* Adds to REGS the debug registers that carry watchpoints: for one who steps and so has no use for
 * those that carry breakpoints. */
void breakpoints_watch_debugregs(const struct breakpoints *set, struct debugregs *regs);
/* Whether a data register of REGS, as the vCPU ran with it, has fired by DR6, and for which
 * watchpoint. Fills HIT and returns HIT->is_hit. */
bool breakpoints_watch_fired(const struct breakpoints *set, const struct debugregs *regs,
                             uint64_t dr6, struct watch_hit *hit);
/* Whether any is carried by stepping. */
bool breakpoints_any_watch_stepped(const struct breakpoints *set);
/* For those: whether the step that a vCPU has just made, whose SPACE it is, is a hit. What it has
 * ACCESSED by known operands is one if that reads what is watched, or changes it; if there is MORE,
 * so is a changed value. What other vCPUs change meanwhile is theirs to tell. Fills HIT and returns
 * HIT->is_hit. */
bool breakpoints_watch_stepped(struct breakpoints *set, const struct gva_space *space,
                               const struct watch_accesses *accessed, struct watch_hit *hit);

const char *breakpoint_type_name(enum breakpoint_type type);
/* What carries it, and what that costs. */
const char *breakpoint_carrier_name(enum breakpoint_carrier carrier);

#endif
