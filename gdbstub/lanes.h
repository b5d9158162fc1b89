/* Bytes taken sixteen at a time. GNU C's vectors: any processor's compiler makes something of them,
 * and on x86-64 each line is an instruction or two; where it needs help to see which one, it gets
 * the instruction's name. */
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

/* Which of LANES lanes are marked: bit I for lane I. */
typedef unsigned lane_marks;

/* Eight bytes, each 0xff or 0, as a bit each: the product's top byte collects them. */
static inline lane_marks half_marked(const uint8_t *bytes)
{
    uint64_t half;
    memcpy(&half, bytes, sizeof half);
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    half = __builtin_bswap64(half);
#endif
    return (lane_marks)((half & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56);
}

/* Of what lanes_equal and its like give. */
static inline lane_marks lanes_marked(lanes v)
{
#ifdef __SSE2__
    typedef char chars __attribute__((vector_size(LANES)));
    return (lane_marks)__builtin_ia32_pmovmskb128((chars)v);
#else
    uint8_t bytes[LANES];
    lanes_store(bytes, v);
    return half_marked(bytes) | half_marked(bytes + LANES / 2) << LANES / 2;
#endif
}

/* Index of the first that is marked; LANES if none is. With no branch, for who can't foretell it.
 */
static inline size_t marks_first(lane_marks marks)
{
    return (size_t)__builtin_ctz(marks | 1u << LANES);
}

/* Whether more than one is. */
static inline bool marks_several(lane_marks marks)
{
    return marks & (marks - 1);
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
