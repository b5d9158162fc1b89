/* What a disk held at one moment: the sectors that were written to since, as they were. */
#ifndef VMM_RECORD_DISK_BEFORE_H
#define VMM_RECORD_DISK_BEFORE_H

#include "disks/disk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_sector {
    uint64_t sector;
    uint8_t bytes[DISK_SECTOR];
};

struct disk_before {
    struct disk_sector *sectors; /* in the order in which they were written to first */
    size_t count, room;
    uint32_t *index; /* a hash table of them by number, plus 1; a power of two, or none yet */
    size_t index_size;
};

/* All zero is one of which nothing was written. */
void disk_before_free(struct disk_before *before);

/* COUNT sectors of DISK from SECTOR on will be written: keeps those that it does not have, if they
 * are no more than *BUDGET sectors, which it takes off there. 0, -ENOSPC, -ENOMEM or what the host
 * said to reading: then it is not whole. */
int disk_before_note(struct disk_before *before, const struct disk *disk, uint64_t sector,
                     uint64_t count, uint64_t *budget);
/* Keeps one that is known; the first one counts. 0, -ENOSPC or -ENOMEM. */
int disk_before_add(struct disk_before *before, const struct disk_sector *sector);
/* Writes them back by disk_write, where they differ. 0 or what that said. */
int disk_before_restore(const struct disk_before *before, const struct disk *disk);

#endif
