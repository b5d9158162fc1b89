/* The ring of trace frames, and the blocks that frames are made of. */
#include <stdlib.h>

#include "gdbstub/trace_block.h"
#include "gdbstub/trace_buffer.h"
#include "tests/check.h"

enum { HEAD = sizeof(struct trace_frame_head) };

/* A frame of SIZE bytes, all of them N, by tracepoint N. */
static bool add(struct trace_buffer *b, unsigned n, uint32_t size)
{
    uint8_t blocks[256];
    struct trace_frame_head head = {.pc = n, .size = size, .tracepoint = (uint16_t)n};
    memset(blocks, (int)n, sizeof(blocks));
    return trace_buffer_add(b, &head, blocks);
}

static void expect_frame(const struct trace_buffer *b, const struct trace_place *place, unsigned n)
{
    uint8_t blocks[256];
    struct trace_frame_head head;
    trace_buffer_head(b, place, &head);
    CHECK_EQ(head.tracepoint, n & 0xffff);
    CHECK_EQ(head.pc, n);
    memset(blocks, ~(int)n, sizeof(blocks));
    trace_buffer_blocks(b, place, blocks);
    for (uint32_t i = 0; i < head.size; i++)
        CHECK_EQ(blocks[i], (uint8_t)n);
}

/* The frames that are there are those of FIRST to LAST, found in each way. */
static void expect_frames(const struct trace_buffer *b, unsigned first, unsigned last)
{
    struct trace_place place, other = {0};
    unsigned n = first;
    CHECK_EQ(trace_buffer_frames(b), last - first + 1);
    for (bool more = trace_buffer_first(b, &place); more;
         more = trace_buffer_next(b, &place), n++) {
        CHECK_EQ(trace_buffer_number(b, &place), n - first);
        expect_frame(b, &place, n);
        CHECK(trace_buffer_seek(b, n - first, &other));
        CHECK_EQ(other.at, place.at);
    }
    CHECK_EQ(n, last + 1);
    CHECK(trace_buffer_seek(b, 0, &other)); /* back to the start */
    expect_frame(b, &other, first);
    CHECK(!trace_buffer_seek(b, last - first + 1, &other));
}

static void holds_frames(void)
{
    struct trace_buffer b = {0};
    struct trace_place place;
    CHECK_EQ(trace_buffer_make(&b, 1000), 0);
    CHECK(!trace_buffer_first(&b, &place));
    CHECK(!trace_buffer_seek(&b, 0, &place));
    CHECK_EQ(trace_buffer_room(&b), 1000);
    for (unsigned n = 1; n <= 5; n++)
        CHECK(add(&b, n, n * 7));
    CHECK_EQ(trace_buffer_room(&b), 1000 - 5 * HEAD - 7 * 15);
    expect_frames(&b, 1, 5);
    trace_buffer_clear(&b);
    CHECK_EQ(trace_buffer_frames(&b), 0);
    CHECK_EQ(trace_buffer_room(&b), 1000);
    trace_buffer_free(&b);
}

static void refuses_what_does_not_fit(void)
{
    struct trace_buffer b = {0};
    CHECK(!add(&b, 1, 0)); /* no memory yet */
    trace_buffer_make(&b, 2 * (HEAD + 10));
    CHECK(!add(&b, 1, HEAD + 21));
    CHECK(add(&b, 1, 10));
    CHECK(!add(&b, 2, 11));
    CHECK(add(&b, 2, 10));
    CHECK(!add(&b, 3, 0));
    expect_frames(&b, 1, 2);
    CHECK_EQ(b.created, 2);
    trace_buffer_free(&b);
}

