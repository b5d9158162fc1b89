/* Files that a test makes and removes: temp_file(&f, bytes, len) ... temp_file_remove(&f). */
#ifndef TESTS_UNIT_TEMP_FILE_H
#define TESTS_UNIT_TEMP_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct temp_file {
    char path[256];
    int fd; /* open for reading and writing */
};

/* Makes a file that holds LEN BYTES. Ends the test program if the host can't. */
static inline void temp_file(struct temp_file *file, const void *bytes, size_t len)
{
    const char *dir = getenv("TMPDIR");
    snprintf(file->path, sizeof file->path, "%s/stepvm-test-XXXXXX", dir ? dir : "/tmp");
    file->fd = mkstemp(file->path);
    if (file->fd < 0 || pwrite(file->fd, bytes, len, 0) != (ssize_t)len) {
        perror(file->path);
        exit(1);
    }
}

static inline void temp_file_remove(struct temp_file *file)
{
    close(file->fd);
    unlink(file->path);
}

#endif
