#include "debug/registers.h"

#include "debug/fpu.h"
#include "debug/vector.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define MSR_KERNEL_GS_BASE 0xc0000102u
#define FLAGS_FIXED        2u /* bit 1 is always set (SDM vol. 1, 3.4.3) */
#define FLAG_VM            (1u << 17)

/* All that KVM holds of a vCPU and the client may see, each part as its ioctl gives it. */
struct reg_file {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_debugregs debug;
    uint64_t k_gs_base;
    struct kvm_xsave xsave; /* last, for its size is not fixed */
};

/* ---- Where things are in KVM's structs */

static __u64 *gpr(struct kvm_regs *r, unsigned i)
{
    __u64 *const places[16] = {&r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp,
                               &r->rsi, &r->rdi, &r->r8,  &r->r9,  &r->r10, &r->r11,
                               &r->r12, &r->r13, &r->r14, &r->r15};
    return places[i];
}

static struct kvm_segment *seg(struct kvm_sregs *s, unsigned i)
{
    struct kvm_segment *const places[GDB_SEGS] = {&s->es, &s->cs, &s->ss, &s->ds, &s->fs, &s->gs};
    return places[i];
}

static bool is_64bit(const struct kvm_sregs *sregs)
{
    return (sregs->efer & CPU_EFER_LMA) && sregs->cs.l;
}

enum gdb_arch registers_arch(const struct kvm_sregs *sregs)
{
    if (is_64bit(sregs))
        return GDB_ARCH_X86_64;
    return sregs->cs.db ? GDB_ARCH_I386 : GDB_ARCH_I8086;
}

/* Parts that are not asked for are zero. */
static int read_file(struct vcpu *vcpu, unsigned parts, struct reg_file *f)
{
    struct kvm_cpu *kvm = vcpu_kvm(vcpu);
    memset(f, 0, sizeof *f);
    int err = kvm_get_regs(kvm, &f->regs);
    if (!err)
        err = kvm_get_sregs(kvm, &f->sregs);
    if (!err && (parts & GDB_PART_FPU))
        err = kvm_get_xsave(kvm, &f->xsave);
    if (err || !(parts & GDB_PART_DEBUG))
        return err;
    err = kvm_get_debugregs(kvm, &f->debug);
    if (!err)
        err = kvm_get_msr(kvm, MSR_KERNEL_GS_BASE, &f->k_gs_base);
    return err < 0 ? err : 0;
}

/* ---- KVM -> view */

/* The offset into the stack segment that the CPU uses: SP, ESP or RSP. */
static uint64_t stack_offset(const struct reg_file *f)
{
    if (is_64bit(&f->sregs))
        return f->regs.rsp;
    return f->sregs.ss.db ? (uint32_t)f->regs.rsp : (uint16_t)f->regs.rsp;
}

static uint64_t stack_base(const struct reg_file *f)
{
    return is_64bit(&f->sregs) ? 0 : f->sregs.ss.base;
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
    v->ldtr = s->ldt.selector;
    v->ldtr_base = s->ldt.base;
    v->ldtr_limit = s->ldt.limit;
    v->tr = s->tr.selector;
    v->tr_base = s->tr.base;
    v->tr_limit = s->tr.limit;
}

static void view_of(struct reg_file *f, struct gdb_x86_regs *v)
{
    memset(v, 0, sizeof *v);
    for (unsigned i = 0; i < 16; i++)
        v->gpr[i] = *gpr(&f->regs, i);
    for (unsigned i = 0; i < GDB_SEGS; i++) {
        v->seg[i] = seg(&f->sregs, i)->selector;
        v->seg_base[i] = seg(&f->sregs, i)->base;
        v->seg_limit[i] = seg(&f->sregs, i)->limit;
    }
    v->eflags = (uint32_t)f->regs.rflags;
    v->raw_ip = f->regs.rip;
    v->raw_sp = f->regs.rsp;
    v->pc = vcpu_linear_pc_of(&f->regs, &f->sregs);
    v->gpr[GDB_RSP] = stack_base(f) + stack_offset(f);
    v->k_gs_base = f->k_gs_base;
    fpu_view(&f->xsave, v);
    view_system(&f->sregs, v);
    for (int i = 0; i < 4; i++)
        v->dr[i] = f->debug.db[i];
    v->dr[6] = f->debug.dr6;
    v->dr[7] = f->debug.dr7;
}

