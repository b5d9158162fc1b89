/* A word is written as
 *
 *     [space] control [distance] bytes
 *
 * control says how many bytes of the exclusive or follow (those between its zero bytes at both
 * ends), how many zero bytes are below them, and how far the word is from the one after the last:
 * 0 to DELTA_FAR - 1, or DELTA_FAR, then a distance from DELTA_FAR on follows, 7 bits a byte,
 * lowest first. A word of another space, or before the last, begins with the space; distances count
 * from 0 then. */
#include "record/delta.h"

#include <emmintrin.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHAPES = 36, /* of 1 to 8 bytes with 0 to 7 zero bytes below them */
    WORD_MAX = 2 + 1 + 10 + 8,
    FIRST_CAPACITY = 256,
    BLOCK = 64,
};

_Static_assert((int)WORD_MAX <= (int)DELTA_SLACK,
               "a word that begins before the end is within the slack");

/* First shape of those with SHIFT zero bytes below. */
#define SHAPE_AT(shift) ((shift) * (17 - (shift)) / 2)
_Static_assert(SHAPE_AT(8) == SHAPES, "");

/* clang-format off */
#define SHAPE(far, below, bytes) {far, 8 * (below), 64 - 8 * (bytes), bytes}
#define SHAPES_1(f, b) SHAPE(f, b, 1)
#define SHAPES_2(f, b) SHAPES_1(f, b), SHAPE(f, b, 2)
#define SHAPES_3(f, b) SHAPES_2(f, b), SHAPE(f, b, 3)
#define SHAPES_4(f, b) SHAPES_3(f, b), SHAPE(f, b, 4)
#define SHAPES_5(f, b) SHAPES_4(f, b), SHAPE(f, b, 5)
#define SHAPES_6(f, b) SHAPES_5(f, b), SHAPE(f, b, 6)
#define SHAPES_7(f, b) SHAPES_6(f, b), SHAPE(f, b, 7)
#define SHAPES_8(f, b) SHAPES_7(f, b), SHAPE(f, b, 8)
#define ALL_SHAPES(f) SHAPES_8(f, 0), SHAPES_7(f, 1), SHAPES_6(f, 2), SHAPES_5(f, 3), \
                      SHAPES_4(f, 4), SHAPES_3(f, 5), SHAPES_2(f, 6), SHAPES_1(f, 7)
const struct delta_shape delta_shapes[256] = {
    ALL_SHAPES(0), ALL_SHAPES(1), ALL_SHAPES(2), ALL_SHAPES(3), ALL_SHAPES(4), ALL_SHAPES(5),
    ALL_SHAPES(DELTA_FAR), 
};
/* clang-format on */

void delta_init(struct delta *delta, size_t limit)
{
    *delta = (struct delta){.limit = limit};
}

void delta_free(struct delta *delta)
{
    free(delta->bytes);
    *delta = (struct delta){.limit = delta->limit};
}

/* Room for one word more, or it has overflowed. */
__attribute__((cold)) static bool grow(struct delta *delta)
{
    size_t capacity = delta->capacity ? 2 * delta->capacity : FIRST_CAPACITY;
    if (capacity > delta->limit)
        capacity = delta->limit;
    uint8_t *bytes = NULL;
    if (!delta->overflowed && capacity >= delta->len + WORD_MAX && capacity <= SIZE_MAX / 4)
        bytes = realloc(delta->bytes, capacity + DELTA_SLACK);
    if (!bytes) {
        delta->overflowed = true;
        return false;
    }
    memset(bytes + capacity, 0, DELTA_SLACK);
    delta->bytes = bytes;
    delta->capacity = capacity;
    return true;
}

static uint8_t *put_space(uint8_t *at, unsigned space)
{
    *at++ = space == DELTA_RAM ? DELTA_TO_RAM : DELTA_TO_SPACE;
    if (space != DELTA_RAM)
        *at++ = (uint8_t)space;
    return at;
}

