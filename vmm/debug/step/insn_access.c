#include "debug/step/insn_access.h"

#include "debug/step/insn_shape.h"
#include "vcpu/cpu_state.h"

#include <assert.h>
#include <string.h>

#define FLAG_VM (1u << 17)

/* An instruction where it stands. */
struct here {
    struct insn_parts parts;
    struct insn_shape shape;
    const struct gva_space *space;
    const struct kvm_regs *regs;
    const struct kvm_sregs *sregs;
    struct insn_accesses *out;
};

static uint64_t mask_of(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ull << 8 * size) - 1;
}

/* OFFSET in SEGMENT; in 64-bit code only fs and gs have a base (SDM vol. 3, 3.2.4). */
static uint64_t linear(const struct here *h, int segment, uint64_t offset)
{
    const bool long_code = h->parts.bits == 64;
    const bool has_base = !long_code || segment == CPU_FS || segment == CPU_GS;
    const uint64_t addr = offset + (has_base ? insn_segment(h->sregs, segment)->base : 0);
    return long_code ? addr : (uint32_t)addr;
}

static void add(const struct here *h, uint64_t addr, unsigned len, unsigned does)
{
    if (!len)
        return;
    assert(h->out->count < INSN_ACCESSES);
    h->out->list[h->out->count++] =
        (struct insn_access){addr, len, does & INSN_READS, does & INSN_WRITES};
}

/* ---- The stack */

static unsigned stack_size(const struct here *h)
{
    return h->parts.bits == 64 ? 8 : h->sregs->ss.db ? 4 : 2;
}

/* COUNT words of SIZE bytes from BY bytes above POINTER (rsp, or rbp) on. */
static void add_stack(const struct here *h, uint64_t pointer, int64_t by, unsigned count,
                      unsigned size, unsigned does)
{
    const uint64_t offset = (pointer + (uint64_t)by) & mask_of(stack_size(h));
    add(h, linear(h, CPU_SS, offset), count * size, does);
}

static void push(const struct here *h, unsigned count, unsigned size)
{
    add_stack(h, h->regs->rsp, -(int64_t)(count * size), count, size, INSN_WRITES);
}

static void pop(const struct here *h, unsigned count, unsigned size)
{
    add_stack(h, h->regs->rsp, 0, count, size, INSN_READS);
}

static uint64_t number_at(const struct here *h, size_t at, unsigned size)
{
    uint64_t value;
    memcpy(&value, h->parts.bytes + at, sizeof value);
    return value & mask_of(size);
}

/* The frames outside of this one, whose pointers it copies, end with that at rbp. */
static void enter(const struct here *h)
{
    const unsigned size = h->shape.word, level = h->parts.bytes[h->parts.at + 3] & 31;
    if (level > 1)
        add_stack(h, h->regs->rbp, -(int64_t)((level - 1) * size), level - 1, size, INSN_READS);
    push(h, 1 + level, size);
}

/* Whether the selector AT bytes above the top of the stack is of an outer ring. */
static bool returns_outwards(const struct here *h, unsigned at)
{
    uint16_t selector;
    const uint64_t offset = (h->regs->rsp + at) & mask_of(stack_size(h));
    const bool rings = h->sregs->cr0 & CPU_CR0_PE && !(h->regs->rflags & FLAG_VM);
    return rings && gva_read(h->space, linear(h, CPU_SS, offset), &selector, 2) == 2 &&
           (selector & 3) > (h->sregs->cs.selector & 3);
}

/* After an outer ring's cs:ip (and flags) come its ss:sp; in 64-bit code iret takes them in any
 * case. */
static void far_return(const struct here *h)
{
    const struct insn_parts *p = &h->parts;
    const unsigned size = p->operand;
    const bool outwards = returns_outwards(h, size);
    const unsigned dropped = p->opcode == 0xca ? (unsigned)number_at(h, p->at + 1, 2) : 0;
    if (p->opcode == 0xcf) {
        pop(h, outwards || p->bits == 64 ? 5 : 3, size);
        return;
    }
    pop(h, 2, size);
    if (outwards)
        add_stack(h, h->regs->rsp, 2 * size + dropped, 2, size, INSN_READS);
}

/* ---- Operands */

static int data_segment(const struct here *h)
{
    return h->parts.override >= 0 ? h->parts.override : CPU_DS;
}

static void by_rsi(const struct here *h, unsigned size)
{
    const uint64_t offset = h->regs->rsi & mask_of(h->parts.address);
    add(h, linear(h, data_segment(h), offset), size, INSN_READS);
}

static void by_rdi(const struct here *h, int segment, unsigned size, unsigned does)
{
    add(h, linear(h, segment, h->regs->rdi & mask_of(h->parts.address)), size, does);
}

