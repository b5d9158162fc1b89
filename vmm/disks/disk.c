#include "disks/disk.h"

#include "disks/disk_snapshot.h"
#include "file.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct disk_report {
    bool reading, writing; /* was said to have failed */
};

/* The host has failed, and the guest is told; here whoever runs it is. */
static int report(const struct disk *disk, uint64_t sector, bool writing, int err)
{
    bool *said = !disk->report || !err ? NULL
                 : writing             ? &disk->report->writing
                                       : &disk->report->reading;
    if (said && !*said)
        fprintf(stderr,
                "stepvm: warning: %s sector %" PRIu64 " of %.180s%s: %s (the guest gets an error; "
                "%s)\n",
                writing ? "writing" : "reading", sector, disk->path,
                writing && disk->snapshot ? "'s snapshot" : "", strerror(-err), error_remedy(err));
    if (said)
        *said = true;
    return err;
}

int disk_open(struct disk *disk, const char *path, enum disk_access access, struct error *error)
{
    uint64_t size = 0;
    int fd = file_open(path, access == DISK_WRITABLE, &size, error);
    if (fd < 0)
        return fd;
    *disk = (struct disk){
        .fd = fd,
        .writable = access != DISK_READ_ONLY,
        .sectors = size / DISK_SECTOR + (size % DISK_SECTOR != 0),
        .path = path,
    };
    disk->report = calloc(1, sizeof *disk->report);
    if (!disk->report) {
        disk_close(disk);
        return error_set(error, -ENOMEM, "%.180s: out of memory (free some and start again)", path);
    }
    if (access != DISK_SNAPSHOT)
        return 0;
    disk->snapshot = disk_snapshot_new(disk->sectors, error);
    if (disk->snapshot)
        return 0;
    disk_close(disk);
    return -ENOSPC;
}

void disk_close(struct disk *disk)
{
    disk_snapshot_free(disk->snapshot);
    disk->snapshot = NULL;
    free(disk->report);
    disk->report = NULL;
    if (disk->fd >= 0)
        close(disk->fd);
    disk->fd = -1;
}

struct disk disk_part(const struct disk *disk, uint64_t first, uint64_t sectors)
{
    const uint64_t there = first < disk->sectors ? disk->sectors - first : 0;
    return (struct disk){
        .fd = disk->fd,
        .snapshot = disk->snapshot,
        .first = disk->first + first,
        .sectors = sectors < there ? sectors : there,
        .path = disk->path,
        .report = disk->report,
    };
}

static bool in_range(const struct disk *disk, uint64_t sector, uint64_t count)
{
    uint64_t end;
    return !__builtin_add_overflow(sector, count, &end) && end <= disk->sectors;
}

static int read_file(const struct disk *disk, uint64_t sector, void *buf, uint64_t count)
{
    size_t len = count * DISK_SECTOR;
    ssize_t n = file_read(disk->fd, sector * DISK_SECTOR, buf, len);
    if (n < 0)
        return (int)n;
    /* The end of the file may come within the last sector only; else the file was cut meanwhile. */
    size_t missing = len - (size_t)n;
    if (missing >= DISK_SECTOR)
        return -EIO;
    memset((char *)buf + n, 0, missing);
    return 0;
}

/* Run by run, from the snapshot what was written and from the file what was not. */
static int read_merged(const struct disk *disk, uint64_t sector, char *buf, uint64_t count)
{
    int err = 0;
    while (!err && count) {
        bool written;
        const uint64_t run = disk_snapshot_run(disk->snapshot, sector, count, &written);
        err = written ? disk_snapshot_read(disk->snapshot, sector, buf, run)
                      : read_file(disk, sector, buf, run);
        sector += run;
        buf += run * DISK_SECTOR;
        count -= run;
    }
    return err;
}

int disk_read(const struct disk *disk, uint64_t sector, void *buf, uint64_t count)
{
    if (!in_range(disk, sector, count))
        return -ENXIO;
    sector += disk->first;
    return report(disk, sector, false,
                  disk->snapshot ? read_merged(disk, sector, buf, count)
                                 : read_file(disk, sector, buf, count));
}

void disk_watch(struct disk *disk, const struct disk_watcher *watcher)
{
    unsigned i = 0;
    while (i < DISK_WATCHERS && disk->watchers[i])
        i++;
    assert(i < DISK_WATCHERS);
    disk->watchers[i] = watcher;
}

void disk_unwatch(struct disk *disk, const struct disk_watcher *watcher)
{
    for (unsigned i = 0; i < DISK_WATCHERS; i++)
        if (disk->watchers[i] == watcher)
            disk->watchers[i] = NULL;
}

static void tell_watchers(const struct disk *disk, const struct disk_watcher *except,
                          uint64_t sector, const void *buf, uint64_t count)
{
    for (unsigned i = 0; i < DISK_WATCHERS; i++) {
        const struct disk_watcher *watcher = disk->watchers[i];
        if (watcher && watcher != except)
            watcher->before_write(watcher->context, disk, sector, buf, count);
    }
}

int disk_write(const struct disk *disk, uint64_t sector, const void *buf, uint64_t count)
{
    return disk_write_unseen(disk, NULL, sector, buf, count);
}

int disk_write_unseen(const struct disk *disk, const struct disk_watcher *except, uint64_t sector,
                      const void *buf, uint64_t count)
{
    if (!disk->writable)
        return -EROFS;
    if (!in_range(disk, sector, count))
        return -ENXIO;
    if (count)
        tell_watchers(disk, except, sector, buf, count);
    sector += disk->first;
    return report(disk, sector, true,
                  disk->snapshot
                      ? disk_snapshot_write(disk->snapshot, sector, buf, count)
                      : file_write(disk->fd, sector * DISK_SECTOR, buf, count * DISK_SECTOR));
}

int disk_flush(const struct disk *disk)
{
    if (!disk->writable || disk->snapshot)
        return 0;
    return fdatasync(disk->fd) ? -errno : 0;
}

/* The LBA-assisted translation of BIOSes: as few heads as keep the cylinders within the 10 bits of
 * INT 13h's CX. The last cylinder may be a partial one, so that each sector of a small image has a
 * CHS address. */
struct disk_geometry disk_geometry(const struct disk *disk)
{
    static const uint32_t head_counts[] = {16, 32, 64, 128, 255};
    const uint32_t max_cylinders = 1024, sectors_per_track = 63;

    struct disk_geometry g = {.sectors = sectors_per_track};
    for (size_t i = 0; i < sizeof head_counts / sizeof *head_counts; i++) {
        g.heads = head_counts[i];
        uint64_t per_cylinder = (uint64_t)g.heads * g.sectors;
        uint64_t cylinders = disk->sectors / per_cylinder + (disk->sectors % per_cylinder != 0);
        if (cylinders <= max_cylinders) {
            g.cylinders = cylinders ? (uint32_t)cylinders : 1;
            return g;
        }
    }
    g.cylinders = max_cylinders;
    return g;
}
