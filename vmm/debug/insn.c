#include "debug/insn.h"

#include <stdbool.h>

#define FLAG_OF (1u << 11)

/* SDM vol. 2, 2.1.1 and 2.2.1: prefixes may stand before any opcode. */
static bool is_prefix(uint8_t byte, unsigned bits)
{
    static const uint8_t legacy[] = {0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e,
                                     0x26, 0x64, 0x65, 0x66, 0x67};
    for (size_t i = 0; i < sizeof legacy; i++)
        if (legacy[i] == byte)
            return true;
    return bits == 64 && (byte & 0xf0) == 0x40;
}

size_t insn_opcode(const uint8_t *bytes, size_t n, unsigned bits)
{
    size_t i = 0;
    while (i < n && is_prefix(bytes[i], bits))
        i++;
    return i;
}

struct insn insn_decode(const uint8_t *bytes, size_t n, unsigned bits, uint64_t rflags)
{
    static const struct insn plain = {INSN_PLAIN, 0};
    const size_t i = insn_opcode(bytes, n, bits);
    if (i == n)
        return plain;
    switch (bytes[i]) {
    case 0x9c:
        return (struct insn){INSN_PUSHF, 0};
    case 0xcc:
        return (struct insn){INSN_INT, 3};
    case 0xcd:
        return i + 1 < n ? (struct insn){INSN_INT, bytes[i + 1]} : plain;
    case 0xce: /* into: not there in 64-bit code */
        return bits != 64 && (rflags & FLAG_OF) ? (struct insn){INSN_INT, 4} : plain;
    case 0xf1:
        return (struct insn){INSN_INT, 1};
    default:
        return plain;
    }
}
