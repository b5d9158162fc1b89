/* The common configuration structure of a virtio device on PCI (Virtual I/O Device 1.1, 4.1.4.3):
 * status, features, and where the queue is. */
#ifndef VMM_DEV_VIRTIO_COMMON_H
#define VMM_DEV_VIRTIO_COMMON_H

#include "dev/virtio_pci.h"

#include <stdint.h>

#define VIRTIO_COMMON_SIZE 0x38 /* bytes */

/* An access to a field or an aligned part of it; any other reads as all ones and writes nothing. */
uint64_t virtio_common_read(struct virtio_pci *virtio, uint64_t offset, unsigned len);
void virtio_common_write(struct virtio_pci *virtio, uint64_t offset, uint64_t value, unsigned len);

#endif
