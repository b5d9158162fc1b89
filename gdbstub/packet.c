#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "packet.h"
#include "packet_bytes.h"

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

/* Of N more bytes, as many as there is room for. */
static size_t that_fit(struct packet_reader *r, size_t n)
{
    const size_t room = r->max - r->len;
    r->too_long |= n > room;
    return n < room ? n : room;
}

static void append(struct packet_reader *r, uint8_t byte, size_t times)
{
    const size_t n = that_fit(r, times);
    memset(r->data + r->len, byte, n);
    r->len += n;
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
    if (byte < PACKET_RUN_MIN + PACKET_RUN_BIAS || byte > PACKET_RUN_MAX + PACKET_RUN_BIAS)
        r->garbled = true;
    else
        append(r, (uint8_t)r->data[r->len - 1], byte - PACKET_RUN_BIAS);
}

static void feed_body(struct packet_reader *r, uint8_t byte)
{
    if (r->state == PACKET_ESCAPE) {
        r->state = PACKET_BODY;
        append(r, byte ^ PACKET_ESCAPE_XOR, 1);
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

static enum packet_event feed_byte(struct packet_reader *r, uint8_t byte)
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

static size_t plain_length(const uint8_t *bytes, size_t len)
{
    size_t n = 0;
    for (; len - n >= LANES; n += LANES) {
        const lane_marks specials = lanes_marked(packet_specials(lanes_load(bytes + n)));
        if (specials)
            return n + marks_first(specials);
    }
    while (n < len && !packet_is_special(bytes[n]))
        n++;
    return n;
}

/* Those before the next special one, which is most of a packet, at once. */
static size_t feed_plain(struct packet_reader *r, const uint8_t *bytes, size_t len)
{
    const size_t n = plain_length(bytes, len), kept = that_fit(r, n);
    memcpy(r->data + r->len, bytes, kept);
    r->len += kept;
    r->sum = (uint8_t)(r->sum + packet_sum(bytes, n));
    return n;
}

size_t packet_feed(struct packet_reader *r, const uint8_t *bytes, size_t len,
                   enum packet_event *event)
{
    size_t n = 0;
    *event = PACKET_NOTHING;
    while (n < len && *event == PACKET_NOTHING) {
        if (r->state == PACKET_BODY)
            n += feed_plain(r, bytes + n, len - n);
        if (n < len)
            *event = feed_byte(r, bytes[n++]);
    }
    return n;
}
