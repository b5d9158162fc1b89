#include "debug/step/step_rep.h"

#include "vcpu/cpu_state.h"

static uint64_t count_mask(const struct insn *insn)
{
    return insn->address_size == 8 ? ~0ull : (1ull << 8 * insn->address_size) - 1;
}

/* A 32-bit count in a 64-bit register clears the upper half when it is written; a 16-bit one leaves
 * the rest (SDM vol. 1, 3.4.1.1). Outside 64-bit code the upper half is never seen. */
static uint64_t with_count(const struct insn *insn, uint64_t rcx, uint64_t count)
{
    return insn->address_size == 2 ? (rcx & ~0xffffull) | count : count;
}

bool step_rep_begin(struct step_rep *rep, const struct insn *insn, struct kvm_regs *regs)
{
    const uint64_t count = regs->rcx & count_mask(insn);
    *rep =
        (struct step_rep){.active = count > 0, .insn = *insn, .rip = regs->rip, .rcx = regs->rcx};
    if (count > 1)
        regs->rcx = with_count(insn, regs->rcx, 1);
    return count > 1;
}

static bool goes_on(const struct insn *insn, uint64_t count, uint64_t rflags)
{
    const bool zf = rflags & CPU_FLAG_ZF;
    return count && (insn->repeat == REPEAT_COUNT || zf == (insn->repeat == REPEAT_WHILE_ZF));
}

bool step_rep_is_done(const struct step_rep *rep, const struct kvm_regs *regs)
{
    return rep->active && regs->rip == rep->rip && !(regs->rcx & count_mask(&rep->insn));
}

bool step_rep_leave(const struct insn *insn, struct kvm_regs *regs)
{
    const bool spent = insn->kind == INSN_REP && !(regs->rcx & count_mask(insn));
    if (spent)
        regs->rip += insn->length;
    return spent;
}

bool step_rep_end(struct step_rep *rep, struct kvm_regs *regs)
{
    const struct kvm_regs before = *regs;
    const uint64_t mask = count_mask(&rep->insn);
    if (!rep->active)
        return false;
    rep->active = false;
    if (regs->rcx & mask) { /* it did not come to an iteration */
        regs->rcx = rep->rcx;
    } else {
        const uint64_t count = (rep->rcx - 1) & mask;
        regs->rcx = with_count(&rep->insn, rep->rcx, count);
        /* KVM's emulator leaves the pc where it is after the last iteration too. */
        if (regs->rip == rep->rip || regs->rip == rep->rip + rep->insn.length)
            regs->rip =
                rep->rip + (goes_on(&rep->insn, count, regs->rflags) ? 0 : rep->insn.length);
    }
    return regs->rcx != before.rcx || regs->rip != before.rip;
}
