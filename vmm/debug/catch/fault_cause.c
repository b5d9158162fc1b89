#include "debug/catch/fault_cause.h"

#include "debug/cpu/exception.h"
#include "debug/step/insn.h"
#include "vcpu/cpu_state.h"
#include "vcpu/vcpu.h"

#include <inttypes.h>
#include <string.h>

/* The instruction taken apart as far as it is needed here. */
struct code {
    uint8_t bytes[INSN_MAX + 8]; /* what is not there is 0 */
    unsigned bits;
    unsigned operand, address; /* sizes in bytes */
    uint8_t rex;
    int override; /* CPU_ES..CPU_GS, or -1 */
    size_t at;    /* of the opcode; behind 0f if MAP is 1 */
    unsigned map;
    uint8_t opcode, modrm;
};

static const char *const segment_names[] = {"es", "cs", "ss", "ds", "fs", "gs"};

static const struct kvm_segment *segment_of(const struct fault_view *view, int number)
{
    const struct kvm_sregs *s = view->sregs;
    const struct kvm_segment *const segments[] = {&s->es, &s->cs, &s->ss, &s->ds, &s->fs, &s->gs};
    return segments[number];
}

static uint64_t gpr(const struct fault_view *view, unsigned number)
{
    const struct kvm_regs *r = view->regs;
    const uint64_t values[] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
                               r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};
    return values[number & 15];
}

