/* The client's view back into what KVM holds. */
#include "debug/cpu/reg_view.h"

#include "debug/cpu/fpu.h"
#include "debug/cpu/selector.h"

#include <errno.h>
#include <inttypes.h>

#define FLAGS_FIXED 2u /* bit 1 is always set (SDM vol. 1, 3.4.3) */
#define FLAG_VM     (1u << 17)

/* One value that differs, into where KVM has it. */
#define TAKE(field, place)                                                                         \
    do                                                                                             \
        if (v->field != old->field)                                                                \
            (place) = (__typeof__(place))v->field;                                                 \
    while (0)

static int take_attributes(struct kvm_segment *s, uint32_t old, uint32_t now, struct gdb_text *why)
{
    if (old == now)
        return 0;
    if (now & ~(uint32_t)GDB_ATTR_ALL) {
        gdb_text_printf(why, "0x%x are no attributes of a segment: bits 8 to 11 and 17 to 31 are 0",
                        now);
        return -EINVAL;
    }
    s->type = now & GDB_ATTR_TYPE;
    s->s = !!(now & GDB_ATTR_S);
    s->dpl = now >> GDB_ATTR_DPL_SHIFT & 3;
    s->present = !!(now & GDB_ATTR_P);
    s->avl = !!(now & GDB_ATTR_AVL);
    s->l = !!(now & GDB_ATTR_L);
    s->db = !!(now & GDB_ATTR_DB);
    s->g = !!(now & GDB_ATTR_G);
    s->unusable = !!(now & GDB_ATTR_UNUSABLE);
    return 0;
}

/* The selector first, for it loads the others. */
static int take_segments(struct reg_file *f, const struct memory *memory,
                         const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                         struct gdb_text *why)
{
    const struct gva_space space = gva_space(memory, &f->sregs);
    const bool v86 = f->regs.rflags & FLAG_VM;
    int err = 0;
    for (unsigned i = 0; !err && i < GDB_SEGS; i++) {
        struct kvm_segment *s = reg_file_seg(&f->sregs, i);
        if (v->seg[i] != old->seg[i])
            err = selector_load(&space, &f->sregs, v86, i, s, v->seg[i], why);
        TAKE(seg_base[i], s->base);
        TAKE(seg_limit[i], s->limit);
        if (!err)
            err = take_attributes(s, old->seg_attr[i], v->seg_attr[i], why);
    }
    return err;
}

static int take_system_segments(struct reg_file *f, const struct memory *memory,
                                const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                                struct gdb_text *why)
{
    struct kvm_sregs *s = &f->sregs;
    const struct gva_space space = gva_space(memory, s);
    const bool v86 = f->regs.rflags & FLAG_VM;
    int err = 0;
    if (v->ldtr != old->ldtr)
        err = selector_load_ldtr(&space, s, v86, v->ldtr, why);
    if (!err && v->tr != old->tr)
        err = selector_load_tr(&space, s, v86, v->tr, why);
    TAKE(ldtr_base, s->ldt.base);
    TAKE(ldtr_limit, s->ldt.limit);
    TAKE(tr_base, s->tr.base);
    TAKE(tr_limit, s->tr.limit);
    if (!err)
        err = take_attributes(&s->ldt, old->ldtr_attr, v->ldtr_attr, why);
    return err ? err : take_attributes(&s->tr, old->tr_attr, v->tr_attr, why);
}

static int take_pc(struct reg_file *f, const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                   struct gdb_text *why)
{
    const struct kvm_segment *cs = &f->sregs.cs;
    if (v->raw_ip != old->raw_ip)
        f->regs.rip = v->raw_ip;
    if (v->pc == old->pc)
        return 0;
    if (vcpu_code_bits(&f->sregs) == 64) {
        f->regs.rip = v->pc;
        return 0;
    }
    const uint32_t offset = (uint32_t)(v->pc - cs->base);
    if (offset > cs->limit) {
        gdb_text_printf(why,
                        "linear address 0x%" PRIx64 " lies outside CS (base 0x%" PRIx64
                        ", limit 0x%x): set $cs first",
                        v->pc, (uint64_t)cs->base, cs->limit);
        return -EINVAL;
    }
    f->regs.rip = offset;
    return 0;
}

