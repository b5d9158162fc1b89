#include "disks/drives.h"

#include <errno.h>

static int open_drive(struct drives *d, const char *path, enum disk_access access, bool on_virtio,
                      struct error *error)
{
    const unsigned max = DRIVES_MAX - d->has_cd;
    if (d->count == max)
        return error_set(error, -ENOSPC, "%.180s: there can be %u disks only (leave a --disk out)",
                         path, max);
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

static int open_cd(struct drives *d, const char *path, struct error *error)
{
    const int err = disk_open(&d->cd, path, DISK_READ_ONLY, error);
    d->has_cd = !err;
    return err;
}

int drives_open(struct drives *d, const struct options *options, enum boot_format format,
                struct error *error)
{
    int err = 0;
    *d = (struct drives){.image_is_disk = format == BOOT_DISK};
    if (format == BOOT_DISK)
        err = open_drive(d, options->boot.path, image_access(options), false, error);
    else if (format == BOOT_CD)
        err = open_cd(d, options->boot.path, error);
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
    if (d->has_cd)
        disk_close(&d->cd);
    d->has_cd = false;
}
