/* A virtio device on PCI (Virtual I/O Device 1.1, 2 and 4.1; section numbers are its): the
 * transport, with one virtqueue. No MSI-X, and no legacy interface (1.0 and later drivers only).
 *
 * A request is served when the driver notifies the queue, before the CPU goes on: what a debugger
 * sees of the guest's memory is from before or after it. Where requests are of more than
 * VIRTIO_PIECE bytes together, they are served piece by piece, and the debugger can get in between:
 * a driver may ask for terabytes at once. A queue that breaks the rules is served no more, and the
 * driver told (DEVICE_NEEDS_RESET). */
#ifndef VMM_DEV_VIRTIO_PCI_H
#define VMM_DEV_VIRTIO_PCI_H

#include "dev/pci_function.h"
#include "dev/virtqueue.h"
#include "memory/dma.h"

#include <stdbool.h>
#include <stdint.h>

#define VIRTIO_PCI_BAR      0
#define VIRTIO_PCI_BAR_SIZE 0x4000u

/* Where the structures are in the BAR. A driver is told by capabilities (4.1.4). */
#define VIRTIO_PCI_COMMON 0x0000u
#define VIRTIO_PCI_ISR    0x1000u
#define VIRTIO_PCI_DEVICE 0x2000u
#define VIRTIO_PCI_NOTIFY 0x3000u

/* device_status (2.1) */
#define VIRTIO_ACKNOWLEDGE 0x01
#define VIRTIO_DRIVER      0x02
#define VIRTIO_DRIVER_OK   0x04
#define VIRTIO_FEATURES_OK 0x08
#define VIRTIO_NEEDS_RESET 0x40
#define VIRTIO_FAILED      0x80

/* Feature bits of the transport and the ring (6). */
#define VIRTIO_F_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_VERSION_1     (1ull << 32)

#define VIRTIO_PIECE 0x1000000ull /* bytes: some milliseconds */

/* How far a request has come. */
struct virtio_progress {
    uint64_t done; /* bytes, of this request */
    uint64_t left; /* bytes that may be moved now */
};

enum virtio_served { VIRTIO_SERVED, VIRTIO_UNFINISHED, VIRTIO_BROKEN };

/* What a type of device is to the transport. */
struct virtio_type {
    uint16_t id;         /* 5 */
    uint32_t class_code; /* PCI's */
    unsigned config_len; /* bytes of the device's configuration, which a driver can only read */
    /* Serves a request, from PROGRESS on. UNFINISHED: nothing is LEFT; it is called with that
     * request again. BROKEN: no driver may make such a one. Between dma.begin and end. */
    enum virtio_served (*serve)(void *device, const struct virtqueue_chain *request,
                                struct virtio_progress *progress);
};

struct virtio_pci_state {
    uint32_t device_feature_select, driver_feature_select;
    uint64_t driver_features;
    uint16_t queue_select;
    uint8_t status;
    uint8_t isr; /* bit 0 the queue, bit 1 the configuration: 4.1.4.5 */
    bool unfinished;
    uint64_t done; /* of the request that is unfinished */
};

struct virtio_pci {
    struct virtio_pci_state state;
    struct pci_function function;
    struct virtqueue queue;
    const struct virtio_type *type;
    uint64_t features;     /* that are offered */
    const uint8_t *config; /* of type->config_len bytes */
    void *device;          /* for type->serve */
    uint64_t piece;        /* VIRTIO_PIECE */
    unsigned window;       /* offset of the configuration access capability (4.1.4.7) */
};

/* A device of TYPE that offers FEATURES beside the transport's. All must outlive it; DMA is copied.
 * Its function is ready for pci_add, and its interrupt not connected. */
void virtio_pci_init(struct virtio_pci *virtio, const struct virtio_type *type, uint64_t features,
                     const uint8_t *config, void *device, const struct dma *dma);
/* The machine's reset, but for the function's, which is the bus's. */
void virtio_pci_reset(struct virtio_pci *virtio);

/* The next piece of what is unfinished, after dma.unfinished. Whether there is more. */
bool virtio_pci_continue(struct virtio_pci *virtio);

extern const struct bus_ops virtio_pci_ops; /* the BAR */

#endif
