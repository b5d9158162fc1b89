#include "debug/catch/fault_cause.h"

#include "debug/cpu/exception.h"
#include "debug/step/insn_operand.h"
#include "vcpu/cpu_state.h"
#include "vcpu/vcpu.h"

#include <inttypes.h>
#include <string.h>

static const char *const segment_names[] = {"es", "cs", "ss", "ds", "fs", "gs"};

/* ---- Memory operands */

/* Opcodes whose ModRM byte names an operand that is accessed (SDM vol. 2, appendix A). */
static bool has_memory_operand(const struct insn_parts *c)
{
    static const struct {
        uint8_t map, first, last;
    } ranges[] = {
        {0, 0x62, 0x63}, {0, 0x69, 0x69}, {0, 0x6b, 0x6b}, {0, 0x80, 0x8c}, {0, 0x8e, 0x8f},
        {0, 0xc0, 0xc1}, {0, 0xc4, 0xc7}, {0, 0xd0, 0xd3}, {0, 0xd8, 0xdf}, {0, 0xf6, 0xf7},
        {0, 0xfe, 0xff}, {1, 0x00, 0x03}, {1, 0x10, 0x17}, {1, 0x28, 0x2f}, {1, 0x40, 0x76},
        {1, 0x7e, 0x7f}, {1, 0x90, 0x9f}, {1, 0xa3, 0xa5}, {1, 0xab, 0xb7}, {1, 0xba, 0xc7},
        {1, 0xd0, 0xfe},
    };
    const bool alu = !c->map && c->opcode < 0x40 && (c->opcode & 7) < 4;
    const bool invlpg = c->map && c->opcode == 1 && ((c->modrm >> 3) & 7) == 7;
    if (c->modrm >= 0xc0 || invlpg)
        return false;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (ranges[i].map == c->map && c->opcode >= ranges[i].first && c->opcode <= ranges[i].last)
            return true;
    return alu;
}

static int fault_of_operand(const struct fault_view *view, const struct insn_parts *c,
                            struct gdb_text *what)
{
    int segment;
    uint64_t offset;
    if (!has_memory_operand(c) || !insn_operand_offset(c, view->regs, &segment, &offset))
        return -1;
    struct kvm_segment used = *insn_segment(view->sregs, segment);
    if (c->bits == 64 && segment < CPU_FS)
        used.base = 0;
    gdb_text_printf(what, "its operand in memory: ");
    return fault_of_access(view, &used, segment_names[segment], offset, 1, what);
}

/* ---- Stack, segments, division */

static int fault_of_stack(const struct fault_view *view, const struct insn_parts *c,
                          struct gdb_text *what)
{
    const uint8_t op = c->opcode, reg = (c->modrm >> 3) & 7;
    const bool pushes =
        !c->map && ((op >= 0x50 && op <= 0x57) || op == 0x68 || op == 0x6a || op == 0x9a ||
                    op == 0x9c || op == 0xe8 || (op == 0xff && (reg == 2 || reg == 3 || reg == 6)));
    const bool pops = !c->map && ((op >= 0x58 && op <= 0x5f) || op == 0x9d || op == 0xcf ||
                                  (op & 0xf6) == 0xc2); /* c2, c3, ca, cb */
    struct kvm_segment ss = view->sregs->ss;
    uint64_t sp = view->regs->rsp;
    if (!pushes && !pops)
        return -1;
    if (c->bits == 64)
        ss.base = 0;
    else
        sp = ss.db ? (uint32_t)sp : (uint16_t)sp;
    const unsigned size = c->bits == 64 ? 8 : c->operand;
    if (pushes)
        return fault_of_push(view, &ss, sp, size, what);
    gdb_text_printf(what, "what it takes from the stack: ");
    return fault_of_access(view, &ss, "ss", sp, size, what);
}

