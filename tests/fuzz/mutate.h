/* Inputs made of others, the same ones for the same seed. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MUTANT_MAX = 64 * 1024 };

struct sample {
    uint8_t *bytes;
    size_t len;
};

static inline uint64_t random_number(uint64_t *random) /* xorshift64 */
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    return *random ^= *random << 17;
}

/* Most often few: from 0 to below MAX, which is not 0. */
static inline size_t random_few(uint64_t *random, size_t max)
{
    const size_t limit = (size_t)1 << random_number(random) % 16;
    return random_number(random) % (limit < max ? limit : max);
}

/* Makes room for N bytes at AT; what no longer fits falls off the end. How many there are now. */
static inline size_t mutant_open(struct sample *m, size_t at, size_t n)
{
    if (n > MUTANT_MAX - at)
        n = MUTANT_MAX - at;
    if (m->len > MUTANT_MAX - n)
        m->len = MUTANT_MAX - n;
    memmove(m->bytes + at + n, m->bytes + at, m->len - at);
    m->len += n;
    return n;
}

/* What is often at the border of something: 2^n and its neighbours, in 1, 2, 4 or 8 bytes. */
static inline void mutate_number(struct sample *m, size_t at, uint64_t *random)
{
    const uint64_t dice = random_number(random);
    const uint64_t value = (UINT64_C(1) << dice % 64) + (dice >> 8) % 3 - 1;
    const size_t width = (size_t)1 << (dice >> 16) % 4;
    if (m->len - at >= width)
        memcpy(m->bytes + at, &value, width);
}

/* A digit or a letter in place of another: most of what a client or a user says is text. */
static inline void mutate_character(struct sample *m, size_t at, uint64_t *random)
{
    static const char characters[] = "0123456789abcdefx,;:-+.#$%*}= \n";
    m->bytes[at] = (uint8_t)characters[random_number(random) % (sizeof characters - 1)];
}

static inline void mutate_once(struct sample *m, const struct sample *other, uint64_t *random)
{
    const uint64_t dice = random_number(random);
    const size_t at = m->len ? random_number(random) % m->len : 0;
    const size_t n = random_few(random, m->len - at + 1);
    size_t from, len;
    if (m->len && dice % 8 < 5) {
        switch (dice % 8) {
        case 0:
            m->bytes[at] ^= (uint8_t)(1u << (dice >> 8) % 8);
            break;
        case 1:
            for (size_t i = 0; i < n; i++)
                m->bytes[at + i] = (uint8_t)random_number(random);
            break;
        case 2:
            mutate_character(m, at, random);
            break;
        case 3:
            mutate_number(m, at, random);
            break;
        default: /* left out */
            memmove(m->bytes + at, m->bytes + at + n, m->len - at - n);
            m->len -= n;
        }
    } else if (dice % 8 == 5) { /* random ones put in */
        for (len = mutant_open(m, at, random_few(random, 32) + 1); len; len--)
            m->bytes[at + len - 1] = (uint8_t)random_number(random);
    } else if (other->len) { /* a piece of another put in, or over what is there */
        from = random_number(random) % other->len;
        len = random_few(random, other->len - from) + 1;
        if (dice % 8 == 6)
            len = mutant_open(m, at, len);
        else if (len > m->len - at)
            len = m->len - at;
        memcpy(m->bytes + at, other->bytes + from, len);
    }
}

/* Makes M, whose bytes have room for MUTANT_MAX, one of the N SAMPLES with some changes. */
static inline void mutate(struct sample *m, const struct sample *samples, size_t n,
                          uint64_t *random)
{
    const struct sample *origin = &samples[random_number(random) % n];
    m->len = origin->len < MUTANT_MAX ? origin->len : MUTANT_MAX;
    if (m->len)
        memcpy(m->bytes, origin->bytes, m->len);
    for (uint64_t changes = (uint64_t)1 << random_number(random) % 5; changes; changes--)
        mutate_once(m, &samples[random_number(random) % n], random);
}

#endif
