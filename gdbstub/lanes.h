/* Bytes taken sixteen at a time. GNU C's vectors: any processor's compiler makes something of them,
 * and on x86-64 each line is an instruction or two. */
#ifndef GDBSTUB_LANES_H
#define GDBSTUB_LANES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

/* The LANES bytes at BYTES, which need not be aligned; and back. */
static inline lanes lanes_load(const void *bytes)
{
    lanes v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

static inline void lanes_store(void *bytes, lanes v)
{
    memcpy(bytes, &v, sizeof v);
}

/* Which are equal: 0xff, else 0. */
static inline lanes lanes_equal(lanes a, lanes b)
{
    return (lanes)(a == b);
}

static inline lanes lanes_equal_to(lanes v, uint8_t byte)
{
    return (lanes)(v == byte);
}

/* Index of the first byte that is not 0; LANES if there is none. */
static inline size_t lanes_first(lanes v)
{
    uint64_t half[2];
    memcpy(half, &v, sizeof half);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (half[0])
        return (size_t)__builtin_ctzll(half[0]) / 8;
    return half[1] ? 8 + (size_t)__builtin_ctzll(half[1]) / 8 : LANES;
#else
    if (half[0])
        return (size_t)__builtin_clzll(half[0]) / 8;
    return half[1] ? 8 + (size_t)__builtin_clzll(half[1]) / 8 : LANES;
#endif
}

/* The sum of all, modulo 256. */
static inline uint8_t lanes_sum(lanes v)
{
    uint8_t byte[LANES], sum = 0;
    lanes_store(byte, v);
    for (int i = 0; i < LANES; i++)
        sum = (uint8_t)(sum + byte[i]);
    return sum;
}

#endif
