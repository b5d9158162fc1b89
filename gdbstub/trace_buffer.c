#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace_buffer.h"

enum { HEAD = sizeof(struct trace_frame_head) };

int trace_buffer_make(struct trace_buffer *b, size_t size)
{
    uint8_t *data = calloc(1, size); /* so large that the kernel's pages of zeros are taken */
    if (!data)
        return -ENOMEM;
    free(b->data);
    *b = (struct trace_buffer){.data = data, .size = size, .circular = b->circular};
    return 0;
}

void trace_buffer_clear(struct trace_buffer *b)
{
    *b = (struct trace_buffer){.data = b->data, .size = b->size, .circular = b->circular};
}

void trace_buffer_free(struct trace_buffer *b)
{
    free(b->data);
    *b = (struct trace_buffer){0};
}

/* ---- Bytes of the stream */

/* How many of the LEN bytes from position AT on lie before the end of DATA. */
static size_t before_wrap(const struct trace_buffer *b, uint64_t at, size_t len)
{
    size_t left = b->size - at % b->size;
    return len < left ? len : left;
}

static void put(struct trace_buffer *b, uint64_t at, const void *bytes, size_t len)
{
    size_t n = before_wrap(b, at, len);
    memcpy(b->data + at % b->size, bytes, n);
    memcpy(b->data, (const uint8_t *)bytes + n, len - n);
}

static void get(const struct trace_buffer *b, uint64_t at, void *bytes, size_t len)
{
    size_t n = before_wrap(b, at, len);
    memcpy(bytes, b->data + at % b->size, n);
    memcpy((uint8_t *)bytes + n, b->data, len - n);
}

static uint64_t end_of(const struct trace_buffer *b, uint64_t at)
{
    struct trace_frame_head head;
    get(b, at, &head, HEAD);
    return at + HEAD + head.size;
}

/* ---- Adding */

bool trace_buffer_add(struct trace_buffer *b, const struct trace_frame_head *head,
                      const void *blocks)
{
    size_t len = HEAD + (size_t)head->size;
    if (len > b->size || (!b->circular && len > trace_buffer_room(b)))
        return false;
    while (len > trace_buffer_room(b)) {
        b->begin = end_of(b, b->begin);
        b->dropped++;
    }
    put(b, b->end, head, HEAD);
    if (head->size)
        put(b, b->end + HEAD, blocks, head->size);
    b->end += len;
    b->created++;
    return true;
}

uint64_t trace_buffer_frames(const struct trace_buffer *b)
{
    return b->created - b->dropped;
}

uint64_t trace_buffer_room(const struct trace_buffer *b)
{
    return b->size - (b->end - b->begin);
}

/* ---- Finding */

bool trace_buffer_first(const struct trace_buffer *b, struct trace_place *place)
{
    *place = (struct trace_place){b->begin, b->dropped};
    return b->begin < b->end;
}

bool trace_buffer_has(const struct trace_buffer *b, const struct trace_place *place)
{
    return place->serial >= b->dropped && place->serial < b->created;
}

uint64_t trace_buffer_number(const struct trace_buffer *b, const struct trace_place *place)
{
    return place->serial - b->dropped;
}

bool trace_buffer_next(const struct trace_buffer *b, struct trace_place *place)
{
    if (!trace_buffer_has(b, place))
        return trace_buffer_first(b, place);
    if (place->serial + 1 == b->created)
        return false;
    *place = (struct trace_place){end_of(b, place->at), place->serial + 1};
    return true;
}

bool trace_buffer_seek(const struct trace_buffer *b, uint64_t number, struct trace_place *place)
{
    if (number >= trace_buffer_frames(b))
        return false;
    if (!trace_buffer_has(b, place) || trace_buffer_number(b, place) > number)
        trace_buffer_first(b, place);
    while (trace_buffer_number(b, place) < number)
        trace_buffer_next(b, place);
    return true;
}

void trace_buffer_head(const struct trace_buffer *b, const struct trace_place *place,
                       struct trace_frame_head *head)
{
    assert(trace_buffer_has(b, place));
    get(b, place->at, head, HEAD);
}

void trace_buffer_blocks(const struct trace_buffer *b, const struct trace_place *place,
                         void *blocks)
{
    struct trace_frame_head head;
    trace_buffer_head(b, place, &head);
    get(b, place->at + HEAD, blocks, head.size);
}
