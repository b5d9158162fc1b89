/* The framer: any bytes from the wire, in front of a packet that is to be found behind them; and
 * the bytes as a packet's data, which a frame must carry unchanged. */
#include "gdbstub/packet.h"
#include "fuzz.h"

const unsigned fuzz_rounds = 10000;
const char *const fuzz_goals[] = {"an ack",   "a nak", "an interrupt", "a packet", "a bad sum",
                                  "too long", NULL};

enum { SMALL = 64 }; /* bytes of a reader that is soon full */

static void note(enum packet_event event)
{
    static const char *const names[] = {
        [PACKET_ACK] = "an ack",
        [PACKET_NAK] = "a nak",
        [PACKET_INTERRUPT] = "an interrupt",
        [PACKET_COMPLETE] = "a packet",
        [PACKET_GARBLED] = "a bad sum",
        [PACKET_TOO_LONG] = "too long",
    };
    if (event != PACKET_NOTHING)
        fuzz_reached(names[event]);
}

static void check_reader(const struct packet_reader *r, enum packet_event event)
{
    CHECK(r->len <= r->max);
    if (event == PACKET_COMPLETE)
        CHECK_EQ(r->data[r->len], 0);
}

/* All at once, and another reader byte by byte: both come to the same. */
static void feed_noise(struct packet_reader *r, struct packet_reader *other, const uint8_t *data,
                       size_t size)
{
    for (size_t i = 0; i < size;) {
        enum packet_event event, theirs = PACKET_NOTHING;
        const size_t n = packet_feed(r, data + i, size - i, &event);
        CHECK(n >= 1 && n <= size - i && (n == size - i || event != PACKET_NOTHING));
        for (const size_t end = i + n; i < end; i++) {
            CHECK_EQ(theirs, PACKET_NOTHING);
            CHECK_EQ(packet_feed(other, data + i, 1, &theirs), 1);
        }
        CHECK_EQ(theirs, event);
        CHECK_EQ(r->len, other->len);
        CHECK_MEM(r->data, other->data, r->len);
        check_reader(r, event);
        note(event);
    }
}

/* Whatever came before, a '$' begins afresh. */
static void feed_frame(struct packet_reader *r, const struct buffer *frame, const uint8_t *data,
                       size_t size)
{
    enum packet_event event;
    CHECK_EQ(packet_feed(r, buffer_bytes(frame), frame->len, &event), frame->len);
    CHECK_EQ(event, size > r->max ? PACKET_TOO_LONG : PACKET_COMPLETE);
    if (size > r->max)
        return;
    CHECK_EQ(r->len, size);
    CHECK_MEM(r->data, data, size);
}

static void read_all(size_t max, const uint8_t *data, size_t size)
{
    struct packet_reader r, other;
    struct buffer frame = {0};
    CHECK_EQ(packet_reader_init(&r, max), 0);
    CHECK_EQ(packet_reader_init(&other, max), 0);
    feed_noise(&r, &other, data, size);
    packet_reader_free(&other);
    packet_frame(&frame, data, size);
    CHECK(!frame.failed && frame.len <= 2 * size + 4);
    if (!size || data[0] != 'X') /* in which no runs are expanded; stepvm sends none */
        feed_frame(&r, &frame, data, size);
    buffer_free(&frame);
    packet_reader_free(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_all(SMALL, data, size);
    read_all(PACKET_SIZE, data, size);
    return fuzz_verdict();
}
