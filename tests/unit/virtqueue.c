/* The device's side of a virtqueue, against rings as drivers make them and as none may. */
#include "tests/unit/virtio_ring.h"

#include "tests/check.h"

#include <errno.h>

#define SIZE 8

struct bench {
    struct ring ring;
    struct virtqueue queue;
    struct virtqueue_chain chain;
};

static void start(struct bench *b)
{
    memset(b, 0, sizeof *b);
    const struct dma dma = RING_DMA(&b->ring);
    virtqueue_init(&b->queue, &dma);
    CHECK_EQ(b->queue.state.size, VIRTQUEUE_SIZE);
    b->queue.state.size = SIZE;
    b->queue.state.enabled = true;
    b->queue.state.descriptors = RING_BASE + RING_DESC;
    b->queue.state.available = RING_BASE + RING_AVAIL;
    b->queue.state.used = RING_BASE + RING_USED;
    b->ring.depth = 1;
}

static int take(struct bench *b)
{
    return virtqueue_take(&b->queue, &b->chain);
}

/* A request of 16 bytes to read and 4 to write, in descriptors I and I + 1. */
static void offer_simple(struct bench *b, unsigned i)
{
    ring_describe(&b->ring, RING_DESC, i, RING_DATA + 0x100 * i, 16, RING_NEXT, (uint16_t)(i + 1));
    ring_describe(&b->ring, RING_DESC, i + 1, RING_DATA + 0x100 * i + 0x80, 4, RING_WRITE, 0);
    ring_offer(&b->ring, SIZE, (uint16_t)i);
}

static void a_request_is_taken_and_given_back(void)
{
    static struct bench b;
    start(&b);
    CHECK_EQ(take(&b), 0);
    offer_simple(&b, 2);
    CHECK_EQ(take(&b), 1);
    CHECK_EQ(b.chain.head, 2);
    CHECK_EQ(b.chain.count, 2);
    CHECK_EQ(b.chain.readable, 1);
    CHECK_EQ(b.chain.read_len, 16);
    CHECK_EQ(b.chain.write_len, 4);
    CHECK(b.chain.parts[0].bytes == b.ring.bytes + RING_DATA + 0x200);
    CHECK(b.chain.parts[1].bytes == b.ring.bytes + RING_DATA + 0x280);
    CHECK_EQ(take(&b), 0);
    CHECK_EQ(ring_used(&b.ring), 0);
    CHECK_EQ(virtqueue_give(&b.queue, &b.chain), 0);
    CHECK_EQ(ring_used(&b.ring), 1);
    CHECK_EQ(ring_get32(&b.ring, RING_USED + 4), 2);
    CHECK_EQ(ring_get32(&b.ring, RING_USED + 8), 4);
}

/* Both counters wrap, at another place than the rings do. */
static void counters_wrap(void)
{
    static struct bench b;
    start(&b);
    for (unsigned i = 0; i < 0x10000 + 2 * SIZE && !check_failures; i++) {
        offer_simple(&b, i % (SIZE - 1));
        CHECK_EQ(take(&b), 1);
        CHECK_EQ(b.chain.head, i % (SIZE - 1));
        CHECK_EQ(virtqueue_give(&b.queue, &b.chain), 0);
        CHECK_EQ(ring_used(&b.ring), (uint16_t)(i + 1));
        CHECK_EQ(ring_get32(&b.ring, RING_USED + 4 + 8 * (i % SIZE)), i % (SIZE - 1));
    }
    CHECK_EQ(take(&b), 0);
}

static void bytes_are_found_in_their_parts(void)
{
    static struct bench b;
    start(&b);
    ring_describe(&b.ring, RING_DESC, 0, RING_DATA, 3, RING_NEXT, 1);
    ring_describe(&b.ring, RING_DESC, 1, RING_DATA + 0x10, 5, RING_NEXT, 2);
    ring_describe(&b.ring, RING_DESC, 2, RING_DATA + 0x20, 2, RING_NEXT | RING_WRITE, 3);
    ring_describe(&b.ring, RING_DESC, 3, RING_DATA + 0x30, 2, RING_WRITE, 0);
    memcpy(b.ring.bytes + RING_DATA, "abc", 3);
    memcpy(b.ring.bytes + RING_DATA + 0x10, "defgh", 5);
    ring_offer(&b.ring, SIZE, 0);
    CHECK_EQ(take(&b), 1);
    char text[9] = "";
    CHECK(virtqueue_chain_read(&b.chain, 0, text, 8));
    CHECK_STR(text, "abcdefgh");
    CHECK(virtqueue_chain_read(&b.chain, 2, text, 2));
    CHECK_STR(text, "cdcdefgh");
    CHECK(!virtqueue_chain_read(&b.chain, 1, text, 8));
    CHECK(!virtqueue_chain_read(&b.chain, UINT64_MAX, text, 2));
    CHECK(virtqueue_chain_write(&b.chain, 1, "xyz", 3));
    CHECK(!virtqueue_chain_write(&b.chain, 2, "???", 3));
    CHECK_MEM(b.ring.bytes + RING_DATA + 0x20, "\0x\0", 3);
    CHECK_MEM(b.ring.bytes + RING_DATA + 0x30, "yz\0", 3);
    const struct virtqueue_part part = virtqueue_chain_at(&b.chain, false, 4);
    CHECK_EQ(part.len, 4);
    CHECK(part.bytes == b.ring.bytes + RING_DATA + 0x11);
    CHECK_EQ(virtqueue_chain_at(&b.chain, false, 8).len, 0);
    CHECK_EQ(virtqueue_chain_at(&b.chain, true, 4).len, 0);
}

