#include "debug/breakpoint/cpu_view.h"

#include "vcpu/cpu_state.h"

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

static void add(struct cpu_view *view, uint64_t base, uint64_t size, bool written)
{
    if (size)
        view->ranges[view->range_count++] = (struct cpu_range){base, size, written};
}

static void add_stack(struct cpu_view *view, uint64_t top)
{
    add(view, top - STACK_BELOW, STACK_SPAN, true);
}

static void add_segment(struct cpu_view *view, const struct kvm_segment *s)
{
    if (s->present && !s->unusable)
        add(view, s->base, (uint64_t)s->limit + 1, true);
}

/* Where an interrupt goes on from user code, or by an IST: RSP0 to RSP2 at 4, IST1 to IST7 at 0x24;
 * in a 32-bit TSS ESP0 at 4, in a segment whose base is taken for 0 (SDM vol. 3, 8.7 and 8.2.1). */
static void add_tss_stacks(struct cpu_view *view, const struct kvm_segment *tss)
{
    uint64_t tops[10] = {0};
    if (!tss->present || tss->unusable)
        return;
    if (view->long_mode) {
        gva_read(&view->space, tss->base + 4, tops, 3 * sizeof tops[0]);
        gva_read(&view->space, tss->base + 0x24, tops + 3, 7 * sizeof tops[0]);
    } else {
        gva_read(&view->space, tss->base + 4, tops, 4);
    }
    for (unsigned i = 0; i < 10; i++)
        if (tops[i])
            add_stack(view, tops[i]);
}

/* Of 256 entries, whatever the limit says: it is 64 KiB at power-on. */
static uint64_t idt_size(const struct cpu_view *view, const struct kvm_sregs *sregs)
{
    const unsigned entry = view->real_mode ? 4 : view->long_mode ? 16 : 8;
    const uint64_t limit = (uint64_t)sregs->idt.limit + 1;
    return limit < 256u * entry ? limit : 256u * entry;
}

struct cpu_view cpu_view(const struct memory *memory, const struct kvm_regs *regs,
                         const struct kvm_sregs *sregs)
{
    struct cpu_view view = {
        .space = gva_space(memory, sregs),
        .long_mode = sregs->efer & CPU_EFER_LMA,
        .real_mode = !(sregs->cr0 & CPU_CR0_PE),
    };
    add_stack(&view, stack_top(regs, sregs));
    add(&view, sregs->idt.base, idt_size(&view, sregs), false);
    if (view.real_mode) /* there are no descriptors */
        return view;
    add(&view, sregs->gdt.base, (uint64_t)sregs->gdt.limit + 1, true);
    add_segment(&view, &sregs->ldt);
    add_segment(&view, &sregs->tr);
    add_tss_stacks(&view, &sregs->tr);
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
static void range_pages(const struct cpu_view *view, const struct cpu_range *range,
                        cpu_view_page *each, void *context)
{
    const uint64_t most = 0x10000;
    const uint64_t size = range->size < most ? range->size : most;
    const uint64_t first = range->base & PAGE_MASK;
    uint64_t gpa;
    for (uint64_t at = first; at - first < (range->base & ~PAGE_MASK) + size; at += MEMORY_PAGE)
        if (gva_translate(&view->space, at, &gpa))
            each(context, gpa & PAGE_MASK, range->written);
}

void cpu_view_pages(const struct cpu_view *view, cpu_view_page *each, void *context)
{
    for (unsigned i = 0; i < view->range_count; i++)
        range_pages(view, &view->ranges[i], each, context);
}

/* What is looked for, and whether it has been seen. */
struct wanted {
    uint64_t page;
    bool by_write_only, seen;
};

static void look(void *context, uint64_t page, bool written)
{
    struct wanted *wanted = context;
    wanted->seen |= page == wanted->page && (written || !wanted->by_write_only);
}

bool cpu_view_uses(const struct cpu_view *view, uint64_t page, bool by_write_only)
{
    struct wanted wanted = {.page = page, .by_write_only = by_write_only};
    cpu_view_pages(view, look, &wanted);
    return wanted.seen;
}

unsigned cpu_view_stack(const struct cpu_view *view, uint64_t page[2])
{
    const struct cpu_range *stack = &view->ranges[0];
    const uint64_t ends[] = {stack->base, stack->base + stack->size - 1};
    unsigned n = 0;
    for (unsigned i = 0; i < 2; i++)
        if (gva_translate(&view->space, ends[i], &page[n])) {
            page[n] &= PAGE_MASK;
            n++;
        }
    return n;
}