int registers_read(struct vcpu *vcpu, unsigned parts, struct gdb_x86_regs *view)
{
    struct reg_file f;
    int err = read_file(vcpu, parts, &f);
    if (!err)
        view_of(&f, view);
    return err;
}

/* ---- View -> KVM: OLD is the view of what is in F; only what differs from it is taken over */

static int load_selector(struct reg_file *f, const struct memory *memory, unsigned i,
                         uint32_t selector, struct gdb_text *why)
{
    struct kvm_segment *segment = seg(&f->sregs, i);
    if (selector > 0xffff) {
        gdb_text_printf(why, "0x%x is no selector (16 bits)", selector);
        return -EINVAL;
    }
    if (!(f->sregs.cr0 & CPU_CR0_PE) || (f->regs.rflags & FLAG_VM)) {
        segment->selector = (uint16_t)selector;
        segment->base = selector * 16;
        return 0;
    }
    if (selector < 4 && i != GDB_CS && i != GDB_SS) {
        *segment = (struct kvm_segment){.selector = (uint16_t)selector, .unusable = 1};
        return 0;
    }
    const struct gva_space space = gva_space(memory, &f->sregs);
    if (descriptor_load(&space, &f->sregs, (uint16_t)selector, segment))
        return 0;
    gdb_text_printf(why, "selector 0x%x names no present code or data segment in the %s", selector,
                    selector & 4 ? "LDT" : "GDT");
    return -EINVAL;
}

static int take_segments(struct reg_file *f, const struct memory *memory,
                         const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                         struct gdb_text *why)
{
    for (unsigned i = 0; i < GDB_SEGS; i++) {
        if (v->seg[i] != old->seg[i]) {
            int err = load_selector(f, memory, i, v->seg[i], why);
            if (err)
                return err;
        }
        if (v->seg_base[i] != old->seg_base[i])
            seg(&f->sregs, i)->base = v->seg_base[i];
        if (v->seg_limit[i] != old->seg_limit[i])
            seg(&f->sregs, i)->limit = v->seg_limit[i];
    }
    return 0;
}

