#include "dev/virtqueue.h"

#include <errno.h>
#include <string.h>

#define DESC_NEXT     0x1
#define DESC_WRITE    0x2
#define DESC_INDIRECT 0x4

#define AVAIL_NO_INTERRUPT 0x1

/* The rings as they lie in memory, little-endian as the guest and the host are (2.6.5 to 2.6.8). */
struct descriptor {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct available {
    uint16_t flags, idx, ring[];
};

struct used_element {
    uint32_t id, len;
};

struct used {
    uint16_t flags, idx;
    struct used_element ring[];
};

void virtqueue_init(struct virtqueue *q, const struct dma *dma)
{
    *q = (struct virtqueue){.dma = *dma};
    virtqueue_reset(q);
}

void virtqueue_reset(struct virtqueue *q)
{
    q->state = (struct virtqueue_state){.size = VIRTQUEUE_SIZE};
}

/* ---- Where the rings are. NULL: not in memory, or not aligned as 2.6 wants it, so that no access
 * to an index could be torn. */

static void *ring_at(const struct virtqueue *q, uint64_t gpa, uint64_t len, unsigned align,
                     bool write)
{
    return gpa % align ? NULL : q->dma.at(q->dma.context, gpa, len, write);
}

static const struct available *available_ring(const struct virtqueue *q)
{
    const struct available *ring;
    return ring_at(q, q->state.available, sizeof *ring + q->state.size * sizeof *ring->ring, 2,
                   false);
}

static struct used *used_ring(const struct virtqueue *q)
{
    struct used *ring;
    return ring_at(q, q->state.used, sizeof *ring + q->state.size * sizeof *ring->ring, 4, true);
}

static const uint8_t *descriptor_table(const struct virtqueue *q)
{
    return ring_at(q, q->state.descriptors, q->state.size * sizeof(struct descriptor), 16, false);
}

/* ---- Chains */

static int add_part(const struct virtqueue *q, struct virtqueue_chain *chain,
                    const struct descriptor *d)
{
    const bool write = d->flags & DESC_WRITE;
    const bool is_in_order = write || chain->readable == chain->count; /* 2.6.4.2 */
    uint8_t *bytes = d->len ? q->dma.at(q->dma.context, d->addr, d->len, write) : NULL;
    if (!bytes || !is_in_order || chain->count == VIRTQUEUE_SIZE)
        return -EINVAL;
    chain->parts[chain->count++] = (struct virtqueue_part){bytes, d->len};
    chain->readable += !write;
    *(write ? &chain->write_len : &chain->read_len) += d->len;
    return 0;
}

/* Adds what follows from descriptor INDEX of TABLE on, which has SIZE of them. *INDIRECT is the one
 * that ended it, if it refers to another table; NULL: none may. */
static int add_parts(const struct virtqueue *q, struct virtqueue_chain *chain, const uint8_t *table,
                     uint32_t size, uint16_t index, struct descriptor *indirect)
{
    for (uint32_t n = 0; n < size; n++) {
        struct descriptor d;
        if (index >= size)
            return -EINVAL;
        memcpy(&d, table + index * sizeof d, sizeof d);
        if (d.flags & DESC_INDIRECT) {
            if (!indirect || (d.flags & DESC_NEXT)) /* 2.6.5.3.1 */
                return -EINVAL;
            *indirect = d;
            return 0;
        }
        const int err = add_part(q, chain, &d);
        if (err || !(d.flags & DESC_NEXT))
            return err;
        index = d.next;
    }
    return -EINVAL; /* a loop */
}

static int add_indirect(const struct virtqueue *q, struct virtqueue_chain *chain,
                        const struct descriptor *d)
{
    const uint32_t count = d->len / sizeof(struct descriptor);
    if (!count || d->len % sizeof(struct descriptor) || count > q->state.size)
        return -EINVAL;
    const uint8_t *table = q->dma.at(q->dma.context, d->addr, d->len, false);
    return table ? add_parts(q, chain, table, count, 0, NULL) : -EINVAL;
}

int virtqueue_take(struct virtqueue *q, struct virtqueue_chain *chain)
{
    const struct available *available = available_ring(q);
    const uint8_t *table = descriptor_table(q);
    if (!available || !table)
        return -EINVAL;
    /* The ring's entry and the descriptors were written before idx was. */
    const uint16_t idx = __atomic_load_n(&available->idx, __ATOMIC_ACQUIRE);
    const uint16_t waiting = (uint16_t)(idx - q->state.next_available);
    if (waiting > q->state.size)
        return -EINVAL;
    if (!waiting)
        return 0;

    struct descriptor indirect = {0};
    const uint16_t slot = q->state.next_available % q->state.size;
    chain->head = __atomic_load_n(&available->ring[slot], __ATOMIC_RELAXED);
    chain->readable = chain->count = 0;
    chain->read_len = chain->write_len = 0;
    int err = add_parts(q, chain, table, q->state.size, chain->head, &indirect);
    if (!err && indirect.flags)
        err = add_indirect(q, chain, &indirect);
    if (err)
        return err;
    q->state.next_available++;
    return 1;
}

void virtqueue_put_back(struct virtqueue *q)
{
    q->state.next_available--;
}

/* Parts may lie over one another, and have more bytes together than the element can say. */
int virtqueue_give(struct virtqueue *q, const struct virtqueue_chain *chain)
{
    struct used *used = used_ring(q);
    if (!used)
        return -EINVAL;
    const struct used_element element = {
        .id = chain->head,
        .len = chain->write_len < UINT32_MAX ? (uint32_t)chain->write_len : UINT32_MAX,
    };
    memcpy(&used->ring[q->state.next_used % q->state.size], &element, sizeof element);
    q->state.next_used++;
    __atomic_store_n(&used->idx, q->state.next_used, __ATOMIC_RELEASE);
    return 0;
}

bool virtqueue_wants_interrupt(const struct virtqueue *q)
{
    const struct available *available = available_ring(q);
    /* A driver sets the flag, then looks at the used ring once more: our store of idx comes first.
     */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return available &&
           !(__atomic_load_n(&available->flags, __ATOMIC_RELAXED) & AVAIL_NO_INTERRUPT);
}

/* ---- The bytes of a chain */

struct virtqueue_part virtqueue_chain_at(const struct virtqueue_chain *chain, bool writable,
                                         uint64_t offset)
{
    const unsigned end = writable ? chain->count : chain->readable;
    for (unsigned i = writable ? chain->readable : 0; i < end; i++) {
        const struct virtqueue_part *part = &chain->parts[i];
        if (offset < part->len)
            return (struct virtqueue_part){part->bytes + offset, part->len - (uint32_t)offset};
        offset -= part->len;
    }
    return (struct virtqueue_part){NULL, 0};
}

static bool has(uint64_t total, uint64_t offset, size_t len)
{
    return offset <= total && len <= total - offset;
}

bool virtqueue_chain_read(const struct virtqueue_chain *chain, uint64_t offset, void *buf,
                          size_t len)
{
    if (!has(chain->read_len, offset, len))
        return false;
    for (size_t done = 0; done < len;) {
        const struct virtqueue_part part = virtqueue_chain_at(chain, false, offset + done);
        const size_t n = part.len < len - done ? part.len : len - done;
        memcpy((uint8_t *)buf + done, part.bytes, n);
        done += n;
    }
    return true;
}

bool virtqueue_chain_write(const struct virtqueue_chain *chain, uint64_t offset, const void *buf,
                           size_t len)
{
    if (!has(chain->write_len, offset, len))
        return false;
    for (size_t done = 0; done < len;) {
        const struct virtqueue_part part = virtqueue_chain_at(chain, true, offset + done);
        const size_t n = part.len < len - done ? part.len : len - done;
        memcpy(part.bytes, (const uint8_t *)buf + done, n);
        done += n;
    }
    return true;
}