static uint8_t *put_number(uint8_t *at, uint64_t number)
{
    for (; number > 127; number >>= 7)
        *at++ = (uint8_t)(number | 128);
    *at++ = (uint8_t)number;
    return at;
}

static inline void add(struct delta *delta, unsigned space, uint64_t word, uint64_t flips)
{
    if (delta->overflowed || (delta->capacity - delta->len < WORD_MAX && !grow(delta)))
        return;
    uint8_t *at = delta->bytes + delta->len;
    if (space != delta->space || word < delta->next) {
        at = put_space(at, space);
        delta->space = space;
        delta->next = 0;
    }
    const uint64_t distance = word - delta->next;
    const unsigned below = (unsigned)__builtin_ctzll(flips) / 8;
    const unsigned bytes = 8 - (unsigned)__builtin_clzll(flips) / 8 - below;
    const unsigned shape = SHAPE_AT(below) + bytes - 1;
    if (distance < DELTA_FAR) {
        *at++ = (uint8_t)(distance * SHAPES + shape);
    } else {
        *at++ = (uint8_t)(DELTA_FAR * SHAPES + shape);
        at = put_number(at, distance - DELTA_FAR);
    }
    flips >>= 8 * below;
    memcpy(at, &flips, sizeof flips);
    delta->len = (size_t)(at + bytes - delta->bytes);
    delta->next = word + 1;
}

void delta_add(struct delta *delta, unsigned space, uint64_t word, uint64_t flips)
{
    if (flips)
        add(delta, space, word, flips);
}

/* LEN bytes, up to 8. */
static inline bool compare_word(struct delta *delta, unsigned space, uint64_t word, uint8_t *was,
                                const uint8_t *now, size_t len)
{
    uint64_t before = 0, after = 0;
    memcpy(&before, was, len);
    memcpy(&after, now, len);
    /* From here on it is `after`, not NOW, which may have changed. */
    __asm__("" : "+r"(after));
    if (before == after)
        return false;
    memcpy(was, &after, len);
    add(delta, space, word, before ^ after);
    return true;
}

/* Each byte 0xff where the 16 bytes at both places are the same. */
static inline __m128i same(const uint8_t *was, const uint8_t *now)
{
    return _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)was),
                          _mm_loadu_si128((const __m128i *)now));
}

static inline uint64_t mask_of(__m128i bytes)
{
    return (unsigned)_mm_movemask_epi8(bytes);
}

/* Which of the BLOCK bytes at both places differ, one bit each. */
static inline uint64_t block_differs(const uint8_t *was, const uint8_t *now)
{
    const __m128i a = same(was, now), b = same(was + 16, now + 16);
    const __m128i c = same(was + 32, now + 32), d = same(was + 48, now + 48);
    if (mask_of(_mm_and_si128(_mm_and_si128(a, b), _mm_and_si128(c, d))) == 0xffff)
        return 0;
    return ~(mask_of(a) | mask_of(b) << 16 | mask_of(c) << 32 | mask_of(d) << 48);
}

bool delta_compare(struct delta *delta, unsigned space, uint64_t first, void *was, const void *now,
                   size_t len)
{
    uint8_t *a = was;
    const uint8_t *b = now;
    bool differ = false;
    size_t i = 0;
    for (; len - i >= BLOCK; i += BLOCK) {
        uint64_t bytes = block_differs(a + i, b + i);
        while (bytes) {
            const size_t at = i + (unsigned)__builtin_ctzll(bytes) / 8 * 8;
            differ |= compare_word(delta, space, first + at / 8, a + at, b + at, 8);
            bytes &= ~(0xffull << (at - i));
        }
    }
    for (; len - i >= 8; i += 8)
        differ |= compare_word(delta, space, first + i / 8, a + i, b + i, 8);
    if (i < len)
        differ |= compare_word(delta, space, first + i / 8, a + i, b + i, len - i);
    return differ;
}
