/* Where an instruction's operand in memory lies, for who looks for accesses to one page. Pure. */
#ifndef VMM_DEBUG_INSN_REACH_H
#define VMM_DEBUG_INSN_REACH_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

#define INSN_REACHES 3

/* Linear addresses at which the instruction in the first N of BYTES may access memory with these
 * registers, from before it: by ModRM, by an address of its own, by string instructions' pointers.
 * Not the stack. Rather too many than too few; one that is relative to the pc may be some bytes too
 * low. BITS is 16, 32 or 64. Returns how many. */
size_t insn_reach(const uint8_t *bytes, size_t n, unsigned bits, const struct kvm_regs *regs,
                  const struct kvm_sregs *sregs, uint64_t addr[INSN_REACHES]);

#endif
