#include "debug/step/insn_vector.h"

#include <stddef.h>

#define R INSN_READS
#define W INSN_WRITES

/* Sizes that depend on more than the opcode. */
enum {
    V = -20, /* the operand's: 2, 4, 8 */
    D,       /* 4, or 8 with REX.W in 64-bit code */
    X,       /* a vector: 16, or 32 by VEX.L */
    H,       /* half of one */
    Q,       /* a quarter */
    E,       /* an eighth */
    DUP,     /* movddup's: 8, or 32 by VEX.L */
};

/* SIZE by the prefix: none, 66, f3, f2 (or VEX.pp). 0: there is no such. */
static const struct row {
    uint8_t map, first, last, does;
    int8_t size[4];
    uint8_t immediate;
} rows[] = {
    {1, 0x10, 0x10, R, {X, X, 4, 8}, 0}, /* movups, movss */
    {1, 0x11, 0x11, W, {X, X, 4, 8}, 0},
    {1, 0x12, 0x12, R, {8, 8, X, DUP}, 0}, /* movlps, movsldup, movddup */
    {1, 0x13, 0x13, W, {8, 8, 0, 0}, 0},
    {1, 0x14, 0x15, R, {X, X, 0, 0}, 0}, /* unpck */
    {1, 0x16, 0x16, R, {8, 8, X, 0}, 0}, /* movhps, movshdup */
    {1, 0x17, 0x17, W, {8, 8, 0, 0}, 0},
    {1, 0x28, 0x28, R, {X, X, 0, 0}, 0}, /* movaps */
    {1, 0x29, 0x29, W, {X, X, 0, 0}, 0},
    {1, 0x2a, 0x2a, R, {8, 8, D, D}, 0},        /* cvtpi2ps, cvtsi2ss */
    {1, 0x2b, 0x2b, W, {X, X, 0, 0}, 0},        /* movntps */
    {1, 0x2c, 0x2d, R, {8, 16, 4, 8}, 0},       /* cvttps2pi */
    {1, 0x2e, 0x2f, R, {4, 8, 0, 0}, 0},        /* comiss */
    {1, 0x51, 0x51, R, {X, X, 4, 8}, 0},        /* sqrt */
    {1, 0x52, 0x53, R, {X, 0, 4, 0}, 0},        /* rsqrt, rcp */
    {1, 0x54, 0x57, R, {X, X, 0, 0}, 0},        /* and .. xor */
    {1, 0x58, 0x59, R, {X, X, 4, 8}, 0},        /* add, mul */
    {1, 0x5a, 0x5a, R, {H, X, 4, 8}, 0},        /* cvtps2pd */
    {1, 0x5b, 0x5b, R, {X, X, X, 0}, 0},        /* cvtdq2ps */
    {1, 0x5c, 0x5f, R, {X, X, 4, 8}, 0},        /* sub .. max */
    {1, 0x60, 0x62, R, {4, X, 0, 0}, 0},        /* punpckl */
    {1, 0x63, 0x6b, R, {8, X, 0, 0}, 0},        /* pack, pcmpgt, punpckh */
    {1, 0x6c, 0x6d, R, {0, X, 0, 0}, 0},        /* punpcklqdq */
    {1, 0x6e, 0x6e, R, {D, D, 0, 0}, 0},        /* movd */
    {1, 0x6f, 0x6f, R, {8, X, X, 0}, 0},        /* movq, movdqa */
    {1, 0x70, 0x70, R, {8, X, X, X}, 1},        /* pshuf */
    {1, 0x74, 0x76, R, {8, X, 0, 0}, 0},        /* pcmpeq */
    {1, 0x7c, 0x7d, R, {0, X, 0, X}, 0},        /* hadd, hsub */
    {1, 0x7e, 0x7e, R, {0, 0, 8, 0}, 0},        /* movq */
    {1, 0x7e, 0x7e, W, {D, D, 0, 0}, 0},        /* movd */
    {1, 0x7f, 0x7f, W, {8, X, X, 0}, 0},        /* movq, movdqa */
    {1, 0xc2, 0xc2, R, {X, X, 4, 8}, 1},        /* cmpps */
    {1, 0xc4, 0xc4, R, {2, 2, 0, 0}, 1},        /* pinsrw */
    {1, 0xc6, 0xc6, R, {X, X, 0, 0}, 1},        /* shufps */
    {1, 0xd0, 0xd0, R, {0, X, 0, X}, 0},        /* addsub */
    {1, 0xd1, 0xd3, R, {8, 16, 0, 0}, 0},       /* psrl */
    {1, 0xd4, 0xd5, R, {8, X, 0, 0}, 0},        /* paddq, pmullw */
    {1, 0xd6, 0xd6, W, {0, 8, 0, 0}, 0},        /* movq */
    {1, 0xd8, 0xe0, R, {8, X, 0, 0}, 0},        /* psubus .. pavgb */
    {1, 0xe1, 0xe2, R, {8, 16, 0, 0}, 0},       /* psra */
    {1, 0xe3, 0xe5, R, {8, X, 0, 0}, 0},        /* pavgw, pmulh */
    {1, 0xe6, 0xe6, R, {0, X, H, X}, 0},        /* cvtdq2pd */
    {1, 0xe7, 0xe7, W, {8, X, 0, 0}, 0},        /* movnt */
    {1, 0xe8, 0xef, R, {8, X, 0, 0}, 0},        /* psubs .. pxor */
    {1, 0xf0, 0xf0, R, {0, 0, 0, X}, 0},        /* lddqu */
    {1, 0xf1, 0xf3, R, {8, 16, 0, 0}, 0},       /* psll */
    {1, 0xf4, 0xf6, R, {8, X, 0, 0}, 0},        /* pmul, psad */
    {1, 0xf7, 0xf7, INSN_OWN, {8, X, 0, 0}, 0}, /* maskmov */
    {1, 0xf8, 0xfe, R, {8, X, 0, 0}, 0},        /* psub, padd */
    {2, 0x00, 0x0b, R, {8, X, 0, 0}, 0},        /* pshufb .. pmulhrs */
    {2, 0x0c, 0x12, R, {0, X, 0, 0}, 0},        /* vpermil, vtest, pblendv */
    {2, 0x13, 0x13, R, {0, H, 0, 0}, 0},        /* vcvtph2ps */
    {2, 0x14, 0x16, R, {0, X, 0, 0}, 0},        /* blendv, vpermps */
    {2, 0x17, 0x17, R, {0, X, 0, 0}, 0},        /* ptest */
    {2, 0x18, 0x18, R, {0, 4, 0, 0}, 0},        /* vbroadcast */
    {2, 0x19, 0x19, R, {0, 8, 0, 0}, 0},
    {2, 0x1a, 0x1a, R, {0, 16, 0, 0}, 0},
    {2, 0x1c, 0x1e, R, {8, X, 0, 0}, 0}, /* pabs */
    {2, 0x20, 0x20, R, {0, H, 0, 0}, 0}, /* pmovsx */
    {2, 0x21, 0x21, R, {0, Q, 0, 0}, 0},
    {2, 0x22, 0x22, R, {0, E, 0, 0}, 0},
    {2, 0x23, 0x23, R, {0, H, 0, 0}, 0},
    {2, 0x24, 0x24, R, {0, Q, 0, 0}, 0},
    {2, 0x25, 0x25, R, {0, H, 0, 0}, 0},
    {2, 0x28, 0x2d, R, {0, X, 0, 0}, 0}, /* pmuldq .. packusdw, vmaskmov */
    {2, 0x2e, 0x2f, W, {0, X, 0, 0}, 0},
    {2, 0x30, 0x30, R, {0, H, 0, 0}, 0}, /* pmovzx */
    {2, 0x31, 0x31, R, {0, Q, 0, 0}, 0},
    {2, 0x32, 0x32, R, {0, E, 0, 0}, 0},
    {2, 0x33, 0x33, R, {0, H, 0, 0}, 0},
    {2, 0x34, 0x34, R, {0, Q, 0, 0}, 0},
    {2, 0x35, 0x35, R, {0, H, 0, 0}, 0},
    {2, 0x36, 0x41, R, {0, X, 0, 0}, 0}, /* vperm, pcmpgtq, pmin .. phminpos */
    {2, 0x45, 0x47, R, {0, X, 0, 0}, 0}, /* vpsrlv, vpsrav, vpsllv */
    {2, 0x58, 0x58, R, {0, 4, 0, 0}, 0}, /* vpbroadcast */
    {2, 0x59, 0x59, R, {0, 8, 0, 0}, 0},
    {2, 0x5a, 0x5a, R, {0, 16, 0, 0}, 0},
    {2, 0x78, 0x78, R, {0, 1, 0, 0}, 0},
    {2, 0x79, 0x79, R, {0, 2, 0, 0}, 0},
    {2, 0x8c, 0x8c, R, {0, X, 0, 0}, 0}, /* vpmaskmov */
    {2, 0x8e, 0x8e, W, {0, X, 0, 0}, 0},
    {2, 0xc8, 0xcd, R, {16, 0, 0, 0}, 0}, /* sha */
    {2, 0xdb, 0xdf, R, {0, X, 0, 0}, 0},  /* aes */
    {2, 0xf0, 0xf0, R, {V, V, 0, 1}, 0},  /* movbe, crc32 */
    {2, 0xf1, 0xf1, R, {0, 0, 0, V}, 0},
    {2, 0xf1, 0xf1, W, {V, V, 0, 0}, 0},
    {2, 0xf2, 0xf7, R, {D, D, D, D}, 0}, /* andn, bzhi, pext, adcx, mulx, bextr */
    {3, 0x00, 0x09, R, {0, X, 0, 0}, 1}, /* vperm, vpblendd, round */
    {3, 0x0a, 0x0a, R, {0, 4, 0, 0}, 1}, /* roundss, roundsd */
    {3, 0x0b, 0x0b, R, {0, 8, 0, 0}, 1},
    {3, 0x0c, 0x0f, R, {8, X, 0, 0}, 1}, /* blend, palignr */
    {3, 0x14, 0x14, W, {0, 1, 0, 0}, 1}, /* pextr */
    {3, 0x15, 0x15, W, {0, 2, 0, 0}, 1},
    {3, 0x16, 0x16, W, {0, D, 0, 0}, 1},
    {3, 0x17, 0x17, W, {0, 4, 0, 0}, 1},
    {3, 0x18, 0x18, R, {0, 16, 0, 0}, 1}, /* vinsertf128 */
    {3, 0x19, 0x19, W, {0, 16, 0, 0}, 1},
    {3, 0x1d, 0x1d, W, {0, H, 0, 0}, 1}, /* vcvtps2ph */
    {3, 0x20, 0x20, R, {0, 1, 0, 0}, 1}, /* pinsr */
    {3, 0x21, 0x21, R, {0, 4, 0, 0}, 1},
    {3, 0x22, 0x22, R, {0, D, 0, 0}, 1},
    {3, 0x38, 0x38, R, {0, 16, 0, 0}, 1}, /* vinserti128 */
    {3, 0x39, 0x39, W, {0, 16, 0, 0}, 1},
    {3, 0x40, 0x46, R, {0, X, 0, 0}, 1},  /* dp, pclmul, vperm2i128 */
    {3, 0x4a, 0x4c, R, {0, X, 0, 0}, 1},  /* vblendv */
    {3, 0x60, 0x63, R, {0, X, 0, 0}, 1},  /* pcmpstr */
    {3, 0xcc, 0xcc, R, {16, 0, 0, 0}, 1}, /* sha */
    {3, 0xdf, 0xdf, R, {0, X, 0, 0}, 1},  /* aeskeygenassist */
    {3, 0xf0, 0xf0, R, {0, 0, 0, D}, 1},  /* rorx */
};

