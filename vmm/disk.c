#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a user can do about an open(2) that failed; NULL where the system's words say it all. */
static const char *open_remedy(int code, bool writable)
{
    static const struct {
        int code;
        const char *read, *write;
    } remedies[] = {
        {ENOENT, "check the path", "check the path; a disk is not created"},
        {EACCES, "its owner can allow it: chmod +r",
         "allow writing, or open it read-only: no --write, --disk FILE,ro"},
        {EPERM, NULL, "open it read-only: no --write, --disk FILE,ro"},
        {EROFS, NULL, "open it read-only: no --write, --disk FILE,ro"},
        {ETXTBSY, NULL, "it is a program that runs now"},
        {EISDIR, NULL, "name an image file"},
        {ENXIO, "name an image file", "name an image file"},
        {EMFILE, "raise ulimit -n", "raise ulimit -n"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].code == code)
            return writable ? remedies[i].write : remedies[i].read;
    return NULL;
}

static int open_failed(const char *path, bool writable, int code, struct error *error)
{
    const char *remedy = open_remedy(code, writable);
    return error_set(error, -code, "opening disk %.180s%s: %s%s%s%s", path,
                     writable ? " for writing" : "", strerror(code), remedy ? " (" : "",
                     remedy ? remedy : "", remedy ? ")" : "");
}

/* How many bytes FD holds. lseek knows the size of block devices too, where st_size is 0. */
static int disk_size(int fd, const char *path, uint64_t *size, struct error *error)
{
    struct stat st;
    if (fstat(fd, &st))
        return error_set(error, -errno, "reading the size of disk %.180s: %s", path,
                         strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_set(error, -EINVAL,
                         "disk %.180s: not a regular file or block device (name a raw image)",
                         path);
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return error_set(error, -errno, "reading the size of disk %.180s: %s", path,
                         strerror(errno));
    if (end == 0)
        return error_set(error, -EINVAL,
                         "disk %.180s: it is empty (give it a size: truncate -s 10M FILE)", path);
    *size = (uint64_t)end;
    return 0;
}

int disk_open(struct disk *disk, const char *path, bool writable, struct error *error)
{
    /* Without O_NONBLOCK the open of a FIFO would wait for a writer, before we can refuse it. */
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return open_failed(path, writable, errno, error);

    uint64_t size = 0;
    int r = disk_size(fd, path, &size, error);
    if (r) {
        close(fd);
        return r;
    }
    *disk = (struct disk){
        .fd = fd,
        .writable = writable,
        .sectors = size / DISK_SECTOR + (size % DISK_SECTOR != 0),
        .path = path,
    };
    return 0;
}

void disk_close(struct disk *disk)
{
    if (disk->fd >= 0)
        close(disk->fd);
    disk->fd = -1;
}

static bool in_range(const struct disk *disk, uint64_t sector, uint64_t count)
{
    uint64_t end;
    return !__builtin_add_overflow(sector, count, &end) && end <= disk->sectors;
}

int disk_read(const struct disk *disk, uint64_t sector, void *buf, uint64_t count)
{
    if (!in_range(disk, sector, count))
        return -ENXIO;
    uint8_t *to = buf;
    uint64_t offset = sector * DISK_SECTOR, left = count * DISK_SECTOR;
    while (left) {
        ssize_t n = pread(disk->fd, to, left, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        to += n, offset += (uint64_t)n, left -= (uint64_t)n;
    }
    /* The end of the file may come within the last sector only; else the file was cut meanwhile. */
    if (left >= DISK_SECTOR)
        return -EIO;
    memset(to, 0, left);
    return 0;
}

int disk_write(const struct disk *disk, uint64_t sector, const void *buf, uint64_t count)
{
    if (!disk->writable)
        return -EROFS;
    if (!in_range(disk, sector, count))
        return -ENXIO;
    const uint8_t *from = buf;
    uint64_t offset = sector * DISK_SECTOR, left = count * DISK_SECTOR;
    while (left) {
        ssize_t n = pwrite(disk->fd, from, left, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        from += n, offset += (uint64_t)n, left -= (uint64_t)n;
    }
    return 0;
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
