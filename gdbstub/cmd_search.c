/* qSearch:memory and qCRC: what is done with much memory is done here, not in the client. Both work
 * at once, so what they do is bounded: at some GB a second the client's patience of 2 s is kept.
 * What is too much gets the empty reply: gdb then does it by itself, where an error would be shown
 * as "Pattern not found". Protocol: GDB manual, "General Query Packets". */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

enum { CHUNK = 1 << 19 };
#define SEARCH_MAX (1ull << 32)
#define STEPS_MAX  (1ull << 28)
#define CRC_MAX    (1ull << 28)

static bool reaches_past_end(uint64_t addr, uint64_t len)
{
    return len && len - 1 > UINT64_MAX - addr;
}

/* A search in progress (Knuth, Morris and Pratt's): a step for each byte at most, whatever memory
 * and pattern are, where memmem(3) may take many; and far fewer while not even the first byte is
 * seen, as in memory full of zeros. */
struct search {
    const uint8_t *pattern;
    size_t len;
    /* [n]: the longest beginning of the pattern, not all of it, that its n bytes end with */
    uint32_t *shorter;
    size_t matched; /* so many bytes of the pattern are the last that were seen */
    uint64_t steps;
};

static size_t extend_match(const struct search *w, size_t matched, uint8_t byte)
{
    while (matched && w->pattern[matched] != byte)
        matched = w->shorter[matched];
    return matched + (w->pattern[matched] == byte);
}

/* 0 or -ENOMEM. */
static int prepare(struct search *w)
{
    w->shorter = calloc(w->len + 1, sizeof(*w->shorter));
    if (!w->shorter)
        return -ENOMEM;
    for (size_t n = 1; n < w->len; n++)
        w->shorter[n + 1] = (uint32_t)extend_match(w, w->shorter[n], w->pattern[n]);
    return 0;
}

/* Looks at the next N bytes: how many it takes to the end of the first match, or 0. */
static size_t scan(struct search *w, const uint8_t *bytes, size_t n)
{
    size_t matched = w->matched, i = 0;
    for (; i < n && matched < w->len; w->steps++) {
        const uint8_t *first = matched ? &bytes[i] : memchr(&bytes[i], w->pattern[0], n - i);
        if (!first)
            break;
        i = (size_t)(first - bytes) + 1;
        matched = extend_match(w, matched, *first);
    }
    w->matched = matched;
    return matched == w->len ? i : 0;
}

/* 1 and where in *AT, 0, or -errno: -EFAULT if a hole came before a match, -EFBIG if it takes too
 * long. BUF has CHUNK bytes. */
static int search(struct gdb_session *s, struct search *w, uint64_t addr, uint64_t left,
                  uint8_t *buf, uint64_t *at)
{
    while (left) {
        size_t n = left < CHUNK ? left : CHUNK;
        int64_t got = s->ops->read_memory(s->target, session_thread(s), addr, buf, n);
        size_t end = got > 0 ? scan(w, buf, (size_t)got) : 0;
        *at = addr + end - w->len;
        if (end)
            return 1;
        if (got != (int64_t)n)
            return -EFAULT;
        if (w->steps > STEPS_MAX)
            return -EFBIG;
        addr += n;
        left -= n;
    }
    return 0;
}

/* 1 and where in *AT, 0, or -errno. */
static int find(struct gdb_session *s, const struct command_args *args, uint64_t *at)
{
    uint64_t addr = args->number[0], len = args->number[1];
    struct search w = {.pattern = (const uint8_t *)args->data, .len = args->len};
    if (!w.len || reaches_past_end(addr, len))
        return -EINVAL;
    if (len > SEARCH_MAX)
        return -EFBIG;
    uint8_t *buf = malloc(CHUNK);
    int found = buf ? prepare(&w) : -ENOMEM;
    if (!found)
        found = search(s, &w, addr, len, buf, at);
    free(w.shorter);
    free(buf);
    return found;
}

void cmd_search(struct gdb_session *s, const struct command_args *args)
{
    uint64_t at;
    if (!s->ops->read_memory)
        return;
    int found = find(s, args, &at);
    if (found == 1)
        reply_printf(&s->reply, "1,%" PRIx64, at);
    else if (!found)
        reply_printf(&s->reply, "0");
    else if (found != -EFBIG)
        reply_errno(&s->reply, found);
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
    if (!s->ops->read_memory || len > CRC_MAX)
        return;
    int err = reaches_past_end(addr, len) ? EINVAL : crc_of(s, addr, len, &crc);
    if (err)
        reply_errno(&s->reply, err);
    else
        reply_printf(&s->reply, "C%" PRIx32, crc);
}
