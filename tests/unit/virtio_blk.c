/* A virtio disk as its driver meets it: capabilities, set-up, requests, interrupts, and what
 * becomes of a driver that breaks the rules. */
#include "vmm/dev/virtio_blk.h"

#include "tests/unit/virtio_ring.h"

#include "tests/check.h"

#include <errno.h>

#define SECTORS 64
#define SIZE    16

struct bench {
    struct ring ring;
    struct virtio_blk blk;
    uint8_t disk[SECTORS * VIRTIO_BLK_SECTOR];
    int error; /* that the next accesses to the disk give */
    unsigned reads, writes, flushes;
    bool line;
};

static int disk_read(void *context, uint64_t sector, void *buf, uint64_t count)
{
    struct bench *b = context;
    b->reads++;
    CHECK(sector < SECTORS && count <= SECTORS - sector);
    memcpy(buf, b->disk + sector * VIRTIO_BLK_SECTOR, count * VIRTIO_BLK_SECTOR);
    return b->error;
}

static int disk_write(void *context, uint64_t sector, const void *buf, uint64_t count)
{
    struct bench *b = context;
    b->writes++;
    CHECK(sector < SECTORS && count <= SECTORS - sector);
    memcpy(b->disk + sector * VIRTIO_BLK_SECTOR, buf, count * VIRTIO_BLK_SECTOR);
    return b->error;
}

static int disk_flush(void *context)
{
    struct bench *b = context;
    b->flushes++;
    return b->error;
}

static void set_line(void *context, bool level)
{
    ((struct bench *)context)->line = level;
}

static uint64_t bar_read(struct bench *b, uint32_t offset, unsigned len)
{
    const uint64_t value = virtio_pci_ops.read(&b->blk.pci, offset, len);
    return len == 8 ? value : value & ((1ull << (8 * len)) - 1);
}

static void bar_write(struct bench *b, uint32_t offset, uint64_t value, unsigned len)
{
    virtio_pci_ops.write(&b->blk.pci, offset, value, len);
}

static void power_on(struct bench *b, bool read_only)
{
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < sizeof b->disk; i++)
        b->disk[i] = (uint8_t)(i / VIRTIO_BLK_SECTOR + i * 7);
    const struct dma dma = RING_DMA(&b->ring);
    const struct virtio_blk_disk disk = {
        .sectors = SECTORS,
        .read_only = read_only,
        .id = "a disk",
        .read = disk_read,
        .write = disk_write,
        .flush = disk_flush,
        .context = b,
    };
    virtio_blk_init(&b->blk, &disk, &dma);
    b->blk.pci.function.irq = (struct irq_line){set_line, b};
    pci_function_write(&b->blk.pci.function, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
                       2);
}

static uint8_t status(struct bench *b)
{
    return (uint8_t)bar_read(b, VIRTIO_PCI_COMMON + 0x14, 1);
}

static void set_status(struct bench *b, uint8_t value)
{
    bar_write(b, VIRTIO_PCI_COMMON + 0x14, value, 1);
}

static void set_features(struct bench *b, uint64_t features)
{
    for (unsigned i = 0; i < 2; i++) {
        bar_write(b, VIRTIO_PCI_COMMON + 0x08, i, 4);
        bar_write(b, VIRTIO_PCI_COMMON + 0x0c, features >> (32 * i) & UINT32_MAX, 4);
    }
}

static uint64_t offered(struct bench *b)
{
    uint64_t features = 0;
    for (unsigned i = 0; i < 2; i++) {
        bar_write(b, VIRTIO_PCI_COMMON + 0x00, i, 4);
        features |= bar_read(b, VIRTIO_PCI_COMMON + 0x04, 4) << (32 * i);
    }
    return features;
}

static void set_queue(struct bench *b)
{
    bar_write(b, VIRTIO_PCI_COMMON + 0x16, 0, 2);
    bar_write(b, VIRTIO_PCI_COMMON + 0x18, SIZE, 2);
    bar_write(b, VIRTIO_PCI_COMMON + 0x20, (RING_BASE + RING_DESC) & UINT32_MAX, 4);
    bar_write(b, VIRTIO_PCI_COMMON + 0x24, (RING_BASE + RING_DESC) >> 32, 4);
    bar_write(b, VIRTIO_PCI_COMMON + 0x28, RING_BASE + RING_AVAIL, 8);
    bar_write(b, VIRTIO_PCI_COMMON + 0x30, RING_BASE + RING_USED, 8);
    bar_write(b, VIRTIO_PCI_COMMON + 0x1c, 1, 2);
}

