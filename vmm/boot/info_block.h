/* A block of information for a kernel: bytes that are added one after the other, and refer to each
 * other by guest-physical addresses.
 *
 * It is filled twice: without BYTES, to know how many there are to be, then where there is room for
 * them. */
#ifndef VMM_BOOT_INFO_BLOCK_H
#define VMM_BOOT_INFO_BLOCK_H

#include <stddef.h>
#include <stdint.h>

struct info_block {
    uint8_t *bytes; /* NULL: they are only counted */
    uint64_t gpa;   /* of the first */
    size_t used;
};

/* Adds LEN bytes of DATA, or zeros if that is NULL. Returns their offset. */
size_t info_add(struct info_block *info, const void *data, size_t len);
/* Adds zeros up to a multiple of ALIGN. */
void info_align(struct info_block *info, size_t align);
/* Adds FIRST, a blank if both are there, SECOND and a zero; NULL is not there. */
size_t info_add_words(struct info_block *info, const char *first, const char *second);
/* Writes LEN bytes of DATA over those at OFFSET, which were added. */
void info_set(struct info_block *info, size_t offset, const void *data, size_t len);
/* The address of what was added at OFFSET, for blocks below 4 GiB. */
uint32_t info_address(const struct info_block *info, size_t offset);

#endif
