/* How one vCPU executes until its next stop: freely, or one instruction. This turns that wish and
 * the breakpoints into KVM_SET_GUEST_DEBUG before each entry, and judges each debug exit.
 *
 * Facts it rests on (docs/ARCHITECTURE.md, "By what means"): the call must be repeated before every
 * entry that steps. An instruction that enters a handler by itself (int n) must not be stepped by
 * TF, because AMD's handler then runs unseen and finds TF in its frame: a debug register on the
 * handler's first instruction ends that step instead; so it is with what saves the flags in r11
 * (syscall), skips the trap (mov ss) or sleeps (hlt). What can't be foreseen, a fault, is caught by
 * debug registers and int3 bytes on the handlers beside TF. What TF has left on the guest's stack
 * is taken out again. The guest's own TF, int3 and debug exceptions are the guest's: they are kept,
 * or given back. */
#ifndef VMM_DEBUG_STEP_H
#define VMM_DEBUG_STEP_H

#include "debug/breakpoint/breakpoints.h"
#include "debug/host_probe.h"
#include "debug/step/faultless.h"
#include "debug/step/insn.h"
#include "debug/step/step_memo.h"
#include "debug/step/step_pace.h"
#include "debug/step/step_plan.h"
#include "debug/step/step_rep.h"
#include "debug/step/temp_int3.h"
#include "memory/memory.h"
#include "vcpu/vcpu.h"

#include <stdbool.h>

enum step_action {
    STEP_FREE, /* run; by steps if breakpoints_any_stepped or catches need it */
    STEP_ONE,
    STEP_OUT, /* by steps until the pc is out of what breakpoints_is_fenced_pc; interrupts come in
               */
};

/* Linear addresses from START up to, not including, END. */
struct step_range {
    uint64_t start, end;
};

/* What the last finished step was, for those who ask (catch.h). */
struct step_report {
    uint64_t pc;       /* linear, where it began */
    uint8_t bytes[15]; /* N of them, from PC on */
    unsigned n;
    unsigned bits_before, bits_after; /* of the code: 16, 32, 64 */
    int vector; /* the exception or interrupt at whose handler it ended, or -1 */
};

/* What the present entry is. */
enum step_phase {
    PHASE_FREE, /* no step */
    PHASE_INSN, /* the instruction at the pc */
    PHASE_WAIT, /* a halted processor is to wake */
    PHASE_TAKE, /* an interrupt that is pending is to be delivered */
    PHASE_HELD, /* it was not: as INSN, with interrupts held back */
    PHASE_TRAP, /* the guest's own debug exception, after an instruction, is to be delivered */
};

struct step {
    struct memory *memory;
    struct breakpoints *breakpoints;
    const struct host_debug *host;
    struct temp_int3 *temp; /* shared by all vCPUs; NULL: int3 bytes are not used for steps */
    struct step_memo *memo; /* NULL: nothing is remembered */
    enum step_action action;
    struct step_range range;   /* STEP_ONE goes on while it step_stays_in; set after step_begin */
    bool alone;                /* no other vCPU runs meanwhile */
    bool open;                 /* fences are: `accesses` are what they would have seen */
    bool let_interrupts_in;    /* during STEP_ONE; else they stay pending */
    bool by_steps;             /* STEP_FREE has to step, whatever the breakpoints need */
    struct watch_hit hit;      /* which watchpoint this run ended at, if any */
    struct step_report report; /* of the last finished step */
    bool ended;                /* one has ended since whoever reads this cleared it */
    /* The rest belongs to step.c and step_exit.c. */
    bool armed;                 /* KVM has what a free run needs */
    bool awake;                 /* has just stepped, or come to a breakpoint: it is not halted */
    uint32_t inject;            /* KVM_GUESTDBG_INJECT_*: the guest's own exception, given back */
    struct debugregs registers; /* as the present entry has them */
    uint32_t control;           /* KVM_GUESTDBG_* of the present entry, if it is a step */
    enum step_phase phase;      /* of the present entry, or of the next one: TAKE, HELD, TRAP */
    struct step_pace pace;      /* of STEP_FREE and STEP_OUT */
    bool taken_after_wait;      /* TAKE ends a step that began with hlt */
    bool under_way;             /* planned and perhaps entered, and neither finished nor given up */
    struct step_entry {
        struct step_report report;
        struct insn insn;
        struct step_rep rep;
        struct faultless proof;
        uint16_t cs;
        uint64_t rip;
        bool faultless;  /* by PROOF */
        bool own_flag;   /* the guest's TF before it */
        bool flag_after; /* and after it, if it does not fault */
    } entry;
    struct watch_accesses accesses; /* of the entry, where they say what a watchpoint has seen */
    struct step_plan plan;
    unsigned first_site; /* of the plan's first target, if it has no debug register: in sites */
    bool first_in_register;
    unsigned site_count;
    struct temp_site sites[STEP_TARGETS_MAX];
};

/* The wish for the next run; the vCPU is parked. */
void step_begin(struct step *step, enum step_action action);
/* The vCPU, which is parked, has been halted by other means than a step or a run. */
void step_halted(struct step *step);
/* A step has ended, and another one is likely to follow: arms KVM for it beforehand, which that one
 * then need not do. No one can tell from the vCPU's registers. An error is told to who steps. */
void step_ready(struct step *step, struct vcpu *vcpu);
/* Before each entry, on the vCPU's thread. 0 or -errno. */
int step_before_run(struct step *step, struct vcpu *vcpu);
/* After a debug exit, on the vCPU's thread. True: this is a stop. */
bool step_debug_exit(struct step *step, struct vcpu *vcpu, const struct vcpu_debug_exit *exit);
/* Whether the last finished step has come to linear PC in RANGE, without a handler entered or the
 * code become of other bits: whoever steps through RANGE need not hear of it. */
bool step_stays_in(const struct step *step, const struct step_range *range, uint64_t pc);
/* After a kick, on the vCPU's thread: whether the step under way is over all the same, because the
 * kick came between the instruction and what was to end the step. Then *EXIT is what KVM had no
 * time to say, for step_debug_exit. */
bool step_has_arrived(const struct step *step, struct vcpu *vcpu, struct vcpu_debug_exit *exit);
/* The vCPU has parked, for whatever reason: a step that is not finished is given up, and nothing of
 * it stays behind. On the vCPU's thread, with no lock held. */
void step_parked(struct step *step, struct vcpu *vcpu);

#endif
