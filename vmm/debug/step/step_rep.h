/* A repeated string instruction, one iteration a step on any KVM: some do the last two as one, some
 * serve all of a `rep outs` at once. With a count of one the instruction can't do more than one,
 * so it runs with that, and the rest is put back afterwards. Pure. */
#ifndef VMM_DEBUG_STEP_REP_H
#define VMM_DEBUG_STEP_REP_H

#include "debug/step/insn.h"

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

struct step_rep {
    bool active; /* between begin and end */
    struct insn insn;
    uint64_t rip, rcx; /* the guest's, before */
};

/* Makes REGS those to run INSN with, an INSN_REP. True if they are others than before. With a count
 * of 0 it does nothing and REP does not become active. */
bool step_rep_begin(struct step_rep *rep, const struct insn *insn, struct kvm_regs *regs);
/* Whether an iteration is done, but the pc still on the instruction. */
bool step_rep_is_done(const struct step_rep *rep, const struct kvm_regs *regs);
/* After an iteration whose access KVM's emulator handed out, it leaves the pc on INSN even if that
 * was the last one: moves REGS on then. True if they are others than before. */
bool step_rep_leave(const struct insn *insn, struct kvm_regs *regs);
/* Makes REGS, as they are after the run or after a run that was given up, those that the guest
 * would have: what is left of the count, and the pc on the instruction while there is something
 * left to do, else behind it. True if they are others than before. */
bool step_rep_end(struct step_rep *rep, struct kvm_regs *regs);

#endif
