/* Which exceptions an instruction may raise (SDM vol. 3, 6.15). Pure. */
#ifndef VMM_DEBUG_INSN_RAISES_H
#define VMM_DEBUG_INSN_RAISES_H

#include "debug/cpu/exception.h"

#include <stdint.h>

#define RAISES(vector) (1u << (vector))
/* What any instruction may raise, and what entering a handler or another segment may. */
#define RAISES_ALWAYS                                                                              \
    (RAISES(EXCEPTION_PF) | RAISES(EXCEPTION_GP) | RAISES(EXCEPTION_UD) | RAISES(EXCEPTION_SS) |   \
     RAISES(EXCEPTION_DF))
#define RAISES_FAR (RAISES(EXCEPTION_NP) | RAISES(EXCEPTION_TS))

/* What else the opcode may raise; MODRM is the byte after it, MAP 0 for one-byte opcodes, 1 for
 * those behind 0f. BITS as for insn_decode. */
uint32_t insn_raises(unsigned map, uint8_t opcode, uint8_t modrm, unsigned bits);

#endif