static void take_prefix(struct code *c, uint8_t byte)
{
    static const uint8_t overrides[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    const uint8_t *found = memchr(overrides, byte, sizeof overrides);
    if (found)
        c->override = (int)(found - overrides);
    if (byte == 0x66)
        c->operand = c->bits == 16 ? 4 : 2;
    if (byte == 0x67)
        c->address = c->bits == 32 ? 2 : 4;
    c->rex = c->bits == 64 && (byte & 0xf0) == 0x40 ? byte : 0; /* only the last byte counts */
}

/* The N BYTES at the pc. False if the opcode is not among them. */
static bool take_apart(struct code *c, const uint8_t *bytes, size_t n, unsigned bits)
{
    const unsigned size = bits == 64 ? 4 : bits / 8;
    *c = (struct code){.bits = bits, .operand = size, .override = -1};
    c->address = bits / 8;
    memcpy(c->bytes, bytes, n);
    c->at = insn_opcode(bytes, n, bits);
    for (size_t i = 0; i < c->at; i++)
        take_prefix(c, bytes[i]);
    if (c->rex & 8)
        c->operand = 8;
    c->map = c->at < n && bytes[c->at] == 0x0f;
    c->at += c->map;
    c->opcode = c->bytes[c->at];
    c->modrm = c->bytes[c->at + 1];
    return c->at < n;
}

/* ---- Memory operands (SDM vol. 2, 2.1.5 and 2.2.1) */

/* Opcodes whose ModRM byte names an operand that is accessed (SDM vol. 2, appendix A). */
static bool has_memory_operand(const struct code *c)
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

static int64_t displacement(const uint8_t *at, unsigned size)
{
    int8_t one;
    int16_t two;
    int32_t four;
    switch (size) {
    case 1:
        memcpy(&one, at, 1);
        return one;
    case 2:
        memcpy(&two, at, 2);
        return two;
    case 4:
        memcpy(&four, at, 4);
        return four;
    default:
        return 0;
    }
}

static uint64_t offset_16(const struct fault_view *view, const struct code *c, int *segment)
{
    static const struct {
        int8_t base, index;
    } forms[] = {{CPU_RBX, CPU_RSI}, {CPU_RBX, CPU_RDI}, {CPU_RBP, CPU_RSI}, {CPU_RBP, CPU_RDI},
                 {CPU_RSI, -1},      {CPU_RDI, -1},      {CPU_RBP, -1},      {CPU_RBX, -1}};
    const unsigned mod = c->modrm >> 6, rm = c->modrm & 7;
    const uint8_t *rest = c->bytes + c->at + 2;
    if (mod == 0 && rm == 6)
        return (uint16_t)displacement(rest, 2);
    uint64_t offset = gpr(view, (unsigned)forms[rm].base);
    if (forms[rm].index >= 0)
        offset += gpr(view, (unsigned)forms[rm].index);
    if (forms[rm].base == CPU_RBP)
        *segment = CPU_SS;
    return (uint16_t)(offset + (uint64_t)displacement(rest, mod));
}

/* False: relative to the next instruction, whose place is not known here. */
static bool offset_32(const struct fault_view *view, const struct code *c, int *segment,
                      uint64_t *offset)
{
    const unsigned mod = c->modrm >> 6, rm = c->modrm & 7;
    const uint8_t *rest = c->bytes + c->at + 2;
    unsigned base = rm;
    *offset = 0;
    if (rm == 4) { /* a SIB byte */
        const uint8_t sib = *rest++;
        const unsigned index = ((sib >> 3) & 7) | (c->rex & 2 ? 8 : 0);
        base = sib & 7;
        if (index != 4)
            *offset = gpr(view, index) << (sib >> 6);
    } else if (mod == 0 && rm == 5 && c->bits == 64) {
        return false;
    }
    unsigned size = mod == 2 ? 4 : mod;
    if (mod == 0 && base == 5)
        size = 4;
    else
        *offset += gpr(view, base | (c->rex & 1 ? 8 : 0));
    if ((base == CPU_RSP || base == CPU_RBP) && !(mod == 0 && base == 5) && !(c->rex & 1))
        *segment = CPU_SS;
    *offset += (uint64_t)displacement(rest, size);
    if (c->address == 4)
        *offset = (uint32_t)*offset;
    return true;
}

static int fault_of_operand(const struct fault_view *view, const struct code *c,
                            struct gdb_text *what)
{
    int segment = CPU_DS;
    uint64_t offset;
    if (!has_memory_operand(c))
        return -1;
    if (c->address == 2)
        offset = offset_16(view, c, &segment);
    else if (!offset_32(view, c, &segment, &offset))
        return -1;
    if (c->override >= 0)
        segment = c->override;
    struct kvm_segment used = *segment_of(view, segment);
    if (c->bits == 64 && segment < CPU_FS)
        used.base = 0;
    gdb_text_printf(what, "its operand in memory: ");
    return fault_of_access(view, &used, segment_names[segment], offset, 1, what);
}

/* ---- Stack, segments, division */

static int fault_of_stack(const struct fault_view *view, const struct code *c,
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

static int fault_of_segment(const struct fault_view *view, const struct code *c,
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
    selector = (uint16_t)gpr(view, (c->modrm & 7) | (c->rex & 1 ? 8 : 0));
    if (reg == CPU_SS && c->bits == 64 && !(selector & ~3u))
        return -1;
    gdb_text_printf(what, "loading %s: ", segment_names[reg]);
    return fault_of_selector(view, selector, reg == CPU_SS ? FAULT_STACK : FAULT_DATA, &segment,
                             what);
}

static int fault_of_division(const struct fault_view *view, const struct code *c,
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
    uint64_t divisor = high_byte ? gpr(view, reg - 4) >> 8 : gpr(view, reg);
    if (size < 8)
        divisor &= (1ull << 8 * size) - 1;
    if (divisor)
        return -1;
    gdb_text_printf(what, "it divides by 0");
    return EXCEPTION_DE;
}

/* Opcodes that are a reason by themselves. */
static int fault_of_opcode(const struct fault_view *view, const struct code *c,
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
    static int (*const checks[])(const struct fault_view *view, const struct code *c,
                                 struct gdb_text *what) = {
        fault_of_opcode, fault_of_division, fault_of_segment, fault_of_operand, fault_of_stack,
    };
    uint8_t bytes[INSN_MAX];
    struct code c;
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
    if (!take_apart(&c, bytes, n, vcpu_code_bits(view->sregs)))
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
