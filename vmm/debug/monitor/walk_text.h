/* A page walk in words: each level's entry and flags, and where it leads or why it fails. Pure. */
#ifndef VMM_DEBUG_WALK_TEXT_H
#define VMM_DEBUG_WALK_TEXT_H

#include "debug/cpu/walk.h"
#include "gdbstub/gdbstub.h"

/* Walks to LINEAR and says it in OUT. PHYSICAL_BITS as for walk_reserved. True if the processor
 * would get there: *GPA is then the address. */
bool walk_print(const struct walk_mode *mode, const struct walk_memory *memory,
                unsigned physical_bits, uint64_t linear, uint64_t *gpa, struct gdb_text *out);

#endif
