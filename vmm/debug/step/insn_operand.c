#include "debug/step/insn_operand.h"

#include "vcpu/cpu_state.h"

#include <string.h>

uint64_t insn_register(const struct kvm_regs *r, unsigned number)
{
    const uint64_t values[] = {r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi,
                               r->r8,  r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15};
    return values[number & 15];
}

const struct kvm_segment *insn_segment(const struct kvm_sregs *s, int number)
{
    const struct kvm_segment *const segments[] = {&s->es, &s->cs, &s->ss, &s->ds, &s->fs, &s->gs};
    return segments[number];
}

static void take_prefix(struct insn_parts *p, uint8_t byte)
{
    static const uint8_t overrides[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
    const uint8_t *found = memchr(overrides, byte, sizeof overrides);
    if (found)
        p->override = (int)(found - overrides);
    if (byte == 0xf2 || byte == 0xf3)
        p->repeat = byte;
    p->lock = p->lock || byte == 0xf0;
    p->other_size = p->other_size || byte == 0x66;
    if (byte == 0x66)
        p->operand = p->bits == 16 ? 4 : 2;
    if (byte == 0x67)
        p->address = p->bits == 32 ? 2 : 4;
    p->rex = p->bits == 64 && (byte & 0xf0) == 0x40 ? byte : 0; /* only the last byte counts */
}

bool insn_take_apart(struct insn_parts *p, const uint8_t *bytes, size_t n, unsigned bits)
{
    const unsigned size = bits == 64 ? 4 : bits / 8;
    *p = (struct insn_parts){.bits = bits, .n = n, .operand = size, .override = -1};
    p->address = bits / 8;
    memcpy(p->bytes, bytes, n);
    p->at = insn_opcode(bytes, n, bits);
    for (size_t i = 0; i < p->at; i++)
        take_prefix(p, bytes[i]);
    if (p->rex & 8)
        p->operand = 8;
    const bool map = p->at < n && bytes[p->at] == 0x0f;
    insn_opcode_at(p, p->at + map, map);
    return p->at < n;
}

void insn_opcode_at(struct insn_parts *p, size_t at, unsigned map)
{
    p->at = at;
    p->map = map;
    p->opcode = p->bytes[at];
    p->modrm = p->bytes[at + 1];
}

int64_t insn_displacement(const uint8_t *at, unsigned size)
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

static uint64_t offset_16(const struct insn_parts *p, const struct kvm_regs *regs, int *segment)
{
    static const struct {
        int8_t base, index;
    } forms[] = {{CPU_RBX, CPU_RSI}, {CPU_RBX, CPU_RDI}, {CPU_RBP, CPU_RSI}, {CPU_RBP, CPU_RDI},
                 {CPU_RSI, -1},      {CPU_RDI, -1},      {CPU_RBP, -1},      {CPU_RBX, -1}};
    const unsigned mod = p->modrm >> 6, rm = p->modrm & 7;
    const uint8_t *rest = p->bytes + p->at + 2;
    if (mod == 0 && rm == 6)
        return (uint16_t)insn_displacement(rest, 2);
    uint64_t offset = insn_register(regs, (unsigned)forms[rm].base);
    if (forms[rm].index >= 0)
        offset += insn_register(regs, (unsigned)forms[rm].index);
    if (forms[rm].base == CPU_RBP)
        *segment = CPU_SS;
    return (uint16_t)(offset + (uint64_t)insn_displacement(rest, mod));
}

static bool offset_32(const struct insn_parts *p, const struct kvm_regs *regs, int *segment,
                      uint64_t *offset)
{
    const unsigned mod = p->modrm >> 6, rm = p->modrm & 7;
    const uint8_t *rest = p->bytes + p->at + 2;
    unsigned base = rm;
    *offset = 0;
    if (rm == 4) { /* a SIB byte */
        const uint8_t sib = *rest++;
        const unsigned index = ((sib >> 3) & 7) | (p->rex & 2 ? 8 : 0);
        base = sib & 7;
        if (index != 4)
            *offset = insn_register(regs, index) << (sib >> 6);
    } else if (mod == 0 && rm == 5 && p->bits == 64) {
        return false;
    }
    unsigned size = mod == 2 ? 4 : mod;
    if (mod == 0 && base == 5)
        size = 4;
    else
        *offset += insn_register(regs, base | (p->rex & 1 ? 8 : 0));
    if ((base == CPU_RSP || base == CPU_RBP) && !(mod == 0 && base == 5) && !(p->rex & 1))
        *segment = CPU_SS;
    *offset += (uint64_t)insn_displacement(rest, size);
    if (p->address == 4)
        *offset = (uint32_t)*offset;
    return true;
}

bool insn_operand_offset(const struct insn_parts *p, const struct kvm_regs *regs, int *segment,
                         uint64_t *offset)
{
    *segment = CPU_DS;
    if (p->address == 2)
        *offset = offset_16(p, regs, segment);
    else if (!offset_32(p, regs, segment, offset))
        return false;
    if (p->override >= 0)
        *segment = p->override;
    return true;
}
