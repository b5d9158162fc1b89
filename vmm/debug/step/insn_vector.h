/* The part of insn_shape.h's table that is about vectors: MMX, SSE, AVX. Nobody else includes this.
 */
#ifndef VMM_DEBUG_INSN_VECTOR_H
#define VMM_DEBUG_INSN_VECTOR_H

#include "debug/step/insn_shape.h"

/* Behind 0f; PREFIX is 0 for none, 1 for 66, 2 for f3, 3 for f2. False: it is none of these. */
bool insn_vector(const struct insn_parts *parts, unsigned prefix, struct insn_shape *shape);
/* The same for one whose opcode byte is VEX's (c4, c5): makes of PARTS what insn_shape does. */
bool insn_vector_vex(struct insn_parts *parts, struct insn_shape *shape);

#endif
