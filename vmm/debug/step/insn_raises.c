#include "debug/step/insn_raises.h"

#include <stdbool.h>
#include <stddef.h>

#define FPU (RAISES(EXCEPTION_NM) | RAISES(EXCEPTION_MF))
#define SSE (FPU | RAISES(EXCEPTION_XM))
#define SEG RAISES(EXCEPTION_NP)

#define ANY       0xff /* whatever the reg field of ModRM is */
#define REG(n)    (1u << (n))
#define IN_64     1u
#define NOT_IN_64 2u

/* SDM vol. 2, appendix A. */
static const struct row {
    uint8_t map, first, last;
    uint8_t reg;  /* a bit for each value of ModRM's reg field that it holds for */
    uint8_t bits; /* IN_64, NOT_IN_64 or both */
    uint32_t raises;
} rows[] = {
    {0, 0x07, 0x07, ANY, NOT_IN_64, SEG},                  /* pop es */
    {0, 0x17, 0x17, ANY, NOT_IN_64, SEG},                  /* pop ss */
    {0, 0x1f, 0x1f, ANY, NOT_IN_64, SEG},                  /* pop ds */
    {0, 0x62, 0x62, ANY, NOT_IN_64, RAISES(EXCEPTION_BR)}, /* bound */
    {0, 0x62, 0x62, ANY, IN_64 | NOT_IN_64, SSE},          /* EVEX */
    {0, 0x8e, 0x8e, ANY, IN_64 | NOT_IN_64, SEG},          /* mov to a segment register */
    {0, 0x9a, 0x9a, ANY, NOT_IN_64, RAISES_FAR},           /* call far */
    {0, 0x9b, 0x9b, ANY, IN_64 | NOT_IN_64, FPU},          /* wait */
    {0, 0xc4, 0xc5, ANY, NOT_IN_64, SEG},                  /* les, lds */
    {0, 0xc4, 0xc5, ANY, IN_64 | NOT_IN_64, SSE},          /* VEX */
    {0, 0xca, 0xcf, ANY, IN_64 | NOT_IN_64, RAISES_FAR},   /* ret far, int, iret */
    {0, 0xce, 0xce, ANY, NOT_IN_64, RAISES(EXCEPTION_OF)}, /* into */
    {0, 0xd4, 0xd4, ANY, NOT_IN_64, RAISES(EXCEPTION_DE)}, /* aam */
    {0, 0xd8, 0xdf, ANY, IN_64 | NOT_IN_64, FPU},          /* x87 */
    {0, 0xea, 0xea, ANY, NOT_IN_64, RAISES_FAR},           /* jmp far */
    {0, 0xf1, 0xf1, ANY, IN_64 | NOT_IN_64, RAISES_FAR | RAISES(EXCEPTION_DB)},
    {0, 0xf6, 0xf7, REG(6) | REG(7), IN_64 | NOT_IN_64, RAISES(EXCEPTION_DE)}, /* div, idiv */
    {0, 0xff, 0xff, REG(3) | REG(5), IN_64 | NOT_IN_64, RAISES_FAR},           /* call, jmp far */
    {1, 0x00, 0x00, REG(2) | REG(3), IN_64 | NOT_IN_64, SEG},                  /* lldt, ltr */
    {1, 0x0e, 0x17, ANY, IN_64 | NOT_IN_64, SSE},
    {1, 0x28, 0x2f, ANY, IN_64 | NOT_IN_64, SSE},
    {1, 0x38, 0x3a, ANY, IN_64 | NOT_IN_64, SSE},
    {1, 0x50, 0x7f, ANY, IN_64 | NOT_IN_64, SSE},
    {1, 0xa1, 0xa1, ANY, IN_64 | NOT_IN_64, SEG}, /* pop fs */
    {1, 0xa9, 0xa9, ANY, IN_64 | NOT_IN_64, SEG}, /* pop gs */
    {1, 0xae, 0xae, ANY, IN_64 | NOT_IN_64, SSE}, /* fxsave and its kin */
    {1, 0xb2, 0xb2, ANY, IN_64 | NOT_IN_64, SEG}, /* lss */
    {1, 0xb4, 0xb5, ANY, IN_64 | NOT_IN_64, SEG}, /* lfs, lgs */
    {1, 0xc2, 0xc6, ANY, IN_64 | NOT_IN_64, SSE},
    {1, 0xd0, 0xff, ANY, IN_64 | NOT_IN_64, SSE},
};

uint32_t insn_raises(unsigned map, uint8_t opcode, uint8_t modrm, unsigned bits)
{
    const unsigned reg = (modrm >> 3) & 7;
    const unsigned width = bits == 64 ? IN_64 : NOT_IN_64;
    uint32_t raises = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (row->map == map && opcode >= row->first && opcode <= row->last &&
            (row->reg & REG(reg)) && (row->bits & width))
            raises |= row->raises;
    }
    return raises;
}
