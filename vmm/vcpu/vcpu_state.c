/* struct cpu_state <-> KVM's register structs. */
#include "vcpu/vcpu.h"

#include <string.h>

_Static_assert(CPU_RAX == 0 && CPU_RDI == 7 && CPU_SEGS == 8, "the tables below rely on it");

/* KVM's general registers are not in the order of the encoding. */
static const size_t gpr_offset[16] = {
    offsetof(struct kvm_regs, rax), offsetof(struct kvm_regs, rcx), offsetof(struct kvm_regs, rdx),
    offsetof(struct kvm_regs, rbx), offsetof(struct kvm_regs, rsp), offsetof(struct kvm_regs, rbp),
    offsetof(struct kvm_regs, rsi), offsetof(struct kvm_regs, rdi), offsetof(struct kvm_regs, r8),
    offsetof(struct kvm_regs, r9),  offsetof(struct kvm_regs, r10), offsetof(struct kvm_regs, r11),
    offsetof(struct kvm_regs, r12), offsetof(struct kvm_regs, r13), offsetof(struct kvm_regs, r14),
    offsetof(struct kvm_regs, r15),
};

static const size_t seg_offset[CPU_SEGS] = {
    [CPU_ES] = offsetof(struct kvm_sregs, es), [CPU_CS] = offsetof(struct kvm_sregs, cs),
    [CPU_SS] = offsetof(struct kvm_sregs, ss), [CPU_DS] = offsetof(struct kvm_sregs, ds),
    [CPU_FS] = offsetof(struct kvm_sregs, fs), [CPU_GS] = offsetof(struct kvm_sregs, gs),
    [CPU_TR] = offsetof(struct kvm_sregs, tr), [CPU_LDTR] = offsetof(struct kvm_sregs, ldt),
};

static struct cpu_segment segment_from_kvm(const struct kvm_segment *k)
{
    return (struct cpu_segment){
        .base = k->base,
        .limit = k->limit,
        .selector = k->selector,
        .type = k->type,
        .s = k->s,
        .present = k->present && !k->unusable,
        .l = k->l,
        .db = k->db,
        .g = k->g,
        .avl = k->avl,
        .dpl = k->dpl,
    };
}

static struct kvm_segment segment_to_kvm(const struct cpu_segment *c)
{
    return (struct kvm_segment){
        .base = c->base,
        .limit = c->limit,
        .selector = c->selector,
        .type = c->type,
        .s = c->s,
        .present = c->present,
        .unusable = !c->present,
        .l = c->l,
        .db = c->db,
        .g = c->g,
        .avl = c->avl,
        .dpl = c->dpl,
    };
}

int vcpu_read_state(struct vcpu *vcpu, struct cpu_state *state)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    int err = kvm_get_regs(vcpu_kvm(vcpu), &regs);
    if (!err)
        err = kvm_get_sregs(vcpu_kvm(vcpu), &sregs);
    if (err)
        return err;
    for (int i = 0; i < 16; i++)
        memcpy(&state->gpr[i], (const char *)&regs + gpr_offset[i], sizeof state->gpr[i]);
    for (int i = 0; i < CPU_SEGS; i++) {
        struct kvm_segment segment;
        memcpy(&segment, (const char *)&sregs + seg_offset[i], sizeof segment);
        state->seg[i] = segment_from_kvm(&segment);
    }
    state->rip = regs.rip;
    state->rflags = regs.rflags;
    state->gdt = (struct cpu_table){sregs.gdt.base, sregs.gdt.limit};
    state->idt = (struct cpu_table){sregs.idt.base, sregs.idt.limit};
    state->cr0 = sregs.cr0;
    state->cr2 = sregs.cr2;
    state->cr3 = sregs.cr3;
    state->cr4 = sregs.cr4;
    state->cr8 = sregs.cr8;
    state->efer = sregs.efer;
    return 0;
}

int vcpu_write_state(struct vcpu *vcpu, const struct cpu_state *state)
{
    struct kvm_regs regs = {.rip = state->rip, .rflags = state->rflags};
    struct kvm_sregs sregs;
    int err = kvm_get_sregs(vcpu_kvm(vcpu), &sregs);
    if (err)
        return err;
    for (int i = 0; i < 16; i++)
        memcpy((char *)&regs + gpr_offset[i], &state->gpr[i], sizeof state->gpr[i]);
    for (int i = 0; i < CPU_SEGS; i++) {
        const struct kvm_segment segment = segment_to_kvm(&state->seg[i]);
        memcpy((char *)&sregs + seg_offset[i], &segment, sizeof segment);
    }
    sregs.gdt = (struct kvm_dtable){.base = state->gdt.base, .limit = state->gdt.limit};
    sregs.idt = (struct kvm_dtable){.base = state->idt.base, .limit = state->idt.limit};
    sregs.cr0 = state->cr0;
    sregs.cr2 = state->cr2;
    sregs.cr3 = state->cr3;
    sregs.cr4 = state->cr4;
    sregs.cr8 = state->cr8;
    sregs.efer = state->efer;
    err = kvm_set_sregs(vcpu_kvm(vcpu), &sregs);
    return err ? err : kvm_set_regs(vcpu_kvm(vcpu), &regs);
}

unsigned vcpu_code_bits(const struct kvm_sregs *sregs)
{
    if ((sregs->efer & CPU_EFER_LMA) && sregs->cs.l)
        return 64;
    return sregs->cs.db ? 32 : 16;
}

uint64_t vcpu_linear_pc_of(const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    if ((sregs->efer & CPU_EFER_LMA) && sregs->cs.l)
        return regs->rip;
    return (uint32_t)(sregs->cs.base + regs->rip);
}

int vcpu_linear_pc(struct vcpu *vcpu, uint64_t *pc)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    const struct kvm_sync_regs *synced = kvm_synced_regs(vcpu_kvm(vcpu));
    if (synced) {
        *pc = vcpu_linear_pc_of(&synced->regs, &synced->sregs);
        return 0;
    }
    int err = kvm_get_regs(vcpu_kvm(vcpu), &regs);
    if (!err)
        err = kvm_get_sregs(vcpu_kvm(vcpu), &sregs);
    if (!err)
        *pc = vcpu_linear_pc_of(&regs, &sregs);
    return err;
}
