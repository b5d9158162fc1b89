/* Instructions that can be proven to raise no exception where they stand. Their step needs no debug
 * register on any handler. Pure. */
#ifndef VMM_DEBUG_FAULTLESS_H
#define VMM_DEBUG_FAULTLESS_H

#include "debug/step/insn_operand.h"

/* Whether the instruction at the pc, whose bytes are the first of the N BYTES, raises nothing: one
 * of those that compilers and people write most (mov, ALU, push and pop, near jumps; SDM vol. 2,
 * appendix A), with no LOCK or repeat prefix, and with its code, its operand and what it pushes or
 * pops inside their segments' limits. Only without paging: what the processor finds in page tables,
 * or still knows of them, is not provable. False if in doubt. */
bool faultless(const uint8_t *bytes, size_t n, unsigned bits, const struct kvm_regs *regs,
               const struct kvm_sregs *sregs);

#endif
