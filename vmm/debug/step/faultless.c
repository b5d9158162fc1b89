#include "debug/step/faultless.h"

#include "vcpu/cpu_state.h"

#define FLAG_AC      (1u << 18)
#define CR0_AM       (1u << 18)
#define CR4_CET      (1u << 23)
#define WIDEST       8u /* bytes that one of these accesses at most */
#define PREFIXES_MAX 3u /* with more, an instruction might be longer than INSN_MAX */

/* SDM vol. 3, table 3-1: data segments' type bits. */
#define TYPE_WRITABLE    2u
#define TYPE_EXPAND_DOWN 4u
#define TYPE_CODE        8u

/* What an opcode does that could raise something; a ModRM operand may be in memory. */
enum {
    NO_PROOF,
    REGISTERS,
    MODRM,
    LEA,    /* ModRM names an address that is not accessed; a register there is #UD */
    OFFSET, /* an operand in memory whose offset follows */
    PUSH,
    POP,
    JUMP_8, /* by the signed byte that follows */
    JUMP,   /* by the displacement of the operand's size that follows */
    CALL,
};

#define REG(n) (1u << (n)) /* of ModRM's reg field */
#define ANY    0xffu

static const struct row {
    uint8_t map, first, last, reg, does;
} rows[] = {
    {0, 0x40, 0x4f, ANY, REGISTERS},         /* inc, dec */
    {0, 0x50, 0x57, ANY, PUSH},              /* push */
    {0, 0x58, 0x5f, ANY, POP},               /* pop */
    {0, 0x68, 0x68, ANY, PUSH},              /* push imm */
    {0, 0x6a, 0x6a, ANY, PUSH},              /* push imm8 */
    {0, 0x70, 0x7f, ANY, JUMP_8},            /* jcc */
    {0, 0x80, 0x81, ANY, MODRM},             /* add .. cmp */
    {0, 0x83, 0x8b, ANY, MODRM},             /* add .. cmp, test, xchg, mov */
    {0, 0x8d, 0x8d, ANY, LEA},               /* lea */
    {0, 0x90, 0x99, ANY, REGISTERS},         /* xchg, cbw, cwd */
    {0, 0x9e, 0x9f, ANY, REGISTERS},         /* sahf, lahf */
    {0, 0xa0, 0xa3, ANY, OFFSET},            /* mov moffs */
    {0, 0xa8, 0xa9, ANY, REGISTERS},         /* test */
    {0, 0xb0, 0xbf, ANY, REGISTERS},         /* mov imm */
    {0, 0xc0, 0xc1, 0xbf, MODRM},            /* rol .. sar */
    {0, 0xc6, 0xc7, REG(0), MODRM},          /* mov imm */
    {0, 0xd0, 0xd3, 0xbf, MODRM},            /* rol .. sar */
    {0, 0xe0, 0xe3, ANY, JUMP_8},            /* loopne, loope, loop, jcxz */
    {0, 0xe8, 0xe8, ANY, CALL},              /* call */
    {0, 0xe9, 0xe9, ANY, JUMP},              /* jmp */
    {0, 0xeb, 0xeb, ANY, JUMP_8},            /* jmp */
    {0, 0xf5, 0xf5, ANY, REGISTERS},         /* cmc */
    {0, 0xf6, 0xf7, 0x3d, MODRM},            /* test, not, neg, mul, imul */
    {0, 0xf8, 0xf9, ANY, REGISTERS},         /* clc, stc */
    {0, 0xfc, 0xfd, ANY, REGISTERS},         /* cld, std */
    {0, 0xfe, 0xff, REG(0) | REG(1), MODRM}, /* inc, dec */
    {1, 0x80, 0x8f, ANY, JUMP},              /* jcc */
    {1, 0x90, 0x9f, ANY, MODRM},             /* setcc */
    {1, 0xaf, 0xaf, ANY, MODRM},             /* imul */
    {1, 0xb6, 0xb7, ANY, MODRM},             /* movzx */
    {1, 0xbe, 0xbf, ANY, MODRM},             /* movsx */
};

static unsigned what_it_does(const struct insn_parts *p)
{
    const unsigned reg = (p->modrm >> 3) & 7;
    if (!p->map && p->opcode < 0x40)
        return (p->opcode & 7) < 4 ? MODRM : (p->opcode & 7) < 6 ? REGISTERS : NO_PROOF;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (row->map == p->map && p->opcode >= row->first && p->opcode <= row->last)
            return row->reg & REG(reg) || row->reg == ANY ? row->does : NO_PROOF;
    }
    return NO_PROOF;
}

