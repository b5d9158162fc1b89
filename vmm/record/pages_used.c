#include "record/pages_used.h"

#include "file.h"
#include "memory/memory.h"

#include <fcntl.h>
#include <string.h>

/* The kernel's Documentation/admin-guide/mm/pagemap.rst. */
#define PAGEMAP_IN_USE (3ull << 62) /* present, or swapped out */

int pages_used_open(void)
{
    const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -1 : fd;
}

void pages_used(int fd, const void *at, size_t count, uint64_t bitmap[PAGES_USED_MOST / 64])
{
    uint64_t entries[PAGES_USED_MOST];
    const size_t len = count * sizeof *entries;
    const uint64_t offset = (uintptr_t)at / MEMORY_PAGE * sizeof *entries;
    memset(bitmap, 0xff, PAGES_USED_MOST / 8);
    if (fd < 0 || file_read(fd, offset, entries, len) != (ssize_t)len)
        return;
    memset(bitmap, 0, PAGES_USED_MOST / 8);
    for (size_t i = 0; i < count; i++)
        if (entries[i] & PAGEMAP_IN_USE)
            bitmap[i / 64] |= 1ull << i % 64;
}