/* As a driver begins (3.1.1). */
static void start(struct bench *b, bool read_only)
{
    power_on(b, read_only);
    set_status(b, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
    set_features(b, offered(b));
    set_status(b, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
    CHECK(status(b) & VIRTIO_FEATURES_OK);
    set_queue(b);
    set_status(b, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);
    CHECK_EQ(status(b), 0x0f);
}

static void notify(struct bench *b)
{
    bar_write(b, VIRTIO_PCI_NOTIFY, 0, 2);
    CHECK_EQ(b->ring.depth, 0);
    CHECK(!b->ring.outside);
}

/* Offsets of a request's parts in the ring's memory. */
enum { HEADER = RING_DATA, STATUS = RING_DATA + 0x20, DATA = RING_DATA + 0x1000 };

static void put_header(struct bench *b, uint32_t type, uint64_t sector)
{
    memset(b->ring.bytes + HEADER, 0, 16);
    memcpy(b->ring.bytes + HEADER, &type, sizeof type);
    memcpy(b->ring.bytes + HEADER + 8, &sector, sizeof sector);
    b->ring.bytes[STATUS] = 0xee;
}

/* One request with LEN bytes of data, if any, to be served now. Its status. */
static uint8_t request(struct bench *b, uint32_t type, uint64_t sector, uint32_t len)
{
    const uint16_t used = ring_used(&b->ring), data = type == 1 ? 0 : RING_WRITE;
    put_header(b, type, sector);
    ring_describe(&b->ring, RING_DESC, 0, HEADER, 16, RING_NEXT, len ? 1 : 2);
    ring_describe(&b->ring, RING_DESC, 1, DATA, len, RING_NEXT | data, 2);
    ring_describe(&b->ring, RING_DESC, 2, STATUS, 1, RING_WRITE, 0);
    ring_offer(&b->ring, SIZE, 0);
    notify(b);
    CHECK_EQ(ring_used(&b->ring), (uint16_t)(used + 1));
    CHECK_EQ(ring_get32(&b->ring, RING_USED + 4 + 8 * (used % SIZE)), 0);
    CHECK_EQ(ring_get32(&b->ring, RING_USED + 8 + 8 * (used % SIZE)), (data ? len : 0) + 1);
    return b->ring.bytes[STATUS];
}

/* Offers N requests of TYPE for LEN bytes each, to or from the disk's start. */
static void offer_many(struct bench *b, unsigned n, uint32_t type, uint32_t len)
{
    put_header(b, type, 0);
    ring_describe(&b->ring, RING_DESC, 0, HEADER, 16, RING_NEXT, len ? 1 : 2);
    ring_describe(&b->ring, RING_DESC, 1, DATA, len, RING_NEXT | (type == 1 ? 0 : RING_WRITE), 2);
    ring_describe(&b->ring, RING_DESC, 2, STATUS, 1, RING_WRITE, 0);
    while (n--)
        ring_offer(&b->ring, SIZE, 0);
}

/* ---- What a driver finds */

static void capabilities_say_where_everything_is(void)
{
    static struct bench b;
    power_on(&b, false);
    struct pci_function *f = &b.blk.pci.function;
    static const struct {
        uint8_t len, kind;
        uint32_t offset, length;
    } expected[] = {
        {16, 1, 0x0000, 0x38}, {20, 2, 0x3000, 4}, {16, 3, 0x1000, 1},
        {16, 4, 0x2000, 24},   {20, 5, 0, 0},
    };
    CHECK_EQ(pci_function_read(f, 0, 4), 0x10421af4);
    CHECK_EQ(pci_function_read(f, 8, 4), 0x01000001);
    CHECK_EQ(pci_function_read(f, 0x3d, 1), 1);
    unsigned at = pci_function_read(f, PCI_CAPABILITIES, 1);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        CHECK_EQ(pci_function_read(f, at, 1), 0x09);
        CHECK_EQ(pci_function_read(f, at + 2, 1), expected[i].len);
        CHECK_EQ(pci_function_read(f, at + 3, 1), expected[i].kind);
        CHECK_EQ(pci_function_read(f, at + 4, 4), 0);
        CHECK_EQ(pci_function_read(f, at + 8, 4), expected[i].offset);
        CHECK_EQ(pci_function_read(f, at + 12, 4), expected[i].length);
        at = pci_function_read(f, at + 1, 1);
    }
    CHECK_EQ(at, 0);
}

static void the_configuration_describes_the_disk(void)
{
    static struct bench b;
    power_on(&b, false);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_DEVICE + 0, 8), SECTORS);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_DEVICE + 0, 4), SECTORS);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_DEVICE + 12, 4), VIRTQUEUE_SIZE - 2);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_DEVICE + 20, 4), 512);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_DEVICE + 24, 4), UINT32_MAX);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_DEVICE + 23, 2), UINT16_MAX);
    CHECK_EQ(offered(&b), 0x110000244);
    bar_write(&b, VIRTIO_PCI_COMMON + 0x00, 2, 4);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_COMMON + 0x04, 4), 0);
    power_on(&b, true);
    CHECK_EQ(offered(&b), 0x110000264);
}

