#include "debug/step/transfer.h"

#include "debug/cpu/stack.h"
#include "debug/cpu/vector.h"
#include "vcpu/cpu_state.h"

/* SDM vol. 4, table 2-2; AMD's manual, vol. 2, 6.1.1 for STAR's lower half. */
#define MSR_SYSENTER_EIP 0x176
#define MSR_STAR         0xc0000081
#define MSR_LSTAR        0xc0000082
#define MSR_CSTAR        0xc0000083
#define MSR_FMASK        0xc0000084

#define FLAG_NT (1u << 14)
#define FLAG_VM (1u << 17)

static bool is_long(const struct kvm_sregs *sregs)
{
    return sregs->efer & CPU_EFER_LMA;
}

static bool is_64bit(const struct kvm_sregs *sregs)
{
    return is_long(sregs) && sregs->cs.l;
}

/* The frame's slots are return address, CS, flags. */
static bool iret_target(const struct insn *insn, const struct gva_space *space,
                        const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                        uint64_t *target)
{
    const unsigned size = insn->operand_size;
    uint64_t ip, cs, flags;
    if (!stack_read(space, regs, sregs, 0, size, &ip) ||
        !stack_read(space, regs, sregs, size, 2, &cs) ||
        !stack_read(space, regs, sregs, 2 * size, size, &flags))
        return false;
    const bool virtual = (sregs->cr0 & CPU_CR0_PE) && ((regs->rflags | flags) & FLAG_VM);
    if (!(sregs->cr0 & CPU_CR0_PE) || (virtual && !is_long(sregs))) {
        *target = (cs << 4) + (uint16_t)ip;
        return true;
    }
    struct kvm_segment code;
    if (((regs->rflags & FLAG_NT) && !is_long(sregs)) ||
        !descriptor_load(space, sregs, (uint16_t)cs, &code))
        return false;
    *target = is_long(sregs) && code.l ? ip : (uint32_t)(code.base + ip);
    return true;
}

static bool syscall_target(const struct kvm_sregs *sregs, const struct transfer_msrs *msrs,
                           uint64_t *target)
{
    if (is_long(sregs))
        return msrs->read(msrs->context, sregs->cs.l ? MSR_LSTAR : MSR_CSTAR, target);
    const bool known = msrs->read(msrs->context, MSR_STAR, target);
    *target = (uint32_t)*target;
    return known;
}

bool transfer_target(const struct insn *insn, const struct gva_space *space,
                     const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                     const struct transfer_msrs *msrs, uint64_t *target)
{
    *target = 0;
    switch (insn->kind) {
    case INSN_IRET:
        return iret_target(insn, space, regs, sregs, target);
    case INSN_SYSCALL:
        return syscall_target(sregs, msrs, target);
    case INSN_SYSRET:
        *target = insn->operand_size == 8 ? regs->rcx : (uint32_t)regs->rcx;
        return true;
    case INSN_SYSENTER:
        if (!msrs->read(msrs->context, MSR_SYSENTER_EIP, target))
            return false;
        if (!is_long(sregs))
            *target = (uint32_t)*target;
        return true;
    case INSN_SYSEXIT:
        *target = insn->operand_size == 8 ? regs->rdx : (uint32_t)regs->rdx;
        return true;
    default:
        return false;
    }
}

bool transfer_trap_flag(const struct insn *insn, const struct gva_space *space,
                        const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                        const struct transfer_msrs *msrs)
{
    uint64_t flags = regs->rflags, mask;
    switch (insn->kind) {
    case INSN_POPF:
        stack_read(space, regs, sregs, 0, 2, &flags);
        break;
    case INSN_IRET:
        stack_read(space, regs, sregs, 2u * insn->operand_size, 2, &flags);
        break;
    case INSN_SYSCALL:
        if (is_long(sregs) && msrs->read(msrs->context, MSR_FMASK, &mask))
            flags &= ~mask;
        break;
    case INSN_SYSRET:
        if (is_64bit(sregs))
            flags = regs->r11;
        break;
    default:
        break;
    }
    return flags & CPU_FLAG_TF;
}
