#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"

enum { KEEP = 64 * 1024 }; /* an empty buffer above this is given back to the system */

static bool make_room(struct buffer *b, size_t len)
{
    size_t need;
    if (b->start && b->start + b->len + len > b->cap) {
        memmove(b->data, b->data + b->start, b->len);
        b->start = 0;
    }
    if (__builtin_add_overflow(b->start + b->len, len, &need) || need > SIZE_MAX / 2)
        return false;
    if (need <= b->cap)
        return true;
    size_t cap = need < 1024 ? 1024 : need + need / 2;
    uint8_t *data = realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    return true;
}

uint8_t *buffer_extend(struct buffer *b, size_t len)
{
    if (b->failed || !make_room(b, len)) {
        b->failed = true;
        return NULL;
    }
    b->len += len;
    return b->data + b->start + b->len - len;
}

void buffer_append(struct buffer *b, const void *bytes, size_t len)
{
    uint8_t *to = len ? buffer_extend(b, len) : NULL;
    if (to)
        memcpy(to, bytes, len);
}

void buffer_shorten(struct buffer *b, size_t len)
{
    assert(len <= b->len);
    b->len -= len;
}

void buffer_consume(struct buffer *b, size_t len)
{
    assert(len <= b->len);
    b->start += len;
    b->len -= len;
    if (b->len)
        return;
    b->start = 0;
    if (b->cap > KEEP) {
        free(b->data);
        b->data = NULL;
        b->cap = 0;
    }
}

const uint8_t *buffer_bytes(const struct buffer *b)
{
    return b->data ? b->data + b->start : NULL;
}

void buffer_free(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}
