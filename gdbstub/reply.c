#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "reply.h"

int reply_init(struct reply *r, size_t max)
{
    *r = (struct reply){.data = malloc(max), .max = max};
    return r->data ? 0 : -ENOMEM;
}

void reply_free(struct reply *r)
{
    free(r->data);
    *r = (struct reply){0};
}

void reply_clear(struct reply *r)
{
    r->len = 0;
    r->none = false;
}

char *reply_extend(struct reply *r, size_t len)
{
    assert(len <= r->max - r->len);
    r->len += len;
    return r->data + r->len - len;
}

void reply_bytes(struct reply *r, const void *bytes, size_t len)
{
    size_t room = r->max - r->len;
    if (len)
        memcpy(reply_extend(r, len < room ? len : room), bytes, len < room ? len : room);
}

void reply_hex(struct reply *r, const void *bytes, size_t len)
{
    size_t room = (r->max - r->len) / 2;
    size_t n = len < room ? len : room;
    hex_encode(reply_extend(r, 2 * n), bytes, n);
}

void reply_text(struct reply *r, const char *text)
{
    while (*text && r->len < r->max)
        r->data[r->len++] = *text++;
}

void reply_number(struct reply *r, unsigned number)
{
    const uint8_t low = (uint8_t)number;
    if (number > 0xff)
        reply_number(r, number >> 8);
    reply_hex(r, &low, 1);
}

void reply_printf(struct reply *r, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > 0)
        reply_bytes(r, text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1);
}

void reply_errno(struct reply *r, int err)
{
    int number = abs(err);
    reply_clear(r);
    reply_printf(r, "E%02x", number >= 1 && number <= 255 ? (unsigned)number : EIO + 0u);
}

void reply_error(struct reply *r, int err, const struct gdb_text *why)
{
    if (!why->len) {
        reply_errno(r, err);
        return;
    }
    reply_clear(r);
    reply_bytes(r, "E.", 2);
    for (size_t i = 0; i < why->len; i++)
        reply_bytes(r, why->buf[i] == '\n' ? " " : &why->buf[i], 1);
}
