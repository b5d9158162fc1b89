/* Host files that hold images: opened with an error that helps, read at an offset until done. */
#ifndef VMM_FILE_H
#define VMM_FILE_H

#include "error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Opens PATH, read-only unless WRITABLE, and says in *SIZE how many bytes it holds. Never waits.
 * Returns the descriptor, close-on-exec, which is the caller's; or -errno with ERROR set if it
 * can't be opened, is neither a regular file nor a block device, or is empty. */
int file_open(const char *path, bool writable, uint64_t *size, struct error *error);

/* Who opens files in this process's place, once it may not do so itself. OPEN gives a descriptor,
 * opened read-only as file_open does, or -errno. */
struct file_source {
    int (*open)(void *context, const char *path);
    void *context;
};

/* As file_open, for reading, by SOURCE; NULL: by ourselves. */
int file_open_by(const struct file_source *source, const char *path, uint64_t *size,
                 struct error *error);

/* Reads up to LEN bytes at OFFSET: fewer only where the file ends. How many, or -errno. */
ssize_t file_read(int fd, uint64_t offset, void *buf, size_t len);
/* Writes all LEN bytes at OFFSET. 0 or -errno. */
int file_write(int fd, uint64_t offset, const void *buf, size_t len);

#endif
