/* Which exception the instruction at the pc raises, as far as a look at it and at memory can tell.
 * Pure. */
#ifndef VMM_DEBUG_FAULT_CAUSE_H
#define VMM_DEBUG_FAULT_CAUSE_H

#include "debug/catch/fault_view.h"

/* The vector of the exception, or of the interrupt that the instruction asks for, with WHAT it is
 * that does so ("ud2", "its operand: 0x5000 is not mapped"); or -1 if it does not show. */
int fault_of_insn(const struct fault_view *view, struct gdb_text *what);

#endif