static void registers_at_first(void)
{
    static struct bench b;
    power_on(&b, false);
    uint8_t expected[0x38] = {0};
    memset(expected + 0x10, 0xff, 2); /* no MSI-X */
    expected[0x04] = 0x44;            /* features 0 to 31 */
    expected[0x05] = 0x02;
    expected[0x07] = 0x10;
    expected[0x12] = 1;   /* one queue */
    expected[0x18] = 128; /* of that many descriptors */
    memset(expected + 0x1a, 0xff, 2);
    uint8_t actual[0x38];
    for (unsigned i = 0; i < sizeof actual; i++)
        actual[i] = (uint8_t)bar_read(&b, VIRTIO_PCI_COMMON + i, 1);
    CHECK_MEM(actual, expected, sizeof expected);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_COMMON + 0x38, 4), UINT32_MAX);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_COMMON + 0x12, 4), UINT32_MAX); /* over two fields */
    bar_write(&b, VIRTIO_PCI_COMMON + 0x16, 1, 2);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_COMMON + 0x18, 2), 0); /* no second queue */
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_COMMON + 0x1c, 2), 0);
}

/* ---- Set-up */

static void features_are_agreed_upon_once(void)
{
    static const struct {
        uint64_t features;
        bool ok;
    } cases[] = {
        {VIRTIO_F_VERSION_1, true},
        {VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | 0x244, true},
        {0x244, false},                        /* a driver from before 1.0 */
        {VIRTIO_F_VERSION_1 | 1 << 11, false}, /* not offered */
        {VIRTIO_F_VERSION_1 | 1ull << 34, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct bench b;
        power_on(&b, false);
        set_status(&b, 3);
        set_features(&b, cases[i].features);
        set_status(&b, 3 | VIRTIO_FEATURES_OK);
        CHECK_EQ(status(&b), cases[i].ok ? 0x0b : 0x03);
        set_features(&b, VIRTIO_F_VERSION_1 | 4);
        CHECK_EQ(b.blk.pci.state.driver_features,
                 cases[i].ok ? cases[i].features : VIRTIO_F_VERSION_1 | 4);
    }
}

static void check_queue(struct bench *b, uint64_t size, uint64_t enable, uint64_t desc,
                        uint64_t driver, uint64_t device)
{
    CHECK_EQ(bar_read(b, VIRTIO_PCI_COMMON + 0x18, 2), size);
    CHECK_EQ(bar_read(b, VIRTIO_PCI_COMMON + 0x1c, 2), enable);
    CHECK_EQ(bar_read(b, VIRTIO_PCI_COMMON + 0x20, 8), desc);
    CHECK_EQ(bar_read(b, VIRTIO_PCI_COMMON + 0x28, 8), driver);
    CHECK_EQ(bar_read(b, VIRTIO_PCI_COMMON + 0x30, 8), device);
}

static void a_queue_that_is_enabled_stays_where_it_is(void)
{
    static struct bench b;
    start(&b, false);
    bar_write(&b, VIRTIO_PCI_COMMON + 0x20, 0x1234, 8);
    bar_write(&b, VIRTIO_PCI_COMMON + 0x28, 0x1234, 8);
    bar_write(&b, VIRTIO_PCI_COMMON + 0x30, 0x1234, 8);
    bar_write(&b, VIRTIO_PCI_COMMON + 0x18, 8, 2);
    bar_write(&b, VIRTIO_PCI_COMMON + 0x1c, 0, 2);
    check_queue(&b, SIZE, 1, RING_BASE + RING_DESC, RING_BASE + RING_AVAIL, RING_BASE + RING_USED);
    set_status(&b, 0);
    check_queue(&b, VIRTQUEUE_SIZE, 0, 0, 0, 0);
    CHECK_EQ(status(&b), 0);
}

static void odd_queue_sizes_are_not_taken(void)
{
    static const uint16_t bad[] = {0, 3, 129, 256, 0xffff};
    static struct bench b;
    power_on(&b, false);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bar_write(&b, VIRTIO_PCI_COMMON + 0x18, bad[i], 2);
        CHECK_EQ(bar_read(&b, VIRTIO_PCI_COMMON + 0x18, 2), VIRTQUEUE_SIZE);
    }
    bar_write(&b, VIRTIO_PCI_COMMON + 0x18, 1, 2);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_COMMON + 0x18, 2), 1);
}

