#include "vcpu/vcpu_snapshot.h"

#include "vcpu/cpu_state.h"

#include <errno.h>
#include <string.h>

/* MSRs that a guest sets and that then stay as they are (SDM vol. 4; APM vol. 2, appendix A). Not
 * those in sregs (EFER, FS_BASE, GS_BASE, APIC_BASE), and no clocks or counters. */
static const struct range {
    uint32_t first, last;
} ranges[] = {
    {0x011, 0x012},           /* KVM's WALL_CLOCK, SYSTEM_TIME, as they once were */
    {0x03a, 0x03a},           /* FEATURE_CONTROL */
    {0x048, 0x048},           /* SPEC_CTRL */
    {0x0e1, 0x0e1},           /* UMWAIT_CONTROL */
    {0x122, 0x122},           /* TSX_CTRL */
    {0x140, 0x140},           /* MISC_FEATURE_ENABLES */
    {0x174, 0x176},           /* SYSENTER_CS, _ESP, _EIP */
    {0x17a, 0x17b},           /* MCG_STATUS, MCG_CTL */
    {0x186, 0x189},           /* PERFEVTSELn */
    {0x1a0, 0x1a0},           /* MISC_ENABLE */
    {0x1c4, 0x1c5},           /* XFD, XFD_ERR */
    {0x1d9, 0x1d9},           /* DEBUGCTL */
    {0x1fc, 0x1fc},           /* POWER_CTL */
    {0x200, 0x20f},           /* MTRR_PHYSBASEn, _PHYSMASKn */
    {0x250, 0x250},           /* MTRR_FIX64K_00000 */
    {0x258, 0x259},           /* MTRR_FIX16K_80000, _a0000 */
    {0x268, 0x26f},           /* MTRR_FIX4K_c0000 to _f8000 */
    {0x277, 0x277},           /* PAT */
    {0x2ff, 0x2ff},           /* MTRR_DEF_TYPE */
    {0x38d, 0x38d},           /* FIXED_CTR_CTRL */
    {0x38f, 0x38f},           /* PERF_GLOBAL_CTRL */
    {0x6a0, 0x6a0},           /* U_CET */
    {0x6a2, 0x6a2},           /* S_CET */
    {0x6a4, 0x6a8},           /* PL0_SSP to PL3_SSP, INTERRUPT_SSP_TABLE */
    {0x6e0, 0x6e0},           /* TSC_DEADLINE: an alarm that is set, so after the LAPIC's mode */
    {0xd90, 0xd90},           /* BNDCFGS */
    {0xda0, 0xda0},           /* XSS */
    {0xc0000081, 0xc0000084}, /* STAR, LSTAR, CSTAR, FMASK */
    {0xc0000102, 0xc0000103}, /* KERNEL_GS_BASE, TSC_AUX */
    {0xc0010000, 0xc0010003}, /* PERF_CTLn */
    {0xc0010015, 0xc0010015}, /* HWCR */
    {0xc0010114, 0xc0010114}, /* VM_CR */
    {0xc0010117, 0xc0010117}, /* VM_HSAVE_PA */
    {0xc001011f, 0xc001011f}, /* VIRT_SPEC_CTRL */
    /* By these it gives KVM places in its memory to write to (the kernel's
     * Documentation/virt/kvm/x86/msr.rst): after a reset those places are somebody else's. */
    {0x4b564d00, 0x4b564d06}, /* WALL_CLOCK_NEW to ASYNC_PF_INT, POLL_CONTROL among them */
};

_Static_assert(sizeof(struct vcpu_snapshot) % 8 == 0 &&
                   offsetof(struct vcpu_snapshot, debugregs) % 8 == 0 &&
                   offsetof(struct vcpu_snapshot, mp_state) % 8 == 0 &&
                   offsetof(struct vcpu_snapshot, lapic) % 8 == 0 &&
                   offsetof(struct vcpu_snapshot, msrs) % 8 == 0 &&
                   offsetof(struct vcpu_snapshot, xsave) % 8 == 0,
               "each part is words of 64 bits");

/* ---- MSRs */

/* Which of them this KVM knows. */
static int find_msrs(struct kvm_cpu *cpu, struct vcpu_snapshot *state)
{
    struct kvm_msr_entry entries[KVM_MSRS_MAX];
    unsigned count = 0;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        for (uint32_t index = ranges[i].first; index <= ranges[i].last; index++)
            entries[count++] = (struct kvm_msr_entry){.index = index};
    const int known = kvm_find_msrs(cpu, entries, count);
    if (known < 0)
        return known;
    state->msrs.count = known < VCPU_SNAPSHOT_MSRS ? (uint32_t)known : VCPU_SNAPSHOT_MSRS;
    memcpy(state->msrs.entries, entries, state->msrs.count * sizeof entries[0]);
    return 0;
}

static int save_msrs(struct kvm_cpu *cpu, struct vcpu_snapshot *state)
{
    const int known = kvm_get_xcr0(cpu, &state->msrs.xcr0);
    if (known < 0)
        return known;
    state->msrs.xcr0_known = known > 0;
    if (!state->msrs.count)
        return find_msrs(cpu, state);
    const int count = kvm_get_msrs(cpu, state->msrs.entries, state->msrs.count);
    if (count < 0)
        return count;
    return (uint32_t)count == state->msrs.count ? 0 : -EIO; /* known a moment ago */
}

/* Those of TO that are not as in NOW, of which KNOWN were read. */
static uint32_t find_changed(const struct vcpu_snapshot *to, const struct kvm_msr_entry *now,
                             uint32_t known, struct kvm_msr_entry *changed)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < to->msrs.count; i++)
        if (i >= known || now[i].data != to->msrs.entries[i].data)
            changed[count++] = to->msrs.entries[i];
    return count;
}

