/* Deltas: what is added comes back, in few bytes; comparing finds what differs, and only that. */
#include "tests/check.h"

#include "record/delta.h"

#include <stdlib.h>

enum { WORDS = 3000, NO_LIMIT = 1 << 24 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void check_word(const struct delta_word *word, const struct delta_word *expected)
{
    CHECK_EQ(word->space, expected->space);
    CHECK_EQ(word->word, expected->word);
    CHECK_EQ(word->flips, expected->flips);
}

static void check_words(const struct delta *delta, const struct delta_word *expected, size_t count)
{
    struct delta_reader reader;
    struct delta_word word;
    size_t i = 0;
    CHECK(!delta_overflowed(delta));
    delta_read(&reader, delta->bytes, delta->len);
    for (; i < count && !check_failures; i++)
        if (delta_next(&reader, &word))
            check_word(&word, &expected[i]);
        else
            CHECK_EQ(i, count);
    CHECK(!delta_next(&reader, &word));
    CHECK(reader.at == reader.end);
    if (check_failures)
        printf("    at word %zu\n", i - 1);
}

static void add_all(struct delta *delta, const struct delta_word *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        delta_add(delta, words[i].space, words[i].word, words[i].flips);
}

static void each_shape_comes_back(void)
{
    static const uint64_t distances[] = {
        0, 1, 5, 6, 7, 132, 133, 134, 16517, 1ull << 32, UINT64_MAX - 1, UINT64_MAX};
    struct delta delta;
    struct delta_word words[2];
    delta_init(&delta, NO_LIMIT);
    for (unsigned low = 0; low < 64; low++)
        for (unsigned high = low; high < 64; high++)
            for (unsigned i = 0; i < sizeof distances / sizeof distances[0]; i++)
                for (unsigned space = 0; space < DELTA_SPACES && !check_failures; space++) {
                    words[0] = (struct delta_word){space, distances[i], 1ull << low | 1ull << high};
                    words[1] = (struct delta_word){space, distances[i] + 2, ~words[0].flips};
                    delta_reset(&delta);
                    add_all(&delta, words, 2);
                    check_words(&delta, words, 2);
                }
    delta_free(&delta);
}

/* Short distances and long ones, up and down, few bits and many. */
static struct delta_word random_word(uint64_t *state, const struct delta_word *last)
{
    struct delta_word word = *last;
    if (next_random(state) % 4 == 0)
        word.space = (unsigned)next_random(state) % DELTA_SPACES;
    const unsigned how = next_random(state) % 4;
    const uint64_t step = next_random(state) >> next_random(state) % 64;
    word.word = how == 0 ? step : how == 1 ? word.word - step : word.word + step % (how * 8);
    do
        word.flips = next_random(state) >> next_random(state) % 64 << next_random(state) % 64;
    while (!word.flips);
    return word;
}

static void random_words_come_back(void)
{
    static struct delta_word words[WORDS];
    uint64_t state = 20261128;
    struct delta delta;
    delta_init(&delta, NO_LIMIT);
    for (int round = 0; round < 100 && !check_failures; round++) {
        const size_t count = next_random(&state) % WORDS;
        for (size_t i = 0; i < count; i++)
            words[i] = random_word(&state, i ? &words[i - 1] : &(struct delta_word){0});
        delta_reset(&delta);
        add_all(&delta, words, count);
        check_words(&delta, words, count);
    }
    delta_free(&delta);
}

static void a_zero_is_no_word(void)
{
    struct delta delta;
    delta_init(&delta, NO_LIMIT);
    delta_add(&delta, DELTA_RAM, 7, 0);
    CHECK_EQ(delta.len, 0);
    check_words(&delta, NULL, 0);
    delta_free(&delta);
}

/* mov %ax,(%di) in real mode and the like: the instruction pointer, flags, a register, memory. */
static void an_instruction_takes_few_bytes(void)
{
    static const struct delta_word words[] = {
        {DELTA_CPU, 5, 0x1234},
        {DELTA_CPU, 16, 0x3},
        {DELTA_CPU, 17, 0x94},
        {DELTA_RAM, 0x7c00000 / 8, 0xffff0000},
    };
    struct delta delta;
    delta_init(&delta, NO_LIMIT);
    add_all(&delta, words, 4);
    check_words(&delta, words, 4);
    CHECK_EQ(delta.len, 3 + 3 + 2 + 1 + 1 + 4 + 2);
    delta_reset(&delta);
    add_all(&delta, words + 3, 1);
    add_all(&delta, words + 3, 1); /* back to where it was */
    CHECK_EQ(delta.len, 2 * (1 + 1 + 4 + 2));
    delta_free(&delta);
}

/* ---- Comparing */

/* WAS as words and NOW as words, the last one filled up. */
static uint64_t word_at(const uint8_t *bytes, size_t len, size_t word)
{
    uint64_t value = 0;
    memcpy(&value, bytes + 8 * word, len - 8 * word < 8 ? len - 8 * word : 8);
    return value;
}

static void check_compared(uint8_t *was, const uint8_t *now, size_t len, uint64_t first)
{
    struct delta_word expected[128] = {0};
    size_t count = 0;
    struct delta delta;
    for (size_t i = 0; 8 * i < len; i++) {
        const uint64_t flips = word_at(was, len, i) ^ word_at(now, len, i);
        if (flips)
            expected[count++] = (struct delta_word){DELTA_BOARD, first + i, flips};
    }
    delta_init(&delta, NO_LIMIT);
    CHECK_EQ(delta_compare(&delta, DELTA_BOARD, first, was, now, len), count > 0);
    check_words(&delta, expected, count);
    CHECK_MEM(was, now, len);
    delta_free(&delta);
}

static void comparing_finds_what_differs(void)
{
    uint8_t was[1024], now[1024];
    uint64_t state = 42;
    for (int round = 0; round < 20000 && !check_failures; round++) {
        const size_t a = next_random(&state) % 16, b = next_random(&state) % 16;
        const size_t len = next_random(&state) % (sizeof was - 16);
        const unsigned flips = next_random(&state) % 5;
        for (size_t i = 0; i < sizeof was; i++)
            was[i] = (uint8_t)(state >> i % 56);
        memset(now, 0x5a, sizeof now);
        memcpy(now + b, was + a, len);
        for (unsigned i = 0; len && i < flips; i++)
            now[b + next_random(&state) % len] ^= (uint8_t)next_random(&state);
        const uint8_t before = was[a + len];
        check_compared(was + a, now + b, len, next_random(&state) % 50);
        CHECK_EQ(was[a + len], before);
    }
}

static void each_byte_counts(void)
{
    uint8_t was[200] = {0}, now[200] = {0};
    for (size_t i = 0; i < sizeof now; i++) {
        now[i] = 0x80;
        check_compared(was, now, sizeof now, 0);
    }
    check_compared(was, now, sizeof now, 0);
    check_compared(was, now, 0, 0);
}

/* ---- Limits */

static void has_a_limit(void)
{
    struct delta delta;
    delta_init(&delta, 1000);
    uint64_t added = 0;
    while (!delta_overflowed(&delta) && added < 2000)
        delta_add(&delta, DELTA_RAM, 100 * added++, ~0ull);
    CHECK(added > 80 && added < 101);
    CHECK(delta.len <= 1000);
    delta_add(&delta, DELTA_CPU, 0, 1);
    CHECK(delta_overflowed(&delta));

    /* What it was compared with is up to date all the same. */
    uint64_t was = 1, now = 2;
    CHECK(delta_compare(&delta, DELTA_CPU, 0, &was, &now, sizeof now));
    CHECK_EQ(was, 2);

    delta_reset(&delta);
    CHECK(!delta_overflowed(&delta));
    delta_add(&delta, DELTA_CPU, 9, 1);
    check_words(&delta, &(struct delta_word){DELTA_CPU, 9, 1}, 1);
    delta_free(&delta);
}

static void tiny_limits_hold_nothing(void)
{
    for (size_t limit = 0; limit < 21; limit++) {
        struct delta delta;
        delta_init(&delta, limit);
        delta_add(&delta, DELTA_CPU, 0, 1);
        CHECK(delta_overflowed(&delta));
        CHECK_EQ(delta.len, 0);
        delta_free(&delta);
    }
}

/* Whatever the bytes are, reading ends, within the slack and with spaces that exist. */
static void junk_is_read_to_its_end(void)
{
    uint64_t state = 7;
    for (int round = 0; round < 100000 && !check_failures; round++) {
        const size_t len = next_random(&state) % 40;
        uint8_t *bytes = malloc(len + DELTA_SLACK);
        for (size_t i = 0; i < len + DELTA_SLACK; i++)
            bytes[i] =
                next_random(&state) % 9 < (unsigned)round % 9 ? (uint8_t)next_random(&state) : 0xff;
        struct delta_reader reader;
        struct delta_word word;
        size_t count = 0;
        delta_read(&reader, bytes, len);
        while (delta_next(&reader, &word)) {
            CHECK(word.space < DELTA_SPACES && reader.at <= reader.end);
            count++;
        }
        CHECK(count <= len);
        CHECK(!delta_next(&reader, &word));
        free(bytes);
    }
}

int main(void)
{
    TEST(each_shape_comes_back);
    TEST(random_words_come_back);
    TEST(a_zero_is_no_word);
    TEST(an_instruction_takes_few_bytes);
    TEST(comparing_finds_what_differs);
    TEST(each_byte_counts);
    TEST(has_a_limit);
    TEST(tiny_limits_hold_nothing);
    TEST(junk_is_read_to_its_end);
    return check_done();
}
