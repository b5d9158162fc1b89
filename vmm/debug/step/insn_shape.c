#include "debug/step/insn_shape.h"

#include "debug/step/insn_vector.h"

#include <stddef.h>

#define R  INSN_READS
#define W  INSN_WRITES
#define RW (INSN_READS | INSN_WRITES)

/* Sizes that depend on more than the opcode. */
enum {
    V = -20, /* the operand's: 2, 4, 8 */
    Y,       /* of near branches and the stack: the same, but 8 in 64-bit code */
    D,       /* 4, or 8 with REX.W */
    P,       /* a far pointer */
    TWO,     /* two operands, one after the other */
    TABLE,   /* base and limit */
    PAIR,    /* cmpxchg8b, cmpxchg16b */
    ENV,     /* what fldenv loads */
    SAVE,    /* what frstor loads */
};

#define REG(n) (1u << (n)) /* of ModRM's reg field */
#define ANY    0xffu

/* Beside INSN_*: with a register in ModRM it is another instruction, which may do anything. */
#define MEMORY_ONLY 0x80

/* Where a segment register is loaded, the processor reads descriptors and marks them. */
static const struct row {
    uint8_t map, first, last, reg, does;
    int16_t size;
    int8_t immediate;
} rows[] = {
    {0, 0x06, 0x06, ANY, INSN_PUSHES, 0, 0},           /* push es */
    {0, 0x07, 0x07, ANY, INSN_POPS | INSN_MORE, 0, 0}, /* pop es */
    {0, 0x0e, 0x0e, ANY, INSN_PUSHES, 0, 0},           /* push cs */
    {0, 0x16, 0x16, ANY, INSN_PUSHES, 0, 0},           /* push ss */
    {0, 0x17, 0x17, ANY, INSN_POPS | INSN_MORE, 0, 0}, /* pop ss */
    {0, 0x1e, 0x1e, ANY, INSN_PUSHES, 0, 0},           /* push ds */
    {0, 0x1f, 0x1f, ANY, INSN_POPS | INSN_MORE, 0, 0}, /* pop ds */
    {0, 0x27, 0x27, ANY, 0, 0, 0},                     /* daa, das, aaa, aas */
    {0, 0x2f, 0x2f, ANY, 0, 0, 0},
    {0, 0x37, 0x37, ANY, 0, 0, 0},
    {0, 0x3f, 0x3f, ANY, 0, 0, 0},
    {0, 0x40, 0x4f, ANY, 0, 0, 0},                    /* inc, dec */
    {0, 0x50, 0x57, ANY, INSN_PUSHES, 0, 0},          /* push */
    {0, 0x58, 0x5f, ANY, INSN_POPS, 0, 0},            /* pop */
    {0, 0x60, 0x61, ANY, INSN_OWN, 0, 0},             /* pusha, popa */
    {0, 0x62, 0x62, ANY, R | MEMORY_ONLY, TWO, 0},    /* bound */
    {0, 0x68, 0x68, ANY, INSN_PUSHES, 0, 0},          /* push */
    {0, 0x69, 0x69, ANY, R, V, V},                    /* imul */
    {0, 0x6a, 0x6a, ANY, INSN_PUSHES, 0, 0},          /* push */
    {0, 0x6b, 0x6b, ANY, R, V, 1},                    /* imul */
    {0, 0x6c, 0x6f, ANY, INSN_OWN | INSN_MORE, 0, 0}, /* ins, outs */
    {0, 0x70, 0x7f, ANY, 0, 0, 0},                    /* jcc */
    {0, 0x80, 0x80, REG(7), R, 1, 1},                 /* cmp */
    {0, 0x80, 0x80, ANY, RW, 1, 1},                   /* add to xor */
    {0, 0x81, 0x81, REG(7), R, V, V},                 /* cmp */
    {0, 0x81, 0x81, ANY, RW, V, V},                   /* add to xor */
    {0, 0x82, 0x82, REG(7), R, 1, 1},                 /* as 80 */
    {0, 0x82, 0x82, ANY, RW, 1, 1},                   /* as 80 */
    {0, 0x83, 0x83, REG(7), R, V, 1},                 /* cmp */
    {0, 0x83, 0x83, ANY, RW, V, 1},                   /* add to xor */
    {0, 0x84, 0x84, ANY, R, 1, 0},                    /* test */
    {0, 0x85, 0x85, ANY, R, V, 0},                    /* test */
    {0, 0x86, 0x86, ANY, RW, 1, 0},                   /* xchg */
    {0, 0x87, 0x87, ANY, RW, V, 0},                   /* xchg */
    {0, 0x88, 0x88, ANY, W, 1, 0},                    /* mov */
    {0, 0x89, 0x89, ANY, W, V, 0},                    /* mov */
    {0, 0x8a, 0x8a, ANY, R, 1, 0},                    /* mov */
    {0, 0x8b, 0x8b, ANY, R, V, 0},                    /* mov */
    {0, 0x8c, 0x8c, ANY, W, 2, 0},                    /* mov from a segment register */
    {0, 0x8d, 0x8d, ANY, 0, 0, 0},                    /* lea */
    {0, 0x8e, 0x8e, ANY, R | INSN_MORE, 2, 0},        /* mov to a segment register */
    {0, 0x8f, 0x8f, REG(0), W | INSN_POPS, Y, 0},     /* pop */
    {0, 0x90, 0x99, ANY, 0, 0, 0},                    /* xchg, cbw, cwd */
    {0, 0x9a, 0x9a, ANY, INSN_PUSHES | INSN_FAR | INSN_MORE, 0, 0}, /* call far */
    {0, 0x9c, 0x9c, ANY, INSN_PUSHES, 0, 0},                        /* pushf */
    {0, 0x9d, 0x9d, ANY, INSN_POPS, 0, 0},                          /* popf */
    {0, 0x9e, 0x9f, ANY, 0, 0, 0},                                  /* sahf, lahf */
    {0, 0xa0, 0xa7, ANY, INSN_OWN, 0, 0},                           /* mov moffs, movs, cmps */
    {0, 0xa8, 0xa9, ANY, 0, 0, 0},                                  /* test */
    {0, 0xaa, 0xaf, ANY, INSN_OWN, 0, 0},                           /* stos, lods, scas */
    {0, 0xb0, 0xbf, ANY, 0, 0, 0},                                  /* mov */
    {0, 0xc0, 0xc0, ANY, RW, 1, 1},                                 /* shifts */
    {0, 0xc1, 0xc1, ANY, RW, V, 1},                                 /* shifts */
    {0, 0xc2, 0xc3, ANY, INSN_POPS, 0, 0},                          /* ret */
    {0, 0xc4, 0xc5, ANY, R | INSN_MORE, P, 0},                      /* les, lds */
    {0, 0xc6, 0xc6, REG(0), W | MEMORY_ONLY, 1, 1},                 /* mov */
    {0, 0xc7, 0xc7, REG(0), W, V, V},                               /* mov */
    {0, 0xc8, 0xc9, ANY, INSN_OWN, 0, 0},                           /* enter, leave */
    {0, 0xca, 0xcb, ANY, INSN_OWN | INSN_MORE, 0, 0},               /* ret far */
    {0, 0xcf, 0xcf, ANY, INSN_OWN | INSN_MORE, 0, 0},               /* iret */
    {0, 0xd0, 0xd0, ANY, RW, 1, 0},                                 /* shifts */
    {0, 0xd1, 0xd1, ANY, RW, V, 0},
    {0, 0xd2, 0xd2, ANY, RW, 1, 0},
    {0, 0xd3, 0xd3, ANY, RW, V, 0},
    {0, 0xd4, 0xd5, ANY, 0, 0, 0},                                         /* aam, aad */
    {0, 0xd7, 0xd7, ANY, INSN_OWN, 0, 0},                                  /* xlat */
    {0, 0xd8, 0xd8, ANY, R, 4, 0},                                         /* fadd .. fdivr */
    {0, 0xd9, 0xd9, REG(0), R, 4, 0},                                      /* fld */
    {0, 0xd9, 0xd9, REG(2) | REG(3), W, 4, 0},                             /* fst, fstp */
    {0, 0xd9, 0xd9, REG(4), R, ENV, 0},                                    /* fldenv */
    {0, 0xd9, 0xd9, REG(5), R, 2, 0},                                      /* fldcw */
    {0, 0xd9, 0xd9, REG(6), W, ENV, 0},                                    /* fnstenv */
    {0, 0xd9, 0xd9, REG(7), W, 2, 0},                                      /* fnstcw */
    {0, 0xda, 0xda, ANY, R, 4, 0},                                         /* fiadd .. fidivr */
    {0, 0xdb, 0xdb, REG(0), R, 4, 0},                                      /* fild */
    {0, 0xdb, 0xdb, REG(1) | REG(2) | REG(3), W, 4, 0},                    /* fisttp, fist, fistp */
    {0, 0xdb, 0xdb, REG(5), R, 10, 0},                                     /* fld */
    {0, 0xdb, 0xdb, REG(7), W, 10, 0},                                     /* fstp */
    {0, 0xdc, 0xdc, ANY, R, 8, 0},                                         /* fadd .. fdivr */
    {0, 0xdd, 0xdd, REG(0), R, 8, 0},                                      /* fld */
    {0, 0xdd, 0xdd, REG(1) | REG(2) | REG(3), W, 8, 0},                    /* fisttp, fst, fstp */
    {0, 0xdd, 0xdd, REG(4), R, SAVE, 0},                                   /* frstor */
    {0, 0xdd, 0xdd, REG(6), W, SAVE, 0},                                   /* fnsave */
    {0, 0xdd, 0xdd, REG(7), W, 2, 0},                                      /* fnstsw */
    {0, 0xde, 0xde, ANY, R, 2, 0},                                         /* fiadd .. fidivr */
    {0, 0xdf, 0xdf, REG(0), R, 2, 0},                                      /* fild */
    {0, 0xdf, 0xdf, REG(1) | REG(2) | REG(3), W, 2, 0},                    /* fisttp, fist, fistp */
    {0, 0xdf, 0xdf, REG(4), R, 10, 0},                                     /* fbld */
    {0, 0xdf, 0xdf, REG(5), R, 8, 0},                                      /* fild */
    {0, 0xdf, 0xdf, REG(6), W, 10, 0},                                     /* fbstp */
    {0, 0xdf, 0xdf, REG(7), W, 8, 0},                                      /* fistp */
    {0, 0xe0, 0xe3, ANY, 0, 0, 0},                                         /* loop, jcxz */
    {0, 0xe8, 0xe8, ANY, INSN_PUSHES, 0, 0},                               /* call */
    {0, 0xe9, 0xe9, ANY, 0, 0, 0},                                         /* jmp */
    {0, 0xeb, 0xeb, ANY, 0, 0, 0},                                         /* jmp */
    {0, 0xf5, 0xf5, ANY, 0, 0, 0},                                         /* cmc */
    {0, 0xf6, 0xf6, REG(0) | REG(1), R, 1, 1},                             /* test */
    {0, 0xf6, 0xf6, REG(2) | REG(3), RW, 1, 0},                            /* not, neg */
    {0, 0xf6, 0xf6, ANY, R, 1, 0},                                         /* mul .. idiv */
    {0, 0xf7, 0xf7, REG(0) | REG(1), R, V, V},                             /* test */
    {0, 0xf7, 0xf7, REG(2) | REG(3), RW, V, 0},                            /* not, neg */
    {0, 0xf7, 0xf7, ANY, R, V, 0},                                         /* mul .. idiv */
    {0, 0xf8, 0xfd, ANY, 0, 0, 0},                                         /* flags */
    {0, 0xfe, 0xfe, REG(0) | REG(1), RW, 1, 0},                            /* inc, dec */
    {0, 0xff, 0xff, REG(0) | REG(1), RW, V, 0},                            /* inc, dec */
    {0, 0xff, 0xff, REG(2), R | INSN_PUSHES, Y, 0},                        /* call */
    {0, 0xff, 0xff, REG(3), R | INSN_PUSHES | INSN_FAR | INSN_MORE, P, 0}, /* call far */
    {0, 0xff, 0xff, REG(4), R, Y, 0},                                      /* jmp */
    {0, 0xff, 0xff, REG(5), R | INSN_MORE, P, 0},                          /* jmp far */
    {0, 0xff, 0xff, REG(6), R | INSN_PUSHES, Y, 0},                        /* push */
    {1, 0x00, 0x00, REG(0) | REG(1), W, 2, 0},                             /* sldt, str */
    {1, 0x00, 0x00, REG(2) | REG(3), R | INSN_MORE, 2, 0},                 /* lldt, ltr */
    {1, 0x00, 0x00, REG(4) | REG(5), R, 2, 0},                             /* verr, verw */
    {1, 0x01, 0x01, REG(0) | REG(1), W | MEMORY_ONLY, TABLE, 0},           /* sgdt, sidt */
    {1, 0x01, 0x01, REG(2) | REG(3), R | MEMORY_ONLY, TABLE, 0},           /* lgdt, lidt */
    {1, 0x01, 0x01, REG(4), W | MEMORY_ONLY, 2, 0},                        /* smsw */
    {1, 0x01, 0x01, REG(6), R | MEMORY_ONLY, 2, 0},                        /* lmsw */
    {1, 0x02, 0x03, ANY, R, 2, 0},                                         /* lar, lsl */
    {1, 0x0d, 0x0d, ANY, 0, 0, 0},                                         /* prefetch */
    {1, 0x18, 0x19, ANY, 0, 0, 0},                                         /* hints */
    {1, 0x1c, 0x1f, ANY, 0, 0, 0},                                         /* hints, nop */
    {1, 0x40, 0x4f, ANY, R, V, 0},                                         /* cmov */
    {1, 0x80, 0x8f, ANY, 0, 0, 0},                                         /* jcc */
    {1, 0x90, 0x9f, ANY, W, 1, 0},                                         /* setcc */
    {1, 0xa0, 0xa0, ANY, INSN_PUSHES, 0, 0},                               /* push fs */
    {1, 0xa1, 0xa1, ANY, INSN_POPS | INSN_MORE, 0, 0},                     /* pop fs */
    {1, 0xa3, 0xa3, ANY, R | INSN_OWN, V, 0},                              /* bt */
    {1, 0xa4, 0xa4, ANY, RW, V, 1},                                        /* shld */
    {1, 0xa5, 0xa5, ANY, RW, V, 0},
    {1, 0xa8, 0xa8, ANY, INSN_PUSHES, 0, 0},           /* push gs */
    {1, 0xa9, 0xa9, ANY, INSN_POPS | INSN_MORE, 0, 0}, /* pop gs */
    {1, 0xab, 0xab, ANY, RW | INSN_OWN, V, 0},         /* bts */
    {1, 0xac, 0xac, ANY, RW, V, 1},                    /* shrd */
    {1, 0xad, 0xad, ANY, RW, V, 0},
    {1, 0xae, 0xae, REG(0), W | MEMORY_ONLY, 512, 0}, /* fxsave */
    {1, 0xae, 0xae, REG(1), R | MEMORY_ONLY, 512, 0}, /* fxrstor */
    {1, 0xae, 0xae, REG(2), R | MEMORY_ONLY, 4, 0},   /* ldmxcsr */
    {1, 0xae, 0xae, REG(3), W | MEMORY_ONLY, 4, 0},   /* stmxcsr */
    {1, 0xae, 0xae, REG(4), RW | INSN_MORE, 576, 0},  /* xsave: legacy area and header */
    {1, 0xae, 0xae, REG(5), R | INSN_MORE, 576, 0},   /* xrstor */
    {1, 0xae, 0xae, REG(6), RW | INSN_MORE, 576, 0},  /* xsaveopt */
    {1, 0xaf, 0xaf, ANY, R, V, 0},                    /* imul */
    {1, 0xb0, 0xb0, ANY, RW, 1, 0},                   /* cmpxchg */
    {1, 0xb1, 0xb1, ANY, RW, V, 0},
    {1, 0xb2, 0xb2, ANY, R | INSN_MORE, P, 0}, /* lss */
    {1, 0xb3, 0xb3, ANY, RW | INSN_OWN, V, 0}, /* btr */
    {1, 0xb4, 0xb5, ANY, R | INSN_MORE, P, 0}, /* lfs, lgs */
    {1, 0xb6, 0xb6, ANY, R, 1, 0},             /* movzx */
    {1, 0xb7, 0xb7, ANY, R, 2, 0},
    {1, 0xb8, 0xb8, ANY, R, V, 0},                       /* popcnt */
    {1, 0xba, 0xba, REG(4), R, V, 1},                    /* bt */
    {1, 0xba, 0xba, REG(5) | REG(6) | REG(7), RW, V, 1}, /* bts, btr, btc */
    {1, 0xbb, 0xbb, ANY, RW | INSN_OWN, V, 0},           /* btc */
    {1, 0xbc, 0xbd, ANY, R, V, 0},                       /* bsf, bsr */
    {1, 0xbe, 0xbe, ANY, R, 1, 0},                       /* movsx */
    {1, 0xbf, 0xbf, ANY, R, 2, 0},
    {1, 0xc0, 0xc0, ANY, RW, 1, 0}, /* xadd */
    {1, 0xc1, 0xc1, ANY, RW, V, 0},
    {1, 0xc3, 0xc3, ANY, W, D, 0},                            /* movnti */
    {1, 0xc7, 0xc7, REG(1), RW | MEMORY_ONLY, PAIR, 0},       /* cmpxchg8b, cmpxchg16b */
    {1, 0xc7, 0xc7, REG(3), R | INSN_MORE, 576, 0},           /* xrstors */
    {1, 0xc7, 0xc7, REG(4) | REG(5), RW | INSN_MORE, 576, 0}, /* xsavec, xsaves */
    {1, 0xc8, 0xcf, ANY, 0, 0, 0},                            /* bswap */
};

