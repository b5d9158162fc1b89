/* A disk: a raw image file of 512-byte sectors. */
#ifndef VMM_DISK_H
#define VMM_DISK_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

#define DISK_SECTOR 512u

struct disk {
    int fd;
    bool writable;
    uint64_t sectors; /* a last, partial one counts: it reads as if zeros followed */
    const char *path; /* not owned */
};

/* Opens PATH (a regular file or a block device), read-only unless WRITABLE. -errno with ERROR set
 * if it can't be opened, is neither, or is empty. */
int disk_open(struct disk *disk, const char *path, bool writable, struct error *error);
void disk_close(struct disk *disk);

/* COUNT sectors from SECTOR on. 0, -ENXIO (past the end; nothing was transferred), -EROFS, -EIO
 * (the file was cut short since it was opened), or what the host said. A write to a last, partial
 * sector makes it a whole one. */
int disk_read(const struct disk *disk, uint64_t sector, void *buf, uint64_t count);
int disk_write(const struct disk *disk, uint64_t sector, const void *buf, uint64_t count);

/* The geometry that BIOSes report for an image of this size: 16 to 255 heads, 63 sectors a track, 1
 * to 1024 cylinders, the last of them perhaps partial. */
struct disk_geometry {
    uint32_t cylinders, heads, sectors;
};
struct disk_geometry disk_geometry(const struct disk *disk);

#endif
