#include "debug/cpu/stack.h"

#include "vcpu/cpu_state.h"

uint64_t stack_at(const struct kvm_regs *regs, const struct kvm_sregs *sregs, unsigned offset)
{
    if ((sregs->efer & CPU_EFER_LMA) && sregs->cs.l)
        return regs->rsp + offset;
    const uint64_t sp = regs->rsp + offset;
    return (uint32_t)(sregs->ss.base + (sregs->ss.db ? (uint32_t)sp : (uint16_t)sp));
}

bool stack_read(const struct gva_space *space, const struct kvm_regs *regs,
                const struct kvm_sregs *sregs, unsigned offset, unsigned size, uint64_t *value)
{
    uint64_t read = 0;
    if (gva_read(space, stack_at(regs, sregs, offset), &read, size) != size)
        return false;
    *value = read;
    return true;
}
