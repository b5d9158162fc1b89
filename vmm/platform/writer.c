#include "platform/writer.h"

#include <assert.h>
#include <string.h>

static void put(struct writer *w, uint64_t value, unsigned len)
{
    assert(len <= w->room - w->size);
    for (unsigned i = 0; i < len; i++)
        w->bytes[w->size++] = (uint8_t)(value >> (8 * i));
}

void put8(struct writer *w, uint8_t value)
{
    put(w, value, 1);
}

void put16(struct writer *w, uint16_t value)
{
    put(w, value, 2);
}

void put32(struct writer *w, uint32_t value)
{
    put(w, value, 4);
}

void put64(struct writer *w, uint64_t value)
{
    put(w, value, 8);
}

void put_text(struct writer *w, const char *text, size_t len)
{
    const size_t used = strlen(text);
    assert(used <= len);
    for (size_t i = 0; i < len; i++)
        put8(w, i < used ? (uint8_t)text[i] : ' ');
}

void put_zeros(struct writer *w, size_t len)
{
    while (len--)
        put8(w, 0);
}

void put_align(struct writer *w, size_t alignment)
{
    while (w->size % alignment)
        put8(w, 0);
}

static void patch(const struct writer *w, size_t at, uint64_t value, unsigned len)
{
    struct writer there = {w->bytes, at, w->size};
    put(&there, value, len);
}

void patch8(struct writer *w, size_t at, uint8_t value)
{
    patch(w, at, value, 1);
}

void patch16(struct writer *w, size_t at, uint16_t value)
{
    patch(w, at, value, 2);
}

void patch32(struct writer *w, size_t at, uint32_t value)
{
    patch(w, at, value, 4);
}

uint8_t checksum(const uint8_t *bytes, size_t len)
{
    uint8_t sum = 0;
    while (len--)
        sum = (uint8_t)(sum + *bytes++);
    return (uint8_t)-sum;
}
