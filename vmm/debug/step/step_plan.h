/* What ends the step of an instruction: the trap flag, or the address where it goes on; and the
 * handlers that it may end in instead. Where these are put (debug registers, int3 bytes) is
 * step.c's. Changes nothing. */
#ifndef VMM_DEBUG_STEP_PLAN_H
#define VMM_DEBUG_STEP_PLAN_H

#include "debug/cpu/vector.h"
#include "debug/step/insn.h"
#include "debug/step/transfer.h"

#include <stdbool.h>
#include <stdint.h>

struct step_target {
    uint64_t addr;  /* linear */
    int16_t vector; /* whose handler it is, or -1: where the instruction goes on */
    bool by_int3;   /* a debug register would not fire there */
};

#define STEP_TARGETS_MAX (VECTORS + 24)

struct step_plan {
    bool trap_flag; /* else targets[0] is where the instruction goes on, and ends the step */
    unsigned count; /* in order of importance */
    struct step_target targets[STEP_TARGETS_MAX];
};

struct step_question {
    const struct insn *insn;
    const struct gva_space *space;
    const struct kvm_regs *regs; /* TF in them is the guest's own */
    const struct kvm_sregs *sregs;
    const struct transfer_msrs *msrs;
    bool int3_exits; /* an int3 can end the step */
    bool interrupts; /* may come in during the step */
    bool faultless;  /* the instruction can raise nothing */
};

/* The step of the instruction at the pc. */
void step_plan_insn(struct step_plan *plan, const struct step_question *q);
/* A halted processor wakes up: the step ends at the pc, with nothing executed. */
void step_plan_wait(struct step_plan *plan, const struct step_question *q);
/* VECTOR is delivered, which is already on its way, and nothing else is executed. MAY_STAY: perhaps
 * it is not, and the step ends at the pc. -1: whatever comes. */
void step_plan_delivery(struct step_plan *plan, const struct step_question *q, int vector,
                        bool may_stay);

/* The first target at ADDR, or NULL. */
const struct step_target *step_plan_at(const struct step_plan *plan, uint64_t addr);

#endif