/* ---- Requests */

static void sectors_are_read(void)
{
    static struct bench b;
    start(&b, false);
    CHECK_EQ(request(&b, 0, 5, 3 * 512), 0);
    CHECK_MEM(b.ring.bytes + DATA, b.disk + 5 * 512, 3 * 512);
    CHECK_EQ(b.ring.bytes[DATA + 3 * 512], 0);
    CHECK_EQ(b.reads, 1); /* one copy, straight into guest memory */
    CHECK_EQ(request(&b, 0, SECTORS - 1, 512), 0);
    CHECK_MEM(b.ring.bytes + DATA, b.disk + (SECTORS - 1) * 512, 512);
}

static void sectors_are_written(void)
{
    static struct bench b;
    start(&b, false);
    uint8_t expected[sizeof b.disk];
    memcpy(expected, b.disk, sizeof expected);
    memset(b.ring.bytes + DATA, 0xa5, 1024);
    memset(expected + 62 * 512, 0xa5, 1024);
    CHECK_EQ(request(&b, 1, 62, 1024), 0);
    CHECK_MEM(b.disk, expected, sizeof expected);
    CHECK_EQ(b.writes, 1);
}

/* A driver may cut a request as it likes: here parts of 100 bytes, the header and the status in
 * pieces or with the data (2.6.4). */
static void parts_may_be_cut_anywhere(void)
{
    static struct bench b;
    for (unsigned is_write = 0; is_write < 2; is_write++) {
        start(&b, false);
        const uint16_t flags = RING_NEXT | (is_write ? 0 : RING_WRITE);
        put_header(&b, is_write, 7);
        memset(b.ring.bytes + DATA, 0x5a, 0x1000);
        ring_describe(&b.ring, RING_DESC, 0, HEADER, 5, RING_NEXT, 1);
        ring_describe(&b.ring, RING_DESC, 1, HEADER + 5, 11, RING_NEXT, 2);
        for (uint16_t i = 0; i < 10; i++)
            ring_describe(&b.ring, RING_DESC, 2 + i, DATA + 100u * i, 100, flags, 3 + i);
        ring_describe(&b.ring, RING_DESC, 12, DATA + 1000, 24, flags, 13);
        ring_describe(&b.ring, RING_DESC, 13, DATA + 1024, 1, RING_WRITE, 0);
        ring_offer(&b.ring, SIZE, 0);
        notify(&b);
        CHECK_EQ(ring_used(&b.ring), 1);
        CHECK_EQ(b.ring.bytes[DATA + 1024], 0);
        CHECK_MEM(b.ring.bytes + DATA, b.disk + 7 * 512, 1024);
        CHECK_EQ(b.ring.bytes[DATA + 1025], 0x5a);
    }
    CHECK_EQ(b.disk[7 * 512], 0x5a);
}