static int take_pc(struct reg_file *f, const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                   struct gdb_text *why)
{
    const struct kvm_segment *cs = &f->sregs.cs;
    if (v->raw_ip != old->raw_ip)
        f->regs.rip = v->raw_ip;
    if (v->pc == old->pc)
        return 0;
    if (is_64bit(&f->sregs)) {
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
    if (is_64bit(&f->sregs)) {
        f->regs.rsp = v->gpr[GDB_RSP];
        return 0;
    }
    const uint32_t offset = (uint32_t)(v->gpr[GDB_RSP] - stack_base(f));
    if (f->sregs.ss.db) {
        f->regs.rsp = offset;
    } else if (offset <= 0xffff) { /* the upper half of ESP is not the stack's: it stays */
        f->regs.rsp = (f->regs.rsp & ~0xffffull) | offset;
    } else {
        gdb_text_printf(why,
                        "linear address 0x%" PRIx64 " lies outside SS (base 0x%" PRIx64
                        ", 64 KiB): set $ss first",
                        v->gpr[GDB_RSP], stack_base(f));
        return -EINVAL;
    }
    return 0;
}

static void take_system(struct kvm_sregs *s, const struct gdb_x86_regs *v)
{
    s->cr0 = v->cr0;
    s->cr2 = v->cr2;
    s->cr3 = v->cr3;
    s->cr4 = v->cr4;
    s->cr8 = v->cr8;
    s->efer = v->efer;
    s->gdt.base = v->gdtr_base;
    s->gdt.limit = (uint16_t)v->gdtr_limit;
    s->idt.base = v->idtr_base;
    s->idt.limit = (uint16_t)v->idtr_limit;
    s->ldt.selector = (uint16_t)v->ldtr;
    s->ldt.base = v->ldtr_base;
    s->ldt.limit = v->ldtr_limit;
    s->tr.selector = (uint16_t)v->tr;
    s->tr.base = v->tr_base;
    s->tr.limit = v->tr_limit;
}

static int take_view(struct reg_file *f, const struct memory *memory,
                     const struct gdb_x86_regs *old, const struct gdb_x86_regs *v,
                     struct gdb_text *why)
{
    for (unsigned i = 0; i < 16; i++)
        if (i != GDB_RSP)
            *gpr(&f->regs, i) = v->gpr[i];
    f->regs.rflags = (v->eflags & 0xffffffff) | FLAGS_FIXED;
    f->k_gs_base = v->k_gs_base;
    for (int i = 0; i < 4; i++)
        f->debug.db[i] = v->dr[i];
    f->debug.dr6 = v->dr[6];
    f->debug.dr7 = v->dr[7];
    fpu_take(&f->xsave, v);
    take_system(&f->sregs, v);
    int err = take_segments(f, memory, old, v, why);
    if (!err)
        err = take_pc(f, old, v, why);
    return err ? err : take_sp(f, old, v, why);
}

/* Writes each part of F that differs from WAS; stops at the first that KVM refuses. */
static int write_parts(struct kvm_cpu *kvm, const struct reg_file *f, const struct reg_file *was,
                       const char **refused)
{
    int err = 0;
    *refused = "segment or control register";
    if (memcmp(&f->sregs, &was->sregs, sizeof f->sregs))
        err = kvm_set_sregs(kvm, &f->sregs);
    if (!err && memcmp(&f->xsave, &was->xsave, sizeof f->xsave)) {
        *refused = "x87 or SSE register";
        err = kvm_set_xsave(kvm, &f->xsave);
    }
    if (!err && memcmp(&f->debug, &was->debug, sizeof f->debug)) {
        *refused = "debug register";
        err = kvm_set_debugregs(kvm, &f->debug);
    }
    if (!err && f->k_gs_base != was->k_gs_base) {
        *refused = "k_gs_base";
        const int known = kvm_set_msr(kvm, MSR_KERNEL_GS_BASE, f->k_gs_base);
        err = known == 1 ? 0 : known < 0 ? known : -EINVAL;
    }
    if (!err && memcmp(&f->regs, &was->regs, sizeof f->regs)) {
        *refused = "general register";
        if (f->regs.rflags & CPU_FLAG_TF) /* while KVM steps by TF, it hides one that is set */
            kvm_set_guest_debug(kvm, &(struct kvm_guest_debug){0});
        err = kvm_set_regs(kvm, &f->regs);
    }
    return err;
}

int registers_write(struct vcpu *vcpu, const struct memory *memory, const struct gdb_x86_regs *view,
                    struct gdb_text *why)
{
    struct reg_file was, f;
    struct gdb_x86_regs old;
    int err = read_file(vcpu, GDB_PARTS_ALL, &was);
    if (err)
        return err;
    f = was;
    view_of(&was, &old);
    err = take_view(&f, memory, &old, view, why);
    if (err)
        return err;

    const char *refused, *ignored;
    err = write_parts(vcpu_kvm(vcpu), &f, &was, &refused);
    if (err) {
        gdb_text_printf(why, "KVM refuses this value of a %s: %s", refused, strerror(-err));
        write_parts(vcpu_kvm(vcpu), &was, &f, &ignored); /* undo what it took before that */
    }
    return err;
}
