/* What step.c, who arms an entry, and step_exit.c, who judges what came of it, share. */
#ifndef VMM_DEBUG_STEP_STATE_H
#define VMM_DEBUG_STEP_STATE_H

#include "debug/step/step.h"

/* Gives KVM the flags CONTROL, REGISTERS (or none) and the exception to inject, if any. */
int step_arm(struct step *step, struct vcpu *vcpu, uint32_t control,
             const struct debugregs *registers);
/* Makes the guest's own TF, which a step by TF hides, visible in the vCPU's flags. */
void step_show_trap_flag(struct vcpu *vcpu);
/* Takes the int3 bytes of this step out again. */
void step_lift(struct step *step);
/* Undoes what a step that is not finished has prepared. */
void step_give_up(struct step *step, struct vcpu *vcpu);
/* Whether interrupts may come in. */
bool step_takes_interrupts(const struct step *step);

#endif
