/* A driver that does anything: rings full of numbers that are nearly right, registers in between.
 * Whatever it does, the device stays within guest memory and its disk (the sanitizers look, and so
 * do the callbacks), comes to an end, and works again after a reset. */
#include "fuzz.h"
#include "tests/unit/virtio_ring.h"
#include "vmm/dev/virtio_blk.h"

#include <errno.h>

const unsigned fuzz_rounds = 10000;
const char *const fuzz_goals[] = {"a transfer", "an answer", "a device that is broken", NULL};

#define SECTORS 64

struct machine {
    struct fuzz_input in;
    struct ring ring;
    struct virtio_blk blk;
    bool line;
};

static uint64_t next(struct machine *m)
{
    return fuzz_number(&m->in, 8);
}

/* Inside guest memory, but for what a sector in pieces goes through. */
static void check_transfer(struct machine *m, uint64_t sector, const uint8_t *buf, uint64_t count)
{
    const uint8_t *begin = m->ring.bytes, *end = m->ring.bytes + RING_SIZE;
    const uint64_t len = count * VIRTIO_BLK_SECTOR;
    CHECK(sector < SECTORS && count <= SECTORS - sector);
    CHECK(count == 1 || (buf >= begin && buf + len <= end));
    fuzz_reached("a transfer");
}

static int disk_read(void *context, uint64_t sector, void *buf, uint64_t count)
{
    struct machine *m = context;
    check_transfer(m, sector, buf, count);
    memset(buf, (int)sector, count * VIRTIO_BLK_SECTOR);
    return next(m) % 8 ? 0 : -EIO;
}

static int disk_write(void *context, uint64_t sector, const void *buf, uint64_t count)
{
    struct machine *m = context;
    check_transfer(m, sector, buf, count);
    return next(m) % 8 ? 0 : -ENOSPC;
}

static int disk_flush(void *context)
{
    return next(context) % 8 ? 0 : -EIO;
}

static void set_line(void *context, bool level)
{
    ((struct machine *)context)->line = level;
}

static void build(struct machine *m)
{
    const struct dma dma = RING_DMA(&m->ring);
    const struct virtio_blk_disk disk = {
        .sectors = SECTORS,
        .read = disk_read,
        .write = disk_write,
        .flush = disk_flush,
        .context = m,
    };
    virtio_blk_init(&m->blk, &disk, &dma);
    m->blk.pci.function.irq = (struct irq_line){set_line, m};
}

static void put(struct machine *m, uint32_t offset, uint64_t value, unsigned len)
{
    virtio_pci_ops.write(&m->blk.pci, offset, value, len);
}

