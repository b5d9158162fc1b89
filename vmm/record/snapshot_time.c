/* The clocks of a machine that goes on in another process than the one it was saved in. */
#include "record/snapshot_state.h"

#define MSR_TSC 0x10

int snapshot_time_save(struct snapshot_time *t, const struct machine_parts *machine)
{
    struct kvm_clock_data clock = {0};
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    t->monotonic = now.tv_sec * 1000000000ll + now.tv_nsec;
    int err = kvm_get_clock(vcpu_kvm(machine->cpus[0])->vm, &clock);
    t->kvm_clock = clock.clock;
    for (unsigned i = 0; !err && i < machine->count; i++) {
        const int known = kvm_get_msr(vcpu_kvm(machine->cpus[i]), MSR_TSC, &t->tsc[i]);
        err = known < 0 ? known : 0;
    }
    return err;
}

/* KVM takes what is written to several CPUs within a second as one time. */
int snapshot_time_restore(const struct snapshot_time *t, const struct machine_parts *machine)
{
    const struct kvm_clock_data clock = {.clock = t->kvm_clock};
    int err = kvm_set_clock(vcpu_kvm(machine->cpus[0])->vm, &clock);
    for (unsigned i = 0; !err && i < machine->count; i++) {
        const int set = kvm_set_msr(vcpu_kvm(machine->cpus[i]), MSR_TSC, t->tsc[i]);
        err = set < 0 ? set : 0;
    }
    return err;
}
