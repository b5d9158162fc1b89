/* Framing, against the GDB manual, "Remote Protocol", Overview. */
#include <stdlib.h>

#include "gdbstub/packet.h"
#include "tests/check.h"

/* Feeds BYTES, as they come in by pieces of up to PIECE, to a fresh reader of packets up to MAX;
 * the last event that was one, and the data. */
static enum packet_event read_pieces(const char *bytes, size_t len, size_t piece, size_t max,
                                     char *data)
{
    struct packet_reader r;
    enum packet_event last = PACKET_NOTHING, event;
    packet_reader_init(&r, max);
    for (size_t i = 0; i < len;) {
        const size_t n = len - i < piece ? len - i : piece;
        const size_t taken = packet_feed(&r, (const uint8_t *)bytes + i, n, &event);
        CHECK(taken >= 1 && taken <= n && (taken == n || event != PACKET_NOTHING));
        i += taken;
        if (event != PACKET_NOTHING)
            last = event;
    }
    if (last == PACKET_COMPLETE)
        memcpy(data, r.data, r.len + 1);
    packet_reader_free(&r);
    return last;
}

/* The same however it comes in. */
static enum packet_event read_packet(const char *bytes, size_t len, size_t max, char *data)
{
    char again[256];
    const enum packet_event event = read_pieces(bytes, len, len, max, data);
    for (size_t piece = 1; piece < len; piece++) {
        CHECK_EQ(read_pieces(bytes, len, piece, max, again), event);
        if (event == PACKET_COMPLETE)
            CHECK_MEM(again, data, strlen(data) + 1);
    }
    return event;
}

static void expect_data(const char *bytes, const char *expected)
{
    char data[256] = "";
    CHECK_EQ(read_packet(bytes, strlen(bytes), 128, data), PACKET_COMPLETE);
    CHECK_STR(data, expected);
}

static void expect_event(const char *bytes, enum packet_event event)
{
    char data[256] = "";
    CHECK_EQ(read_packet(bytes, strlen(bytes), 128, data), event);
}

static void reads_a_packet(void)
{
    expect_data("$OK#9a", "OK");
    expect_data("$#00", "");
    expect_data("$OK#9A", "OK");
    expect_data("noise\r\n$OK#9a", "OK");
}

static void checks_the_sum(void)
{
    expect_event("$OK#9b", PACKET_GARBLED);
    expect_event("$OK#0a", PACKET_GARBLED);
    expect_event("$OK#9g", PACKET_GARBLED);
    expect_event("$OK#g9", PACKET_GARBLED);
    expect_event("$OK#", PACKET_NOTHING);
    expect_event("$OK#9", PACKET_NOTHING);
}

static void starts_afresh_at_a_dollar(void)
{
    expect_data("$m0,$OK#9a", "OK");
    expect_data("$m0#$OK#9a", "OK");
    expect_data("$m0#1$OK#9a", "OK");
    expect_data("$}$OK#9a", "OK");
}

static void decodes_escapes(void)
{
    expect_data("$}\003#80", "#"); /* 7d + 03 */
    expect_data("$}\004#81", "$");
    expect_data("$}]#da", "}");
    expect_event("$}#7d", PACKET_GARBLED); /* the end comes amid the escape */
}

static void expands_runs(void)
{
    expect_data("$0* #7a", "0000"); /* the manual's own example: ' ' is 29 + 3 */
    expect_data("$a0*\"b#3f", "a000000b");
    expect_event("$0*\037#79", PACKET_GARBLED); /* a count of 2 */
    expect_event("$0*\177#d9", PACKET_GARBLED);
    expect_event("$0*#5a", PACKET_GARBLED);
    expect_data("$*#2a", "*"); /* nothing to repeat */
}

static void keeps_a_star_in_binary_data(void)
{
    expect_data("$X0,1:*#49", "X0,1:*");
    expect_data("$X0,2:* #6a", "X0,2:* ");
}

static void tells_acks_and_interrupts_between_packets_only(void)
{
    expect_event("+", PACKET_ACK);
    expect_event("-", PACKET_NAK);
    expect_event("\003", PACKET_INTERRUPT);
    expect_data("$X0,1:\003#22", "X0,1:\003");
    expect_data("$a+b-c#7e", "a+b-c");
}

static void bounds_a_packet(void)
{
    char data[256];
    CHECK_EQ(read_packet("$1234#ca", 8, 4, data), PACKET_COMPLETE);
    CHECK_EQ(read_packet("$12345#ff", 9, 4, data), PACKET_TOO_LONG);
    CHECK_EQ(read_packet("$12345#fe", 9, 4, data), PACKET_GARBLED);
    CHECK_EQ(read_packet("$0*~#d8", 7, 4, data), PACKET_TOO_LONG); /* 98 zeros */
    CHECK_EQ(read_packet("$0*~#d8$OK#9a", 13, 4, data), PACKET_COMPLETE);
}

