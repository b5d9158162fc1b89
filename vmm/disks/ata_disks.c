#include "disks/ata_disks.h"

#define CD_POSITION 2 /* device 0 of the second channel, where PCs have it */

static int read_sectors(void *disk, uint64_t sector, void *buf, uint32_t count)
{
    return disk_read(disk, sector, buf, count);
}

static int write_sectors(void *disk, uint64_t sector, const void *buf, uint32_t count)
{
    return disk_write(disk, sector, buf, count);
}

static int flush(void *disk)
{
    return disk_flush(disk);
}

static void attach(struct ata channels[2], unsigned position, enum ata_kind kind, struct disk *disk)
{
    static const char *const serials[DRIVES_MAX] = {"SVM0", "SVM1", "SVM2", "SVM3"};
    const struct ata_medium medium = {
        .kind = kind,
        .writable = disk->writable,
        .sectors = disk->sectors,
        .serial = serials[position],
        .read = read_sectors,
        .write = write_sectors,
        .flush = flush,
        .context = disk,
    };
    ata_attach(&channels[position / 2], position % 2, &medium);
}

void ata_disks_attach(struct ata channels[2], struct drives *drives)
{
    unsigned position = 0;
    if (drives->has_cd)
        attach(channels, CD_POSITION, ATA_CD, &drives->cd);
    for (unsigned i = 0; i < drives->count; i++) {
        if (drives->on_virtio[i])
            continue;
        position += drives->has_cd && position == CD_POSITION;
        attach(channels, position++, ATA_DISK, &drives->disks[i]);
    }
}
