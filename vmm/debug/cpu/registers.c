#include "debug/cpu/registers.h"

#include "debug/cpu/msr_list.h"
#include "debug/cpu/reg_check.h"
#include "debug/cpu/reg_view.h"

#include <errno.h>
#include <string.h>

enum gdb_arch registers_arch(const struct kvm_sregs *sregs)
{
    if (vcpu_code_bits(sregs) == 64)
        return GDB_ARCH_X86_64;
    return sregs->cs.db ? GDB_ARCH_I386 : GDB_ARCH_I8086;
}

int registers_read(struct vcpu *vcpu, const struct cpu_features *has, unsigned parts,
                   struct gdb_x86_regs *view)
{
    struct reg_file f;
    int err = reg_file_read(vcpu_kvm(vcpu), has, parts, &f);
    if (!err)
        reg_view_of(&f, has, parts, view);
    return err;
}

void registers_of(const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                  struct gdb_x86_regs *view)
{
    struct reg_file f;
    f.regs = *regs;
    f.sregs = *sregs;
    reg_view_of(&f, NULL, GDB_PART_BASE, view);
}

/* ---- Which parts are concerned, and whether a value stayed as written */

struct range {
    unsigned part;
    size_t at, size; /* in struct gdb_x86_regs */
};

#define RANGE(part, first, last)                                                                   \
    {                                                                                              \
        part, offsetof(struct gdb_x86_regs, first),                                                \
            offsetof(struct gdb_x86_regs, last) + sizeof(((struct gdb_x86_regs *)0)->last) -       \
                offsetof(struct gdb_x86_regs, first)                                               \
    }

static const struct range ranges[] = {
    RANGE(GDB_PART_FPU, st, pkru),
    RANGE(GDB_PART_DEBUG, dr, dr),
    RANGE(GDB_PART_XCR0, xcr0, xcr0),
    RANGE(GDB_PART_MSR, k_gs_base, msr),
};

static unsigned parts_that_differ(const struct gdb_x86_regs *a, const struct gdb_x86_regs *b)
{
    unsigned parts = GDB_PART_BASE;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (memcmp((const char *)a + ranges[i].at, (const char *)b + ranges[i].at, ranges[i].size))
            parts |= ranges[i].part;
    return parts;
}

/* Values that KVM takes without a word and then leaves, or changes, on one backend or another. */
static const struct {
    const char *name;
    unsigned part;
    size_t at, size, count;
} doubted[] = {
#define DOUBTED(name, part, field, count)                                                          \
    {                                                                                              \
        name, part, offsetof(struct gdb_x86_regs, field),                                          \
            sizeof(((struct gdb_x86_regs *)0)->field), count                                       \
    }
    DOUBTED("the segment's attributes", GDB_PART_BASE, seg_attr[0], GDB_SEGS),
    DOUBTED("cr0", GDB_PART_BASE, cr0, 1),
    DOUBTED("cr2", GDB_PART_BASE, cr2, 1),
    DOUBTED("cr3", GDB_PART_BASE, cr3, 1),
    DOUBTED("cr4", GDB_PART_BASE, cr4, 1),
    DOUBTED("cr8", GDB_PART_BASE, cr8, 1),
    DOUBTED("efer", GDB_PART_BASE, efer, 1),
    DOUBTED("ldtr_attr", GDB_PART_BASE, ldtr_attr, 1),
    DOUBTED("tr_attr", GDB_PART_BASE, tr_attr, 1),
    DOUBTED("the YMM register", GDB_PART_FPU, ymmh[0], 32),
    DOUBTED("the XMM register", GDB_PART_FPU, xmm[0], 32),
    DOUBTED("the ZMM register", GDB_PART_FPU, zmmh[0], 32),
    DOUBTED("the opmask register", GDB_PART_FPU, k[0], 8),
    DOUBTED("pkru", GDB_PART_FPU, pkru, 1),
    DOUBTED("xcr0", GDB_PART_XCR0, xcr0, 1),
    DOUBTED("k_gs_base", GDB_PART_MSR, k_gs_base, 1),
    DOUBTED("the MSR", GDB_PART_MSR, msr[0], GDB_MSRS),
};

/* The name of a value that was to become V's and is still another in IS; NULL if none is. */
static const char *not_kept(unsigned parts, const struct gdb_x86_regs *old,
                            const struct gdb_x86_regs *v, const struct gdb_x86_regs *is)
{
    for (size_t i = 0; i < sizeof doubted / sizeof doubted[0]; i++)
        for (size_t n = 0; n < doubted[i].count && (parts & doubted[i].part); n++) {
            const size_t at = doubted[i].at + n * doubted[i].size, size = doubted[i].size;
            const bool clock = at == offsetof(struct gdb_x86_regs, msr[GDB_MSR_TSC]);
            const char *wanted = (const char *)v + at;
            if (!clock && memcmp(wanted, (const char *)old + at, size) &&
                memcmp(wanted, (const char *)is + at, size))
                return doubted[i].at == offsetof(struct gdb_x86_regs, msr) ? msr_list[n].name
                                                                           : doubted[i].name;
        }
    return NULL;
}

static int check_kept(struct vcpu *vcpu, const struct cpu_features *has, unsigned parts,
                      const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                      struct gdb_text *why)
{
    struct gdb_x86_regs is;
    int err = registers_read(vcpu, has, parts, &is);
    if (err)
        return err;
    const char *name = not_kept(parts, old, v, &is);
    if (!name)
        return 0;
    gdb_text_printf(why, "KVM takes this value of %s, but does not keep it", name);
    return -EINVAL;
}

int registers_write(struct vcpu *vcpu, const struct cpu_features *has, const struct memory *memory,
                    const struct gdb_x86_regs *old, const struct gdb_x86_regs *view,
                    struct gdb_text *why)
{
    struct kvm_cpu *kvm = vcpu_kvm(vcpu);
    const unsigned parts = parts_that_differ(old, view);
    struct reg_file was, f;
    int err = reg_file_read(kvm, has, parts, &was);
    if (err)
        return err;
    f = was;
    err = reg_view_take(&f, has, parts, memory, old, view, why);
    if (!err)
        err = reg_check(&f, old, why);
    if (err)
        return err;

    const char *refused, *ignored;
    err = reg_file_write(kvm, has, parts, &f, &was, &refused);
    if (err)
        gdb_text_printf(why, "KVM refuses this value of %s: %s", refused, strerror(-err));
    else
        err = check_kept(vcpu, has, parts, old, view, why);
    if (err)
        reg_file_write(kvm, has, parts, &was, &f, &ignored); /* undo what it took */
    return err;
}