static unsigned of_code_size(const struct insn_parts *p, unsigned narrow, unsigned other)
{
    return p->operand == 2 ? narrow : other;
}

/* The bytes that SIZE means. */
static unsigned bytes_of(const struct insn_parts *p, int size)
{
    switch (size) {
    case V:
        return p->operand;
    case Y:
        return p->bits == 64 && p->operand == 4 ? 8 : p->operand;
    case D:
        return p->rex & 8 ? 8 : 4;
    case P:
        return p->operand + 2;
    case TWO:
        return 2 * p->operand;
    case TABLE:
        return p->bits == 64 ? 10 : 6;
    case PAIR:
        return p->rex & 8 ? 16 : 8;
    case ENV:
        return of_code_size(p, 14, 28);
    case SAVE:
        return of_code_size(p, 94, 108);
    default:
        return (unsigned)size;
    }
}

static struct insn_shape unknown(void)
{
    return (struct insn_shape){.does = INSN_MORE};
}

static struct insn_shape of_row(const struct insn_parts *p, const struct row *row)
{
    const bool in_memory = p->modrm >> 6 != 3;
    unsigned does = row->does;
    if (does & MEMORY_ONLY)
        does = in_memory ? does & ~(unsigned)MEMORY_ONLY : INSN_MORE;
    return (struct insn_shape){
        .does = in_memory ? does : does & ~(unsigned)(RW | (does & RW ? INSN_OWN : 0)),
        .size = bytes_of(p, row->size),
        .word = bytes_of(p, does & INSN_FAR ? V : Y),
        .immediate = row->immediate == V ? of_code_size(p, 2, 4) : (unsigned)row->immediate,
    };
}

