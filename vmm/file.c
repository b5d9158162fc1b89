#include "file.h"

#include <errno.h>
#include <fcntl.h>
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
        {ENOENT, "check the path", "check the path; files are not created"},
        {ENOTDIR, "check the path", "check the path"},
        {EACCES, "allow reading: chmod u+r", "allow writing, or open it read-only"},
        {EPERM, NULL, "open it read-only"},
        {EROFS, NULL, "open it read-only"},
        {ETXTBSY, NULL, "it is a program that runs now"},
        {EISDIR, NULL, "name an image file"},
        {ENXIO, "name an image file", "name an image file"},
        {EMFILE, "raise ulimit -n", "raise ulimit -n"},
    };
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].code == code)
            return writable ? remedies[i].write : remedies[i].read;
    return error_remedy(code);
}

static int open_failed(const char *path, bool writable, int code, struct error *error)
{
    const char *remedy = open_remedy(code, writable);
    return error_set(error, -code, "opening %.180s%s: %s%s%s%s", path,
                     writable ? " for writing" : "", strerror(code), remedy ? " (" : "",
                     remedy ? remedy : "", remedy ? ")" : "");
}

static int file_size(int fd, const char *path, uint64_t *size, struct error *error)
{
    struct stat st;
    if (fstat(fd, &st))
        return error_set(error, -errno, "reading the size of %.180s: %s (%s)", path,
                         strerror(errno), error_remedy(errno));
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_set(error, -EINVAL,
                         "opening %.180s: it is a %s (name an image file or a block device)", path,
                         S_ISDIR(st.st_mode) ? "directory" : "pipe, socket or character device");
    /* lseek knows the size of block devices too, where st_size is 0. */
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        return error_set(error, -errno, "reading the size of %.180s: %s (%s)", path,
                         strerror(errno), error_remedy(errno));
    if (end == 0)
        return error_set(error, -EINVAL, "opening %.180s: the file is empty (was it built?)", path);
    *size = (uint64_t)end;
    return 0;
}

/* FD is what an open gave, or -errno. */
static int check_opened(int fd, const char *path, bool writable, uint64_t *size,
                        struct error *error)
{
    if (fd < 0)
        return open_failed(path, writable, -fd, error);
    int r = file_size(fd, path, size, error);
    if (r) {
        close(fd);
        return r;
    }
    return fd;
}

int file_open(const char *path, bool writable, uint64_t *size, struct error *error)
{
    /* Without O_NONBLOCK the open of a FIFO would wait for a writer, before we can refuse it. */
    int fd = open(path, (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return check_opened(fd < 0 ? -errno : fd, path, writable, size, error);
}

int file_open_by(const struct file_source *source, const char *path, uint64_t *size,
                 struct error *error)
{
    return source ? check_opened(source->open(source->context, path), path, false, size, error)
                  : file_open(path, false, size, error);
}

ssize_t file_read(int fd, uint64_t offset, void *buf, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

int file_write(int fd, uint64_t offset, const void *buf, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = pwrite(fd, (const char *)buf + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        done += (size_t)n;
    }
    return 0;
}
