#include "debug/step/over_insn.h"

#include "debug/step/insn.h"

#define CALL_NEAR 0xe8
#define CALL_FAR  0x9a
#define GROUP_5   0xff /* /2: call, /3: call far */
#define INT_N     0xcd

/* Behind the opcode, which is the first of the N of BYTES; 0: none of these. */
static size_t call_operands(const struct insn *insn, const uint8_t *bytes, size_t n, unsigned bits)
{
    const size_t offset = bits == 64 ? 4 : insn->operand_size;
    const unsigned reg = n > 1 ? bytes[1] >> 3 & 7 : 0;
    if (bytes[0] == CALL_NEAR)
        return offset;
    if (bytes[0] == CALL_FAR && bits != 64)
        return offset + 2;
    if (bytes[0] == GROUP_5 && (reg == 2 || reg == 3))
        return insn_modrm_length(bytes + 1, n - 1, insn->address_size);
    return 0;
}

static size_t length_of(const struct insn *insn, const uint8_t *bytes, size_t n, unsigned bits,
                        uint8_t opcode)
{
    if (insn->kind == INSN_REP)
        return insn->length;
    if (insn->kind == INSN_INT)
        return opcode == INT_N ? 2 : 1;
    if (opcode >= 0xe0 && opcode <= 0xe2) /* loopne, loope, loop */
        return 2;
    const size_t operands = call_operands(insn, bytes, n, bits);
    return operands ? 1 + operands : 0;
}

size_t over_insn_length(const uint8_t *bytes, size_t n, unsigned bits, uint64_t rflags)
{
    const size_t i = insn_opcode(bytes, n, bits);
    if (i == n)
        return 0;
    const struct insn insn = insn_decode(bytes, n, bits, rflags);
    const size_t length = length_of(&insn, bytes + i, n - i, bits, bytes[i]);
    const size_t prefixes = insn.kind == INSN_REP ? 0 : i; /* its length has them */
    return length && prefixes + length <= n ? prefixes + length : 0;
}