/* The bytes that SIZE means. WIDE: VEX.L. */
static unsigned bytes_of(const struct insn_parts *p, int size, bool wide)
{
    const unsigned vector = wide ? 32 : 16;
    switch (size) {
    case V:
        return p->operand;
    case D:
        return p->bits == 64 && p->rex & 8 ? 8 : 4;
    case X:
        return vector;
    case H:
        return vector / 2;
    case Q:
        return vector / 4;
    case E:
        return vector / 8;
    case DUP:
        return wide ? 32 : 8;
    default:
        return (unsigned)size;
    }
}

/* Multiply and add (SDM vol. 2, appendix A): 96 to 9f in three orders; from 99 on each second one
 * is of scalars. */
static bool multiplies_and_adds(const struct insn_parts *p, bool wide, struct insn_shape *shape)
{
    const unsigned low = p->opcode & 0x0f;
    if (p->map != 2 || p->opcode < 0x96 || p->opcode > 0xbf || low < 6)
        return false;
    const unsigned scalar = p->rex & 8 ? 8 : 4;
    *shape = (struct insn_shape){.does = p->modrm >> 6 == 3 ? 0 : R,
                                 .size = low > 8 && low & 1 ? scalar : bytes_of(p, X, wide)};
    return true;
}

static bool look_up(const struct insn_parts *p, unsigned prefix, bool wide,
                    struct insn_shape *shape)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (row->map != p->map || p->opcode < row->first || p->opcode > row->last ||
            !row->size[prefix])
            continue;
        *shape = (struct insn_shape){.does = p->modrm >> 6 == 3 ? row->does & INSN_OWN : row->does,
                                     .size = bytes_of(p, row->size[prefix], wide),
                                     .immediate = row->immediate};
        return true;
    }
    return false;
}

bool insn_vector(const struct insn_parts *p, unsigned prefix, struct insn_shape *shape)
{
    return look_up(p, prefix, false, shape);
}

/* SDM vol. 2, 2.3.5: two bytes from c5 on, or three from c4 on, with R, X and B inverted. */
bool insn_vector_vex(struct insn_parts *p, struct insn_shape *shape)
{
    const uint8_t *vex = p->bytes + p->at;
    const bool three = vex[0] == 0xc4;
    const uint8_t last = vex[three ? 2 : 1];
    if (vex[0] != 0xc4 && vex[0] != 0xc5)
        return false;
    p->rex = three ? (uint8_t)((~vex[1] >> 5 & 7) | (last >> 4 & 8)) : (uint8_t)(~vex[1] >> 5 & 4);
    if (p->bits != 64)
        p->rex &= 8;
    insn_opcode_at(p, p->at + (three ? 3 : 2), three ? vex[1] & 0x1f : 1);
    return look_up(p, last & 3, last & 4, shape) || multiplies_and_adds(p, last & 4, shape);
}
