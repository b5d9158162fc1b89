/* What an instruction does to memory, as far as its opcode tells: a table (SDM vol. 2, appendix A).
 * insn_access.h makes addresses of it. Pure. */
#ifndef VMM_DEBUG_INSN_SHAPE_H
#define VMM_DEBUG_INSN_SHAPE_H

#include "debug/step/insn_operand.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    INSN_READS = 1, /* the operand in memory that ModRM names, if it names one */
    INSN_WRITES = 2,
    INSN_PUSHES = 4, /* one word of the stack, or with INSN_FAR two */
    INSN_POPS = 8,
    INSN_FAR = 16,
    INSN_OWN = 32,  /* by the rules of this opcode alone, or of its like */
    INSN_MORE = 64, /* or unknown: it may access other memory, by itself or by way of a device */
};

struct insn_shape {
    unsigned does;      /* INSN_... */
    unsigned size;      /* bytes of the operand in memory */
    unsigned word;      /* bytes of a word of the stack */
    unsigned immediate; /* bytes that follow ModRM, SIB and displacement */
};

/* The opcode behind all prefixes, be it of maps 2 and 3 (behind 0f 38 and 0f 3a) or VEX's: makes of
 * PARTS, as insn_take_apart has left it, one whose AT, MAP, OPCODE, MODRM and REX are that one's.
 */
struct insn_shape insn_shape(struct insn_parts *parts);

#endif
