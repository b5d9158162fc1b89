#include "disks/disk_snapshot.h"

#include "disks/disk.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORD_BITS 64

/* A file in DIR that is gone when it is closed, or -1 with errno set. */
static int nameless_file(const char *dir)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/stepvm-XXXXXX", dir) >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

/* /tmp is often in memory, so it is asked last. */
static int open_file(struct error *error)
{
    const char *dirs[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        const int fd = dirs[i] && *dirs[i] ? nameless_file(dirs[i]) : -1;
        if (fd >= 0)
            return fd;
    }
    return error_set(error, -errno,
                     "making a temporary file for what is written to a snapshot: %s (set TMPDIR to "
                     "a directory with room)",
                     strerror(errno));
}

/* A page of the bitmap takes memory once a bit in it is set. */
static int map_bitmap(struct disk_snapshot *s, uint64_t sectors, struct error *error)
{
    s->present_size = (size_t)(sectors / WORD_BITS + 1) * sizeof *s->present;
    s->present = mmap(NULL, s->present_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->present != MAP_FAILED)
        return 0;
    s->present = NULL;
    return error_set(error, -ENOMEM,
                     "a snapshot of a disk of %" PRIu64 " sectors: no room for its map: %s (free "
                     "some memory, or use a smaller disk)",
                     sectors, strerror(errno));
}

struct disk_snapshot *disk_snapshot_new(uint64_t sectors, struct error *error)
{
    struct disk_snapshot *s = calloc(1, sizeof *s);
    if (!s) {
        error_set(error, -ENOMEM, "a disk's snapshot: out of memory (free some and start again)");
        return NULL;
    }
    s->fd = open_file(error);
    if (s->fd < 0 || map_bitmap(s, sectors, error)) {
        disk_snapshot_free(s);
        return NULL;
    }
    return s;
}

void disk_snapshot_free(struct disk_snapshot *s)
{
    if (!s)
        return;
    if (s->present)
        munmap(s->present, s->present_size);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}

static bool is_present(const struct disk_snapshot *s, uint64_t sector)
{
    return s->present[sector / WORD_BITS] >> sector % WORD_BITS & 1;
}

uint64_t disk_snapshot_run(const struct disk_snapshot *s, uint64_t sector, uint64_t count,
                           bool *present)
{
    uint64_t run = 0;
    *present = count && is_present(s, sector);
    while (run < count && is_present(s, sector + run) == *present)
        run++;
    return run;
}

int disk_snapshot_read(const struct disk_snapshot *s, uint64_t sector, void *buf, uint64_t count)
{
    const size_t len = count * DISK_SECTOR;
    const ssize_t n = file_read(s->fd, sector * DISK_SECTOR, buf, len);
    if (n < 0)
        return (int)n;
    return (size_t)n == len ? 0 : -EIO;
}

int disk_snapshot_write(struct disk_snapshot *s, uint64_t sector, const void *buf, uint64_t count)
{
    const int err = file_write(s->fd, sector * DISK_SECTOR, buf, count * DISK_SECTOR);
    if (err)
        return err;
    for (uint64_t i = sector; i < sector + count; i++)
        s->present[i / WORD_BITS] |= 1ull << i % WORD_BITS;
    return 0;
}