static void flush_reaches_the_disk(void)
{
    static struct bench b;
    start(&b, false);
    CHECK_EQ(request(&b, 4, 0, 0), 0);
    CHECK_EQ(b.flushes, 1);
}

static void the_id_is_told(void)
{
    static struct bench b;
    start(&b, false);
    CHECK_EQ(request(&b, 8, 0, 20), 0);
    CHECK_MEM(b.ring.bytes + DATA, "a disk\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    CHECK_EQ(request(&b, 8, 0, 19), 1);
}

static void what_can_t_be_done_is_an_error(void)
{
    static const struct {
        uint32_t type;
        uint64_t sector;
        uint32_t len;
        uint8_t status;
    } cases[] = {
        {0, SECTORS, 512, 1},     {0, SECTORS - 1, 1024, 1},
        {0, UINT64_MAX, 512, 1},  {1, SECTORS, 512, 1},
        {1, UINT64_MAX, 1024, 1}, {0, 0, 511, 1},
        {1, 0, 513, 1},           {2, 0, 512, 2},
        {11, 0, 16, 2},           {UINT32_MAX, 0, 512, 2},
    };
    static struct bench b;
    start(&b, false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_EQ(request(&b, cases[i].type, cases[i].sector, cases[i].len), cases[i].status);
    CHECK_EQ(b.reads + b.writes, 0);
    CHECK_EQ(status(&b), 0x0f);
}

static void a_disk_s_error_is_an_i_o_error(void)
{
    static struct bench b;
    start(&b, false);
    b.error = -ENOSPC;
    CHECK_EQ(request(&b, 0, 0, 512), 1);
    CHECK_EQ(request(&b, 1, 0, 512), 1);
    CHECK_EQ(request(&b, 4, 0, 0), 1);
    b.error = 0;
    CHECK_EQ(request(&b, 1, 0, 512), 0);
}

static void a_read_only_disk_is_not_written(void)
{
    static struct bench b;
    start(&b, true);
    CHECK_EQ(request(&b, 1, 0, 512), 1);
    CHECK_EQ(b.writes, 0);
    CHECK_EQ(request(&b, 0, 0, 512), 0);
}

static void several_requests_by_one_notification(void)
{
    static struct bench b;
    start(&b, false);
    put_header(&b, 4, 0);
    for (uint16_t i = 0; i < SIZE; i += 2) {
        ring_describe(&b.ring, RING_DESC, i, HEADER, 16, RING_NEXT, i + 1);
        ring_describe(&b.ring, RING_DESC, i + 1u, STATUS, 1, RING_WRITE, 0);
        ring_offer(&b.ring, SIZE, i);
    }
    notify(&b);
    CHECK_EQ(ring_used(&b.ring), SIZE / 2);
    CHECK_EQ(b.flushes, SIZE / 2);
    CHECK_EQ(b.ring.begins, 1);
}

/* ---- Interrupts */

/* A driver may ask for terabytes by one notification: the CPU that rings must come back. */
static void much_is_served_piece_by_piece(void)
{
    static struct bench b;
    const unsigned all = 4 * 8 * 512; /* bytes */
    start(&b, false);
    b.blk.pci.piece = 3 * 512;
    offer_many(&b, 4, 0, 8 * 512);
    notify(&b);
    CHECK(b.ring.unfinished);
    CHECK_EQ(ring_used(&b.ring), 0);
    CHECK_EQ(b.ring.bytes[STATUS], 0xee);
    CHECK_MEM(b.ring.bytes + DATA, b.disk, 3 * 512);
    CHECK_EQ(b.ring.bytes[DATA + 3 * 512], 0);
    CHECK(!b.line);

    unsigned pieces = 1;
    bool more = true;
    while (more && pieces < all) {
        more = virtio_pci_continue(&b.blk.pci);
        pieces++;
        CHECK_EQ(b.ring.depth, 0);
        CHECK_EQ(ring_used(&b.ring), pieces * 3 < 32 ? pieces * 3 / 8 : 4);
        CHECK_EQ(more, pieces * 3 < 32);
    }
    CHECK_EQ(b.ring.bytes[STATUS], 0);
    CHECK_MEM(b.ring.bytes + DATA, b.disk, 8 * 512);
    CHECK(b.line);
    CHECK(!virtio_pci_continue(&b.blk.pci));
}

static void flushes_take_their_time_too(void)
{
    static struct bench b;
    start(&b, false);
    b.blk.pci.piece = 512;
    offer_many(&b, 3, 4, 0);
    notify(&b);
    CHECK_EQ(b.flushes, 1);
    CHECK(virtio_pci_continue(&b.blk.pci));
    CHECK(!virtio_pci_continue(&b.blk.pci));
    CHECK_EQ(b.flushes, 3);
    CHECK_EQ(ring_used(&b.ring), 3);
}

static void a_reset_ends_what_is_unfinished(void)
{
    static struct bench b;
    start(&b, false);
    b.blk.pci.piece = 512;
    offer_many(&b, 1, 1, 8 * 512);
    notify(&b);
    CHECK_EQ(b.writes, 1);
    set_status(&b, 0);
    CHECK(!virtio_pci_continue(&b.blk.pci));
    CHECK_EQ(b.writes, 1);
    /* The next request begins at its beginning. */
    start(&b, false);
    CHECK_EQ(request(&b, 0, 0, 8 * 512), 0);
    CHECK_MEM(b.ring.bytes + DATA, b.disk, 8 * 512);
}

static void an_interrupt_until_it_is_acknowledged(void)
{
    static struct bench b;
    start(&b, false);
    CHECK(!b.line);
    notify(&b); /* nothing was there */
    CHECK(!b.line);
    request(&b, 0, 0, 512);
    CHECK(b.line);
    CHECK_EQ(pci_function_read(&b.blk.pci.function, PCI_STATUS, 2), 0x18);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_ISR, 1), 1);
    CHECK(!b.line);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_ISR, 1), 0);
    ring_set16(&b.ring, RING_AVAIL, 1); /* VIRTQ_AVAIL_F_NO_INTERRUPT */
    request(&b, 0, 0, 512);
    CHECK(!b.line);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_ISR, 1), 0);
}

