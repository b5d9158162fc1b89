#include "debug/step/insn_effects.h"

#include "debug/step/insn.h"
#include "vcpu/vcpu_snapshot.h"

#define NONE  0
#define FPU   VCPU_PART_FPU
#define DEBUG VCPU_PART_DEBUG
#define MSRS  VCPU_PART_MSRS
#define MP    VCPU_PART_MP
#define IO    (INSN_PART_BOARD | VCPU_PART_LAPIC)
#define ALL   INSN_PARTS_ALL

_Static_assert((INSN_PARTS_ALL & ~INSN_PART_BOARD) == VCPU_PARTS_ALL, "both name all parts");

struct row {
    uint8_t first, last;
    uint16_t parts;
};

/* The opcodes of one byte that change more than registers, flags and memory (SDM vol. 2, A.3).
 * What 64-bit code or a ModRM makes of 62, 8f, c4, c5 and d5 is in one_byte. */
static const struct row one_byte_rows[] = {
    {0x6c, 0x6f, IO},    /* ins, outs */
    {0x9b, 0x9b, FPU},   /* wait */
    {0xd8, 0xdf, FPU},   /* x87 */
    {0xe4, 0xe7, IO},    /* in, out */
    {0xec, 0xef, IO},    /* in, out */
    {0xf1, 0xf1, DEBUG}, /* int1 */
    {0xf4, 0xf4, MP},    /* hlt */
};

/* Those behind 0f, all that are not unknown. 00, 01, 22, ae and c7 have functions of their own. */
static const struct row two_byte_rows[] = {
    {0x02, 0x03, NONE},                      /* lar, lsl */
    {0x05, 0x05, MSRS},                      /* syscall */
    {0x06, 0x06, NONE},                      /* clts */
    {0x07, 0x07, MSRS},                      /* sysret */
    {0x08, 0x09, NONE},                      /* invd, wbinvd */
    {0x0b, 0x0b, NONE},                      /* ud2 */
    {0x0d, 0x0d, NONE},                      /* prefetch */
    {0x0e, 0x17, FPU},                       /* 3DNow!, SSE moves */
    {0x18, 0x19, NONE},                      /* hints */
    {0x1a, 0x1b, FPU},                       /* MPX */
    {0x1c, 0x1f, NONE},                      /* hints, endbr, nop */
    {0x20, 0x20, NONE},                      /* mov from a control register */
    {0x21, 0x21, DEBUG},                     /* mov from a debug register: a #DB if DR7.GD */
    {0x23, 0x23, DEBUG},                     /* mov to one */
    {0x28, 0x2f, FPU},                       /* SSE moves, conversions, comparisons */
    {0x30, 0x30, MSRS | VCPU_PART_FPU | IO}, /* wrmsr: x2APIC's registers, XFD */
    {0x31, 0x33, NONE},                      /* rdtsc, rdmsr, rdpmc */
    {0x34, 0x35, MSRS},                      /* sysenter, sysexit */
    {0x40, 0x4f, NONE},                      /* cmov; kmov and the like are behind VEX */
    {0x50, 0x77, FPU},                       /* SSE, MMX */
    {0x7c, 0x7f, FPU},                       /* SSE, MMX */
    {0x80, 0xa5, NONE},                      /* jcc, setcc, push and pop fs, cpuid, bt, shld */
    {0xa8, 0xa9, NONE},                      /* push and pop gs */
    {0xab, 0xad, NONE},                      /* bts, shrd */
    {0xaf, 0xc1, NONE},                      /* imul, cmpxchg, far pointers, bits, movzx, xadd */
    {0xc2, 0xc2, FPU},                       /* cmpps */
    {0xc3, 0xc3, NONE},                      /* movnti */
    {0xc4, 0xc6, FPU},                       /* pinsrw, pextrw, shufps */
    {0xc8, 0xcf, NONE},                      /* bswap */
    {0xd0, 0xfe, FPU},                       /* MMX, SSE */
    {0xff, 0xff, NONE},                      /* ud0 */
};

/* 0f 01 with a register in ModRM (SDM vol. 2, table A-6; AMD's in APM vol. 3, A.1). */
static const struct row system_rows[] = {
    {0xc8, 0xc8, NONE},       /* monitor */
    {0xc9, 0xc9, MP},         /* mwait */
    {0xca, 0xcb, NONE},       /* clac, stac */
    {0xd0, 0xd0, NONE},       /* xgetbv */
    {0xd1, 0xd1, MSRS | FPU}, /* xsetbv */
    {0xe0, 0xe7, NONE},       /* smsw */
    {0xee, 0xee, NONE},       /* rdpkru */
    {0xef, 0xef, FPU},        /* wrpkru */
    {0xf0, 0xf7, NONE},       /* lmsw */
    {0xf8, 0xf8, MSRS},       /* swapgs */
    {0xf9, 0xfa, NONE},       /* rdtscp, monitorx */
    {0xfb, 0xfb, MP},         /* mwaitx */
    {0xfc, 0xfd, NONE},       /* clzero, rdpru */
};

