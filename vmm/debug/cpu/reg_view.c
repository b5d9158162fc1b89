#include "debug/cpu/reg_view.h"

#include "debug/cpu/fpu.h"

#include <string.h>

#define AT(name) (offsetof(struct kvm_regs, name) / sizeof(__u64))
_Static_assert(AT(rax) == 0, "counted from there");

__u64 *reg_file_gpr(struct kvm_regs *r, unsigned i)
{
    static const uint8_t at[16] = {AT(rax), AT(rcx), AT(rdx), AT(rbx), AT(rsp), AT(rbp),
                                   AT(rsi), AT(rdi), AT(r8),  AT(r9),  AT(r10), AT(r11),
                                   AT(r12), AT(r13), AT(r14), AT(r15)};
    return &r->rax + at[i];
}

struct kvm_segment *reg_file_seg(struct kvm_sregs *s, unsigned i)
{
    struct kvm_segment *const places[GDB_SEGS] = {&s->es, &s->cs, &s->ss, &s->ds, &s->fs, &s->gs};
    return places[i];
}

/* The offset into the stack segment that the CPU uses: SP, ESP or RSP. */
static uint64_t stack_offset(const struct reg_file *f)
{
    if (vcpu_code_bits(&f->sregs) == 64)
        return f->regs.rsp;
    return f->sregs.ss.db ? (uint32_t)f->regs.rsp : (uint16_t)f->regs.rsp;
}

static uint64_t stack_base(const struct reg_file *f)
{
    return vcpu_code_bits(&f->sregs) == 64 ? 0 : f->sregs.ss.base;
}

static uint32_t attributes(const struct kvm_segment *s)
{
    return (uint32_t)(s->type & GDB_ATTR_TYPE) | (s->s ? GDB_ATTR_S : 0) |
           (s->dpl & 3u) << GDB_ATTR_DPL_SHIFT | (s->present ? GDB_ATTR_P : 0) |
           (s->avl ? GDB_ATTR_AVL : 0) | (s->l ? GDB_ATTR_L : 0) | (s->db ? GDB_ATTR_DB : 0) |
           (s->g ? GDB_ATTR_G : 0) | (s->unusable ? GDB_ATTR_UNUSABLE : 0);
}

static void view_segments(struct kvm_sregs *s, struct gdb_x86_regs *v)
{
    for (unsigned i = 0; i < GDB_SEGS; i++) {
        v->seg[i] = reg_file_seg(s, i)->selector;
        v->seg_base[i] = reg_file_seg(s, i)->base;
        v->seg_limit[i] = reg_file_seg(s, i)->limit;
        v->seg_attr[i] = attributes(reg_file_seg(s, i));
    }
    v->ldtr = s->ldt.selector;
    v->ldtr_base = s->ldt.base;
    v->ldtr_limit = s->ldt.limit;
    v->ldtr_attr = attributes(&s->ldt);
    v->tr = s->tr.selector;
    v->tr_base = s->tr.base;
    v->tr_limit = s->tr.limit;
    v->tr_attr = attributes(&s->tr);
}

static void view_system(const struct kvm_sregs *s, struct gdb_x86_regs *v)
{
    v->cr0 = s->cr0;
    v->cr2 = s->cr2;
    v->cr3 = s->cr3;
    v->cr4 = s->cr4;
    v->cr8 = s->cr8;
    v->efer = s->efer;
    v->gdtr_base = s->gdt.base;
    v->gdtr_limit = s->gdt.limit;
    v->idtr_base = s->idt.base;
    v->idtr_limit = s->idt.limit;
}

static void view_general(struct reg_file *f, struct gdb_x86_regs *v)
{
    for (unsigned i = 0; i < 16; i++)
        v->gpr[i] = *reg_file_gpr(&f->regs, i);
    v->eflags = (uint32_t)f->regs.rflags;
    v->raw_ip = f->regs.rip;
    v->raw_sp = f->regs.rsp;
    v->pc = vcpu_linear_pc_of(&f->regs, &f->sregs);
    v->gpr[GDB_RSP] = stack_base(f) + stack_offset(f);
}

static void view_debug(const struct kvm_debugregs *d, struct gdb_x86_regs *v)
{
    memset(v->dr, 0, sizeof v->dr);
    memcpy(v->dr, d->db, sizeof d->db);
    v->dr[6] = d->dr6;
    v->dr[7] = d->dr7;
}

void reg_view_of(struct reg_file *f, const struct cpu_features *has, unsigned parts,
                 struct gdb_x86_regs *v)
{
    view_general(f, v);
    if (parts != GDB_PART_GENERAL) { /* who checks a register looks at others, too */
        view_segments(&f->sregs, v);
        view_system(&f->sregs, v);
    }
    if (parts & GDB_PART_FPU) {
        fpu_view(&f->xsave, v);
        xsave_view(&has->xsave, &f->xsave, v);
    }
    if (parts & GDB_PART_DEBUG)
        view_debug(&f->debug, v);
    if (parts & GDB_PART_XCR0)
        v->xcr0 = f->xcr0;
    if (parts & GDB_PART_MSR) {
        v->k_gs_base = f->k_gs_base;
        memcpy(v->msr, f->msr, sizeof v->msr);
    }
}
