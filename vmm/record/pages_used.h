/* Which pages of memory of our own hold anything: they are in use, in memory or swapped out. Others
 * have never been touched, or were given back, and are zero. */
#ifndef VMM_RECORD_PAGES_USED_H
#define VMM_RECORD_PAGES_USED_H

#include <stddef.h>
#include <stdint.h>

/* While files can be opened: a descriptor to ask by, the caller's to close, or -1: there is no
 * /proc here, and all pages count as used. */
int pages_used_open(void);

#define PAGES_USED_MOST 4096u

/* Sets the bit in BITMAP (PAGES_USED_MOST of them) of each of the COUNT pages at AT, page-aligned,
 * that is in use; COUNT is PAGES_USED_MOST at most. */
void pages_used(int fd, const void *at, size_t count, uint64_t bitmap[PAGES_USED_MOST / 64]);

#endif