/* add to cmp, in the order of their opcodes. */
static struct insn_shape arithmetic(const struct insn_parts *p)
{
    const unsigned form = p->opcode & 7;
    const struct row row = {.does = form > 3                       ? 0
                                    : form < 2 && p->opcode < 0x38 ? RW
                                                                   : R,
                            .size = form & 1 ? V : 1};
    return of_row(p, &row);
}

/* arpl, or movsxd. */
static struct insn_shape opcode_63(const struct insn_parts *p)
{
    const struct row arpl = {.does = RW, .size = 2}, movsxd = {.does = R, .size = 4};
    return of_row(p, p->bits == 64 ? &movsxd : &arpl);
}

#define KEY(map, opcode) ((unsigned)(map) << 8 | (opcode))

static struct insn_shape plain(const struct insn_parts *p)
{
    const size_t count = sizeof rows / sizeof rows[0];
    size_t from = 0, to = count;
    while (from < to) { /* the first that ends there or later */
        const size_t middle = (from + to) / 2;
        if (KEY(rows[middle].map, rows[middle].last) < KEY(p->map, p->opcode))
            from = middle + 1;
        else
            to = middle;
    }
    for (const struct row *row = rows + from; row < rows + count; row++) {
        if (KEY(row->map, row->first) > KEY(p->map, p->opcode))
            break;
        if (row->reg & REG(p->modrm >> 3 & 7))
            return of_row(p, row);
    }
    return unknown();
}

