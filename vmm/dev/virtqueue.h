/* A split virtqueue, the device's side of it (Virtual I/O Device 1.1, 2.6; section numbers are
 * its).
 *
 * The rings are in guest memory and may hold anything, and change while they are looked at: each
 * descriptor is copied before it is checked, and a chain has no more of them than the queue, so
 * that one that bites its tail ends. What breaks a rule that a driver must keep is -EINVAL; the
 * queue is then as good as dead (2.1.2). */
#ifndef VMM_DEV_VIRTQUEUE_H
#define VMM_DEV_VIRTQUEUE_H

#include "memory/dma.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VIRTQUEUE_SIZE 128 /* descriptors at most; a power of two */

struct virtqueue_state {
    uint16_t size; /* as the driver has chosen, a power of two */
    bool enabled;
    uint64_t descriptors, available, used; /* guest-physical */
    uint16_t next_available, next_used;    /* counted without end, as the rings' idx are */
};

struct virtqueue {
    struct virtqueue_state state;
    struct dma dma;
};

struct virtqueue_part {
    uint8_t *bytes;
    uint32_t len; /* at least 1 */
};

/* A request: parts for the device to read, then parts for it to write. */
struct virtqueue_chain {
    struct virtqueue_part parts[VIRTQUEUE_SIZE];
    unsigned readable, count; /* of the COUNT parts the first READABLE ones are read */
    uint64_t read_len, write_len;
    uint16_t head; /* by which the driver knows it */
};

void virtqueue_init(struct virtqueue *queue, const struct dma *dma);
/* Empty, disabled, of the full size. */
void virtqueue_reset(struct virtqueue *queue);

/* The next request. 1; 0: there is none; -EINVAL. Between dma.begin and end, as the rest. */
int virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain);
/* The one that was taken last will be the next once more. */
void virtqueue_put_back(struct virtqueue *queue);
/* Gives it back as written to its end. 0 or -EINVAL. */
int virtqueue_give(struct virtqueue *queue, const struct virtqueue_chain *chain);
/* Whether the driver wants to be interrupted for what it was given. */
bool virtqueue_wants_interrupt(const struct virtqueue *queue);

/* Copies LEN bytes at OFFSET of the readable parts into BUF, or of BUF into the writable ones.
 * False, and nothing is copied: there are not that many. */
bool virtqueue_chain_read(const struct virtqueue_chain *chain, uint64_t offset, void *buf,
                          size_t len);
bool virtqueue_chain_write(const struct virtqueue_chain *chain, uint64_t offset, const void *buf,
                           size_t len);
/* The bytes side by side at OFFSET of the readable or the WRITABLE parts; LEN 0 at the end. */
struct virtqueue_part virtqueue_chain_at(const struct virtqueue_chain *chain, bool writable,
                                         uint64_t offset);

#endif