/* As a driver should. */
static void set_up(struct machine *m)
{
    pci_function_write(&m->blk.pci.function, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
    put(m, VIRTIO_PCI_COMMON + 0x14, 0, 1);
    memset(m->ring.bytes + RING_AVAIL, 0, 0x1000);
    memset(m->ring.bytes + RING_USED, 0, 0x1000);
    m->ring.available = 0;
    put(m, VIRTIO_PCI_COMMON + 0x08, 1, 4);
    put(m, VIRTIO_PCI_COMMON + 0x0c, 1, 4);
    put(m, VIRTIO_PCI_COMMON + 0x14, 0x0b, 1);
    put(m, VIRTIO_PCI_COMMON + 0x16, 0, 2);
    put(m, VIRTIO_PCI_COMMON + 0x18, 1u << next(m) % 8, 2);
    put(m, VIRTIO_PCI_COMMON + 0x20, RING_BASE + RING_DESC, 8);
    put(m, VIRTIO_PCI_COMMON + 0x28, RING_BASE + RING_AVAIL, 8);
    put(m, VIRTIO_PCI_COMMON + 0x30, RING_BASE + RING_USED, 8);
    put(m, VIRTIO_PCI_COMMON + 0x1c, 1, 2);
    put(m, VIRTIO_PCI_COMMON + 0x14, 0x0f, 1);
}

/* Mostly what makes sense. */
static uint32_t some_len(struct machine *m)
{
    static const uint32_t lens[] = {16, 512, 1024, 1, 20, 48, 100, 0x8000, 0, UINT32_MAX};
    const uint64_t dice = next(m);
    return dice % 16 < 10 ? lens[dice % 16 % 10] : (uint32_t)(dice >> 32) % 2048;
}

static void some_descriptor(struct machine *m, unsigned table, unsigned i, unsigned size)
{
    const uint64_t dice = next(m), data = dice >> 8 & 0x1ffff;
    uint16_t flags = dice % 4 ? RING_NEXT : 0;
    flags |= i > 1 || !(dice >> 2 & 7) ? RING_WRITE : 0;
    flags |= dice >> 5 & 7 ? 0 : RING_IS_INDIRECT;
    const uint16_t next_one = (uint16_t)(dice >> 32 & 15 ? i + 1 : next(m) % (size + 1));
    const bool is_table = flags & RING_IS_INDIRECT;
    ring_describe(&m->ring, table, i, is_table ? RING_INDIRECT : data,
                  is_table && (dice >> 40 & 3) ? 16 * 6 : some_len(m), flags, next_one);
}

static void some_header(struct machine *m)
{
    static const uint32_t types[] = {0, 1, 4, 8, 11, UINT32_MAX};
    const uint64_t dice = next(m), sector = dice >> 8 & 7 ? (dice >> 16) % (SECTORS + 2) : dice;
    memcpy(m->ring.bytes + RING_DATA, &types[dice % 6], 4);
    memcpy(m->ring.bytes + RING_DATA + 8, &sector, 8);
}

/* Data and a status behind the header, somewhere in memory. */
static void good_tail(struct machine *m, unsigned table)
{
    const uint64_t dice = next(m);
    const uint16_t write = m->ring.bytes[RING_DATA] == 1 ? 0 : RING_WRITE;
    ring_describe(&m->ring, table, 1, dice & 0x1ffff, 512 * (uint32_t)(dice >> 20 & 3),
                  RING_NEXT | write, 2);
    ring_describe(&m->ring, table, 2, dice >> 32 & 0x1ffff, 1, RING_WRITE, 0);
}

/* A chain of its own, its head nearly always a whole header. */
static void some_request(struct machine *m)
{
    const uint16_t size = m->blk.pci.queue.state.size;
    for (unsigned i = 0; i < 6; i++) {
        some_descriptor(m, RING_DESC, i, size);
        some_descriptor(m, RING_INDIRECT, i, 6);
    }
    some_header(m);
    if (next(m) % 16) {
        ring_describe(&m->ring, RING_DESC, 0, RING_DATA, 16, RING_NEXT, 1);
        ring_describe(&m->ring, RING_INDIRECT, 0, RING_DATA, 16, RING_NEXT, 1);
    }
    if (next(m) % 2)
        good_tail(m, next(m) % 2 ? RING_DESC : RING_INDIRECT);
    ring_offer(&m->ring, size, next(m) % 16 ? 0 : (uint16_t)(next(m) % (size + 1)));
}

static void some_noise(struct machine *m)
{
    const uint64_t dice = next(m), value = next(m);
    if (dice & 1)
        m->ring.bytes[dice >> 8 & (RING_SIZE - 1)] = (uint8_t)value;
    else if (dice & 2)
        put(m, dice >> 8 & 0x3fff, value, 1u << (dice >> 2 & 3));
    else
        virtio_pci_ops.read(&m->blk.pci, dice >> 8 & 0x3fff, 1u << (dice >> 2 & 3));
}

static void check_state(struct machine *m)
{
    const struct virtio_pci *v = &m->blk.pci;
    CHECK_EQ(m->line, v->state.isr != 0);
    CHECK_EQ(m->ring.depth, 0);
    CHECK(!m->ring.outside);
    CHECK(v->queue.state.size && v->queue.state.size <= VIRTQUEUE_SIZE);
    if (v->state.status & VIRTIO_NEEDS_RESET)
        fuzz_reached("a device that is broken");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct machine *m = calloc(1, sizeof *m);
    m->in = (struct fuzz_input){data, size};
    build(m);
    set_up(m);
    while (m->in.left && !check_failures) {
        if (m->blk.pci.state.status & VIRTIO_NEEDS_RESET || fuzz_number(&m->in, 1) % 64 == 0)
            set_up(m);
        const uint16_t used = m->blk.pci.queue.state.next_used;
        some_request(m);
        if (fuzz_number(&m->in, 1) % 8 == 0)
            some_noise(m);
        m->blk.pci.piece = m->in.left % 4 ? VIRTIO_PIECE : m->in.left % 512 + 1;
        put(m, VIRTIO_PCI_NOTIFY, 0, 2);
        while (virtio_pci_continue(&m->blk.pci)) {
            fuzz_reached("a piece of a request");
            if (fuzz_number(&m->in, 1) % 8 == 0)
                some_noise(m);
        }
        if ((uint16_t)(m->blk.pci.queue.state.next_used - used) == 1)
            fuzz_reached("an answer");
        check_state(m);
    }
    free(m);
    return fuzz_verdict();
}