static void reset_ends_an_interrupt(void)
{
    static struct bench b;
    start(&b, false);
    request(&b, 0, 0, 512);
    CHECK(b.line);
    set_status(&b, 0);
    CHECK(!b.line);
    CHECK_EQ(bar_read(&b, VIRTIO_PCI_ISR, 1), 0);
}

/* ---- When nothing is served */

static void only_a_running_bus_master_is_served(void)
{
    static struct bench b;
    start(&b, false);
    put_header(&b, 4, 0);
    ring_describe(&b.ring, RING_DESC, 0, HEADER, 16, RING_NEXT, 1);
    ring_describe(&b.ring, RING_DESC, 1, STATUS, 1, RING_WRITE, 0);
    ring_offer(&b.ring, SIZE, 0);
    pci_function_write(&b.blk.pci.function, PCI_COMMAND, PCI_COMMAND_MEMORY, 2);
    notify(&b);
    CHECK_EQ(b.ring.begins, 0);
    pci_function_write(&b.blk.pci.function, PCI_COMMAND, PCI_COMMAND_MASTER, 2);
    b.blk.pci.state.status &= (uint8_t)~VIRTIO_DRIVER_OK;
    notify(&b);
    b.blk.pci.state.status |= VIRTIO_DRIVER_OK;
    b.blk.pci.queue.state.enabled = false;
    notify(&b);
    CHECK_EQ(b.ring.begins, 0);
    b.blk.pci.queue.state.enabled = true;
    notify(&b);
    CHECK_EQ(b.flushes, 1);
}

