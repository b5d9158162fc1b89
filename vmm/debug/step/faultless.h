/* Instructions that can be proven to raise no exception where they stand. Their step needs no debug
 * register on any handler. Pure. */
#ifndef VMM_DEBUG_FAULTLESS_H
#define VMM_DEBUG_FAULTLESS_H

#include "debug/step/insn_operand.h"

/* What can be said of an instruction wherever it stands. */
struct faultless {
    unsigned does; /* faultless.c's own */
    struct insn_parts parts;
};

/* The instruction whose bytes are the first of the N BYTES; BITS is 16, 32 or 64. */
void faultless_look(struct faultless *f, const uint8_t *bytes, size_t n, unsigned bits);

/* Whether it raises nothing at the pc, with these registers: one of those that compilers and people
 * write most (mov, ALU, push and pop, near jumps; SDM vol. 2, appendix A), with no LOCK or repeat
 * prefix, and with its code, its operand and what it pushes or pops inside their segments' limits.
 * Only without paging: what the processor finds in page tables, or still knows of them, is not
 * provable. False if in doubt. */
bool faultless_here(const struct faultless *f, const struct kvm_regs *regs,
                    const struct kvm_sregs *sregs);

#endif
