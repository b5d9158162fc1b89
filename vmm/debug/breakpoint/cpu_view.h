/* What one parked vCPU makes of guest memory, as far as breakpoints must know it: how it translates
 * linear addresses, and which pages the processor uses by itself. What the processor does there is
 * not an access of an instruction's, so a fence on such a page would not be noticed well. */
#ifndef VMM_DEBUG_CPU_VIEW_H
#define VMM_DEBUG_CPU_VIEW_H

#include "debug/cpu/gva.h"
#include "vcpu/vcpu.h"

#include <stdbool.h>
#include <stdint.h>

/* A linear range that the processor uses: the top of the stack, IDT, GDT, LDT, TSS, and the tops of
 * the stacks that the TSS names. */
struct cpu_range {
    uint64_t base, size;
    bool written; /* by the processor: else it only reads there */
};

#define CPU_VIEW_RANGES 15

struct cpu_view {
    struct gva_space space;
    struct cpu_range ranges[CPU_VIEW_RANGES];
    unsigned range_count;
    bool long_mode; /* debug registers can watch eight bytes */
    bool real_mode; /* interrupts and far calls push on a stack that may be anywhere next */
};

/* Of REGS and SREGS, with MEMORY. */
struct cpu_view cpu_view(const struct memory *memory, const struct kvm_regs *regs,
                         const struct kvm_sregs *sregs);
/* Of a parked VCPU. 0 or -errno. */
int cpu_view_read(struct cpu_view *view, const struct memory *memory, struct vcpu *vcpu);

/* Calls EACH for the guest-physical pages of the ranges, in no order, some perhaps twice. */
typedef void cpu_view_page(void *context, uint64_t page, bool written);
void cpu_view_pages(const struct cpu_view *view, cpu_view_page *each, void *context);
/* Whether the processor reads (or, if BY_WRITE_ONLY, writes) the page at guest-physical PAGE by
 * itself, as one of RANGES. Page tables are for gva_tables_use. */
bool cpu_view_uses(const struct cpu_view *view, uint64_t page, bool by_write_only);
/* The guest-physical pages of the top of the stack; how many of the two are mapped. */
unsigned cpu_view_stack(const struct cpu_view *view, uint64_t page[2]);

#endif