/* With sizes that share no factor each field comes to lie across the end some time. */
static void drops_the_oldest(void)
{
    struct trace_buffer b = {.circular = true};
    unsigned first = 1;
    trace_buffer_make(&b, 211);
    for (unsigned n = 1; n <= 1000; n++) {
        CHECK(add(&b, n, n * 13 % 61));
        first = n + 1 - (unsigned)trace_buffer_frames(&b);
        expect_frames(&b, first, n);
    }
    CHECK(first > 900);
    CHECK_EQ(b.created, 1000);
    CHECK(!add(&b, 1, 211)); /* nothing is dropped for what can never fit */
    expect_frames(&b, first, 1000);
    CHECK(add(&b, 1001, 211 - HEAD));
    expect_frames(&b, 1001, 1001);
    trace_buffer_free(&b);
}

static void knows_what_has_fallen_out(void)
{
    struct trace_buffer b = {.circular = true};
    struct trace_place place;
    trace_buffer_make(&b, 3 * (HEAD + 8));
    for (unsigned n = 0; n < 3; n++)
        add(&b, n, 8);
    trace_buffer_seek(&b, 1, &place);
    add(&b, 3, 8);
    CHECK(trace_buffer_has(&b, &place));
    CHECK_EQ(trace_buffer_number(&b, &place), 0);
    add(&b, 4, 8);
    CHECK(!trace_buffer_has(&b, &place));
    CHECK(trace_buffer_next(&b, &place)); /* on from there is on from the oldest */
    expect_frame(&b, &place, 2);
    trace_buffer_free(&b);
}

static void makes_blocks(void)
{
    static const uint8_t expected[] = {'R',  1,    2,    3,    'M',  0x88, 0x77, 0x66, 0x55, 0x44,
                                       0x33, 0x22, 0x11, 2,    0,    8,    9,    'V',  7,    0,
                                       0,    0,    0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct buffer frame = {0};
    memcpy(trace_block_registers(&frame, 3), "\1\2\3", 3);
    memcpy(trace_block_memory(&frame, 0x1122334455667788, 5), "\10\11xyz", 5);
    trace_block_cut(&frame, 5, 3);
    trace_block_memory(&frame, 1, 4);
    trace_block_cut(&frame, 4, 4);
    trace_block_variable(&frame, 7, (uint64_t)-2);
    CHECK_EQ(frame.len, sizeof(expected));
    CHECK_MEM(buffer_bytes(&frame), expected, sizeof(expected));

    struct trace_block block;
    size_t at = 0;
    CHECK(trace_block_next(expected, sizeof(expected), 3, &at, &block));
    CHECK_EQ(block.kind, TRACE_REGISTERS);
    CHECK_MEM(block.bytes, "\1\2\3", 3);
    CHECK(trace_block_next(expected, sizeof(expected), 3, &at, &block));
    CHECK_EQ(block.kind, TRACE_MEMORY);
    CHECK_EQ(block.addr, 0x1122334455667788);
    CHECK_EQ(block.len, 2);
    CHECK_MEM(block.bytes, "\10\11", 2);
    CHECK(trace_block_next(expected, sizeof(expected), 3, &at, &block));
    CHECK_EQ(block.kind, TRACE_VARIABLE);
    CHECK_EQ(block.number, 7);
    CHECK_EQ(block.value, -2);
    CHECK(!trace_block_next(expected, sizeof(expected), 3, &at, &block));
    buffer_free(&frame);
}

/* A frame that ends within a block, at each byte: what is whole is read, nothing behind the end. */
static void reads_no_block_that_is_cut(void)
{
    static const uint8_t whole[] = "R123M12345678\3\0abcV1234abcdefgh";
    for (size_t len = 0; len < sizeof(whole); len++) {
        uint8_t *frame = malloc(len ? len : 1);
        struct trace_block block;
        size_t at = 0, n = 0;
        memcpy(frame, whole, len);
        while (trace_block_next(frame, len, 3, &at, &block))
            n++;
        CHECK_EQ(n, (len >= 4) + (len >= 18) + (len >= 31));
        free(frame);
    }
}

int main(void)
{
    TEST(holds_frames);
    TEST(refuses_what_does_not_fit);
    TEST(drops_the_oldest);
    TEST(knows_what_has_fallen_out);
    TEST(makes_blocks);
    TEST(reads_no_block_that_is_cut);
    return check_done();
}
