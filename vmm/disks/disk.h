/* A disk: a raw image file of 512-byte sectors.
 *
 * A write has reached the host's file when disk_write returns, so that it outlives stepvm, as what
 * is in a real disk's cache outlives a crash of the machine; disk_flush makes it outlive the host's
 * crash, too. Nothing the host says ends the machine: it is handed to the guest, and said on
 * standard error once for reading and once for writing. Whoever calls holds the bus lock, which
 * orders what devices and the BIOS services do. */
#ifndef VMM_DISK_H
#define VMM_DISK_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

#define DISK_SECTOR 512u

enum disk_access {
    DISK_READ_ONLY,
    DISK_WRITABLE,
    DISK_SNAPSHOT, /* written to, but not the file: see disk_snapshot.h */
};

struct disk;

/* Whoever wants to know what a write is about to replace, and reads it with disk_read. */
struct disk_watcher {
    /* COUNT sectors from SECTOR on will become BYTES. Only for writes that may be done; the host
     * may still fail to do one, or do a part of it. The bus lock is held. */
    void (*before_write)(void *context, const struct disk *disk, uint64_t sector, const void *bytes,
                         uint64_t count);
    void *context;
};

#define DISK_WATCHERS 2 /* the recorder, and snapshots */

struct disk {
    int fd;
    bool writable;                  /* by the guest */
    struct disk_snapshot *snapshot; /* where its writes go; NULL: into the file. Owned. */
    uint64_t first;                 /* sector of the file at which it begins; 0 if it is no part */
    uint64_t sectors;               /* a last, partial one counts: it reads as if zeros followed */
    const char *path;               /* not owned */
    struct disk_report *report;     /* what was said of it; NULL: nothing ever is. Owned. */
    const struct disk_watcher *watchers[DISK_WATCHERS]; /* NULL: none. Not owned. */
};

/* Opens PATH (a regular file or a block device). -errno with ERROR set if it can't be opened, is
 * neither, or is empty; or if there can be no snapshot. */
int disk_open(struct disk *disk, const char *path, enum disk_access access, struct error *error);
void disk_close(struct disk *disk);

/* SECTORS of DISK from FIRST on, or as many as there are, as a read-only disk of its own that lasts
 * as long as DISK is open, and is not closed. */
struct disk disk_part(const struct disk *disk, uint64_t first, uint64_t sectors);

/* COUNT sectors from SECTOR on. 0, -ENXIO (past the end; nothing was transferred), -EROFS, -EIO
 * (the file was cut short since it was opened), or what the host said: -ENOSPC, -EFBIG, -EIO. A
 * write to a last, partial sector makes it a whole one. */
int disk_read(const struct disk *disk, uint64_t sector, void *buf, uint64_t count);
int disk_write(const struct disk *disk, uint64_t sector, const void *buf, uint64_t count);

/* The same, but EXCEPT, a watcher of it, is not told: it puts back what it has noted. */
int disk_write_unseen(const struct disk *disk, const struct disk_watcher *except, uint64_t sector,
                      const void *buf, uint64_t count);

/* WATCHER is told of all writes, not of those to a disk_part, of which there are none. There are
 * DISK_WATCHERS at most. It must outlive the disk, or be taken off. */
void disk_watch(struct disk *disk, const struct disk_watcher *watcher);
void disk_unwatch(struct disk *disk, const struct disk_watcher *watcher);

/* Returns once what was written is on the host's medium. 0 or what the host said. A snapshot is
 * gone with stepvm, so it has nothing to do. */
int disk_flush(const struct disk *disk);

/* The geometry that BIOSes report for an image of this size: 16 to 255 heads, 63 sectors a track, 1
 * to 1024 cylinders, the last of them perhaps partial. */
struct disk_geometry {
    uint32_t cylinders, heads, sectors;
};
struct disk_geometry disk_geometry(const struct disk *disk);

#endif
