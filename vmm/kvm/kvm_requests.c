#include "kvm/kvm.h"

const unsigned long *kvm_running_requests(size_t *count)
{
    static const unsigned long requests[] = {
        KVM_RUN,
        KVM_SET_GUEST_DEBUG,
        KVM_GET_REGS,
        KVM_SET_REGS,
        KVM_GET_SREGS,
        KVM_SET_SREGS,
        KVM_IRQ_LINE,
        KVM_GET_VCPU_EVENTS,
        KVM_SET_VCPU_EVENTS,
        KVM_GET_DEBUGREGS,
        KVM_SET_DEBUGREGS,
        KVM_GET_MSRS,
        KVM_SET_MSRS,
        KVM_GET_MP_STATE,
        KVM_SET_MP_STATE,
        KVM_GET_XSAVE,
        KVM_GET_XSAVE2,
        KVM_SET_XSAVE,
        KVM_GET_XCRS,
        KVM_SET_XCRS,
        KVM_GET_LAPIC,
        KVM_SET_LAPIC,
        KVM_SET_USER_MEMORY_REGION, /* fences; monitor memory add */
        KVM_GET_DIRTY_LOG,
        KVM_GET_IRQCHIP,
        KVM_SET_IRQCHIP,
        KVM_GET_PIT2,
        KVM_SET_PIT2,
        KVM_GET_CLOCK,
        KVM_SET_CLOCK,
        /* What the host can do: `monitor info host` and the like. */
        KVM_CHECK_EXTENSION,
        KVM_GET_SUPPORTED_CPUID,
        KVM_GET_MSR_INDEX_LIST,
    };
    *count = sizeof requests / sizeof *requests;
    return requests;
}
