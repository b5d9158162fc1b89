#include "debug/step/insn.h"

#include "debug/step/insn_raises.h"

#include <stdbool.h>

#define FLAG_OF (1u << 11)

#define PREFIX_OPERAND 0x66
#define PREFIX_ADDRESS 0x67
#define PREFIX_REPNE   0xf2
#define PREFIX_REP     0xf3
#define TWO_BYTE       0x0f
#define SEGMENT_SS     2

struct prefixes {
    bool operand, address;
    bool wide;      /* REX.W */
    uint8_t repeat; /* 0xf2 or 0xf3, the last of them; or 0 */
};

/* SDM vol. 2, 2.1.1. */
static bool is_legacy_prefix(uint8_t byte)
{
    static const uint8_t legacy[] = {0xf0, 0xf2, 0xf3, 0x2e, 0x36, 0x3e,
                                     0x26, 0x64, 0x65, 0x66, 0x67};
    for (size_t i = 0; i < sizeof legacy; i++)
        if (legacy[i] == byte)
            return true;
    return false;
}

/* How many bytes of prefixes there are. A REX counts only just before the opcode (2.2.1). */
static size_t read_prefixes(const uint8_t *bytes, size_t n, unsigned bits, struct prefixes *p)
{
    size_t i;
    *p = (struct prefixes){0};
    for (i = 0; i < n; i++) {
        const bool rex = bits == 64 && (bytes[i] & 0xf0) == 0x40;
        if (!rex && !is_legacy_prefix(bytes[i]))
            break;
        p->wide = rex && (bytes[i] & 8);
        p->operand = p->operand || bytes[i] == PREFIX_OPERAND;
        p->address = p->address || bytes[i] == PREFIX_ADDRESS;
        if (bytes[i] == PREFIX_REPNE || bytes[i] == PREFIX_REP)
            p->repeat = bytes[i];
    }
    return i;
}

/* SDM vol. 1, 3.6 and 3.6.1. */
static uint8_t operand_size(const struct prefixes *p, unsigned bits)
{
    if (p->wide)
        return 8;
    return (bits == 16) == p->operand ? 4 : 2;
}

static uint8_t address_size(const struct prefixes *p, unsigned bits)
{
    if (bits == 64)
        return p->address ? 4 : 8;
    return (bits == 16) == p->address ? 4 : 2;
}

size_t insn_modrm_length(const uint8_t *bytes, size_t n, unsigned addr_size)
{
    if (!n)
        return 0;
    const unsigned mod = bytes[0] >> 6, rm = bytes[0] & 7;
    if (mod == 3)
        return 1;
    if (addr_size == 2)
        return 1 + (mod == 0 ? (rm == 6 ? 2 : 0) : mod);
    const size_t sib = rm == 4;
    if (sib && n < 2)
        return 0;
    const unsigned base = sib ? bytes[1] & 7 : rm;
    if (mod == 0)
        return 1 + sib + (base == 5 ? 4 : 0);
    return 1 + sib + (mod == 1 ? 1 : 4);
}

static bool is_string(uint8_t opcode)
{
    return (opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xa4 && opcode <= 0xa7) ||
           (opcode >= 0xaa && opcode <= 0xaf);
}

/* cmps and scas look at ZF, the others only at the count. */
static enum insn_repeat repeat_of(uint8_t opcode, uint8_t prefix)
{
    if (opcode != 0xa6 && opcode != 0xa7 && opcode != 0xae && opcode != 0xaf)
        return REPEAT_COUNT;
    return prefix == PREFIX_REP ? REPEAT_WHILE_ZF : REPEAT_UNTIL_ZF;
}

static void two_byte(struct insn *insn, uint8_t opcode)
{
    static const struct {
        uint8_t opcode;
        enum insn_kind kind;
    } kinds[] = {
        {0x05, INSN_SYSCALL},
        {0x07, INSN_SYSRET},
        {0x34, INSN_SYSENTER},
        {0x35, INSN_SYSEXIT},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].opcode == opcode)
            insn->kind = kinds[i].kind;
}

static void interrupt(struct insn *insn, uint8_t vector)
{
    insn->kind = INSN_INT;
    insn->vector = vector;
}

/* The opcode is the first of the N of BYTES, I prefixes lie before it. */
static void one_byte(struct insn *insn, const uint8_t *bytes, size_t n, size_t i, unsigned bits,
                     uint64_t rflags)
{
    size_t modrm;
    switch (bytes[0]) {
    case 0x17: /* pop ss: not there in 64-bit code */
        if (bits == 64)
            break;
        insn->kind = INSN_LOAD_SS;
        insn->length = (uint8_t)(i + 1);
        break;
    case 0x8e:
        modrm = insn_modrm_length(bytes + 1, n - 1, insn->address_size);
        if (!modrm || ((bytes[1] >> 3) & 7) != SEGMENT_SS)
            break;
        insn->kind = INSN_LOAD_SS;
        insn->length = (uint8_t)(i + 1 + modrm);
        break;
    case 0x9c:
    case 0x9d:
        insn->kind = bytes[0] == 0x9c ? INSN_PUSHF : INSN_POPF;
        if (bits == 64 && insn->operand_size == 4)
            insn->operand_size = 8;
        break;
    case 0xcc:
        interrupt(insn, EXCEPTION_BP);
        break;
    case 0xcd:
        if (n > 1)
            interrupt(insn, bytes[1]);
        break;
    case 0xce: /* into: not there in 64-bit code */
        if (bits != 64 && (rflags & FLAG_OF))
            interrupt(insn, EXCEPTION_OF);
        break;
    case 0xcf:
        insn->kind = INSN_IRET;
        break;
    case 0xf1:
        interrupt(insn, EXCEPTION_DB);
        break;
    case 0xf4:
    case 0xfb:
        insn->kind = bytes[0] == 0xf4 ? INSN_HLT : INSN_STI;
        insn->length = (uint8_t)(i + 1);
        break;
    default:
        break;
    }
}

size_t insn_opcode(const uint8_t *bytes, size_t n, unsigned bits)
{
    struct prefixes p;
    return read_prefixes(bytes, n, bits, &p);
}

struct insn insn_decode(const uint8_t *bytes, size_t n, unsigned bits, uint64_t rflags)
{
    struct prefixes p;
    const size_t i = read_prefixes(bytes, n, bits, &p);
    struct insn insn = {
        .kind = INSN_PLAIN,
        .operand_size = operand_size(&p, bits),
        .address_size = address_size(&p, bits),
    };
    if (i == n)
        return insn;
    const bool map = bytes[i] == TWO_BYTE && i + 1 < n;
    const size_t opcode = i + map;
    insn.raises = insn_raises(map, bytes[opcode], opcode + 1 < n ? bytes[opcode + 1] : 0, bits);
    if (map) {
        two_byte(&insn, bytes[opcode]);
    } else if (p.repeat && is_string(bytes[i])) {
        insn.kind = INSN_REP;
        insn.repeat = repeat_of(bytes[i], p.repeat);
        insn.length = (uint8_t)(i + 1);
    } else {
        one_byte(&insn, bytes + i, n - i, i, bits, rflags);
    }
    return insn;
}
