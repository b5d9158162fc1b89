/* An instruction taken apart as far as its operand in memory: where that is. Pure. */
#ifndef VMM_DEBUG_INSN_OPERAND_H
#define VMM_DEBUG_INSN_OPERAND_H

#include "debug/step/insn.h"

#include <linux/kvm.h>
#include <stdbool.h>

struct insn_parts {
    uint8_t bytes[INSN_MAX + 16]; /* what is not there is 0 */
    size_t n;                     /* how many are there */
    unsigned bits;
    unsigned operand, address; /* sizes in bytes */
    uint8_t rex;
    uint8_t repeat;        /* f2 or f3, the last of them; or 0 */
    bool lock, other_size; /* f0, 66 */
    int override;          /* CPU_ES..CPU_GS, or -1 */
    size_t at;             /* of the opcode; behind 0f if MAP is 1 */
    unsigned map;          /* 0 or 1; insn_shape.h has others */
    uint8_t opcode, modrm;
};

/* The N BYTES at the pc, INSN_MAX at most; BITS is 16, 32 or 64. False if the opcode is not among
 * them. */
bool insn_take_apart(struct insn_parts *parts, const uint8_t *bytes, size_t n, unsigned bits);

/* Makes AT the place of the opcode, which is of MAP. */
void insn_opcode_at(struct insn_parts *parts, size_t at, unsigned map);

/* The register that NUMBER means in an instruction, of 16. */
uint64_t insn_register(const struct kvm_regs *regs, unsigned number);
/* CPU_ES..CPU_GS. */
const struct kvm_segment *insn_segment(const struct kvm_sregs *sregs, int number);

/* The little-endian number of SIZE bytes (1, 2 or 4; others: 0) at AT, with its sign. */
int64_t insn_displacement(const uint8_t *at, unsigned size);

/* The operand in memory that ModRM names: its offset in *SEGMENT (SDM vol. 2, 2.1.5 and 2.2.1).
 * False if it is relative to the next instruction, whose place is not known here. For an opcode
 * with a ModRM byte whose mod is not 3. */
bool insn_operand_offset(const struct insn_parts *parts, const struct kvm_regs *regs, int *segment,
                         uint64_t *offset);

#endif