static void expect_frame(const char *data, size_t len, const char *expected)
{
    struct buffer out = {0};
    packet_frame(&out, data, len);
    CHECK(len * 2 + 4 >= out.len);
    buffer_append(&out, "", 1);
    CHECK_STR((const char *)buffer_bytes(&out), expected);
    buffer_free(&out);
}

static void frames_a_packet(void)
{
    expect_frame("", 0, "$#00");
    expect_frame("OK", 2, "$OK#9a");
    expect_frame("000", 3, "$000#90");
    expect_frame("0000", 4, "$0* #7a");
    expect_frame("#$}*", 4, "$}\003}\004}]}\n#62");
    expect_frame("}}}}}", 5, "$}]}]}]}]}]#42"); /* what is escaped is not repeated */
}

static void frames_no_count_that_misleads(void)
{
    for (size_t len = 1; len < 400; len++) {
        char data[400], back[402];
        struct buffer out = {0};
        memset(data, 'x', len);
        packet_frame(&out, data, len);
        const char *wire = (const char *)buffer_bytes(&out);
        for (size_t i = 1; i + 3 < out.len; i++)
            CHECK(!strchr("#$+-", wire[i]));
        struct packet_reader r;
        packet_reader_init(&r, 400);
        enum packet_event event = PACKET_NOTHING;
        CHECK_EQ(packet_feed(&r, buffer_bytes(&out), out.len, &event), out.len);
        CHECK_EQ(event, PACKET_COMPLETE);
        CHECK_EQ(r.len, len);
        memcpy(back, r.data, r.len);
        CHECK_MEM(back, data, len);
        packet_reader_free(&r);
        buffer_free(&out);
    }
}

/* The same encoding, byte by byte as the manual says it. Returns its length. */
static size_t encode_plainly(char *out, const char *in, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        size_t run = 0;
        if (strchr("#$}*", in[i]) && in[i]) {
            out[n++] = '}';
            out[n++] = in[i] ^ 0x20;
            continue;
        }
        out[n++] = in[i];
        while (run < 97 && i + run + 1 < len && in[i + run + 1] == in[i])
            run++;
        while (run >= 3 && strchr("#$+-", (int)run + 29))
            run--;
        if (run >= 3) {
            out[n++] = '*';
            out[n++] = (char)(run + 29);
            i += run;
        }
    }
    return n;
}

/* Framed LANES bytes at a time or one by one: escapes and runs at each place of them. Memory ends
 * behind the data, so that a sanitizer sees whether more is looked at. */
static void expect_plain_encoding(const char *data, size_t len)
{
    char expected[1024], *exactly = calloc(1, len);
    struct buffer out = {0};
    if (len)
        memcpy(exactly, data, len);
    packet_frame(&out, exactly, len);
    free(exactly);
    const size_t n = encode_plainly(expected, data, len);
    CHECK_EQ(out.len, n + 4);
    CHECK_MEM((const char *)buffer_bytes(&out) + 1, expected, n);
    buffer_free(&out);
}

static void frames_in_pieces_as_byte_by_byte(void)
{
    char data[400];
    for (size_t at = 0; at < 70; at++)
        for (size_t run = 1; run < 40; run += run < 20 ? 1 : 7)
            for (const char *byte = "xx#$*}"; *byte; byte++) {
                for (size_t i = 0; i < 110; i++)
                    data[i] = (char)(128 + i);
                memset(data + at, *byte, run);
                expect_plain_encoding(data, at + run);
                expect_plain_encoding(data, 110);
            }
}

static void frames_junk_as_byte_by_byte(void)
{
    char data[400];
    srandom(1);
    for (int round = 0; round < 5000; round++) {
        const size_t len = (size_t)random() % sizeof data;
        for (size_t i = 0; i < len; i++)
            data[i] = "#$*}aaaab\0"[random() % (round % 2 ? 10 : 256) % 10];
        for (size_t i = 0; i < len && round % 3; i++)
            data[i] ^= (char)(random() % 8 ? 0 : random());
        expect_plain_encoding(data, len);
    }
}

int main(void)
{
    TEST(reads_a_packet);
    TEST(checks_the_sum);
    TEST(starts_afresh_at_a_dollar);
    TEST(decodes_escapes);
    TEST(expands_runs);
    TEST(keeps_a_star_in_binary_data);
    TEST(tells_acks_and_interrupts_between_packets_only);
    TEST(bounds_a_packet);
    TEST(frames_a_packet);
    TEST(frames_no_count_that_misleads);
    TEST(frames_in_pieces_as_byte_by_byte);
    TEST(frames_junk_as_byte_by_byte);
    return check_done();
}
