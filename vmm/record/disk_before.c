#include "record/disk_before.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64u

void disk_before_free(struct disk_before *b)
{
    free(b->sectors);
    free(b->index);
    *b = (struct disk_before){.count = 0};
}

/* Where SECTOR is in the index, or would be. */
static size_t slot_of(const struct disk_before *b, uint64_t sector)
{
    size_t slot = (size_t)(sector * 0x9e3779b97f4a7c15u >> 20) & (b->index_size - 1);
    while (b->index[slot] && b->sectors[b->index[slot] - 1].sector != sector)
        slot = (slot + 1) & (b->index_size - 1);
    return slot;
}

static bool has(const struct disk_before *b, uint64_t sector)
{
    return b->index_size && b->index[slot_of(b, sector)];
}

/* The index is twice as large as the sectors are many. */
static int grow(struct disk_before *b)
{
    const size_t room = b->room ? 2 * b->room : FIRST_ROOM;
    if (room > UINT32_MAX / 2)
        return -ENOSPC;
    void *sectors = reallocarray(b->sectors, room, sizeof *b->sectors);
    if (!sectors)
        return -ENOMEM;
    b->sectors = sectors;
    uint32_t *index = calloc(2 * room, sizeof *index);
    if (!index)
        return -ENOMEM;
    free(b->index);
    b->index = index;
    b->index_size = 2 * room;
    b->room = room;
    for (size_t i = 0; i < b->count; i++)
        b->index[slot_of(b, b->sectors[i].sector)] = (uint32_t)i + 1;
    return 0;
}

int disk_before_add(struct disk_before *b, const struct disk_sector *sector)
{
    const int err = b->count == b->room ? grow(b) : 0;
    if (err || has(b, sector->sector))
        return err;
    b->sectors[b->count] = *sector;
    b->index[slot_of(b, sector->sector)] = (uint32_t)++b->count;
    return 0;
}

static int keep(struct disk_before *b, const struct disk *disk, uint64_t number)
{
    struct disk_sector sector = {.sector = number};
    const int err = disk_read(disk, number, sector.bytes, 1);
    return err ? err : disk_before_add(b, &sector);
}

int disk_before_note(struct disk_before *b, const struct disk *disk, uint64_t sector,
                     uint64_t count, uint64_t *budget)
{
    int err = 0;
    for (uint64_t i = sector; !err && i < sector + count; i++) {
        if (has(b, i))
            continue;
        err = *budget ? keep(b, disk, i) : -ENOSPC;
        *budget -= !err;
    }
    return err;
}

int disk_before_restore(const struct disk_before *b, const struct disk *disk)
{
    int err = 0;
    for (size_t i = 0; !err && i < b->count; i++) {
        uint8_t now[DISK_SECTOR];
        const struct disk_sector *was = &b->sectors[i];
        err = disk_read(disk, was->sector, now, 1);
        if (!err && memcmp(now, was->bytes, sizeof now))
            err = disk_write(disk, was->sector, was->bytes, 1);
    }
    return err;
}
