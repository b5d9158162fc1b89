#include "disks/virtio_disks.h"

#include <stdio.h>

static int read_sectors(void *disk, uint64_t sector, void *buf, uint64_t count)
{
    return disk_read(disk, sector, buf, count);
}

static int write_sectors(void *disk, uint64_t sector, const void *buf, uint64_t count)
{
    return disk_write(disk, sector, buf, count);
}

static int flush(void *disk)
{
    return disk_flush(disk);
}

static void add(struct virtio_disks *disks, unsigned drive, struct disk *disk,
                const struct dma *dma)
{
    struct virtio_blk_disk blk = {
        .sectors = disk->sectors,
        .read_only = !disk->writable,
        .read = read_sectors,
        .write = write_sectors,
        .flush = flush,
        .context = disk,
    };
    snprintf(blk.id, sizeof blk.id, "SVM%u", drive);
    virtio_blk_init(&disks->blk[disks->count++], &blk, dma);
}

void virtio_disks_init(struct virtio_disks *disks, struct drives *drives, const struct dma *dma)
{
    disks->count = 0;
    for (unsigned i = 0; i < drives->count; i++)
        if (drives->on_virtio[i])
            add(disks, i, &drives->disks[i], dma);
}

void virtio_disks_reset(struct virtio_disks *disks)
{
    for (unsigned i = 0; i < disks->count; i++)
        virtio_blk_reset(&disks->blk[i]);
}

bool virtio_disks_continue(struct virtio_disks *disks)
{
    bool more = false;
    for (unsigned i = 0; i < disks->count; i++)
        more |= virtio_pci_continue(&disks->blk[i].pci);
    return more;
}
