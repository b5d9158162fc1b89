/* What KVM holds of a vCPU just after it was made, kept to go back to on a reset. */
#ifndef VMM_VCPU_POWER_ON_H
#define VMM_VCPU_POWER_ON_H

#include "kvm.h"

struct vcpu_power_on {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_debugregs debugregs;
    struct kvm_vcpu_events events;
    struct kvm_mp_state mp_state;
    struct kvm_lapic_state lapic;
    struct kvm_xsave xsave; /* last, for its size is not fixed */
};

int vcpu_power_on_save(struct kvm_cpu *cpu, struct vcpu_power_on *state);
int vcpu_power_on_restore(struct kvm_cpu *cpu, const struct vcpu_power_on *state);

#endif