static void string(const struct here *h)
{
    const struct insn_parts *p = &h->parts;
    const bool is_io = p->opcode < 0x70;
    const unsigned width = is_io && p->operand == 8 ? 4 : p->operand;
    const unsigned size = p->opcode & 1 ? width : 1;
    if (p->repeat && !(h->regs->rcx & mask_of(p->address)))
        return;
    switch (p->opcode & 0xfe) {
    case 0x6c: /* ins */
    case 0xaa: /* stos */
        by_rdi(h, CPU_ES, size, INSN_WRITES);
        break;
    case 0x6e: /* outs */
    case 0xac: /* lods */
        by_rsi(h, size);
        break;
    case 0xa4: /* movs */
        by_rsi(h, size);
        by_rdi(h, CPU_ES, size, INSN_WRITES);
        break;
    case 0xa6: /* cmps */
        by_rsi(h, size);
        by_rdi(h, CPU_ES, size, INSN_READS);
        break;
    default: /* scas */
        by_rdi(h, CPU_ES, size, INSN_READS);
        break;
    }
}

static void by_own_address(const struct here *h)
{
    const struct insn_parts *p = &h->parts;
    const uint64_t offset = number_at(h, p->at + 1, p->address);
    add(h, linear(h, data_segment(h), offset), p->opcode & 1 ? p->operand : 1,
        p->opcode < 0xa2 ? INSN_READS : INSN_WRITES);
}

static void xlat(const struct here *h)
{
    const uint64_t offset = h->regs->rbx + (uint8_t)h->regs->rax;
    add(h, linear(h, data_segment(h), offset & mask_of(h->parts.address)), 1, INSN_READS);
}

/* A bit's number in a register reaches beyond the operand: so many operands away (SDM vol. 2,
 * 3.1.1.9). */
static int64_t bit_offset(const struct here *h)
{
    const struct insn_parts *p = &h->parts;
    const uint64_t value = insn_register(h->regs, (p->modrm >> 3 & 7) | (p->rex & 4 ? 8 : 0));
    const unsigned unused = 64 - 8 * p->operand;
    const int64_t bit = (int64_t)(value << unused) >> unused;
    const int64_t bits = 8 * p->operand;
    return (bit >= 0 ? bit / bits : -((bits - 1 - bit) / bits)) * p->operand;
}

static bool is_bit_string(const struct insn_parts *p)
{
    return p->map == 1 && (p->opcode & 0xe7) == 0xa3;
}

/* The operand that ModRM names. What pops into memory has popped before it looks where. */
static void by_modrm(const struct here *h)
{
    const struct insn_parts *p = &h->parts;
    struct kvm_regs regs = *h->regs;
    int segment = CPU_DS;
    uint64_t offset;
    if (h->shape.does & INSN_POPS)
        regs.rsp += h->shape.word;
    if (!insn_operand_offset(p, &regs, &segment, &offset)) {
        const size_t rest = insn_modrm_length(p->bytes + p->at + 1, INSN_MAX, p->address);
        offset = regs.rip + p->at + 1 + rest + h->shape.immediate +
                 (uint64_t)insn_displacement(p->bytes + p->at + 2, 4);
        offset &= mask_of(p->address);
        segment = data_segment(h);
    }
    if (is_bit_string(p))
        offset = (offset + (uint64_t)bit_offset(h)) & mask_of(p->address);
    add(h, linear(h, segment, offset), h->shape.size, h->shape.does);
}

/* ---- All of them */

static void by_own_rules(const struct here *h)
{
    const struct insn_parts *p = &h->parts;
    if (p->map) { /* bit strings; maskmov */
        if (p->opcode == 0xf7)
            by_rdi(h, data_segment(h), h->shape.size, INSN_WRITES);
        return;
    }
    switch (p->opcode) {
    case 0x60:
        push(h, 8, p->operand);
        break;
    case 0x61:
        pop(h, 8, p->operand);
        break;
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3:
        by_own_address(h);
        break;
    case 0xc8:
        enter(h);
        break;
    case 0xc9:
        add_stack(h, h->regs->rbp, 0, 1, h->shape.word, INSN_READS);
        break;
    case 0xca:
    case 0xcb:
    case 0xcf:
        far_return(h);
        break;
    case 0xd7:
        xlat(h);
        break;
    default:
        string(h);
        break;
    }
}

struct insn_accesses insn_accesses(const struct insn_parts *parts, const struct gva_space *space,
                                   const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    struct insn_accesses out = {.count = 0};
    struct here h = {.parts = *parts, .space = space, .regs = regs, .sregs = sregs, .out = &out};
    h.shape = insn_shape(&h.parts);
    const unsigned does = h.shape.does, words = does & INSN_FAR ? 2 : 1;
    out.more = does & INSN_MORE;
    if (does & (INSN_READS | INSN_WRITES))
        by_modrm(&h);
    if (does & INSN_PUSHES)
        push(&h, words, h.shape.word);
    if (does & INSN_POPS)
        pop(&h, words, h.shape.word);
    if (does & INSN_OWN)
        by_own_rules(&h);
    return out;
}
