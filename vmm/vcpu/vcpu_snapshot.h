/* What KVM holds of a vCPU at one moment, to go back to: power-on, or the instruction before a
 * fault that loses everything. */
#ifndef VMM_VCPU_SNAPSHOT_H
#define VMM_VCPU_SNAPSHOT_H

#include "kvm/kvm.h"

#define VCPU_SNAPSHOT_MSRS 15

struct vcpu_snapshot {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_debugregs debugregs;
    struct kvm_vcpu_events events;
    struct kvm_mp_state mp_state;
    struct kvm_lapic_state lapic;
    struct {
        uint64_t value;
        bool known; /* to this KVM */
    } msrs[VCPU_SNAPSHOT_MSRS];
    struct {
        uint64_t value;
        bool known;
    } xcr0;
    struct kvm_xsave_area xsave;
};

/* Of a parked vCPU, or by its own thread. 0 or -errno. */
int vcpu_snapshot_save(struct kvm_cpu *cpu, struct vcpu_snapshot *state);
int vcpu_snapshot_restore(struct kvm_cpu *cpu, const struct vcpu_snapshot *state);

#endif
