#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "packet.h"

enum {
    ESCAPE_XOR = 0x20,
    RUN_BIAS = 29,           /* a run's count byte is 29 more than the further repeats ... */
    RUN_MIN = 3,             /* ... of which fewer than 3 would not be printable */
    RUN_MAX = '~' - RUN_BIAS /* '~' is the last printable character */
};

int packet_reader_init(struct packet_reader *r, size_t max)
{
    *r = (struct packet_reader){.data = malloc(max + 1), .max = max};
    return r->data ? 0 : -ENOMEM;
}

void packet_reader_free(struct packet_reader *r)
{
    free(r->data);
    *r = (struct packet_reader){0};
}

static void start(struct packet_reader *r)
{
    r->state = PACKET_BODY;
    r->len = 0;
    r->sum = 0;
    r->garbled = r->too_long = false;
}

static void append(struct packet_reader *r, uint8_t byte, size_t times)
{
    if (times > r->max - r->len) {
        r->too_long = true;
        times = r->max - r->len;
    }
    memset(r->data + r->len, byte, times);
    r->len += times;
}

static enum packet_event feed_idle(struct packet_reader *r, uint8_t byte)
{
    switch (byte) {
    case '$':
        start(r);
        return PACKET_NOTHING;
    case '+':
        return PACKET_ACK;
    case '-':
        return PACKET_NAK;
    case 0x03:
        return PACKET_INTERRUPT;
    default:
        return PACKET_NOTHING; /* noise on the line */
    }
}

static void feed_run(struct packet_reader *r, uint8_t byte)
{
    r->state = PACKET_BODY;
    if (byte < RUN_MIN + RUN_BIAS || byte > RUN_MAX + RUN_BIAS)
        r->garbled = true;
    else
        append(r, (uint8_t)r->data[r->len - 1], byte - RUN_BIAS);
}

static void feed_body(struct packet_reader *r, uint8_t byte)
{
    if (r->state == PACKET_ESCAPE) {
        r->state = PACKET_BODY;
        append(r, byte ^ ESCAPE_XOR, 1);
    } else if (r->state == PACKET_RUN) {
        feed_run(r, byte);
    } else if (byte == '}') {
        r->state = PACKET_ESCAPE;
    } else if (byte == '*' && r->len && r->data[0] != 'X') {
        r->state = PACKET_RUN;
    } else {
        append(r, byte, 1);
    }
}

static enum packet_event finish(struct packet_reader *r)
{
    r->state = PACKET_IDLE;
    if (r->garbled || r->claimed != r->sum)
        return PACKET_GARBLED;
    if (r->too_long)
        return PACKET_TOO_LONG;
    r->data[r->len] = 0;
    return PACKET_COMPLETE;
}

static enum packet_event feed_sum(struct packet_reader *r, uint8_t byte)
{
    int digit = hex_digit(byte);
    if (digit < 0)
        r->garbled = true;
    else
        r->claimed = (uint8_t)(r->claimed << 4 | digit);
    if (r->state == PACKET_SUM2)
        return finish(r);
    r->state = PACKET_SUM2;
    return PACKET_NOTHING;
}

enum packet_event packet_feed(struct packet_reader *r, uint8_t byte)
{
    if (r->state == PACKET_IDLE)
        return feed_idle(r, byte);
    if (byte == '$') {
        start(r);
        return PACKET_NOTHING;
    }
    if (r->state == PACKET_SUM1 || r->state == PACKET_SUM2)
        return feed_sum(r, byte);
    if (byte == '#') {
        r->garbled |= r->state != PACKET_BODY; /* it ends amid an escape or a run */
        r->state = PACKET_SUM1;
        r->claimed = 0;
        return PACKET_NOTHING;
    }
    r->sum = (uint8_t)(r->sum + byte);
    feed_body(r, byte);
    return PACKET_NOTHING;
}

/* How many of REPEATS further equal bytes one count byte may stand for. Counts whose byte would be
 * '#' or '$' end or start a packet, and '+' and '-' are taken for acks by some clients. */
static size_t run_length(size_t repeats)
{
    size_t n = repeats < RUN_MAX ? repeats : RUN_MAX;
    while (n >= RUN_MIN && strchr("#$+-", (int)n + RUN_BIAS))
        n--;
    return n >= RUN_MIN ? n : 0;
}

/* Encodes the data at IN as what goes over the wire; returns the end of it. */
static uint8_t *encode(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = in[i];
        if (byte == '#' || byte == '$' || byte == '}' || byte == '*') {
            *out++ = '}';
            *out++ = byte ^ ESCAPE_XOR;
            continue;
        }
        *out++ = byte;
        size_t repeats = 0;
        while (repeats < RUN_MAX && i + repeats + 1 < len && in[i + repeats + 1] == byte)
            repeats++;
        size_t n = run_length(repeats);
        if (n) {
            *out++ = '*';
            *out++ = (uint8_t)(n + RUN_BIAS);
            i += n;
        }
    }
    return out;
}

static void frame_as(struct buffer *out, char first, const void *data, size_t len)
{
    size_t most = 2 * len + 4;
    uint8_t *frame = buffer_extend(out, most);
    if (!frame)
        return;
    frame[0] = (uint8_t)first;
    uint8_t *end = encode(frame + 1, data, len);
    uint8_t sum = 0;
    for (uint8_t *p = frame + 1; p < end; p++)
        sum = (uint8_t)(sum + *p);
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
