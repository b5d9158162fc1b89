#include "debug/cpu/reg_file.h"

#include "debug/cpu/msr_list.h"
#include "vcpu/cpu_state.h"

#include <errno.h>
#include <string.h>

#define MSR_EFER           0xc0000080u
#define MSR_KERNEL_GS_BASE 0xc0000102u

/* ---- MSRs, all in one call */

static int read_msrs(struct kvm_cpu *cpu, const struct cpu_features *has, struct reg_file *f)
{
    struct kvm_msr_entry entries[GDB_MSRS + 1] = {{.index = MSR_KERNEL_GS_BASE}};
    const struct kvm_msr_entry *e = entries;
    unsigned count = 1;
    for (unsigned i = 0; i < GDB_MSRS; i++)
        if (has->has & GDB_HAS_MSR(i))
            entries[count++].index = msr_list[i].number;
    const int n = kvm_get_msrs(cpu, entries, count);
    if (n != (int)count)
        return n < 0 ? n : -EIO;
    f->k_gs_base = e++->data;
    for (unsigned i = 0; i < GDB_MSRS; i++)
        f->msr[i] = has->has & GDB_HAS_MSR(i) ? e++->data : 0;
    return 0;
}

static int write_msrs(struct kvm_cpu *cpu, const struct reg_file *f, const struct reg_file *was,
                      const char **refused)
{
    struct kvm_msr_entry entries[GDB_MSRS + 1];
    const char *names[GDB_MSRS + 1];
    unsigned count = 0;
    if (f->k_gs_base != was->k_gs_base) {
        names[count] = "k_gs_base";
        entries[count++] =
            (struct kvm_msr_entry){.index = MSR_KERNEL_GS_BASE, .data = f->k_gs_base};
    }
    for (unsigned i = 0; i < GDB_MSRS; i++)
        if (f->msr[i] != was->msr[i]) {
            names[count] = msr_list[i].name;
            entries[count++] =
                (struct kvm_msr_entry){.index = msr_list[i].number, .data = f->msr[i]};
        }
    if (!count)
        return 0;
    const int n = kvm_set_msrs(cpu, entries, count);
    if (n == (int)count)
        return 0;
    *refused = names[n < 0 ? 0 : n];
    return n < 0 ? n : -EINVAL;
}

/* ---- The parts */

static int read_xcr0(struct kvm_cpu *cpu, const struct cpu_features *has, struct reg_file *f)
{
    f->xcr0 = 0;
    const int known = has->has & GDB_HAS_XCR0 ? kvm_get_xcr0(cpu, &f->xcr0) : 0;
    return known < 0 ? known : 0;
}

int reg_file_read(struct kvm_cpu *cpu, const struct cpu_features *has, unsigned parts,
                  struct reg_file *f)
{
    int err = kvm_get_regs(cpu, &f->regs);
    if (!err)
        err = kvm_get_sregs(cpu, &f->sregs);
    if (!err && (parts & GDB_PART_FPU))
        err = kvm_get_xsave(cpu, &f->xsave);
    if (!err && (parts & GDB_PART_DEBUG))
        err = kvm_get_debugregs(cpu, &f->debug);
    if (!err && (parts & GDB_PART_XCR0))
        err = read_xcr0(cpu, has, f);
    if (!err && (parts & GDB_PART_MSR))
        err = read_msrs(cpu, has, f);
    return err;
}

/* KVM_SET_SREGS takes any EFER, and entering the guest fails then; KVM_SET_MSRS looks at it. */
static int write_sregs(struct kvm_cpu *cpu, const struct reg_file *f, const struct reg_file *was,
                       const char **refused)
{
    int err = kvm_set_sregs(cpu, &f->sregs);
    if (err || f->sregs.efer == was->sregs.efer)
        return err;
    *refused = "efer";
    const int set = kvm_set_msr(cpu, MSR_EFER, f->sregs.efer);
    return set == 1 ? 0 : set < 0 ? set : -EINVAL;
}

static int write_regs(struct kvm_cpu *cpu, const struct reg_file *f)
{
    if (f->regs.rflags & CPU_FLAG_TF) /* while KVM steps by TF, it hides one that is set */
        kvm_set_guest_debug(cpu, &(struct kvm_guest_debug){0});
    return kvm_set_regs(cpu, &f->regs);
}

int reg_file_write(struct kvm_cpu *cpu, const struct cpu_features *has, unsigned parts,
                   const struct reg_file *f, const struct reg_file *was, const char **refused)
{
    int err = 0;
    *refused = "segment or control register";
    if (memcmp(&f->sregs, &was->sregs, sizeof f->sregs))
        err = write_sregs(cpu, f, was, refused);
    if (!err && (parts & GDB_PART_XCR0) && f->xcr0 != was->xcr0) {
        *refused = "xcr0";
        err = has->has & GDB_HAS_XCR0 ? kvm_set_xcr0(cpu, f->xcr0) : -ENODEV;
    }
    if (!err && (parts & GDB_PART_FPU) && memcmp(&f->xsave, &was->xsave, sizeof f->xsave)) {
        *refused = "x87 or vector register";
        err = kvm_set_xsave(cpu, &f->xsave);
    }
    if (!err && (parts & GDB_PART_DEBUG) && memcmp(&f->debug, &was->debug, sizeof f->debug)) {
        *refused = "debug register";
        err = kvm_set_debugregs(cpu, &f->debug);
    }
    if (!err && (parts & GDB_PART_MSR))
        err = write_msrs(cpu, f, was, refused);
    if (!err && memcmp(&f->regs, &was->regs, sizeof f->regs)) {
        *refused = "general register";
        err = write_regs(cpu, f);
    }
    return err;
}