#define LOOK_UP(rows, byte, otherwise) look_up(rows, sizeof rows / sizeof rows[0], byte, otherwise)

static unsigned look_up(const struct row *rows, size_t count, uint8_t byte, unsigned otherwise)
{
    for (size_t i = 0; i < count; i++)
        if (byte >= rows[i].first && byte <= rows[i].last)
            return rows[i].parts;
    return otherwise;
}

struct prefixes {
    bool lock, rep, repne, operand;
    bool high; /* REX.R: the register in ModRM is one of the upper eight */
};

static struct prefixes read_prefixes(const uint8_t *bytes, size_t n, unsigned bits)
{
    struct prefixes p = {0};
    for (size_t i = 0; i < n; i++) {
        p.lock |= bytes[i] == 0xf0;
        p.repne |= bytes[i] == 0xf2;
        p.rep |= bytes[i] == 0xf3;
        p.operand |= bytes[i] == 0x66;
        p.high |= bits == 64 && (bytes[i] & 0xf4) == 0x44;
    }
    return p;
}

static bool is_register(uint8_t modrm)
{
    return modrm >> 6 == 3;
}

static unsigned reg_field(uint8_t modrm)
{
    return modrm >> 3 & 7;
}

/* fxsave and its kin. fs's and gs's bases are RUN's. */
static unsigned group_15(uint8_t modrm, const struct prefixes *p)
{
    const unsigned reg = reg_field(modrm);
    if (p->repne) /* umwait */
        return ALL;
    if (p->rep && !(is_register(modrm) && reg < 4)) /* of CET, ptwrite, umonitor */
        return ALL;
    if (p->rep) /* rdfsbase, rdgsbase, wrfsbase, wrgsbase */
        return NONE;
    if (is_register(modrm)) /* lfence, mfence, sfence */
        return reg >= 5 && !p->operand ? NONE : ALL;
    return reg == 7 || (reg == 6 && p->operand) ? NONE : FPU; /* clflush, clwb: none */
}

/* cmpxchg8b, rdrand, rdseed, rdpid; xrstors, xsavec, xsaves; those of VMX. */
static unsigned group_9(uint8_t modrm)
{
    const unsigned reg = reg_field(modrm);
    if (reg == 1 || (is_register(modrm) && reg >= 6))
        return NONE;
    return !is_register(modrm) && reg >= 3 && reg <= 5 ? FPU : ALL;
}

/* lock mov to cr0 is AMD's way to cr8, which is the LAPIC's TPR. */
static unsigned to_control_register(uint8_t modrm, const struct prefixes *p)
{
    return p->high || p->lock || reg_field(modrm) >= 5 ? VCPU_PART_LAPIC : NONE;
}

/* 0f 38: movbe and crc32, adcx and adox; invpcid; else SSE. */
static unsigned map_38(uint8_t opcode)
{
    if (opcode == 0xf0 || opcode == 0xf1 || opcode == 0xf6 || opcode == 0x82)
        return NONE;
    return opcode == 0x80 || opcode == 0x81 ? ALL : FPU;
}

static unsigned two_byte(uint8_t opcode, uint8_t next, const struct prefixes *p)
{
    switch (opcode) {
    case 0x00: /* sldt to verw */
        return reg_field(next) < 6 ? NONE : ALL;
    case 0x01:
        if (is_register(next))
            return LOOK_UP(system_rows, next, ALL);
        return reg_field(next) == 5 ? ALL : NONE; /* sgdt to invlpg; rstorssp */
    case 0x22:
        return to_control_register(next, p);
    case 0x38:
        return map_38(next);
    case 0x3a:
        return next == 0xf0 ? ALL : FPU; /* hreset */
    case 0xae:
        return group_15(next, p);
    case 0xc7:
        return group_9(next);
    default:
        return LOOK_UP(two_byte_rows, opcode, ALL);
    }
}

static unsigned one_byte(uint8_t opcode, uint8_t next, unsigned bits)
{
    const bool prefix = bits == 64 || is_register(next);
    switch (opcode) {
    case 0x62: /* bound, or EVEX */
    case 0xc4: /* les, lds, or VEX */
    case 0xc5:
        return prefix ? FPU : NONE;
    case 0x8f: /* pop, or XOP */
        return reg_field(next) ? FPU : NONE;
    case 0xd5: /* aad, or REX2 */
        return bits == 64 ? ALL : NONE;
    default:
        return LOOK_UP(one_byte_rows, opcode, NONE);
    }
}

