/* Packets to bytes. Most of a memory read needs neither an escape nor a run: it is looked at,
 * copied and added up LANES bytes at a time. */
#include <string.h>

#include "hex.h"
#include "lanes.h"
#include "packet.h"

/* How many of REPEATS further equal bytes one count byte may stand for. Counts whose byte would be
 * '#' or '$' end or start a packet, and '+' and '-' are taken for acks by some clients. */
static size_t run_length(size_t repeats)
{
    size_t n = repeats < PACKET_RUN_MAX ? repeats : PACKET_RUN_MAX;
    while (n >= PACKET_RUN_MIN && strchr("#$+-", (int)n + PACKET_RUN_BIAS))
        n--;
    return n >= PACKET_RUN_MIN ? n : 0;
}

static bool is_escaped(uint8_t byte)
{
    return byte == '#' || byte == '$' || byte == '}' || byte == '*';
}

/* How many of the MOST bytes from IN on are BYTE. */
static size_t equal_bytes(const uint8_t *in, size_t most, uint8_t byte)
{
    size_t n = 0, same = LANES;
    for (; same == LANES && most - n >= LANES; n += same)
        same = lanes_first(~lanes_equal_to(lanes_load(in + n), byte));
    while (same == LANES && n < most && in[n] == byte)
        n++;
    return n;
}

static uint8_t *escape(uint8_t *out, uint8_t byte)
{
    out[0] = '}';
    out[1] = byte ^ PACKET_ESCAPE_XOR;
    return out + 2;
}

/* Encodes the byte at IN, of which LEN are left, and the run that it begins, if any; moves *OUT on
 * and returns how many bytes of IN that were. */
static size_t encode_one(uint8_t **out, const uint8_t *in, size_t len)
{
    const uint8_t byte = *in;
    if (is_escaped(byte)) {
        *out = escape(*out, byte);
        return 1;
    }
    *(*out)++ = byte;
    const size_t most = len - 1 < PACKET_RUN_MAX ? len - 1 : PACKET_RUN_MAX;
    const size_t n = run_length(equal_bytes(in + 1, most, byte));
    if (n) {
        *(*out)++ = '*';
        *(*out)++ = (uint8_t)(n + PACKET_RUN_BIAS);
    }
    return 1 + n;
}

enum { LOOK_AHEAD = LANES + PACKET_RUN_MIN };

/* How many of the first LANES bytes at IN, where LOOK_AHEAD are, need neither escape nor run. */
static size_t plain_bytes(const uint8_t *in, lanes v)
{
    const lanes escaped = lanes_equal_to(v, '#') | lanes_equal_to(v, '$') | lanes_equal_to(v, '}') |
                          lanes_equal_to(v, '*');
    const lanes run = lanes_equal(v, lanes_load(in + 1)) & lanes_equal(v, lanes_load(in + 2)) &
                      lanes_equal(v, lanes_load(in + 3));
    return lanes_first(escaped | run);
}

/* Encodes the data at IN as what goes over the wire; returns the end of it. OUT has room for twice
 * as much. */
static uint8_t *encode(uint8_t *out, const uint8_t *in, size_t len)
{
    const uint8_t *const end = in + len;
    while (end - in >= LOOK_AHEAD) {
        const lanes v = lanes_load(in);
        const size_t plain = plain_bytes(in, v);
        lanes_store(out, v); /* the rest is overwritten, or comes with the next */
        out += plain;
        in += plain;
        if (plain == LANES)
            continue;
        if (is_escaped(*in))
            out = escape(out, *in++);
        else
            in += encode_one(&out, in, (size_t)(end - in));
    }
    while (in < end)
        in += encode_one(&out, in, (size_t)(end - in));
    return out;
}

static uint8_t sum_of(const uint8_t *bytes, size_t len)
{
    lanes sums = {0};
    uint8_t sum = 0;
    for (; len >= LANES; bytes += LANES, len -= LANES)
        sums += lanes_load(bytes);
    for (; len; bytes++, len--)
        sum = (uint8_t)(sum + *bytes);
    return (uint8_t)(sum + lanes_sum(sums));
}

static void frame_as(struct buffer *out, char first, const void *data, size_t len)
{
    size_t most = 2 * len + 4;
    uint8_t *frame = buffer_extend(out, most);
    if (!frame)
        return;
    frame[0] = (uint8_t)first;
    uint8_t *end = encode(frame + 1, data, len);
    uint8_t sum = sum_of(frame + 1, (size_t)(end - frame - 1));
    *end++ = '#';
    char digits[2];
    hex_encode(digits, &sum, 1);
    memcpy(end, digits, 2);
    buffer_shorten(out, most - (size_t)(end + 2 - frame));
}

void packet_frame(struct buffer *out, const void *data, size_t len)
{
    frame_as(out, '$', data, len);
}

void packet_frame_notification(struct buffer *out, const void *data, size_t len)
{
    frame_as(out, '%', data, len);
}