/* The prefixes lie before the opcode, and the 0f before that. */
static bool has_plain_prefixes(const struct insn_parts *p)
{
    const size_t count = p->at - p->map;
    for (size_t i = 0; i < count; i++)
        if (p->bytes[i] >= 0xf0 || p->bytes[i] == 0x2e)
            return false;
    return count <= PREFIXES_MAX;
}

/* SIZE bytes at OFFSET, to be read and written. */
static bool is_inside(const struct kvm_segment *s, uint64_t offset, uint64_t size)
{
    const bool plain = s->present && !s->unusable && s->s &&
                       (s->type & (TYPE_WRITABLE | TYPE_EXPAND_DOWN | TYPE_CODE)) == TYPE_WRITABLE;
    return plain && offset <= s->limit && size - 1 <= s->limit - offset;
}

static bool operand_is_inside(const struct insn_parts *p, const struct kvm_regs *regs,
                              const struct kvm_sregs *sregs)
{
    int segment;
    uint64_t offset;
    return insn_operand_offset(p, regs, &segment, &offset) &&
           is_inside(insn_segment(sregs, segment), offset, WIDEST);
}

static bool offset_is_inside(const struct insn_parts *p, const struct kvm_sregs *sregs)
{
    const uint8_t *at = p->bytes + p->at + 1;
    const uint64_t offset =
        p->address == 2 ? (uint16_t)insn_displacement(at, 2) : (uint32_t)insn_displacement(at, 4);
    const int segment = p->override >= 0 ? p->override : CPU_DS;
    return is_inside(insn_segment(sregs, segment), offset, WIDEST);
}

/* Room for WIDEST bytes on both sides of the stack pointer. */
static bool stack_is_inside(const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    const uint64_t sp = sregs->ss.db ? (uint32_t)regs->rsp : (uint16_t)regs->rsp;
    return sp >= WIDEST && is_inside(&sregs->ss, sp - WIDEST, 2 * WIDEST);
}

/* The longest instruction, and the byte behind it, where it goes on. */
static bool code_is_inside(const struct kvm_regs *regs, const struct kvm_sregs *sregs)
{
    return regs->rip <= sregs->cs.limit && sregs->cs.limit - regs->rip >= INSN_MAX;
}

/* Wherever it goes on: by displacement SIZE bytes at AT, which end it. */
static bool target_is_inside(const struct insn_parts *p, const struct kvm_regs *regs,
                             const struct kvm_sregs *sregs, unsigned size)
{
    const size_t at = p->at + 1;
    const uint64_t to = regs->rip + at + size + (uint64_t)insn_displacement(p->bytes + at, size);
    return (p->operand == 2 ? (uint16_t)to : (uint32_t)to) <= sregs->cs.limit;
}

static bool does_no_harm(const struct faultless *f, const struct kvm_regs *regs,
                         const struct kvm_sregs *sregs)
{
    const struct insn_parts *p = &f->parts;
    const bool memory = p->modrm < 0xc0;
    switch (f->does) {
    case REGISTERS:
        return true;
    case MODRM:
        return !memory || operand_is_inside(p, regs, sregs);
    case LEA:
        return memory;
    case OFFSET:
        return offset_is_inside(p, sregs);
    case PUSH:
    case POP:
        return stack_is_inside(regs, sregs);
    case JUMP_8:
        return target_is_inside(p, regs, sregs, 1);
    case JUMP:
        return target_is_inside(p, regs, sregs, p->operand);
    case CALL:
        return target_is_inside(p, regs, sregs, p->operand) && stack_is_inside(regs, sregs);
    default:
        return false;
    }
}

void faultless_look(struct faultless *f, const uint8_t *bytes, size_t n, unsigned bits)
{
    const bool whole = insn_take_apart(&f->parts, bytes, n, bits) && n == INSN_MAX;
    f->does =
        whole && bits != 64 && has_plain_prefixes(&f->parts) ? what_it_does(&f->parts) : NO_PROOF;
}

bool faultless_here(const struct faultless *f, const struct kvm_regs *regs,
                    const struct kvm_sregs *sregs)
{
    const bool aligned = (sregs->cr0 & CR0_AM) && (regs->rflags & FLAG_AC);
    return f->does != NO_PROOF && !(sregs->cr0 & CPU_CR0_PG) && !(sregs->cr4 & CR4_CET) &&
           !aligned && code_is_inside(regs, sregs) && does_no_harm(f, regs, sregs);
}
