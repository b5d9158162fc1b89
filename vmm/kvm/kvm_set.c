/* State of which KVM does not take all, when it is simply told to. */
#include "kvm/kvm_call.h"

#include <errno.h>
#include <string.h>

/* A shutdown makes kvm_amd begin the processor's control block anew, without the guest's page
 * tables for physical addresses, which it puts in when it sees paging change (seen on Linux 6.1:
 * KVM_RUN never comes back). So CR0 is made to change. CD does nothing here. */
static int change_cr0(struct kvm_cpu *cpu, const struct kvm_sregs *sregs)
{
    enum { NW = 1 << 29, CD = 1 << 30 };
    struct kvm_sregs other = *sregs;
    other.cr0 = sregs->cr0 & CD ? sregs->cr0 & ~(uint64_t)(NW | CD) : sregs->cr0 | CD;
    cpu->shut_down = false;
    return kvm_cpu_call(cpu, KVM_SET_SREGS, &other);
}

/* Where the task-priority register is, a byte of the LAPIC's page. */
static char *tpr_of(struct kvm_lapic_state *lapic)
{
    return &lapic->regs[0x80];
}

/* KVM makes the task priority out of CR8, which has its upper half. TPR: what it was. */
static int put_tpr_back(struct kvm_cpu *cpu, char tpr)
{
    struct kvm_lapic_state lapic;
    const int err = kvm_get_lapic(cpu, &lapic);
    if (err)
        return err;
    *tpr_of(&lapic) = tpr;
    return kvm_set_lapic(cpu, &lapic);
}

int kvm_set_sregs(struct kvm_cpu *cpu, const struct kvm_sregs *sregs)
{
    struct kvm_lapic_state lapic;
    const char tpr = kvm_get_lapic(cpu, &lapic) ? 0 : *tpr_of(&lapic); /* none: no LAPIC */
    kvm_cpu_out_of_sync(cpu);
    int err = cpu->shut_down ? change_cr0(cpu, sregs) : 0;
    if (!err)
        err = kvm_cpu_call(cpu, KVM_SET_SREGS, sregs);
    const bool loses = (tpr & 0xf) && (tpr >> 4 & 0xf) == (sregs->cr8 & 0xf);
    return err || !loses ? err : put_tpr_back(cpu, tpr);
}

enum { MXCSR = 24 / 4, IN_USE = 512 / 4 };
enum { SSE = 1 << 1, AVX = 1 << 2 }; /* of XSTATE_BV, at IN_USE (SDM vol. 1, 13.4.2) */

/* Where neither SSE nor AVX is in use KVM leaves MXCSR as it is, and a host without XSAVES then
 * gives the guest the old one. */
static int reset_mxcsr(struct kvm_cpu *cpu, const struct kvm_xsave_area *xsave)
{
    struct kvm_xsave_area area;
    memcpy(&area, xsave, cpu->vm->host->xsave_size);
    area.region[MXCSR] = 0x1f80;
    area.region[IN_USE] |= SSE;
    return kvm_cpu_call(cpu, KVM_SET_XSAVE, &area);
}

/* KVM_SET_XSAVE takes as many bytes as KVM_GET_XSAVE2 gives. */
int kvm_set_xsave(struct kvm_cpu *cpu, const struct kvm_xsave_area *xsave)
{
    if (cpu->vm->host->xsave_size > sizeof *xsave)
        return -E2BIG;
    const int err = xsave->region[IN_USE] & (SSE | AVX) ? 0 : reset_mxcsr(cpu, xsave);
    return err ? err : kvm_cpu_call(cpu, KVM_SET_XSAVE, xsave);
}
