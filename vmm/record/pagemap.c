#include "record/pagemap.h"

#include "file.h"
#include "memory/memory.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The kernel's Documentation/admin-guide/mm/pagemap.rst. EXCLUSIVE is of Linux 4.2, and never set
 * before. Of a page that is swapped out nobody says whose it is. */
#define PRESENT   (1ull << 63)
#define SWAPPED   (1ull << 62)
#define EXCLUSIVE (1ull << 56)

/* A page that has just been written to, as this one of the stack, is our own, or this kernel can't
 * tell. */
static bool tells_own(const struct pagemap *map)
{
    uint64_t entry = 0;
    const uint64_t offset = (uintptr_t)&entry / MEMORY_PAGE * sizeof entry;
    return file_read(map->fd, offset, &entry, sizeof entry) == sizeof entry && entry & EXCLUSIVE;
}

void pagemap_open(struct pagemap *map)
{
    const int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    *map = (struct pagemap){.fd = fd < 0 ? -1 : fd};
    map->tells_own = fd >= 0 && tells_own(map);
}

void pagemap_close(struct pagemap *map)
{
    if (map->fd >= 0)
        close(map->fd);
    map->fd = -1;
}

/* Pages whose entry has a bit of ANY. */
static void ask(const struct pagemap *map, const void *at, size_t count, uint64_t any,
                uint64_t bitmap[PAGEMAP_MOST / 64])
{
    uint64_t entries[PAGEMAP_MOST];
    const size_t len = count * sizeof *entries;
    const uint64_t offset = (uintptr_t)at / MEMORY_PAGE * sizeof *entries;
    memset(bitmap, 0xff, PAGEMAP_MOST / 8);
    if (map->fd < 0 || file_read(map->fd, offset, entries, len) != (ssize_t)len)
        return;
    memset(bitmap, 0, PAGEMAP_MOST / 8);
    for (size_t i = 0; i < count; i++)
        if (entries[i] & any)
            bitmap[i / 64] |= 1ull << i % 64;
}

void pagemap_used(const struct pagemap *map, const void *at, size_t count,
                  uint64_t bitmap[PAGEMAP_MOST / 64])
{
    ask(map, at, count, PRESENT | SWAPPED, bitmap);
}

void pagemap_own(const struct pagemap *map, const void *at, size_t count,
                 uint64_t bitmap[PAGEMAP_MOST / 64])
{
    ask(map, at, count, SWAPPED | (map->tells_own ? EXCLUSIVE : PRESENT), bitmap);
}
