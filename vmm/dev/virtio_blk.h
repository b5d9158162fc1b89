/* A disk as a virtio block device (Virtual I/O Device 1.1, 5.2): read, write, flush, identify. */
#ifndef VMM_DEV_VIRTIO_BLK_H
#define VMM_DEV_VIRTIO_BLK_H

#include "dev/virtio_pci.h"

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_BLK_SECTOR 512u
#define VIRTIO_BLK_ID     20 /* bytes, padded with zeros */

/* What is behind it. Sectors are within its size; errors are 0 or -errno, and each an I/O error to
 * the driver. */
struct virtio_blk_disk {
    uint64_t sectors;
    bool read_only;
    char id[VIRTIO_BLK_ID];
    int (*read)(void *context, uint64_t sector, void *buf, uint64_t count);
    int (*write)(void *context, uint64_t sector, const void *buf, uint64_t count);
    int (*flush)(void *context);
    void *context;
};

/* The part of struct virtio_blk_config that the features offered say is there. */
struct virtio_blk_config {
    uint64_t capacity; /* sectors of 512 bytes */
    uint32_t size_max, seg_max;
    uint16_t cylinders;
    uint8_t heads, sectors_per_track;
    uint32_t block_size;
};

struct virtio_blk {
    struct virtio_pci pci;
    struct virtio_blk_disk disk;
    struct virtio_blk_config config;
};

/* May not be moved afterwards. DISK and DMA are copied, and what they refer to outlives it. */
void virtio_blk_init(struct virtio_blk *blk, const struct virtio_blk_disk *disk,
                     const struct dma *dma);
/* The machine's reset, as virtio_pci_reset. */
void virtio_blk_reset(struct virtio_blk *blk);

#endif