static void a_broken_queue_needs_a_reset(void)
{
    static const struct {
        uint32_t header_len;
        uint16_t second, third; /* flags */
    } cases[] = {
        {15, RING_NEXT | RING_WRITE, RING_WRITE},             /* no whole header */
        {16, RING_NEXT, 0},                                   /* no status */
        {16, RING_NEXT | RING_WRITE, RING_WRITE | RING_NEXT}, /* a loop */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct bench b;
        start(&b, false);
        put_header(&b, 0, 0);
        ring_describe(&b.ring, RING_DESC, 0, HEADER, cases[i].header_len, RING_NEXT, 1);
        ring_describe(&b.ring, RING_DESC, 1, DATA, 512, cases[i].second, 2);
        ring_describe(&b.ring, RING_DESC, 2, STATUS, 1, cases[i].third, 1);
        ring_offer(&b.ring, SIZE, 0);
        notify(&b);
        CHECK_EQ(status(&b), 0x0f | VIRTIO_NEEDS_RESET);
        CHECK_EQ(ring_used(&b.ring), 0);
        CHECK(b.line);
        CHECK_EQ(bar_read(&b, VIRTIO_PCI_ISR, 1), 2);
        notify(&b); /* it is served no more */
        CHECK_EQ(b.ring.begins, 1);
        set_status(&b, 0);
        CHECK_EQ(status(&b), 0);
    }
}

/* ---- The window in configuration space (4.1.4.7) */

static unsigned window(struct bench *b)
{
    struct pci_function *f = &b->blk.pci.function;
    unsigned at = pci_function_read(f, PCI_CAPABILITIES, 1);
    while (at && pci_function_read(f, at + 3, 1) != 5)
        at = pci_function_read(f, at + 1, 1);
    return at;
}

static void aim(struct bench *b, uint8_t bar, uint32_t offset, uint32_t len)
{
    struct pci_function *f = &b->blk.pci.function;
    pci_function_write(f, window(b) + 4, bar, 1);
    pci_function_write(f, window(b) + 8, offset, 4);
    pci_function_write(f, window(b) + 12, len, 4);
}

static void configuration_space_reaches_the_bar(void)
{
    static struct bench b;
    power_on(&b, false);
    struct pci_function *f = &b.blk.pci.function;
    const unsigned data = window(&b) + 16;
    aim(&b, 0, VIRTIO_PCI_DEVICE, 4);
    CHECK_EQ(pci_function_read(f, data, 4), SECTORS);
    aim(&b, 0, VIRTIO_PCI_COMMON + 0x14, 1);
    pci_function_write(f, data, 3, 1);
    CHECK_EQ(status(&b), 3);
    CHECK_EQ(pci_function_read(f, data, 1), 3);
    static const struct {
        uint8_t bar;
        uint32_t offset, len;
    } bad[] = {{1, VIRTIO_PCI_COMMON + 0x14, 1}, {0, VIRTIO_PCI_COMMON + 0x14, 3},
               {0, VIRTIO_PCI_COMMON + 0x14, 0}, {0, VIRTIO_PCI_COMMON + 0x15, 2},
               {0, VIRTIO_PCI_BAR_SIZE, 4},      {0, UINT32_MAX, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        aim(&b, bad[i].bar, bad[i].offset, bad[i].len);
        pci_function_write(f, data, 0, 4);
        CHECK_EQ(pci_function_read(f, data, 4), 0);
        CHECK_EQ(status(&b), 3);
    }
}

int main(void)
{
    TEST(capabilities_say_where_everything_is);
    TEST(the_configuration_describes_the_disk);
    TEST(registers_at_first);
    TEST(features_are_agreed_upon_once);
    TEST(a_queue_that_is_enabled_stays_where_it_is);
    TEST(odd_queue_sizes_are_not_taken);
    TEST(sectors_are_read);
    TEST(sectors_are_written);
    TEST(parts_may_be_cut_anywhere);
    TEST(flush_reaches_the_disk);
    TEST(the_id_is_told);
    TEST(what_can_t_be_done_is_an_error);
    TEST(a_disk_s_error_is_an_i_o_error);
    TEST(a_read_only_disk_is_not_written);
    TEST(several_requests_by_one_notification);
    TEST(much_is_served_piece_by_piece);
    TEST(flushes_take_their_time_too);
    TEST(a_reset_ends_what_is_unfinished);
    TEST(an_interrupt_until_it_is_acknowledged);
    TEST(reset_ends_an_interrupt);
    TEST(only_a_running_bus_master_is_served);
    TEST(a_broken_queue_needs_a_reset);
    TEST(configuration_space_reaches_the_bar);
    return check_done();
}
