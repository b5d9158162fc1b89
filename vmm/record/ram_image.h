/* RAM as it was when it was last looked at: a copy of all pages that are in use. */
#ifndef VMM_RECORD_RAM_IMAGE_H
#define VMM_RECORD_RAM_IMAGE_H

#include "memory/memory.h"
#include "record/delta.h"

#include <stdbool.h>
#include <stdint.h>

struct ram_image;

/* Follows MEMORY (memory_follow) from now on. All vCPUs are parked. NULL with errno set. */
struct ram_image *ram_image_new(struct memory *memory);
void ram_image_free(struct ram_image *image); /* NULL is fine */

/* Adds to DELTA what has been written since. 0, or -errno: then it is not whole. */
int ram_image_compare(struct ram_image *image, struct delta *delta);
/* Changes word WORD (GPA / 8) of RAM and of the image by FLIPS, which are its bits that change.
 * False: there is none. */
bool ram_image_apply(struct ram_image *image, uint64_t word, uint64_t flips);
/* Whether the memory map is another one than that of the image. */
bool ram_image_is_outdated(const struct ram_image *image);

#endif