/* KVM stops at one that it does not take. Those that are what they should be are not written: the
 * host's kernel log would have a line for some that it does not take whatever is written. */
static int restore_msrs(struct kvm_cpu *cpu, const struct vcpu_snapshot *state)
{
    struct kvm_msr_entry now[VCPU_SNAPSHOT_MSRS], changed[VCPU_SNAPSHOT_MSRS];
    const int err = state->msrs.xcr0_known ? kvm_set_xcr0(cpu, state->msrs.xcr0) : 0;
    if (err)
        return err;
    memcpy(now, state->msrs.entries, state->msrs.count * sizeof now[0]);
    const int known = kvm_get_msrs(cpu, now, state->msrs.count);
    if (known < 0)
        return known;
    const uint32_t count = find_changed(state, now, (uint32_t)known, changed);
    for (uint32_t i = 0; i < count; i++) {
        const int set = kvm_set_msrs(cpu, &changed[i], count - i);
        if (set < 0)
            return set;
        i += (uint32_t)set;
    }
    return 0;
}

/* ---- All */

static int save_run(struct kvm_cpu *cpu, struct vcpu_snapshot *state)
{
    int err = kvm_get_regs(cpu, &state->regs);
    if (!err)
        err = kvm_get_sregs(cpu, &state->sregs);
    return err ? err : kvm_get_vcpu_events(cpu, &state->events);
}

/* An INIT or a SIPI that is pending is accepted when the MP state is asked for, and changes the
 * registers: that goes first. */
int vcpu_snapshot_save(struct kvm_cpu *cpu, unsigned parts, struct vcpu_snapshot *state)
{
    int err = 0;
    if (parts & VCPU_PART_MP)
        err = kvm_get_mp_state(cpu, &state->mp_state);
    if (!err && (parts & VCPU_PART_RUN))
        err = save_run(cpu, state);
    if (!err && (parts & VCPU_PART_DEBUG))
        err = kvm_get_debugregs(cpu, &state->debugregs);
    if (!err && (parts & VCPU_PART_LAPIC))
        err = kvm_get_lapic(cpu, &state->lapic);
    if (!err && (parts & VCPU_PART_MSRS))
        err = save_msrs(cpu, state);
    if (!err && (parts & VCPU_PART_FPU))
        err = kvm_get_xsave(cpu, &state->xsave);
    return err;
}

/* While KVM steps by TF, it hides one that is set from who asks for the registers, and drops it
 * when the steps end. */
static int restore_regs(struct kvm_cpu *cpu, const struct kvm_regs *regs)
{
    const struct kvm_guest_debug none = {0};
    const int err = regs->rflags & CPU_FLAG_TF ? kvm_set_guest_debug(cpu, &none) : 0;
    return err ? err : kvm_set_regs(cpu, regs);
}

/* The APIC's registers depend on its base, which is in sregs: that goes first. Setting registers
 * drops a pending exception: the events go after them. */
int vcpu_snapshot_restore(struct kvm_cpu *cpu, unsigned parts, const struct vcpu_snapshot *state)
{
    int err = 0;
    if (parts & VCPU_PART_RUN)
        err = kvm_set_sregs(cpu, &state->sregs);
    if (!err && (parts & VCPU_PART_LAPIC))
        err = kvm_set_lapic(cpu, &state->lapic);
    if (!err && (parts & VCPU_PART_RUN))
        err = restore_regs(cpu, &state->regs);
    if (!err && (parts & VCPU_PART_FPU))
        err = kvm_set_xsave(cpu, &state->xsave);
    if (!err && (parts & VCPU_PART_DEBUG))
        err = kvm_set_debugregs(cpu, &state->debugregs);
    if (!err && (parts & VCPU_PART_RUN))
        err = kvm_set_vcpu_events(cpu, &state->events);
    if (!err && (parts & VCPU_PART_MP))
        err = kvm_set_mp_state(cpu, &state->mp_state);
    if (!err && (parts & VCPU_PART_MSRS))
        err = restore_msrs(cpu, state);
    return err;
}

struct vcpu_snapshot_extent vcpu_snapshot_extent(const struct kvm_cpu *cpu,
                                                 const struct vcpu_snapshot *state,
                                                 enum vcpu_part part)
{
    const size_t msrs = offsetof(struct vcpu_snapshot, msrs.entries) -
                        offsetof(struct vcpu_snapshot, msrs) +
                        state->msrs.count * sizeof state->msrs.entries[0];
    switch (part) {
    case VCPU_PART_RUN:
        return (struct vcpu_snapshot_extent){0, offsetof(struct vcpu_snapshot, debugregs)};
    case VCPU_PART_DEBUG:
        return (struct vcpu_snapshot_extent){offsetof(struct vcpu_snapshot, debugregs),
                                             sizeof state->debugregs};
    case VCPU_PART_MP:
        return (struct vcpu_snapshot_extent){offsetof(struct vcpu_snapshot, mp_state), 8};
    case VCPU_PART_LAPIC:
        return (struct vcpu_snapshot_extent){offsetof(struct vcpu_snapshot, lapic),
                                             sizeof state->lapic};
    case VCPU_PART_MSRS:
        return (struct vcpu_snapshot_extent){offsetof(struct vcpu_snapshot, msrs), msrs};
    case VCPU_PART_FPU:
        return (struct vcpu_snapshot_extent){offsetof(struct vcpu_snapshot, xsave),
                                             (cpu->vm->host->xsave_size + 7) & ~7u};
    default:
        return (struct vcpu_snapshot_extent){0, sizeof *state};
    }
}
