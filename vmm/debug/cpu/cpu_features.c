#include "debug/cpu/cpu_features.h"

#include "debug/cpu/msr_list.h"

static int learn_units(struct kvm_cpu *cpu, struct cpu_features *f)
{
    const struct kvm_cpuid2 *cpuid;
    int err = kvm_get_supported_cpuid(cpu->vm->host, &cpuid);
    if (err < 0)
        return err;
    f->xsave = xsave_layout_of(cpuid, cpu->vm->host->xsave_size);
    f->has = xsave_features(&f->xsave);
    return 0;
}

static int learn_xcr0(struct kvm_cpu *cpu, struct cpu_features *f)
{
    uint64_t xcr0;
    const int known = kvm_get_xcr0(cpu, &xcr0);
    if (known > 0)
        f->has |= GDB_HAS_XCR0;
    return known < 0 ? known : 0;
}

static int learn_msrs(struct kvm_cpu *cpu, struct cpu_features *f)
{
    struct kvm_msr_entry entries[GDB_MSRS];
    for (unsigned i = 0; i < GDB_MSRS; i++)
        entries[i] = (struct kvm_msr_entry){.index = msr_list[i].number};
    const int known = kvm_find_msrs(cpu, entries, GDB_MSRS);
    for (int n = 0, i = 0; n < known; n++) {
        while (msr_list[i].number != entries[n].index)
            i++;
        f->has |= GDB_HAS_MSR(i);
    }
    return known < 0 ? known : 0;
}

int cpu_features_learn(struct kvm_cpu *cpu, struct cpu_features *f)
{
    *f = (struct cpu_features){0};
    int err = learn_units(cpu, f);
    if (!err)
        err = learn_xcr0(cpu, f);
    if (!err)
        err = learn_msrs(cpu, f);
    return err;
}
