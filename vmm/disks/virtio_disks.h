/* The machine's drives that are virtio block devices. */
#ifndef VMM_VIRTIO_DISKS_H
#define VMM_VIRTIO_DISKS_H

#include "dev/virtio_blk.h"
#include "disks/drives.h"
#include "memory/dma.h"

struct virtio_disks {
    struct virtio_blk blk[DRIVES_MAX];
    unsigned count;
};

/* One for each of DRIVES that is on virtio; their functions are not yet on a bus. May not be moved,
 * and DRIVES must outlive it. */
void virtio_disks_init(struct virtio_disks *disks, struct drives *drives, const struct dma *dma);
/* The next piece of what any of them has not finished. Whether there is more. */
bool virtio_disks_continue(struct virtio_disks *disks);
/* Power-on. */
void virtio_disks_reset(struct virtio_disks *disks);

#endif
