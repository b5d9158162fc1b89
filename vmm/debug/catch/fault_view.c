#include "debug/catch/fault_view.h"

#include "debug/cpu/exception.h"
#include "debug/cpu/vector.h"
#include "vcpu/cpu_state.h"

#include <inttypes.h>

#define FLAG_VM (1u << 17)

#define TYPE_CODE     0x8
#define TYPE_WRITABLE 0x2 /* of data */
#define TYPE_READABLE 0x2 /* of code */
#define TYPE_DOWN     0x4 /* of data: expands down */

bool fault_in_real_mode(const struct fault_view *view)
{
    return !(view->sregs->cr0 & CPU_CR0_PE) || (view->regs->rflags & FLAG_VM);
}

static bool fits(const struct kvm_segment *segment, enum fault_use use)
{
    const bool is_code = segment->type & TYPE_CODE;
    if (!segment->s)
        return false;
    if (use == FAULT_CODE)
        return is_code;
    if (use == FAULT_STACK)
        return !is_code && (segment->type & TYPE_WRITABLE);
    return !is_code || (segment->type & TYPE_READABLE);
}

int fault_of_selector(const struct fault_view *view, uint16_t selector, enum fault_use use,
                      struct kvm_segment *segment, struct gdb_text *why)
{
    static const char *const uses[] = {
        [FAULT_CODE] = "code",
        [FAULT_STACK] = "writable data, as a stack must be",
        [FAULT_DATA] = "data or readable code",
    };
    const bool null = !(selector & ~3u);
    *segment = (struct kvm_segment){0};
    if (null && use == FAULT_DATA)
        return -1; /* using it is the fault */
    const bool loaded = descriptor_load(view->space, view->sregs, selector, segment);
    if (null || segment->selector != selector) {
        gdb_text_printf(why, "selector 0x%x is %s (GDT at 0x%" PRIx64 ", limit 0x%x)", selector,
                        null ? "null" : "not in its table", (uint64_t)view->sregs->gdt.base,
                        view->sregs->gdt.limit);
        return EXCEPTION_GP;
    }
    if (!fits(segment, use)) {
        gdb_text_printf(why, "selector 0x%x does not name %s", selector, uses[use]);
        return EXCEPTION_GP;
    }
    if (loaded)
        return -1;
    gdb_text_printf(why, "the segment of selector 0x%x is marked not present", selector);
    return use == FAULT_STACK ? EXCEPTION_SS : EXCEPTION_NP;
}

static bool within_limit(const struct kvm_segment *segment, uint64_t offset, uint64_t last)
{
    const bool down = !(segment->type & TYPE_CODE) && (segment->type & TYPE_DOWN);
    if (down)
        return offset > segment->limit && last <= (segment->db ? 0xffffffff : 0xffff);
    return last <= segment->limit;
}

int fault_of_address(const struct fault_view *view, uint64_t first, uint64_t last,
                     struct gdb_text *why)
{
    uint64_t gpa;
    const bool is_first = !gva_translate(view->space, first, &gpa);
    if (!is_first && gva_translate(view->space, last, &gpa))
        return -1;
    gdb_text_printf(why, "0x%" PRIx64 " is not mapped", is_first ? first : last);
    return EXCEPTION_PF;
}

int fault_of_access(const struct fault_view *view, const struct kvm_segment *segment,
                    const char *name, uint64_t offset, unsigned size, struct gdb_text *why)
{
    const uint64_t last = offset + size - 1;
    const bool is_stack = name[0] == 's' && name[1] == 's';
    if (vcpu_code_bits(view->sregs) == 64)
        return fault_of_address(view, segment->base + offset, segment->base + last, why);
    if (segment->unusable) {
        gdb_text_printf(why, "%s holds no segment", name);
        return is_stack ? EXCEPTION_SS : EXCEPTION_GP;
    }
    if (!within_limit(segment, offset, last)) {
        gdb_text_printf(why, "offset 0x%" PRIx64 " is beyond the limit of %s, 0x%x", offset, name,
                        segment->limit);
        return is_stack ? EXCEPTION_SS : EXCEPTION_GP;
    }
    return fault_of_address(view, (uint32_t)(segment->base + offset),
                            (uint32_t)(segment->base + last), why);
}

int fault_of_push(const struct fault_view *view, const struct kvm_segment *ss, uint64_t sp,
                  unsigned size, struct gdb_text *why)
{
    uint64_t top = sp - size;
    if (vcpu_code_bits(view->sregs) != 64)
        top = ss->db ? (uint32_t)top : (uint16_t)top;
    const int fault = fault_of_access(view, ss, "ss", top, size, why);
    if (fault >= 0)
        gdb_text_printf(why, " (for the stack; sp is 0x%" PRIx64 ")", sp);
    return fault;
}
