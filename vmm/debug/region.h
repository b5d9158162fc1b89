/* Runs of addresses of one kind, as a client may ask for them: what is there, and what the guest
 * may do with it. */
#ifndef VMM_DEBUG_REGION_H
#define VMM_DEBUG_REGION_H

#include "debug/cpu/gva.h"
#include "gdbstub/gdbstub.h"

/* What LINEAR is part of: memory of one name with the same rights throughout, or a hole. The rights
 * are those of the page tables, as for supervisor code with CR0.WP set; ROM is never writable.
 * Where there is no memory behind a mapped page, that is a hole. Addresses past 2^32 outside 64-bit
 * mode's tables are one, too. It may end early on either side, after 1024 pages: some milliseconds.
 */
struct gdb_region region_linear(const struct gva_space *space, uint64_t linear);

/* The guest-physical region of INDEX, in order of address. False past the last. */
bool region_physical(const struct memory *memory, size_t index, struct gdb_region *region);

#endif
