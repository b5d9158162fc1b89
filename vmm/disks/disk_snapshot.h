/* What was written to a disk whose file is not to change: sectors in a temporary file that has no
 * name, found by a bitmap. Both are sparse: they take the room of what was written. */
#ifndef VMM_DISK_SNAPSHOT_H
#define VMM_DISK_SNAPSHOT_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_snapshot {
    int fd;
    uint64_t *present; /* a bit a sector: it was written, and is in the file at its own offset */
    size_t present_size;
};

/* For a disk of SECTORS sectors; the file is in $TMPDIR or /var/tmp, else in /tmp. NULL with ERROR
 * set if there can be none. */
struct disk_snapshot *disk_snapshot_new(uint64_t sectors, struct error *error);
void disk_snapshot_free(struct disk_snapshot *snapshot); /* NULL is fine */

/* How many of the COUNT sectors from SECTOR on are like the first: *PRESENT says whether they were
 * written. At least 1 if COUNT is. The sectors are within the disk, here and below. */
uint64_t disk_snapshot_run(const struct disk_snapshot *snapshot, uint64_t sector, uint64_t count,
                           bool *present);

/* 0 or what the host said: -ENOSPC and so on. After a failed write the sectors are what they were,
 * or some of them as written. */
int disk_snapshot_read(const struct disk_snapshot *snapshot, uint64_t sector, void *buf,
                       uint64_t count);
int disk_snapshot_write(struct disk_snapshot *snapshot, uint64_t sector, const void *buf,
                        uint64_t count);

#endif
