/* What the debugger must know about an instruction before it steps it: whether it enters a handler
 * by itself, whether it shows the flags to the guest. Pure. */
#ifndef VMM_DEBUG_INSN_H
#define VMM_DEBUG_INSN_H

#include <stddef.h>
#include <stdint.h>

#define INSN_MAX 15 /* SDM vol. 2, 2.3.11 */

enum insn_kind {
    INSN_PLAIN, /* or unknown, or cut off */
    INSN_INT,   /* int n, int3, int1, or an into that will be taken: VECTOR is set */
    INSN_PUSHF, /* of any width */
};

struct insn {
    enum insn_kind kind;
    uint8_t vector;
};

/* The index of the opcode in the N BYTES, behind all prefixes; N if it is not among them. */
size_t insn_opcode(const uint8_t *bytes, size_t n, unsigned bits);

/* The instruction in the first N of BYTES; BITS is 16, 32 or 64; RFLAGS as it is now. */
struct insn insn_decode(const uint8_t *bytes, size_t n, unsigned bits, uint64_t rflags);

#endif
