/* Packets to bytes. Most of a memory read needs no run, and seldom an escape: it is looked at,
 * copied and added up LANES bytes at a time. In random bytes nobody can foretell which have to be
 * escaped, so that one among LANES takes the same way as none, with no branch. */
#include <string.h>

#include "hex.h"
#include "packet.h"
#include "packet_bytes.h"

static bool is_misleading(int count)
{
    return count == '#' || count == '$' || count == '+' || count == '-';
}

/* How many of REPEATS further equal bytes one count byte may stand for. Counts whose byte would be
 * '#' or '$' end or start a packet, and '+' and '-' are taken for acks by some clients. */
static size_t run_length(size_t repeats)
{
    size_t n = repeats < PACKET_RUN_MAX ? repeats : PACKET_RUN_MAX;
    while (n >= PACKET_RUN_MIN && is_misleading((int)n + PACKET_RUN_BIAS))
        n--;
    return n >= PACKET_RUN_MIN ? n : 0;
}

/* How many of the MOST bytes from IN on are BYTE; LANES can be read in any case. */
static size_t equal_bytes(const uint8_t *in, size_t most, uint8_t byte)
{
    size_t n = 0;
    for (; most - n >= LANES; n += LANES) {
        const lane_marks others = lanes_marked(~lanes_equal_to(lanes_load(in + n), byte));
        if (others)
            return n + marks_first(others);
    }
    const size_t at = most < LANES ? 0 : most - LANES; /* the last ones, some of them once more */
    n = at + marks_first(lanes_marked(~lanes_equal_to(lanes_load(in + at), byte)));
    return n < most ? n : most;
}

static uint8_t *escape(uint8_t *out, uint8_t byte)
{
    out[0] = '}';
    out[1] = byte ^ PACKET_ESCAPE_XOR;
    return out + 2;
}

/* The bytes that can be read from where one stands: LANES, three further to see runs, and as many
 * as are moved behind an escape. */
enum { LOOK_AHEAD = 2 * LANES + 1 };

/* Where one byte was special, how many times what follows is taken for likely to be so, too. */
enum { IN_EARNEST = 32 };

/* What has been encoded, up to where in both. */
struct ends {
    uint8_t *out;
    const uint8_t *in;
};

/* The byte at IN, of which LEFT are left, and the run that it begins, if any. */
static struct ends encode_one(uint8_t *out, const uint8_t *in, size_t left)
{
    const uint8_t byte = *in;
    if (packet_is_special(byte))
        return (struct ends){escape(out, byte), in + 1};
    *out++ = byte;
    const size_t most = left - 1 < PACKET_RUN_MAX ? left - 1 : PACKET_RUN_MAX;
    const size_t n = run_length(equal_bytes(in + 1, most, byte));
    if (n) {
        *out++ = '*';
        *out++ = (uint8_t)(n + PACKET_RUN_BIAS);
    }
    return (struct ends){out, in + 1 + n};
}

/* Which of V, which are the bytes at IN, begin a run. */
static lanes runs_in(lanes v, const uint8_t *in)
{
    return lanes_equal(v, lanes_load(in + 1)) & lanes_equal(v, lanes_load(in + 2)) &
           lanes_equal(v, lanes_load(in + 3));
}

/* As long as nothing has to be done. */
static struct ends encode_plain(struct ends at, const uint8_t *end)
{
    for (; end - at.in >= LOOK_AHEAD; at.in += LANES, at.out += LANES) {
        const lanes v = lanes_load(at.in);
        if (lanes_marked(packet_specials(v) | runs_in(v, at.in)))
            break;
        lanes_store(at.out, v);
    }
    return at;
}

/* Some of the bytes up to END; LOOK_AHEAD can be read. More is written behind, which what comes
 * next overwrites. In a loop: a call each time would take as long again. */
static inline __attribute__((always_inline)) struct ends encode_some(struct ends at,
                                                                     const uint8_t *end)
{
    const lanes v = lanes_load(at.in);
    const lane_marks escapes = lanes_marked(packet_specials(v)),
                     runs = lanes_marked(runs_in(v, at.in));
    const size_t left = (size_t)(end - at.in), n = left < LANES ? left : LANES;
    lanes_store(at.out, v);
    if (!runs && !marks_several(escapes)) {
        const size_t i = marks_first(escapes);
        escape(at.out + i, at.in[i]);
        lanes_store(at.out + i + 2, lanes_load(at.in + i + 1));
        return (struct ends){at.out + n + (i < n), at.in + n};
    }
    const size_t plain = marks_first(escapes | runs);
    return plain < n ? encode_one(at.out + plain, at.in + plain, left - plain)
                     : (struct ends){at.out + n, at.in + n};
}

/* Encodes the data at IN as what goes over the wire; returns the end of it. OUT has room for twice
 * as much and LOOK_AHEAD more. */
static uint8_t *encode(uint8_t *out, const uint8_t *in, size_t len)
{
    uint8_t last[2 * LOOK_AHEAD];
    struct ends at = {out, in};
    const uint8_t *end = in + len;
    while (end - at.in >= LOOK_AHEAD) {
        at = encode_plain(at, end);
        for (unsigned i = 0; i < IN_EARNEST && end - at.in >= LOOK_AHEAD; i++)
            at = encode_some(at, end);
    }
    if (at.in == end)
        return at.out;
    len = (size_t)(end - at.in);
    memset(last, 0, sizeof last);
    memcpy(last, at.in, len);
    for (at.in = last, end = last + len; at.in < end;)
        at = encode_some(at, end);
    return at.out;
}

static void frame_as(struct buffer *out, char first, const void *data, size_t len)
{
    size_t most = 2 * len + 4 + LOOK_AHEAD;
    uint8_t *frame = buffer_extend(out, most);
    if (!frame)
        return;
    frame[0] = (uint8_t)first;
    uint8_t *end = encode(frame + 1, data, len);
    uint8_t sum = packet_sum(frame + 1, (size_t)(end - frame - 1));
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
