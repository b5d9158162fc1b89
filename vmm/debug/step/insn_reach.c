#include "debug/step/insn_reach.h"

#include "debug/step/insn_operand.h"
#include "vcpu/cpu_state.h"

#include <string.h>

static uint64_t mask_of(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ull << 8 * size) - 1;
}

/* OFFSET in SEGMENT; in 64-bit code only fs and gs have a base (SDM vol. 3, 3.2.4). */
static uint64_t linear(const struct insn_parts *p, const struct kvm_sregs *sregs, int segment,
                       uint64_t offset)
{
    const bool has_base = p->bits != 64 || segment == CPU_FS || segment == CPU_GS;
    const uint64_t addr = offset + (has_base ? insn_segment(sregs, segment)->base : 0);
    return p->bits == 64 ? addr : (uint32_t)addr;
}

static bool is_string(const struct insn_parts *p)
{
    const uint8_t o = p->opcode;
    return p->map == 0 &&
           ((o >= 0xa4 && o <= 0xa7) || (o >= 0xaa && o <= 0xaf) || (o >= 0x6c && o <= 0x6f));
}

static bool has_address(const struct insn_parts *p)
{
    return p->map == 0 && p->opcode >= 0xa0 && p->opcode <= 0xa3;
}

static uint64_t own_address(const struct insn_parts *p)
{
    uint64_t value;
    memcpy(&value, p->bytes + p->at + 1, sizeof value);
    return value & mask_of(p->address);
}

size_t insn_reach(const uint8_t *bytes, size_t n, unsigned bits, const struct kvm_regs *regs,
                  const struct kvm_sregs *sregs, uint64_t addr[INSN_REACHES])
{
    struct insn_parts p;
    uint64_t offset;
    int segment = CPU_DS;
    size_t count = 0;
    if (!insn_take_apart(&p, bytes, n, bits))
        return 0;
    const int data = p.override >= 0 ? p.override : CPU_DS;
    if (is_string(&p)) {
        addr[count++] = linear(&p, sregs, data, regs->rsi & mask_of(p.address));
        addr[count++] = linear(&p, sregs, CPU_ES, regs->rdi & mask_of(p.address));
    } else if (has_address(&p)) {
        addr[count++] = linear(&p, sregs, data, own_address(&p));
    } else if (p.modrm >> 6 != 3 && insn_operand_offset(&p, regs, &segment, &offset)) {
        addr[count++] = linear(&p, sregs, segment, offset);
    } else if (p.modrm >> 6 == 0) { /* relative to what comes after the instruction */
        offset = regs->rip + p.at + 6 + (uint64_t)insn_displacement(p.bytes + p.at + 2, 4);
        addr[count++] = linear(&p, sregs, data, offset);
    }
    return count;
}
