#include "debug/step/insn_effects.h"

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

static bool is_register(uint8_t modrm)
{
    return modrm >> 6 == 3;
}

static unsigned reg_field(uint8_t modrm)
{
    return modrm >> 3 & 7;
}

/* fxsave and its kin. fs's and gs's bases are RUN's. */
static unsigned group_15(uint8_t modrm, const struct insn_parts *p)
{
    const unsigned reg = reg_field(modrm);
    if (p->repeat == 0xf2) /* umwait */
        return ALL;
    if (p->repeat && !(is_register(modrm) && reg < 4)) /* of CET, ptwrite, umonitor */
        return ALL;
    if (p->repeat) /* rdfsbase, rdgsbase, wrfsbase, wrgsbase */
        return NONE;
    if (is_register(modrm)) /* lfence, mfence, sfence */
        return reg >= 5 && !p->other_size ? NONE : ALL;
    return reg == 7 || (reg == 6 && p->other_size) ? NONE : FPU; /* clflush, clwb: none */
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
static unsigned to_control_register(uint8_t modrm, const struct insn_parts *p)
{
    return (p->rex & 4) || p->lock || reg_field(modrm) >= 5 ? VCPU_PART_LAPIC : NONE;
}

/* 0f 38: movbe and crc32, adcx and adox; invpcid; else SSE. */
static unsigned map_38(uint8_t opcode)
{
    if (opcode == 0xf0 || opcode == 0xf1 || opcode == 0xf6 || opcode == 0x82)
        return NONE;
    return opcode == 0x80 || opcode == 0x81 ? ALL : FPU;
}

static unsigned two_byte(uint8_t opcode, uint8_t next, const struct insn_parts *p)
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

unsigned insn_effects(const struct insn_parts *p)
{
    if (p->at >= p->n || (p->at + 1 >= p->n && needs_next(p->map, p->opcode)))
        return ALL;
    return p->map ? two_byte(p->opcode, p->modrm, p) : one_byte(p->opcode, p->modrm, p->bits);
}
