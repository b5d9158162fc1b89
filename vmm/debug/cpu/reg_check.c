#include "debug/cpu/reg_check.h"

#include "vcpu/cpu_state.h"

#include <errno.h>
#include <inttypes.h>

#define FLAG_VM    (1u << 17)
#define FLAGS_MEAN 0x3f7fd7u /* CF to ID, and bit 1 */

static int check_flags(const struct reg_file *f, const struct gdb_x86_regs *old,
                       struct gdb_text *why)
{
    const uint32_t set = (uint32_t)f->regs.rflags & ~old->eflags;
    const bool has_v86 = (f->sregs.cr0 & CPU_CR0_PE) && !(f->sregs.efer & CPU_EFER_LMA);
    if (set & ~FLAGS_MEAN) {
        gdb_text_printf(why, "bits 0x%x of eflags are reserved", set & ~FLAGS_MEAN);
        return -EINVAL;
    }
    if ((set & FLAG_VM) && !has_v86) {
        gdb_text_printf(why, "VM of eflags: real and long mode have no virtual-8086 mode");
        return -EINVAL;
    }
    return 0;
}

static bool is_canonical(uint64_t linear, uint64_t cr4)
{
    const unsigned unused = cr4 & CPU_CR4_LA57 ? 64 - 57 : 64 - 48;
    return (uint64_t)((int64_t)(linear << unused) >> unused) == linear;
}

/* ES, CS, SS and DS have bases of 32 bits in every mode. */
static int check_bases(const struct kvm_sregs *s, const struct gdb_x86_regs *old,
                       struct gdb_text *why)
{
    const struct {
        const char *name;
        uint64_t now, was;
        bool wide;
    } bases[] = {
        {"es", s->es.base, old->seg_base[GDB_ES], false},
        {"cs", s->cs.base, old->seg_base[GDB_CS], false},
        {"ss", s->ss.base, old->seg_base[GDB_SS], false},
        {"ds", s->ds.base, old->seg_base[GDB_DS], false},
        {"fs", s->fs.base, old->seg_base[GDB_FS], true},
        {"gs", s->gs.base, old->seg_base[GDB_GS], true},
        {"ldtr", s->ldt.base, old->ldtr_base, true},
        {"tr", s->tr.base, old->tr_base, true},
        {"gdtr", s->gdt.base, old->gdtr_base, true},
        {"idtr", s->idt.base, old->idtr_base, true},
    };
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        const uint64_t now = bases[i].now;
        if (now == bases[i].was || (bases[i].wide ? is_canonical(now, s->cr4) : now <= UINT32_MAX))
            continue;
        gdb_text_printf(why, "0x%" PRIx64 " is no base of %s: %s", now, bases[i].name,
                        bases[i].wide ? "not a canonical address" : "it has 32 bits");
        return -EINVAL;
    }
    return 0;
}

static int check_code(const struct kvm_sregs *s, const struct gdb_x86_regs *old,
                      struct gdb_text *why)
{
    const uint32_t both = GDB_ATTR_L | GDB_ATTR_DB;
    if (!(s->efer & CPU_EFER_LMA) || !s->cs.l || !s->cs.db ||
        (old->seg_attr[GDB_CS] & both) == both)
        return 0;
    gdb_text_printf(why, "cs: in long mode a code segment can't have both L and D set");
    return -EINVAL;
}

int reg_check(const struct reg_file *f, const struct gdb_x86_regs *old, struct gdb_text *why)
{
    int err = check_flags(f, old, why);
    if (!err)
        err = check_bases(&f->sregs, old, why);
    return err ? err : check_code(&f->sregs, old, why);
}