/* Whether the byte after the opcode tells which instruction it is. */
static bool needs_next(bool map, uint8_t opcode)
{
    if (!map)
        return opcode == 0x62 || opcode == 0x8f || opcode == 0xc4 || opcode == 0xc5;
    return opcode <= 1 || opcode == 0x22 || opcode == 0x38 || opcode == 0x3a || opcode == 0xae ||
           opcode == 0xc7;
}

unsigned insn_parts(const uint8_t *bytes, size_t n, unsigned bits)
{
    const size_t prefixes = insn_opcode(bytes, n, bits);
    const bool map = prefixes < n && bytes[prefixes] == 0x0f;
    const size_t opcode = prefixes + map;
    if (opcode >= n || (opcode + 1 >= n && needs_next(map, bytes[opcode])))
        return ALL;
    const uint8_t next = opcode + 1 < n ? bytes[opcode + 1] : 0;
    const struct prefixes p = read_prefixes(bytes, prefixes, bits);
    return map ? two_byte(bytes[opcode], next, &p) : one_byte(bytes[opcode], next, bits);
}

/* ---- Memory */

/* Opcodes that write to no memory whatever follows; ALU's that have a register or an accumulator
 * for a destination are in writes_one_byte. */
static const struct row never_writes[] = {
    {0x38, 0x3d, 1}, /* cmp */
    {0x40, 0x4f, 1}, /* inc, dec; REX is a prefix */
    {0x58, 0x5f, 1}, /* pop */
    {0x70, 0x7f, 1}, /* jcc */
    {0x84, 0x85, 1}, /* test */
    {0x8a, 0x8b, 1}, /* mov */
    {0x8d, 0x8d, 1}, /* lea */
    {0x90, 0x99, 1}, /* xchg with the accumulator, cbw, cwd */
    {0xa0, 0xa1, 1}, /* mov */
    {0xa8, 0xa9, 1}, /* test */
    {0xb0, 0xbf, 1}, /* mov */
    {0xc2, 0xc3, 1}, /* ret */
    {0xc9, 0xc9, 1}, /* leave */
    {0xe0, 0xe3, 1}, /* loop, jcxz */
    {0xe9, 0xe9, 1}, /* jmp */
    {0xeb, 0xeb, 1}, /* jmp */
    {0xf5, 0xf5, 1}, /* cmc */
    {0xf8, 0xfd, 1}, /* flags */
};

static const struct row never_writes_0f[] = {
    {0x1f, 0x1f, 1}, /* nop */
    {0x40, 0x4f, 1}, /* cmov */
    {0x80, 0x8f, 1}, /* jcc */
    {0xa3, 0xa3, 1}, /* bt */
    {0xaf, 0xaf, 1}, /* imul */
    {0xb6, 0xb7, 1}, /* movzx */
    {0xbe, 0xbf, 1}, /* movsx */
};

/* Those whose destination is what ModRM says. */
static const struct row by_modrm[] = {
    {0x80, 0x83, 1}, /* ALU with an immediate */
    {0x86, 0x89, 1}, /* xchg, mov */
    {0xc0, 0xc1, 1}, /* shifts */
    {0xc6, 0xc7, 1}, /* mov */
    {0xd0, 0xd3, 1}, /* shifts */
    {0xf6, 0xf7, 1}, /* test, not, neg, mul, div */
    {0xfe, 0xfe, 1}, /* inc, dec */
};

static bool writes_one_byte(uint8_t opcode, bool has_modrm, uint8_t modrm)
{
    if (LOOK_UP(never_writes, opcode, 0))
        return false;
    if (opcode < 0x40 && (opcode & 7) < 6) /* add to xor, 00 to 35 */
        return (opcode & 7) < 2 && !(has_modrm && is_register(modrm));
    if (LOOK_UP(by_modrm, opcode, 0))
        return !has_modrm || !is_register(modrm);
    return true;
}

bool insn_writes(const uint8_t *bytes, size_t n, unsigned bits)
{
    const size_t prefixes = insn_opcode(bytes, n, bits);
    const bool map = prefixes < n && bytes[prefixes] == 0x0f;
    const size_t opcode = prefixes + map;
    if (opcode >= n)
        return true;
    if (map)
        return !LOOK_UP(never_writes_0f, bytes[opcode], 0);
    return writes_one_byte(bytes[opcode], opcode + 1 < n, opcode + 1 < n ? bytes[opcode + 1] : 0);
}