static void a_table_can_be_elsewhere(void)
{
    static struct bench b;
    start(&b);
    ring_describe(&b.ring, RING_DESC, 0, RING_DATA, 16, RING_NEXT, 1);
    ring_describe(&b.ring, RING_DESC, 1, RING_INDIRECT + 8, 3 * 16, RING_IS_INDIRECT | RING_WRITE,
                  0);
    ring_describe(&b.ring, RING_INDIRECT + 8, 0, RING_DATA + 0x40, 1, RING_NEXT, 2);
    ring_describe(&b.ring, RING_INDIRECT + 8, 2, RING_DATA + 0x80, 7, RING_NEXT | RING_WRITE, 1);
    ring_describe(&b.ring, RING_INDIRECT + 8, 1, RING_DATA + 0xc0, 1, RING_WRITE, 0);
    ring_offer(&b.ring, SIZE, 0);
    CHECK_EQ(take(&b), 1);
    CHECK_EQ(b.chain.head, 0);
    CHECK_EQ(b.chain.count, 4);
    CHECK_EQ(b.chain.read_len, 17);
    CHECK_EQ(b.chain.write_len, 8);
    CHECK(b.chain.parts[2].bytes == b.ring.bytes + RING_DATA + 0x80);
}

static void interrupts_can_be_declined(void)
{
    static struct bench b;
    start(&b);
    CHECK(virtqueue_wants_interrupt(&b.queue));
    ring_set16(&b.ring, RING_AVAIL, 1);
    CHECK(!virtqueue_wants_interrupt(&b.queue));
}

/* ---- What no driver may do */

static void expect_broken(struct bench *b, const char *what)
{
    const int result = take(b);
    if (result != -EINVAL)
        check_fail(__FILE__, __LINE__, "%s: expected -EINVAL, got %d", what, result);
}

