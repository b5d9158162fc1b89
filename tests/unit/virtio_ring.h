/* Guest memory with a split virtqueue in it, and the driver's side of that queue. */
#ifndef TESTS_UNIT_VIRTIO_RING_H
#define TESTS_UNIT_VIRTIO_RING_H

#include "vmm/dev/virtqueue.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RING_BASE 0x40000000ull /* where the memory is */
#define RING_SIZE 0x20000ull
#define RING_ROM  0x1f000ull /* offset of its last part, which can't be written to */

/* Offsets. */
#define RING_DESC     0x0000u
#define RING_AVAIL    0x1000u
#define RING_USED     0x2000u
#define RING_INDIRECT 0x3000u
#define RING_DATA     0x4000u

enum { RING_NEXT = 1, RING_WRITE = 2, RING_IS_INDIRECT = 4 };

struct ring_descriptor {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct ring {
    _Alignas(64) uint8_t bytes[RING_SIZE];
    uint16_t available; /* that the driver has made */
    int depth, begins;  /* of dma.begin without its end, and in all */
    bool outside;       /* at() was called outside of them */
    bool unfinished;    /* dma.unfinished was called */
};

__attribute__((unused)) static void *ring_at(void *context, uint64_t gpa, uint64_t len, bool write)
{
    struct ring *ring = context;
    uint64_t end;
    ring->outside |= ring->depth != 1;
    if (gpa < RING_BASE || !len || __builtin_add_overflow(gpa - RING_BASE, len, &end) ||
        end > (write ? RING_ROM : RING_SIZE))
        return NULL;
    return ring->bytes + (gpa - RING_BASE);
}

__attribute__((unused)) static void ring_begin(void *context)
{
    struct ring *ring = context;
    ring->depth++;
    ring->begins++;
}

__attribute__((unused)) static void ring_end(void *context)
{
    ((struct ring *)context)->depth--;
}

__attribute__((unused)) static void ring_unfinished(void *context)
{
    ((struct ring *)context)->unfinished = true;
}

#define RING_DMA(ring) ((struct dma){ring_at, ring_begin, ring_end, ring_unfinished, (ring)})

__attribute__((unused)) static uint16_t ring_get16(const struct ring *ring, unsigned offset)
{
    uint16_t value;
    memcpy(&value, ring->bytes + offset, sizeof value);
    return value;
}

__attribute__((unused)) static uint32_t ring_get32(const struct ring *ring, unsigned offset)
{
    uint32_t value;
    memcpy(&value, ring->bytes + offset, sizeof value);
    return value;
}

__attribute__((unused)) static void ring_set16(struct ring *ring, unsigned offset, uint16_t value)
{
    memcpy(ring->bytes + offset, &value, sizeof value);
}

/* Descriptor I of the table at TABLE, an offset; DATA is one, too. */
__attribute__((unused)) static void ring_describe(struct ring *ring, unsigned table, unsigned i,
                                                  uint64_t data, uint32_t len, uint16_t flags,
                                                  uint16_t next)
{
    const struct ring_descriptor d = {RING_BASE + data, len, flags, next};
    memcpy(ring->bytes + table + i * sizeof d, &d, sizeof d);
}

/* Makes the chain that begins at HEAD available in a queue of SIZE. */
__attribute__((unused)) static void ring_offer(struct ring *ring, uint16_t size, uint16_t head)
{
    ring_set16(ring, RING_AVAIL + 4 + 2u * (ring->available % size), head);
    ring_set16(ring, RING_AVAIL + 2, ++ring->available);
}

__attribute__((unused)) static uint16_t ring_used(const struct ring *ring)
{
    return ring_get16(ring, RING_USED + 2);
}

#endif
