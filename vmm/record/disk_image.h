/* What guests have written to disks: as a delta of what was there before, in the order of the
 * writes, and back again. The disks themselves are what it looks at; a write is in its file at
 * once, and undone there. */
#ifndef VMM_RECORD_DISK_IMAGE_H
#define VMM_RECORD_DISK_IMAGE_H

#include "board/bus.h"
#include "disks/drives.h"
#include "record/delta.h"

#include <stdbool.h>
#include <stdint.h>

struct disk_image;

/* Watches the disks of DRIVES from now on; what they have written and nobody has taken is LIMIT
 * bytes of delta at most. All of it outlives the image, and the bus lock guards the disks. All
 * vCPUs are parked. NULL if memory is short. */
struct disk_image *disk_image_new(struct drives *drives, struct bus *bus, size_t limit);
void disk_image_free(struct disk_image *image); /* NULL is fine */

/* Moves what was written since to DELTA. 0; -EIO: what was there could not be read, or -E2BIG: it
 * is not whole. */
int disk_image_take(struct disk_image *image, struct delta *delta);

/* What was written is nobody's to take back. */
void disk_image_forget(struct disk_image *image);

/* Changes word WORD (byte / 8) of disk number DISK by FLIPS, once disk_image_flush has been called,
 * or words of another sector come. */
void disk_image_apply(struct disk_image *image, unsigned disk, uint64_t word, uint64_t flips);
/* 0, or the first error of the host's since the last flush: then some sectors are not what they
 * were to be. */
int disk_image_flush(struct disk_image *image);

#endif
