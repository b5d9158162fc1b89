/* The content of guest memory at one moment, ROM too. Pages of zeros take no room, and those that
 * an earlier copy holds alike are shared with it. */
#ifndef VMM_RECORD_RAM_COPY_H
#define VMM_RECORD_RAM_COPY_H

#include "memory/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ram_copy;

/* The map of MEMORY, with no content yet: all zeros. NULL if host memory is short. */
struct ram_copy *ram_copy_new(const struct memory *memory);
/* And as it is. USED is pages_used_open's; LIKE, which may be NULL, what it shares pages with. All
 * vCPUs are parked. */
struct ram_copy *ram_copy_save(const struct memory *memory, int used, const struct ram_copy *like);
void ram_copy_free(struct ram_copy *copy); /* NULL is fine */

/* Whether MEMORY has the same regions still. */
bool ram_copy_fits(const struct ram_copy *copy, const struct memory *memory);
/* Makes MEMORY, which it fits, as it was then; writes only what differs. How many pages that were.
 * All vCPUs are parked. */
uint64_t ram_copy_restore(const struct ram_copy *copy, struct memory *memory, int used);

/* Pages that are not zeros, and of those the ones that no other copy shares. */
uint64_t ram_copy_pages(const struct ram_copy *copy);
uint64_t ram_copy_own_pages(const struct ram_copy *copy);

/* The pages one by one. INDEX counts them through all regions, in ascending order. */
uint64_t ram_copy_page_count(const struct ram_copy *copy);
/* NULL: zeros. */
const void *ram_copy_page(const struct ram_copy *copy, uint64_t index);
/* Sets one that is zeros. 0 or -ENOMEM. */
int ram_copy_set_page(struct ram_copy *copy, uint64_t index, const void *bytes);

/* What its regions are, to be compared with another's. */
struct ram_copy_region {
    uint64_t gpa, size;
    uint32_t kind, zero;
};
size_t ram_copy_regions(const struct ram_copy *copy, const struct ram_copy_region **regions);

#endif
