#include "debug/cpu/vector.h"

#include "vcpu/cpu_state.h"

#include <string.h>

#define SELECTOR_LDT   4u
#define SELECTOR_INDEX 0xfff8u

/* Gate types that name a handler: interrupt and trap gates of 16 and 32 (or 64) bits. */
#define GATE_INTERRUPT_16 0x6
#define GATE_TRAP_16      0x7
#define GATE_INTERRUPT_32 0xe
#define GATE_TRAP_32      0xf

bool descriptor_load(const struct gva_space *space, const struct kvm_sregs *sregs,
                     uint16_t selector, struct kvm_segment *segment)
{
    const bool ldt = selector & SELECTOR_LDT;
    const uint64_t table = ldt ? sregs->ldt.base : sregs->gdt.base;
    const uint32_t limit = ldt ? (sregs->ldt.unusable ? 0 : sregs->ldt.limit) : sregs->gdt.limit;
    const uint32_t offset = selector & SELECTOR_INDEX;
    uint64_t d;
    if ((!ldt && !offset) || offset + 7 > limit)
        return false;
    if (gva_read(space, table + offset, &d, sizeof d) != sizeof d)
        return false;
    *segment = (struct kvm_segment){
        .selector = selector,
        .base = ((d >> 16) & 0xffffff) | (d >> 56) << 24,
        .limit = (d & 0xffff) | ((d >> 48) & 0xf) << 16,
        .type = (d >> 40) & 0xf,
        .s = (d >> 44) & 1,
        .dpl = (d >> 45) & 3,
        .present = (d >> 47) & 1,
        .avl = (d >> 52) & 1,
        .l = (d >> 53) & 1,
        .db = (d >> 54) & 1,
        .g = (d >> 55) & 1,
    };
    if (segment->g)
        segment->limit = segment->limit << 12 | 0xfff;
    if (segment->s)
        segment->type |= 1; /* accessed */
    return segment->s && segment->present;
}

/* A code segment's base, remembered: most gates of an IDT name the same one. */
struct code_memo {
    bool known;
    uint16_t selector;
    uint64_t base;
};

static bool code_base(const struct gva_space *space, const struct kvm_sregs *sregs,
                      uint16_t selector, struct code_memo *memo)
{
    struct kvm_segment code;
    if (memo->known && memo->selector == selector)
        return true;
    memo->known = descriptor_load(space, sregs, selector, &code);
    memo->selector = selector;
    memo->base = memo->known ? code.base : 0;
    return memo->known;
}

/* Where the GATE goes, as it lies in the IDT. */
static bool gate_handler(const struct gva_space *space, const struct kvm_sregs *sregs,
                         const uint16_t *gate, struct code_memo *memo, uint64_t *linear)
{
    const bool wide = sregs->efer & CPU_EFER_LMA;
    const unsigned type = (gate[2] >> 8) & 0x1f; /* the S bit, 0 in a gate, included */
    const bool is_32 = type == GATE_INTERRUPT_32 || type == GATE_TRAP_32;
    const bool is_16 = !wide && (type == GATE_INTERRUPT_16 || type == GATE_TRAP_16);
    if (!(gate[2] & 0x8000) || !(is_32 || is_16))
        return false;

    uint64_t offset = gate[0];
    if (is_32)
        offset |= (uint64_t)gate[3] << 16;
    if (wide) {
        *linear = offset | (uint64_t)gate[4] << 32 | (uint64_t)gate[5] << 48;
        return true;
    }
    if (!code_base(space, sregs, gate[1], memo))
        return false;
    *linear = (uint32_t)(memo->base + offset);
    return true;
}

/* Bytes of an entry: SDM vol. 3, 20.1.4, 6.11, 6.14.1. */
static unsigned entry_size(const struct kvm_sregs *sregs)
{
    if (!(sregs->cr0 & CPU_CR0_PE))
        return 4;
    return sregs->efer & CPU_EFER_LMA ? 16 : 8;
}

static bool entry_handler(const struct gva_space *space, const struct kvm_sregs *sregs,
                          const uint16_t *entry, struct code_memo *memo, uint64_t *linear)
{
    if (sregs->cr0 & CPU_CR0_PE)
        return gate_handler(space, sregs, entry, memo, linear);
    *linear = (uint64_t)entry[1] * 16 + entry[0]; /* IP, CS */
    return true;
}

bool vector_handler(const struct gva_space *space, const struct kvm_sregs *sregs, uint8_t vector,
                    uint64_t *linear)
{
    const unsigned size = entry_size(sregs);
    struct code_memo memo = {0};
    uint16_t entry[8];
    if (vector * size + size - 1 > sregs->idt.limit ||
        gva_read(space, sregs->idt.base + (uint64_t)vector * size, entry, size) != size)
        return false;
    return entry_handler(space, sregs, entry, &memo, linear);
}

size_t vector_handlers(const struct gva_space *space, const struct kvm_sregs *sregs,
                       struct vector_handler *handlers)
{
    const unsigned size = entry_size(sregs);
    uint16_t table[VECTORS * 8];
    size_t bytes = (size_t)sregs->idt.limit + 1, n = 0;
    if (bytes > VECTORS * size)
        bytes = VECTORS * size;
    bytes = gva_read(space, sregs->idt.base, table, bytes);
    struct code_memo memo = {0};
    for (size_t i = 0; i < bytes / size; i++) {
        uint64_t linear;
        if (entry_handler(space, sregs, &table[i * size / 2], &memo, &linear))
            handlers[n++] = (struct vector_handler){.addr = linear, .vector = (uint8_t)i};
    }
    return n;
}
