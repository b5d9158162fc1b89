#include "platform/aml.h"

#include <assert.h>
#include <string.h>

/* 20.3 */
enum {
    ZERO_OP = 0x00,
    ONE_OP = 0x01,
    NAME_OP = 0x08,
    BYTE_PREFIX = 0x0a,
    WORD_PREFIX = 0x0b,
    DWORD_PREFIX = 0x0c,
    QWORD_PREFIX = 0x0e,
    SCOPE_OP = 0x10,
    BUFFER_OP = 0x11,
    PACKAGE_OP = 0x12,
    EXTENDED_PREFIX = 0x5b,
    DEVICE_OP = 0x82, /* behind the prefix */
};

/* 20.2.2: a segment is filled up with underscores. */
static void put_name(struct writer *w, const char *name)
{
    const size_t len = strlen(name);
    assert(len >= 1 && len <= 4);
    for (size_t i = 0; i < 4; i++)
        put8(w, i < len ? (uint8_t)name[i] : '_');
}

void aml_name(struct writer *w, const char *name)
{
    put8(w, NAME_OP);
    put_name(w, name);
}

void aml_integer(struct writer *w, uint64_t value)
{
    if (value <= 1) {
        put8(w, value ? ONE_OP : ZERO_OP);
    } else if (value <= UINT8_MAX) {
        put8(w, BYTE_PREFIX);
        put8(w, (uint8_t)value);
    } else if (value <= UINT16_MAX) {
        put8(w, WORD_PREFIX);
        put16(w, (uint16_t)value);
    } else if (value <= UINT32_MAX) {
        put8(w, DWORD_PREFIX);
        put32(w, (uint32_t)value);
    } else {
        put8(w, QWORD_PREFIX);
        put64(w, value);
    }
}

static unsigned hex_digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

/* Five bits a letter, four a digit, the first ones in the first byte. */
void aml_eisa_id(struct writer *w, const char *id)
{
    assert(strlen(id) == 7);
    uint32_t value = 0;
    for (unsigned i = 0; i < 3; i++)
        value = value << 5 | (uint32_t)(id[i] - '@');
    for (unsigned i = 3; i < 7; i++)
        value = value << 4 | hex_digit(id[i]);
    aml_integer(w, __builtin_bswap32(value));
}

/* ---- What has a length */

/* LEN bytes more before what is at AT. */
static void make_room(struct writer *w, size_t at, size_t len)
{
    const size_t behind = w->size - at;
    put_zeros(w, len);
    memmove(w->bytes + at + len, w->bytes + at, behind);
}

size_t aml_scope(struct writer *w, const char *name)
{
    put8(w, SCOPE_OP);
    const size_t begin = w->size;
    put_name(w, name);
    return begin;
}

size_t aml_device(struct writer *w, const char *name)
{
    put8(w, EXTENDED_PREFIX);
    put8(w, DEVICE_OP);
    const size_t begin = w->size;
    put_name(w, name);
    return begin;
}

size_t aml_package(struct writer *w, uint8_t elements)
{
    put8(w, PACKAGE_OP);
    const size_t begin = w->size;
    put8(w, elements);
    return begin;
}

/* 20.2.4: PkgLength counts itself. One byte has 6 bits of it; of more, the first one's two highest
 * bits say how many follow, and it has the lowest 4 bits. */
void aml_end(struct writer *w, size_t begin)
{
    size_t length = w->size - begin;
    const unsigned more = length + 1 < 1u << 6 ? 0 : length + 2 < 1u << 12 ? 1 : 2;
    length += 1 + more;
    assert(length < 1u << 20);

    make_room(w, begin, 1 + more);
    patch8(w, begin, (uint8_t)(more ? more << 6 | (length & 0xf) : length));
    for (unsigned i = 0; i < more; i++)
        patch8(w, begin + 1 + i, (uint8_t)(length >> (4 + 8 * i)));
}

/* ---- Resources */

size_t aml_resources(struct writer *w)
{
    put8(w, BUFFER_OP);
    return w->size;
}

void aml_resources_end(struct writer *w, size_t begin)
{
    put8(w, 0x79); /* end tag, 6.4.2.9 */
    put8(w, 0);    /* no checksum */
    uint8_t size[9];
    struct writer integer = {size, 0, sizeof size};
    aml_integer(&integer, w->size - begin);
    make_room(w, begin, integer.size);
    memcpy(w->bytes + begin, size, integer.size);
    aml_end(w, begin);
}

/* 6.4.2.5 */
void aml_ports(struct writer *w, uint16_t port, uint8_t size)
{
    enum { DECODE_16 = 1 };
    put8(w, 0x47);
    put8(w, DECODE_16);
    put16(w, port); /* from here */
    put16(w, port); /* to here it may be moved */
    put8(w, 1);
    put8(w, size);
}

/* 6.4.2.1 */
void aml_irq(struct writer *w, uint8_t irq)
{
    put8(w, 0x22);
    put16(w, (uint16_t)(1u << irq));
}

/* 6.4.3.5: an address space descriptor, before its addresses. */
enum { SPACE_MEMORY = 0, SPACE_PORTS = 1, SPACE_BUSES = 2 };
enum { PRODUCED_AND_FIXED = 0x0c };

static void put_window(struct writer *w, uint8_t tag, uint16_t length, uint8_t space,
                       uint8_t type_flags)
{
    put8(w, tag);
    put16(w, length);
    put8(w, space);
    put8(w, PRODUCED_AND_FIXED);
    put8(w, type_flags);
}

static void put_window_16(struct writer *w, uint8_t space, uint8_t type_flags, uint16_t first,
                          uint16_t last)
{
    put_window(w, 0x88, 13, space, type_flags);
    put16(w, 0); /* granularity */
    put16(w, first);
    put16(w, last);
    put16(w, 0); /* translation */
    put16(w, (uint16_t)(last - first + 1));
}

void aml_bus_window(struct writer *w, uint16_t first, uint16_t last)
{
    put_window_16(w, SPACE_BUSES, 0, first, last);
}

void aml_port_window(struct writer *w, uint16_t first, uint16_t last)
{
    enum { ENTIRE_RANGE = 3 }; /* ISA's and others */
    put_window_16(w, SPACE_PORTS, ENTIRE_RANGE, first, last);
}

void aml_memory_window(struct writer *w, uint32_t first, uint32_t last)
{
    enum { READ_WRITE = 1 }; /* not cacheable */
    put_window(w, 0x87, 23, SPACE_MEMORY, READ_WRITE);
    put32(w, 0);
    put32(w, first);
    put32(w, last);
    put32(w, 0);
    put32(w, last - first + 1);
}
