#include "drives.h"

#include <errno.h>

static int open_drive(struct drives *d, const char *path, enum disk_access access, bool on_virtio,
                      struct error *error)
{
    if (d->count == DRIVES_MAX)
        return error_set(error, -ENOSPC, "%.180s: there can be %d disks only (leave a --disk out)",
                         path, DRIVES_MAX);
    const int err = disk_open(&d->disks[d->count], path, access, error);
    if (!err)
        d->on_virtio[d->count++] = on_virtio;
    return err;
}

/* The image is protected unless it is said that the guest may write to it. */
static enum disk_access image_access(const struct options *options)
{
    return options->snapshot ? DISK_SNAPSHOT : options->writable ? DISK_WRITABLE : DISK_READ_ONLY;
}

static enum disk_access access_of(const struct options *options, const struct options_disk *disk)
{
    if (disk->readonly)
        return DISK_READ_ONLY;
    return disk->snapshot || options->snapshot ? DISK_SNAPSHOT : DISK_WRITABLE;
}

int drives_open(struct drives *d, const struct options *options, bool image_is_disk,
                struct error *error)
{
    *d = (struct drives){.image_is_disk = image_is_disk};
    int err =
        image_is_disk ? open_drive(d, options->boot.path, image_access(options), false, error) : 0;
    for (unsigned i = 0; !err && i < options->disk_count; i++) {
        const struct options_disk *disk = &options->disks[i];
        err = open_drive(d, disk->path, access_of(options, disk), disk->virtio, error);
    }
    if (err)
        drives_close(d);
    return err;
}

void drives_close(struct drives *d)
{
    while (d->count)
        disk_close(&d->disks[--d->count]);
}
