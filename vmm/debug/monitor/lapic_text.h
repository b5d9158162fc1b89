/* A local APIC in words (SDM vol. 3, chapter 10). Pure. */
#ifndef VMM_DEBUG_LAPIC_TEXT_H
#define VMM_DEBUG_LAPIC_TEXT_H

#include "gdbstub/gdbstub.h"

#define LAPIC_PAGE 0x400 /* bytes that hold registers: those of KVM_GET_LAPIC */

/* PAGE is its registers as they lie in memory; BASE is IA32_APIC_BASE. Lines. */
void lapic_print(const uint8_t page[LAPIC_PAGE], uint64_t base, struct gdb_text *out);

#endif
