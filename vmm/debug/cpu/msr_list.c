#include "debug/cpu/msr_list.h"

#include "gdbstub/gdbstub.h"

#include <string.h>

/* SDM vol. 4, table 2-2; APM vol. 2, appendix A (from 0xc0000080 on); KVM's own: the kernel's
 * Documentation/virt/kvm/x86/msr.rst. */
const struct msr_name msr_list[] = {
    [GDB_MSR_STAR] = {"star", 0xc0000081, true},
    [GDB_MSR_LSTAR] = {"lstar", 0xc0000082, true},
    [GDB_MSR_CSTAR] = {"cstar", 0xc0000083, true},
    [GDB_MSR_SFMASK] = {"sfmask", 0xc0000084, true},
    [GDB_MSR_SYSENTER_CS] = {"sysenter_cs", 0x174, true},
    [GDB_MSR_SYSENTER_ESP] = {"sysenter_esp", 0x175, true},
    [GDB_MSR_SYSENTER_EIP] = {"sysenter_eip", 0x176, true},
    [GDB_MSR_TSC] = {"tsc", 0x10, true},
    [GDB_MSR_TSC_AUX] = {"tsc_aux", 0xc0000103, true},
    [GDB_MSR_TSC_ADJUST] = {"tsc_adjust", 0x3b, true},
    [GDB_MSR_TSC_DEADLINE] = {"tsc_deadline", 0x6e0, true},
    [GDB_MSR_APIC_BASE] = {"apic_base", 0x1b, true},
    [GDB_MSR_PAT] = {"pat", 0x277, true},
    [GDB_MSR_MTRR_DEF_TYPE] = {"mtrr_def_type", 0x2ff, true},
    [GDB_MSR_MISC_ENABLE] = {"misc_enable", 0x1a0, true},
    [GDB_MSR_DEBUGCTL] = {"debugctl", 0x1d9, true},
    [GDB_MSR_FEATURE_CONTROL] = {"feature_control", 0x3a, true},
    [GDB_MSR_SPEC_CTRL] = {"spec_ctrl", 0x48, true},
    [GDB_MSR_XSS] = {"xss", 0xda0, true},
    [GDB_MSR_KVM_WALL_CLOCK] = {"kvm_wall_clock", 0x4b564d00, true},
    [GDB_MSR_KVM_SYSTEM_TIME] = {"kvm_system_time", 0x4b564d01, true},
    [GDB_MSR_KVM_ASYNC_PF] = {"kvm_async_pf", 0x4b564d02, true},
    [GDB_MSR_KVM_STEAL_TIME] = {"kvm_steal_time", 0x4b564d03, true},
    [GDB_MSR_KVM_EOI] = {"kvm_eoi", 0x4b564d04, true},

    /* These are registers under other names (efer, k_gs_base, ...), or for `monitor msr` only. */
    {"efer", 0xc0000080, true},
    {"fs_base", 0xc0000100, true},
    {"gs_base", 0xc0000101, true},
    {"kernel_gs_base", 0xc0000102, true},
    {"mcg_cap", 0x179, false},
    {"mcg_status", 0x17a, true},
    {"bios_sign_id", 0x8b, false},
    {"arch_capabilities", 0x10a, false},
    {"perf_capabilities", 0x345, false},
    {"platform_info", 0xce, false},
    {"mtrr_cap", 0xfe, false},
    {"mtrr_phys_base0", 0x200, true},
    {"mtrr_phys_mask0", 0x201, true},
    {"mtrr_phys_base1", 0x202, true},
    {"mtrr_phys_mask1", 0x203, true},
    {"mtrr_phys_base2", 0x204, true},
    {"mtrr_phys_mask2", 0x205, true},
    {"mtrr_phys_base3", 0x206, true},
    {"mtrr_phys_mask3", 0x207, true},
    {"mtrr_phys_base4", 0x208, true},
    {"mtrr_phys_mask4", 0x209, true},
    {"mtrr_phys_base5", 0x20a, true},
    {"mtrr_phys_mask5", 0x20b, true},
    {"mtrr_phys_base6", 0x20c, true},
    {"mtrr_phys_mask6", 0x20d, true},
    {"mtrr_phys_base7", 0x20e, true},
    {"mtrr_phys_mask7", 0x20f, true},
    {"mtrr_fix_64k_00000", 0x250, true},
    {"mtrr_fix_16k_80000", 0x258, true},
    {"mtrr_fix_16k_a0000", 0x259, true},
    {"mtrr_fix_4k_c0000", 0x268, true},
    {"mtrr_fix_4k_c8000", 0x269, true},
    {"mtrr_fix_4k_d0000", 0x26a, true},
    {"mtrr_fix_4k_d8000", 0x26b, true},
    {"mtrr_fix_4k_e0000", 0x26c, true},
    {"mtrr_fix_4k_e8000", 0x26d, true},
    {"mtrr_fix_4k_f0000", 0x26e, true},
    {"mtrr_fix_4k_f8000", 0x26f, true},
    {"vm_hsave_pa", 0xc0010117, true},
};
const size_t msr_rows = sizeof msr_list / sizeof msr_list[0];

const struct msr_name *msr_by_name(const char *name)
{
    for (size_t i = 0; i < msr_rows; i++)
        if (!strcmp(msr_list[i].name, name))
            return &msr_list[i];
    return NULL;
}

const struct msr_name *msr_by_number(uint32_t number)
{
    for (size_t i = 0; i < msr_rows; i++)
        if (msr_list[i].number == number)
            return &msr_list[i];
    return NULL;
}