/* ---- Where the opcode is */

/* VEX, and EVEX, XOP and REX2, which are not looked into (SDM vol. 2, 2.3 and 2.7; APM vol. 3). */
static bool is_extended(const struct insn_parts *p)
{
    const uint8_t o = p->opcode;
    const bool is_register = p->modrm >> 6 == 3;
    return !p->map && (((o == 0xc4 || o == 0xc5 || o == 0x62) && (p->bits == 64 || is_register)) ||
                       (o == 0x8f && p->modrm & 0x38) || (o == 0xd5 && p->bits == 64));
}

struct insn_shape insn_shape(struct insn_parts *p)
{
    const unsigned prefix = p->repeat ? (p->repeat == 0xf3 ? 2 : 3) : p->other_size;
    struct insn_shape shape;
    if (p->at >= p->n)
        return unknown();
    if (is_extended(p))
        return p->opcode != 0x62 && insn_vector_vex(p, &shape) ? shape : unknown();
    if (p->map && (p->opcode == 0x38 || p->opcode == 0x3a))
        insn_opcode_at(p, p->at + 1, p->opcode == 0x38 ? 2 : 3);
    if (!p->map && p->opcode < 0x40 && (p->opcode & 7) < 6)
        return arithmetic(p);
    if (!p->map && p->opcode == 0x63)
        return opcode_63(p);
    if (p->map == 1 && p->opcode == 0xae && prefix) /* clwb, ptwrite, those of CET */
        return unknown();
    return p->map && insn_vector(p, prefix, &shape) ? shape : plain(p);
}
