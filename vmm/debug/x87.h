/* The x87 tag word: KVM (as FXSAVE) keeps one bit a register, empty or not; gdb shows the full two
 * bits (SDM vol. 1, 8.1.7 and 10.5.1.1). Pure. */
#ifndef VMM_DEBUG_X87_H
#define VMM_DEBUG_X87_H

#include <stdint.h>

/* ABRIDGED has a bit for each physical register, 1 if not empty; ST holds ST(0) to ST(7), whose
 * place is told by TOP in the status word FSW. */
uint16_t x87_full_tag(uint8_t abridged, uint16_t fsw, const uint8_t st[8][16]);
uint8_t x87_abridged_tag(uint16_t full);

#endif