/* One descriptor, or two, that break a rule. */
static void broken_descriptors(void)
{
    static const struct {
        const char *what;
        uint16_t head;
        uint64_t data;
        uint32_t len;
        uint16_t flags, next;
    } cases[] = {
        {"head outside the table", SIZE, RING_DATA, 1, 0, 0},
        {"head far outside the table", 0xffff, RING_DATA, 1, 0, 0},
        {"next outside the table", 0, RING_DATA, 1, RING_NEXT, SIZE},
        {"a loop of one", 0, RING_DATA, 1, RING_NEXT, 0},
        {"no bytes", 0, RING_DATA, 0, 0, 0},
        {"memory that is not there", 0, RING_SIZE, 1, 0, 0},
        {"memory that ends too early", 0, RING_SIZE - 1, 2, 0, 0},
        {"below memory", 0, -(uint64_t)1, 2, 0, 0},
        {"the end of addresses", 0, -RING_BASE - 1, 2, 0, 0},
        {"all that 32 bits can say", 0, RING_DATA, UINT32_MAX, 0, 0},
        {"ROM to be written", 0, RING_ROM, 1, RING_WRITE, 0},
        {"indirect, and next", 0, RING_INDIRECT, 16, RING_IS_INDIRECT | RING_NEXT, 1},
        {"an empty table", 0, RING_INDIRECT, 0, RING_IS_INDIRECT, 0},
        {"half a descriptor", 0, RING_INDIRECT, 24, RING_IS_INDIRECT, 0},
        {"a table larger than the queue", 0, RING_INDIRECT, (SIZE + 1) * 16, RING_IS_INDIRECT, 0},
        {"a table that is not there", 0, RING_SIZE, 16, RING_IS_INDIRECT, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static struct bench b;
        start(&b);
        ring_describe(&b.ring, RING_DESC, 0, cases[i].data, cases[i].len, cases[i].flags,
                      cases[i].next);
        /* Good ones, also behind the table's end. */
        ring_describe(&b.ring, RING_DESC, 1, RING_DATA, 1, 0, 0);
        ring_describe(&b.ring, RING_DESC, SIZE, RING_DATA, 1, 0, 0);
        ring_describe(&b.ring, RING_INDIRECT, 0, RING_DATA, 1, 0, 0);
        ring_offer(&b.ring, SIZE, cases[i].head);
        expect_broken(&b, cases[i].what);
    }
}

static void a_chain_that_loops_ends(void)
{
    static struct bench b;
    start(&b);
    for (uint16_t i = 0; i < SIZE; i++)
        ring_describe(&b.ring, RING_DESC, i, RING_DATA, 1, RING_NEXT, (i + 1) % SIZE);
    ring_offer(&b.ring, SIZE, 3);
    expect_broken(&b, "a loop through the whole table");
    /* As long, but with an end. */
    start(&b);
    for (uint16_t i = 0; i < SIZE; i++)
        ring_describe(&b.ring, RING_DESC, i, RING_DATA, 1, i == 2 ? 0 : RING_NEXT, (i + 1) % SIZE);
    ring_offer(&b.ring, SIZE, 3);
    CHECK_EQ(take(&b), 1);
    CHECK_EQ(b.chain.count, SIZE);
}

static void tables_in_tables_are_refused(void)
{
    static struct bench b;
    start(&b);
    ring_describe(&b.ring, RING_DESC, 0, RING_INDIRECT, 16, RING_IS_INDIRECT, 0);
    ring_describe(&b.ring, RING_INDIRECT, 0, RING_INDIRECT, 16, RING_IS_INDIRECT, 0);
    ring_offer(&b.ring, SIZE, 0);
    expect_broken(&b, "a table in a table");
}

static void what_is_read_comes_first(void)
{
    static struct bench b;
    start(&b);
    ring_describe(&b.ring, RING_DESC, 0, RING_DATA, 1, RING_NEXT | RING_WRITE, 1);
    ring_describe(&b.ring, RING_DESC, 1, RING_DATA, 1, 0, 0);
    ring_offer(&b.ring, SIZE, 0);
    expect_broken(&b, "a part to read behind one to write");
}

/* A full table and a full indirect table behind it: more parts than a chain can hold. */
static void a_chain_has_no_more_parts_than_there_is_room(void)
{
    static struct bench b;
    start(&b);
    b.queue.state.size = VIRTQUEUE_SIZE;
    for (uint16_t i = 0; i < VIRTQUEUE_SIZE; i++) {
        const bool last = i == VIRTQUEUE_SIZE - 1;
        ring_describe(&b.ring, RING_DESC, i, RING_DATA, 1, RING_NEXT, i + 1);
        ring_describe(&b.ring, RING_INDIRECT, i, RING_DATA, 1, last ? 0 : RING_NEXT, i + 1);
    }
    ring_describe(&b.ring, RING_DESC, VIRTQUEUE_SIZE - 1, RING_INDIRECT, VIRTQUEUE_SIZE * 16,
                  RING_IS_INDIRECT, 0);
    ring_offer(&b.ring, VIRTQUEUE_SIZE, 0);
    expect_broken(&b, "255 parts");
    CHECK_EQ(b.chain.count, VIRTQUEUE_SIZE);
}

static void more_than_the_queue_holds_is_refused(void)
{
    static struct bench b;
    start(&b);
    ring_describe(&b.ring, RING_DESC, 0, RING_DATA, 1, 0, 0);
    ring_set16(&b.ring, RING_AVAIL + 2, SIZE);
    CHECK_EQ(take(&b), 1);
    ring_set16(&b.ring, RING_AVAIL + 2, SIZE + 2);
    expect_broken(&b, "SIZE + 1 requests at once");
    ring_set16(&b.ring, RING_AVAIL + 2, 0xffff);
    expect_broken(&b, "an index that went back");
}

/* Rings that are not there, or at addresses that are not aligned. */
static void rings_must_be_in_memory(void)
{
    static const uint64_t bad[] = {0,          RING_BASE + RING_SIZE, RING_BASE + RING_SIZE - 16,
                                   UINT64_MAX, RING_BASE + 1,         UINT64_MAX - 15};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        static struct bench b;
        start(&b);
        offer_simple(&b, 0);
        b.queue.state.descriptors = bad[i];
        expect_broken(&b, "descriptors");
        start(&b);
        offer_simple(&b, 0);
        b.queue.state.available = bad[i];
        expect_broken(&b, "available ring");
        CHECK(!virtqueue_wants_interrupt(&b.queue));
        start(&b);
        offer_simple(&b, 0);
        b.queue.state.used = bad[i];
        CHECK_EQ(take(&b), 1);
        CHECK_EQ(virtqueue_give(&b.queue, &b.chain), -EINVAL);
    }
    static struct bench b;
    start(&b);
    offer_simple(&b, 0);
    b.queue.state.used = RING_BASE + RING_ROM;
    CHECK_EQ(take(&b), 1);
    CHECK_EQ(virtqueue_give(&b.queue, &b.chain), -EINVAL);
}

int main(void)
{
    TEST(a_request_is_taken_and_given_back);
    TEST(counters_wrap);
    TEST(bytes_are_found_in_their_parts);
    TEST(a_table_can_be_elsewhere);
    TEST(interrupts_can_be_declined);
    TEST(broken_descriptors);
    TEST(a_chain_that_loops_ends);
    TEST(tables_in_tables_are_refused);
    TEST(what_is_read_comes_first);
    TEST(a_chain_has_no_more_parts_than_there_is_room);
    TEST(more_than_the_queue_holds_is_refused);
    TEST(rings_must_be_in_memory);
    return check_done();
}
