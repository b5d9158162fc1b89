/* All pages of guest memory, ROM too, by number: through all regions, in ascending order. Sets of
 * them are bits, a page each, to be freed by free. */
#ifndef VMM_RECORD_RAM_PAGES_H
#define VMM_RECORD_RAM_PAGES_H

#include "memory/memory.h"
#include "record/pagemap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ram_pages {
    struct ram_region {
        uint64_t gpa, size, first; /* FIRST: the number of its first page */
        uint8_t *hva;
        enum memory_kind kind;
    } * regions;
    size_t region_count;
    uint64_t count;
    uint64_t changes; /* memory_changes */
};

/* As MEMORY is now. 0 or -ENOMEM. */
int ram_pages_init(struct ram_pages *pages, const struct memory *memory);
void ram_pages_free(struct ram_pages *pages);
/* Whether A and B have regions at the same places, though perhaps not the same ones. */
bool ram_pages_alike(const struct ram_pages *a, const struct ram_pages *b);

/* Page NUMBER's host bytes, and where it is in the guest if GPA is not NULL. Ascending numbers are
 * found the fastest: *HINT is 0 at first. */
uint8_t *ram_pages_at(const struct ram_pages *pages, uint64_t number, uint64_t *gpa, size_t *hint);
/* Whether all bytes of that page are zero. */
bool ram_page_is_zero(const uint8_t *page);

/* An empty set of so many pages; NULL if host memory is short. */
uint64_t *ram_set_new(uint64_t count);
void ram_set_fill(uint64_t *set, uint64_t count);
void ram_set_unite(uint64_t *set, const uint64_t *with, uint64_t count);
uint64_t ram_set_size(const uint64_t *set, uint64_t count);
/* The first member from NUMBER on, or COUNT. */
uint64_t ram_set_next(const uint64_t *set, uint64_t number, uint64_t count);

/* Adds those that ASK (pagemap_used, pagemap_own) tells. */
typedef void ram_pages_ask(const struct pagemap *map, const void *at, size_t count,
                           uint64_t bitmap[PAGEMAP_MOST / 64]);
void ram_pages_add(const struct ram_pages *pages, const struct pagemap *map, ram_pages_ask *ask,
                   uint64_t *set);

#endif
