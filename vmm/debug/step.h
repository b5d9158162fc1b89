/* How one vCPU executes until its next stop: freely, or one instruction. This turns that wish and
 * the breakpoints into KVM_SET_GUEST_DEBUG before each entry, and judges each debug exit.
 *
 * Facts it rests on (docs/ARCHITECTURE.md, "By what means"): the call must be repeated before every
 * entry that steps. An instruction that enters a handler by itself (int n) must not be stepped by
 * TF, because AMD's handler then runs unseen and finds TF in its frame: a debug register on the
 * handler's first instruction ends that step instead. What can't be foreseen, a fault, is caught by
 * debug registers on the handlers of the commonest ones beside TF. What TF has left on the guest's
 * stack is taken out again. A foreign int3 is given back to the guest. */
#ifndef VMM_DEBUG_STEP_H
#define VMM_DEBUG_STEP_H

#include "debug/breakpoints.h"
#include "debug/host_probe.h"
#include "memory.h"
#include "vcpu.h"

#include <stdbool.h>

enum step_action {
    STEP_FREE, /* run; by steps if breakpoints_any_stepped or catches need it */
    STEP_ONE,
    STEP_OUT, /* by steps until the pc is out of what breakpoints_is_fenced_pc; interrupts come in
               */
};

/* What the last finished step was, for those who ask (catch.h). */
struct step_report {
    uint64_t pc;       /* linear, where it began */
    uint8_t bytes[15]; /* N of them, from PC on */
    unsigned n;
    unsigned bits_before, bits_after; /* of the code: 16, 32, 64 */
    int vector; /* the exception or interrupt at whose handler it ended, or -1 */
};

struct step {
    struct memory *memory;
    struct breakpoints *breakpoints;
    const struct host_debug *host;
    enum step_action action;
    bool let_interrupts_in;    /* during STEP_ONE; else they stay pending */
    bool by_steps;             /* STEP_FREE has to step, whatever the breakpoints need */
    struct watch_hit hit;      /* which watchpoint this run ended at, if any */
    struct step_report report; /* of the last finished step */
    /* The rest belongs to step.c. */
    bool armed;  /* KVM has what a free run needs */
    bool single; /* the present entry is a step, by the following */
    struct step_entry {
        bool trap_flag; /* else by a debug register on a handler */
        bool pushes_flags;
        uint16_t cs;
        uint64_t rip;
    } entry;
    uint32_t inject; /* KVM_GUESTDBG_INJECT_*: the guest's own exception, given back */
};

/* The wish for the next run; the vCPU is parked. */
void step_begin(struct step *step, enum step_action action);
/* Before each entry, on the vCPU's thread. 0 or -errno. */
int step_before_run(struct step *step, struct vcpu *vcpu);
/* After a debug exit, on the vCPU's thread. True: this is a stop. */
bool step_debug_exit(struct step *step, struct vcpu *vcpu, const struct vcpu_debug_exit *exit);

#endif
