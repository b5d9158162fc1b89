#include "record/disk_image.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define WORD         sizeof(uint64_t)
#define SECTOR_WORDS (DISK_SECTOR / WORD)

struct watched {
    struct disk_image *image;
    struct disk *disk;
    struct disk_watcher watcher;
    unsigned number;
};

struct disk_image {
    struct bus *bus;
    struct watched disks[DRIVES_MAX]; /* DELTA_DISKS at most */
    unsigned count;
    struct delta written; /* under the bus lock */
    atomic_bool any;
    int failed;
    struct {
        bool valid, changed;
        unsigned disk;
        uint64_t sector;
        uint8_t bytes[DISK_SECTOR];
    } open; /* the sector whose words are being changed */
    int error;
};

/* ---- Watching */

static void before_write(void *context, const struct disk *disk, uint64_t sector, const void *bytes,
                         uint64_t count)
{
    struct watched *w = context;
    struct disk_image *image = w->image;
    uint8_t old[DISK_SECTOR];
    for (uint64_t i = 0; i < count; i++) {
        const int err = disk_read(disk, sector + i, old, 1);
        if (err)
            image->failed = err;
        else
            delta_compare(&image->written, DELTA_DISK + w->number, (sector + i) * SECTOR_WORDS, old,
                          (const uint8_t *)bytes + i * DISK_SECTOR, DISK_SECTOR);
    }
    atomic_store(&image->any, true);
}

struct disk_image *disk_image_new(struct drives *drives, struct bus *bus, size_t limit)
{
    struct disk_image *image = calloc(1, sizeof *image);
    if (!image)
        return NULL;
    image->bus = bus;
    delta_init(&image->written, limit);
    for (unsigned i = 0; i < drives->count; i++) {
        struct watched *w = &image->disks[image->count++];
        w->image = image;
        w->disk = &drives->disks[i];
        w->number = i;
        w->watcher = (struct disk_watcher){before_write, w};
        disk_watch(w->disk, &w->watcher);
    }
    return image;
}

void disk_image_free(struct disk_image *image)
{
    if (!image)
        return;
    for (unsigned i = 0; i < image->count; i++)
        disk_unwatch(image->disks[i].disk, &image->disks[i].watcher);
    delta_free(&image->written);
    free(image);
}

void disk_image_forget(struct disk_image *image)
{
    bus_lock(image->bus);
    delta_reset(&image->written);
    image->failed = 0;
    atomic_store(&image->any, false);
    bus_unlock(image->bus);
}

int disk_image_take(struct disk_image *image, struct delta *delta)
{
    struct delta_reader reader;
    struct delta_word w;
    if (!atomic_load(&image->any))
        return 0;
    bus_lock(image->bus);
    const int err = image->failed ? image->failed : delta_overflowed(&image->written) ? -E2BIG : 0;
    delta_read(&reader, image->written.bytes, image->written.len);
    while (!err && delta_next(&reader, &w))
        delta_add(delta, w.space, w.word, w.flips);
    delta_reset(&image->written);
    image->failed = 0;
    atomic_store(&image->any, false);
    bus_unlock(image->bus);
    return err;
}

/* ---- Going */

static void keep(struct disk_image *image, int err)
{
    if (!image->error)
        image->error = err;
}

static void close_sector(struct disk_image *image)
{
    if (!image->open.valid || !image->open.changed)
        return;
    const struct watched *w = &image->disks[image->open.disk];
    keep(image, disk_write_unseen(w->disk, &w->watcher, image->open.sector, image->open.bytes, 1));
    image->open.changed = false;
}

static void open_sector(struct disk_image *image, unsigned disk, uint64_t sector)
{
    if (image->open.valid && image->open.disk == disk && image->open.sector == sector)
        return;
    close_sector(image);
    image->open.disk = disk;
    image->open.sector = sector;
    const int err = disk_read(image->disks[disk].disk, sector, image->open.bytes, 1);
    image->open.valid = !err;
    keep(image, err);
}

void disk_image_apply(struct disk_image *image, unsigned disk, uint64_t word, uint64_t flips)
{
    uint64_t value;
    if (disk >= image->count)
        return;
    bus_lock(image->bus);
    open_sector(image, disk, word / SECTOR_WORDS);
    if (image->open.valid) {
        uint8_t *at = image->open.bytes + word % SECTOR_WORDS * WORD;
        memcpy(&value, at, WORD);
        value ^= flips;
        memcpy(at, &value, WORD);
        image->open.changed = true;
    }
    bus_unlock(image->bus);
}

int disk_image_flush(struct disk_image *image)
{
    bus_lock(image->bus);
    close_sector(image);
    image->open.valid = false;
    const int err = image->error;
    image->error = 0;
    bus_unlock(image->bus);
    return err;
}
