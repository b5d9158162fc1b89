/* Which instructions a debugger's user wants to see as one, although they run others: call, int n,
 * loop, a repeated string instruction. Pure. */
#ifndef VMM_DEBUG_OVER_INSN_H
#define VMM_DEBUG_OVER_INSN_H

#include <stddef.h>
#include <stdint.h>

/* The length of the instruction in the first N of BYTES if it is such a one, else 0, also if it is
 * cut off. BITS is 16, 32 or 64; RFLAGS as it is now: an into that is not taken is none. (SDM
 * vol. 2, CALL, INT n, LOOP, REP.) */
size_t over_insn_length(const uint8_t *bytes, size_t n, unsigned bits, uint64_t rflags);

#endif
