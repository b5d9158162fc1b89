/* The content of guest memory at one moment, ROM too: by a process that shares all pages with this
 * one until they are written to (ram_keeper.h); where the host does not let us have one, by copying
 * what is in use.
 *
 * Which pages may differ from memory now: each copy has a set of those written to before the last
 * copy was made; those written to since then the kernel tells (pagemap_own). */
#ifndef VMM_RECORD_RAM_COPY_H
#define VMM_RECORD_RAM_COPY_H

#include "error.h"
#include "memory/memory.h"
#include "record/pagemap.h"
#include "record/ram_pages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ram_copy;

/* The map of MEMORY, with no content yet: all zeros. NULL if host memory is short. */
struct ram_copy *ram_copy_new(const struct memory *memory);
/* And as it is. Before that ram_copy_outdate was called for each other copy, with the pages that
 * are the process's own. All vCPUs are parked. */
struct ram_copy *ram_copy_save(const struct memory *memory, const struct pagemap *map);
void ram_copy_free(struct ram_copy *copy); /* NULL is fine */

/* 0 if MEMORY has the same regions still, -ESTALE if not, -ENOMEM if that can't be found out. */
int ram_copy_fits(const struct ram_copy *copy, const struct memory *memory);
/* 0, or -ESRCH with ERROR set: its process is gone. */
int ram_copy_check(const struct ram_copy *copy, struct error *error);
/* The pages of SET, in the map PAGES, may no longer be what the copy has; NULL: any page. */
void ram_copy_outdate(struct ram_copy *copy, const struct ram_pages *pages, const uint64_t *set);
/* How many pages may differ now; OWN, in the map PAGES, has those that are the process's own. */
uint64_t ram_copy_outdated(const struct ram_copy *copy, const struct ram_pages *pages,
                           const uint64_t *own);

/* Makes MEMORY, which it fits, as it was then; writes only what differs: *CHANGED pages. All vCPUs
 * are parked. 0, or -errno with ERROR set: memory may be partly as it was. */
int ram_copy_restore(struct ram_copy *copy, struct memory *memory, const struct pagemap *map,
                     uint64_t *changed, struct error *error);

/* Of one that was made by ram_copy_new: how many pages there are, and sets one, once. */
uint64_t ram_copy_page_count(const struct ram_copy *copy);
void ram_copy_set_page(struct ram_copy *copy, uint64_t number, const void *bytes);

#endif
