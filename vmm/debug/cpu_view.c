#include "debug/cpu_view.h"

#include "cpu_state.h"

#define PAGE_MASK (~(uint64_t)(MEMORY_PAGE - 1))

/* Below the stack pointer lies what an interrupt's frame will take: at most six 8-byte words after
 * alignment to 16 (SDM vol. 3, 6.14.2); above it what is being used. */
#define STACK_BELOW 64u
#define STACK_SPAN  128u

static uint64_t stack_top(const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    if ((sregs->efer & CPU_EFER_LMA) && sregs->cs.l)
        return regs->rsp;
    const uint64_t sp = sregs->ss.db ? (uint32_t)regs->rsp : (uint16_t)regs->rsp;
    return (uint32_t)(sregs->ss.base + sp);
}

static struct cpu_range segment_range(const struct kvm_segment *s)
{
    const bool used = s->present && !s->unusable;
    return (struct cpu_range){s->base, used ? (uint64_t)s->limit + 1 : 0, true};
}

struct cpu_view cpu_view(const struct memory *memory, const struct kvm_regs *regs,
                         const struct kvm_sregs *sregs)
{
    const bool protected_mode = sregs->cr0 & CPU_CR0_PE;
    struct cpu_view view = {
        .space = gva_space(memory, sregs),
        .long_mode = sregs->efer & CPU_EFER_LMA,
        .ranges =
            {
                {stack_top(regs, sregs) - STACK_BELOW, STACK_SPAN, true},
                {sregs->idt.base, (uint64_t)sregs->idt.limit + 1, false},
            },
    };
    if (protected_mode) { /* else there are no descriptors */
        view.ranges[2] = (struct cpu_range){sregs->gdt.base, (uint64_t)sregs->gdt.limit + 1, true};
        view.ranges[3] = segment_range(&sregs->ldt);
        view.ranges[4] = segment_range(&sregs->tr);
    }
    return view;
}

int cpu_view_read(struct cpu_view *view, const struct memory *memory, struct vcpu *vcpu)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    int err = kvm_get_regs(vcpu_kvm(vcpu), &regs);
    if (!err)
        err = kvm_get_sregs(vcpu_kvm(vcpu), &sregs);
    if (!err)
        *view = cpu_view(memory, &regs, &sregs);
    return err;
}

/* The processor reads no more than 64 KiB of any of these, whatever its limit says. */
static bool range_uses(const struct cpu_view *view, const struct cpu_range *range, uint64_t page)
{
    const uint64_t most = 0x10000;
    const uint64_t size = range->size < most ? range->size : most;
    uint64_t gpa;
    if (!size)
        return false;
    for (uint64_t at = range->base & PAGE_MASK;
         at - (range->base & PAGE_MASK) <= (range->base & (MEMORY_PAGE - 1)) + size - 1;
         at += MEMORY_PAGE)
        if (gva_translate(&view->space, at, &gpa) && (gpa & PAGE_MASK) == page)
            return true;
    return false;
}

bool cpu_view_uses(const struct cpu_view *view, uint64_t page, bool by_write_only)
{
    for (unsigned i = 0; i < CPU_VIEW_RANGES; i++)
        if ((view->ranges[i].written || !by_write_only) && range_uses(view, &view->ranges[i], page))
            return true;
    return false;
}
