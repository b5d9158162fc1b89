#include "vcpu/vcpu_snapshot.h"

#include <stddef.h>

/* MSRs that a guest sets: for system calls and SWAPGS (SDM vol. 4, table 2-2). And those by which
 * it gives KVM places in its memory to write to (the kernel's Documentation/virt/kvm/x86/msr.rst):
 * after a reset those places are somebody else's. */
static const uint32_t msrs[VCPU_SNAPSHOT_MSRS] = {
    0x174,      0x175,      0x176,                  /* SYSENTER_CS, _ESP, _EIP */
    0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, /* STAR, LSTAR, CSTAR, FMASK */
    0xc0000102,                                     /* KERNEL_GS_BASE */
    0x011,      0x012,                              /* WALL_CLOCK, SYSTEM_TIME, as they once were */
    0x4b564d00, 0x4b564d01,                         /* WALL_CLOCK_NEW, SYSTEM_TIME_NEW */
    0x4b564d02, 0x4b564d03, 0x4b564d04,             /* ASYNC_PF_EN, STEAL_TIME, EOI_EN */
};

int vcpu_snapshot_save(struct kvm_cpu *cpu, struct vcpu_snapshot *state)
{
    int err = kvm_get_regs(cpu, &state->regs);
    if (!err)
        err = kvm_get_sregs(cpu, &state->sregs);
    if (!err)
        err = kvm_get_xsave(cpu, &state->xsave);
    if (!err)
        err = kvm_get_debugregs(cpu, &state->debugregs);
    if (!err)
        err = kvm_get_vcpu_events(cpu, &state->events);
    if (!err)
        err = kvm_get_mp_state(cpu, &state->mp_state);
    if (!err)
        err = kvm_get_lapic(cpu, &state->lapic);
    if (!err) {
        const int known = kvm_get_xcr0(cpu, &state->xcr0.value);
        state->xcr0.known = known > 0;
        err = known < 0 ? known : 0;
    }
    for (size_t i = 0; !err && i < VCPU_SNAPSHOT_MSRS; i++) {
        const int known = kvm_get_msr(cpu, msrs[i], &state->msrs[i].value);
        state->msrs[i].known = known > 0;
        err = known < 0 ? known : 0;
    }
    return err;
}

/* The APIC's registers depend on its base, which is in sregs: that goes first. */
int vcpu_snapshot_restore(struct kvm_cpu *cpu, const struct vcpu_snapshot *state)
{
    int err = kvm_set_sregs(cpu, &state->sregs);
    if (!err)
        err = kvm_set_lapic(cpu, &state->lapic);
    if (!err)
        err = kvm_set_regs(cpu, &state->regs);
    if (!err)
        err = kvm_set_xsave(cpu, &state->xsave);
    if (!err && state->xcr0.known)
        err = kvm_set_xcr0(cpu, state->xcr0.value);
    if (!err)
        err = kvm_set_debugregs(cpu, &state->debugregs);
    if (!err)
        err = kvm_set_vcpu_events(cpu, &state->events);
    if (!err)
        err = kvm_set_mp_state(cpu, &state->mp_state);
    for (size_t i = 0; !err && i < VCPU_SNAPSHOT_MSRS; i++)
        if (state->msrs[i].known) {
            const int set = kvm_set_msr(cpu, msrs[i], state->msrs[i].value);
            err = set < 0 ? set : 0;
        }
    return err;
}