static int take_sp(struct reg_file *f, const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                   struct gdb_text *why)
{
    if (v->raw_sp != old->raw_sp)
        f->regs.rsp = v->raw_sp;
    if (v->gpr[GDB_RSP] == old->gpr[GDB_RSP])
        return 0;
    if (vcpu_code_bits(&f->sregs) == 64) {
        f->regs.rsp = v->gpr[GDB_RSP];
        return 0;
    }
    const uint32_t offset = (uint32_t)(v->gpr[GDB_RSP] - (uint64_t)f->sregs.ss.base);
    if (f->sregs.ss.db) {
        f->regs.rsp = offset;
    } else if (offset <= 0xffff) { /* the upper half of ESP is not the stack's: it stays */
        f->regs.rsp = (f->regs.rsp & ~0xffffull) | offset;
    } else {
        gdb_text_printf(why,
                        "linear address 0x%" PRIx64 " lies outside SS (base 0x%" PRIx64
                        ", 64 KiB): set $ss first",
                        v->gpr[GDB_RSP], (uint64_t)f->sregs.ss.base);
        return -EINVAL;
    }
    return 0;
}

static int take_tables(struct kvm_sregs *s, const struct gdb_x86_regs *old,
                       const struct gdb_x86_regs *v, struct gdb_text *why)
{
    if (v->gdtr_limit > 0xffff || v->idtr_limit > 0xffff) {
        gdb_text_printf(why, "the limits of GDTR and IDTR have 16 bits");
        return -EINVAL;
    }
    TAKE(gdtr_base, s->gdt.base);
    TAKE(gdtr_limit, s->gdt.limit);
    TAKE(idtr_base, s->idt.base);
    TAKE(idtr_limit, s->idt.limit);
    return 0;
}

static void take_control(struct kvm_sregs *s, const struct gdb_x86_regs *old,
                         const struct gdb_x86_regs *v)
{
    TAKE(cr0, s->cr0);
    TAKE(cr2, s->cr2);
    TAKE(cr3, s->cr3);
    TAKE(cr4, s->cr4);
    TAKE(cr8, s->cr8);
    TAKE(efer, s->efer);
}

static void take_general(struct kvm_regs *r, const struct gdb_x86_regs *old,
                         const struct gdb_x86_regs *v)
{
    for (unsigned i = 0; i < 16; i++)
        if (i != GDB_RSP)
            TAKE(gpr[i], *reg_file_gpr(r, i));
    r->rflags = v->eflags | FLAGS_FIXED;
}

static void take_parts(struct reg_file *f, const struct cpu_features *has, unsigned parts,
                       const struct gdb_x86_regs *old, const struct gdb_x86_regs *v)
{
    if (parts & GDB_PART_FPU) {
        fpu_take(&f->xsave, v);
        xsave_take(&has->xsave, &f->xsave, v);
    }
    if (parts & GDB_PART_DEBUG) {
        for (unsigned i = 0; i < 4; i++)
            TAKE(dr[i], f->debug.db[i]);
        TAKE(dr[6], f->debug.dr6);
        TAKE(dr[7], f->debug.dr7);
    }
    if (parts & GDB_PART_XCR0)
        TAKE(xcr0, f->xcr0);
    if (parts & GDB_PART_MSR) {
        TAKE(k_gs_base, f->k_gs_base);
        for (unsigned i = 0; i < GDB_MSRS; i++)
            TAKE(msr[i], f->msr[i]);
    }
}

int reg_view_take(struct reg_file *f, const struct cpu_features *has, unsigned parts,
                  const struct memory *memory, const struct gdb_x86_regs *old,
                  const struct gdb_x86_regs *v, struct gdb_text *why)
{
    take_general(&f->regs, old, v);
    take_control(&f->sregs, old, v);
    int err = take_tables(&f->sregs, old, v, why);
    if (!err)
        err = take_segments(f, memory, old, v, why);
    if (!err)
        err = take_system_segments(f, memory, old, v, why);
    if (!err)
        err = take_pc(f, old, v, why);
    if (!err)
        err = take_sp(f, old, v, why);
    if (!err)
        take_parts(f, has, parts, old, v);
    return err;
}