static int fault_of_segment(const struct fault_view *view, const struct insn_parts *c,
                            struct gdb_text *what)
{
    struct kvm_segment segment;
    uint16_t selector;
    if (fault_in_real_mode(view) || c->map)
        return -1;
    if (c->opcode == 0xea || c->opcode == 0x9a) {
        memcpy(&selector, c->bytes + c->at + 1 + c->operand, sizeof selector);
        gdb_text_printf(what, "a far %s: ", c->opcode == 0xea ? "jump" : "call");
        const int fault = fault_of_selector(view, selector, FAULT_CODE, &segment, what);
        /* A system descriptor: it may be a gate or a TSS. Nothing there has type 0. */
        return fault == EXCEPTION_GP && segment.type && !segment.s ? -1 : fault;
    }
    const unsigned reg = (c->modrm >> 3) & 7;
    if (c->opcode != 0x8e || c->modrm < 0xc0 || reg == CPU_CS || reg > CPU_GS)
        return -1;
    selector = (uint16_t)insn_register(view->regs, (c->modrm & 7) | (c->rex & 1 ? 8 : 0));
    if (reg == CPU_SS && c->bits == 64 && !(selector & ~3u))
        return -1;
    gdb_text_printf(what, "loading %s: ", segment_names[reg]);
    return fault_of_selector(view, selector, reg == CPU_SS ? FAULT_STACK : FAULT_DATA, &segment,
                             what);
}

static int fault_of_division(const struct fault_view *view, const struct insn_parts *c,
                             struct gdb_text *what)
{
    const bool divides = !c->map && (c->opcode & 0xfe) == 0xf6 && c->modrm >= 0xf0;
    if (!c->map && c->opcode == 0xd4 && !c->modrm && c->bits != 64) {
        gdb_text_printf(what, "aam divides by 0");
        return EXCEPTION_DE;
    }
    if (!divides)
        return -1;
    const unsigned reg = (c->modrm & 7) | (c->rex & 1 ? 8 : 0);
    const bool high_byte = c->opcode == 0xf6 && !c->rex && reg >= 4;
    const unsigned size = c->opcode == 0xf6 ? 1 : c->operand;
    uint64_t divisor =
        high_byte ? insn_register(view->regs, reg - 4) >> 8 : insn_register(view->regs, reg);
    if (size < 8)
        divisor &= (1ull << 8 * size) - 1;
    if (divisor)
        return -1;
    gdb_text_printf(what, "it divides by 0");
    return EXCEPTION_DE;
}

/* Opcodes that are a reason by themselves. */
static int fault_of_opcode(const struct fault_view *view, const struct insn_parts *c,
                           struct gdb_text *what)
{
    const struct insn insn = insn_decode(c->bytes, INSN_MAX, c->bits, view->regs->rflags);
    const unsigned cpl = fault_in_real_mode(view) ? 0 : view->sregs->cs.selector & 3;
    if (insn.kind == INSN_INT) {
        gdb_text_printf(what, "int $0x%x", insn.vector);
        return insn.vector;
    }
    if (c->map && (c->opcode == 0x0b || c->opcode == 0xb9 || c->opcode == 0xff)) {
        gdb_text_printf(what, "ud%d", c->opcode == 0x0b ? 2 : c->opcode == 0xb9 ? 1 : 0);
        return EXCEPTION_UD;
    }
    if (!c->map && c->opcode == 0xf4 && cpl) {
        gdb_text_printf(what, "hlt at CPL %u", cpl);
        return EXCEPTION_GP;
    }
    return -1;
}

int fault_of_insn(const struct fault_view *view, struct gdb_text *what)
{
    static int (*const checks[])(const struct fault_view *view, const struct insn_parts *c,
                                 struct gdb_text *what) = {
        fault_of_opcode, fault_of_division, fault_of_segment, fault_of_operand, fault_of_stack,
    };
    uint8_t bytes[INSN_MAX];
    struct insn_parts c;
    const struct gdb_text empty = *what;
    const uint64_t pc = vcpu_linear_pc_of(view->regs, view->sregs);
    const size_t n = gva_read(view->space, pc, bytes, sizeof bytes);
    struct kvm_segment cs = view->sregs->cs;
    if (vcpu_code_bits(view->sregs) == 64)
        cs.base = 0;
    int fault = fault_of_access(view, &cs, "cs", view->regs->rip, 1, what);
    if (fault >= 0) {
        gdb_text_printf(what, ", so that no instruction can be fetched");
        return fault;
    }
    if (!insn_take_apart(&c, bytes, n, vcpu_code_bits(view->sregs)))
        return -1;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        *what = empty;
        fault = checks[i](view, &c, what);
        if (fault >= 0)
            return fault;
    }
    *what = empty;
    what->buf[what->len] = 0;
    return -1;
}
