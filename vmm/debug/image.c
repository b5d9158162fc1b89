/* The file that the machine was loaded from, for clients that read its symbols. */
#include "debug/debug_state.h"

#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget(struct debug_image *image)
{
    if (image->name)
        close(image->fd);
    free(image->name);
    *image = (struct debug_image){0};
}

void debug_set_image(struct debug *d, const char *name, int fd, bool is64)
{
    forget(&d->image);
    if (fd < 0)
        return;
    d->image = (struct debug_image){
        .name = name ? strdup(name) : NULL,
        .fd = fd,
        .arch = is64 ? GDB_ARCH_X86_64 : GDB_ARCH_I386,
    };
    if (!d->image.name)
        close(fd); /* without a name nobody asks for it */
}

const char *debug_image_name(void *target, int thread)
{
    struct debug *d = target;
    if (thread && client_arch_of(d, (unsigned)thread - 1) != d->image.arch)
        return NULL;
    return d->image.name;
}

int64_t debug_image_size(void *target)
{
    struct debug *d = target;
    struct stat st;
    if (!d->image.name)
        return -ENOENT;
    return fstat(d->image.fd, &st) ? -errno : st.st_size;
}

int64_t debug_read_image(void *target, uint64_t offset, void *buf, size_t len)
{
    struct debug *d = target;
    if (!d->image.name)
        return -ENOENT;
    if (offset > INT64_MAX || len > (uint64_t)INT64_MAX - offset)
        return 0;
    return file_read(d->image.fd, offset, buf, len);
}
