/* The breakpoints that the client has set, and by what each is carried.
 *
 * The one module that decides means: a debug register, an int3 in memory, or stepping with
 * comparison. Others ask it "what stands at this address?". It decides anew before each run:
 * hardware breakpoints take the debug registers first, software ones what is left of them, because
 * a loader can overwrite an int3 and not a debug register; int3 carries the others.
 *
 * While the guest is stopped its memory is untouched: int3 bytes are planted just before it runs
 * and lifted as soon as it has stopped. So every read of memory, by whomever, shows the guest's own
 * bytes, and a loader that overwrote a planted byte while running is noticed when it is lifted.
 *
 * The table changes only while all vCPUs are parked; while they run, their threads only read it. */
#ifndef VMM_DEBUG_BREAKPOINTS_H
#define VMM_DEBUG_BREAKPOINTS_H

#include "debug/debugreg.h"
#include "debug/gva.h"
#include "memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BREAKPOINTS_MAX 16384

enum breakpoint_type {
    BREAKPOINT_SOFTWARE,
    BREAKPOINT_HARDWARE,
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

enum breakpoint_carrier {
    CARRIER_DEBUGREG, /* a debug register of each vCPU */
    CARRIER_INT3,     /* 0xcc in guest memory */
    CARRIER_STEP,     /* the run loop steps and compares: slow, always possible */
};

struct breakpoint {
    uint64_t addr; /* linear */
    enum breakpoint_type type;
    enum breakpoint_carrier carrier; /* as of the last breakpoints_plan */
    bool mapped;
    uint64_t gpa;  /* if mapped */
    uint8_t saved; /* CARRIER_INT3, planted: the guest's byte */
    bool planted;
};

struct breakpoints;

/* HAS_INT3, HAS_DEBUGREGS: what this host's KVM really delivers (host_probe.h). NULL if memory is
 * short. */
struct breakpoints *breakpoints_new(struct memory *memory, bool has_int3, bool has_debugregs);
void breakpoints_free(struct breakpoints *set);

/* Adds one at linear ADDR, whose guest-physical address is GPA if MAPPED. One that is there already
 * is a success and adds nothing. 0, -ENOSPC (BREAKPOINTS_MAX) or -ENOMEM. */
int breakpoints_insert(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                       bool mapped, uint64_t gpa);
/* 0, or -ENOENT. */
int breakpoints_remove(struct breakpoints *set, enum breakpoint_type type, uint64_t addr);
void breakpoints_clear(struct breakpoints *set);

/* Chooses each one's carrier. Before a run, all vCPUs parked. */
void breakpoints_plan(struct breakpoints *set);

/* The breakpoint at ADDR (a software one first), or NULL. */
const struct breakpoint *breakpoints_at(const struct breakpoints *set, uint64_t addr);
/* The Ith in ascending order of address, or NULL past the end. */
const struct breakpoint *breakpoints_get(const struct breakpoints *set, size_t i);

/* As planned: writes the int3 bytes, all but those at the N addresses in EXCEPT; lifts them again.
 */
void breakpoints_plant(struct breakpoints *set, const uint64_t *except, size_t n);
void breakpoints_lift(struct breakpoints *set);

/* Around the machine's own reads and writes of guest memory while the guest runs (a disk): gives
 * the planted bytes back, and plants the same ones again over what is there then. */
void breakpoints_hide(struct breakpoints *set);
void breakpoints_show(struct breakpoints *set);

bool breakpoints_any_int3(const struct breakpoints *set);
bool breakpoints_any_stepped(const struct breakpoints *set);
/* The debug registers that carry the rest. */
void breakpoints_debugregs(const struct breakpoints *set, struct debugregs *regs);

/* Whether linear PC lies in a page that can't be executed because it is fenced. */
bool breakpoints_is_fenced_pc(const struct breakpoints *set, const struct gva_space *space,
                              uint64_t pc);

/* ---- Watchpoints, while a vCPU runs: by its own thread */

/* Adds to REGS the debug registers that carry watchpoints: for one who steps and so has no use for
 * those that carry breakpoints. */
void breakpoints_watch_debugregs(const struct breakpoints *set, struct debugregs *regs);
/* Whether a data register of REGS, as the vCPU ran with it, has fired by DR6, and for which
 * watchpoint. Fills HIT and returns HIT->is_hit. */
bool breakpoints_watch_fired(const struct breakpoints *set, const struct debugregs *regs,
                             uint64_t dr6, struct watch_hit *hit);
/* For those carried by stepping: whether a watched value is another one than when this was last
 * asked (by whichever vCPU). After each step; cheap if there is none. Fills HIT and returns
 * HIT->is_hit. */
bool breakpoints_watch_changed(struct breakpoints *set, const struct gva_space *space,
                               struct watch_hit *hit);

const char *breakpoint_carrier_name(enum breakpoint_carrier carrier);

#endif
