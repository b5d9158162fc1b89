/* What the kernel says of the pages of memory of our own (/proc/self/pagemap). */
#ifndef VMM_RECORD_PAGEMAP_H
#define VMM_RECORD_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pagemap {
    int fd; /* -1: there is no /proc here, and each answer is "maybe" */
    bool tells_own;
};

/* While files can be opened. */
void pagemap_open(struct pagemap *map);
void pagemap_close(struct pagemap *map);

#define PAGEMAP_MOST 4096u

/* Sets the bit in BITMAP (PAGEMAP_MOST of them) of each of the COUNT pages at AT, page-aligned,
 * that may hold anything: it is in use, in memory or swapped out. Others have never been touched,
 * or were given back, and are zero. COUNT is PAGEMAP_MOST at most. */
void pagemap_used(const struct pagemap *map, const void *at, size_t count,
                  uint64_t bitmap[PAGEMAP_MOST / 64]);
/* The same for pages that may have been written to since this process was last forked: it has them
 * for itself. What it has not written to it shares with the child, while that one lives, or has
 * never touched. Memory that was given back (MADV_DONTNEED) is not told. */
void pagemap_own(const struct pagemap *map, const void *at, size_t count,
                 uint64_t bitmap[PAGEMAP_MOST / 64]);

#endif
