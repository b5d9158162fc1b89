/* qSearch:memory and qCRC: what is done with much memory is done here, not in the client. Both work
 * at once, so their lengths are bounded: at some GB a second the client's patience of 2 s is kept.
 * Protocol: GDB manual, "General Query Packets". */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

enum { CHUNK = 1 << 19 };
#define SEARCH_MAX (1ull << 32)
#define CRC_MAX    (1ull << 28)

static bool reaches_past_end(uint64_t addr, uint64_t len)
{
    return len && len - 1 > UINT64_MAX - addr;
}

/* A search in progress: BUF holds HELD bytes of memory from ADDR on, LEFT more are to come. */
struct search {
    const char *pattern;
    size_t pattern_len;
    uint64_t addr, left;
    char *buf;
    size_t size, held;
};

/* Reads as much as there is room for. 0, or an errno if not all of it is there. */
static int refill(struct gdb_session *s, struct search *w)
{
    size_t room = w->size - w->held;
    size_t n = w->left < room ? w->left : room;
    int64_t got =
        s->ops->read_memory(s->target, session_thread(s), w->addr + w->held, w->buf + w->held, n);
    if (got > 0) {
        w->held += (size_t)got;
        w->left -= (uint64_t)got;
    }
    return got == (int64_t)n ? 0 : EFAULT;
}

/* Forgets what was searched, but for the bytes with which a match can still begin. */
static void advance(struct search *w)
{
    size_t keep = w->pattern_len - 1;
    size_t done = w->held > keep ? w->held - keep : 0;
    memmove(w->buf, w->buf + done, w->held - done);
    w->addr += done;
    w->held -= done;
}

/* 1 and where in *AT, 0, or -errno: a hole came before a match. */
static int search(struct gdb_session *s, struct search *w, uint64_t *at)
{
    int err = 0;
    while (!err && w->left) {
        err = refill(s, w);
        const char *found = memmem(w->buf, w->held, w->pattern, w->pattern_len);
        if (found) {
            *at = w->addr + (uint64_t)(found - w->buf);
            return 1;
        }
        advance(w);
    }
    return -err;
}

void cmd_search(struct gdb_session *s, const struct command_args *args)
{
    uint64_t at = 0;
    struct search w = {args->data,        args->len, args->number[0], args->number[1], NULL,
                       CHUNK + args->len, 0};
    if (!s->ops->read_memory)
        return;
    if (!w.pattern_len || reaches_past_end(w.addr, w.left) || w.left > SEARCH_MAX) {
        reply_errno(&s->reply, w.left > SEARCH_MAX ? EFBIG : EINVAL);
        return;
    }
    w.buf = malloc(w.size);
    int found = w.buf ? search(s, &w, &at) : -ENOMEM;
    free(w.buf);
    if (found < 0)
        reply_errno(&s->reply, found);
    else if (found)
        reply_printf(&s->reply, "1,%" PRIx64, at);
    else
        reply_printf(&s->reply, "0");
}

/* ---- CRC-32 of polynomial 0x04c11db7, the highest bit first, from ~0 on, not inverted at the end
 * (GDB manual, "Separate Debug Files" has the other one; this is "compare-sections"). */

static void crc_table(uint32_t table[256])
{
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i << 24;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] << 1 ^ (table[i] & 1u << 31 ? 0x04c11db7 : 0);
    }
}

static uint32_t crc_add(const uint32_t table[256], uint32_t crc, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        crc = crc << 8 ^ table[(crc >> 24 ^ bytes[i]) & 0xff];
    return crc;
}

/* 0, or an errno if a byte is not there. */
static int crc_of(struct gdb_session *s, uint64_t addr, uint64_t len, uint32_t *crc)
{
    uint32_t table[256];
    uint8_t *buf = malloc(CHUNK);
    int err = buf ? 0 : ENOMEM;
    crc_table(table);
    *crc = UINT32_MAX;
    while (!err && len) {
        size_t n = len < CHUNK ? len : CHUNK;
        if (s->ops->read_memory(s->target, session_thread(s), addr, buf, n) == (int64_t)n)
            *crc = crc_add(table, *crc, buf, n);
        else
            err = EFAULT;
        addr += n;
        len -= n;
    }
    free(buf);
    return err;
}

void cmd_crc(struct gdb_session *s, const struct command_args *args)
{
    uint64_t addr = args->number[0], len = args->number[1];
    uint32_t crc;
    int err = len > CRC_MAX ? EFBIG : 0;
    if (!s->ops->read_memory)
        return;
    if (!err)
        err = reaches_past_end(addr, len) ? EINVAL : crc_of(s, addr, len, &crc);
    if (err)
        reply_errno(&s->reply, err);
    else
        reply_printf(&s->reply, "C%" PRIx32, crc);
}
