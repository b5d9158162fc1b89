/* The ring of recorded entries, against a plain array of all that were ever appended. */
#include "tests/check.h"

#include "record/record_log.h"

#include <errno.h>
#include <stdlib.h>

enum { MODEL_MAX = 40000, SIZE = 0x10000, STEPS = 30000, BIG = 0x8000 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state >> 3;
}

/* Entry ID's delta: bytes that follow from ID. */
static void fill(uint8_t *bytes, size_t len, uint64_t id)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(id * 7 + i * (1 + id % 5));
}

static struct record_entry insn(const uint8_t *delta, size_t len)
{
    return (struct record_entry){.flags = RECORD_INSN, .vector = -1, .delta = delta, .len = len};
}

static void check_entry(const struct record_entry *entry, const struct record_entry *expected,
                        const uint8_t *delta)
{
    CHECK_EQ(entry->cpu, expected->cpu);
    CHECK_EQ(entry->flags, expected->flags);
    CHECK_EQ(entry->vector, expected->vector);
    CHECK_EQ(entry->len, expected->len);
    if (entry->len == expected->len)
        CHECK_MEM(entry->delta, delta, entry->len);
}

/* ---- The model */

struct model_entry {
    struct record_entry entry; /* without its delta, which is fill(id) */
    uint64_t id;
    uint64_t number; /* before it */
};

/* entries[oldest] to entries[count - 1] can be reached, the cursor is before entries[at]. OLDEST is
 * taken from the log, which may keep more or less: that is checked by its bytes. */
struct model {
    struct model_entry entries[MODEL_MAX];
    size_t count, at, oldest;
    uint64_t number, ids;
};

static uint8_t scratch[SIZE + 64];

static void model_forget_far_past(struct model *model)
{
    if (model->count < MODEL_MAX)
        return;
    model->count -= model->oldest;
    model->at -= model->oldest;
    memmove(model->entries, model->entries + model->oldest,
            model->count * sizeof model->entries[0]);
    model->oldest = 0;
}

static size_t random_len(uint64_t *state, size_t usual)
{
    switch (next_random(state) % 64) {
    case 0:
        return next_random(state) % BIG;
    case 1:
        return 225 + next_random(state) % 40; /* around where lengths get longer */
    case 2:
        return 0;
    default:
        return next_random(state) % usual;
    }
}

/* The most that an entry takes, and the least. */
static size_t most(const struct model_entry *e)
{
    return e->entry.len + 22;
}

static void step_append(struct model *model, struct record_log *log, uint64_t *state, size_t usual)
{
    model_forget_far_past(model);
    struct model_entry *e = &model->entries[model->count = model->at];
    e->id = model->ids++;
    e->number = model->number;
    e->entry = (struct record_entry){
        .cpu = next_random(state) % 3 ? 0 : (uint8_t)next_random(state),
        .flags = next_random(state) % 3 ? RECORD_INSN : next_random(state) & RECORD_FLAGS,
        .vector = next_random(state) % 3 ? -1 : (int16_t)(next_random(state) % 256),
        .delta = scratch,
        .len = random_len(state, usual),
    };
    fill(scratch, e->entry.len, e->id);
    CHECK_EQ(record_log_append(log, &e->entry), 0);
    model->number += e->entry.flags & RECORD_INSN;
    model->count = ++model->at;
    const uint64_t kept = record_log_entries(log);
    CHECK(kept >= 1 && kept <= model->count - model->oldest);
    if (check_failures)
        return;
    const size_t oldest = model->count - kept;
    size_t bytes = 0;
    /* Nothing is dropped without need: what is left at the upper end is smaller than an entry. */
    if (oldest > model->oldest)
        for (size_t i = oldest - 1; i < model->count; i++)
            bytes += most(&model->entries[i]);
    CHECK(oldest == model->oldest || bytes > SIZE - BIG - 2 * 22);
    model->oldest = oldest;
}

static void step_back(struct model *model, struct record_log *log)
{
    struct record_entry entry;
    const bool can = model->at > model->oldest;
    CHECK_EQ(record_log_back(log, &entry), can);
    if (!can || check_failures)
        return;
    const struct model_entry *e = &model->entries[--model->at];
    model->number -= e->entry.flags & RECORD_INSN;
    fill(scratch, e->entry.len, e->id);
    check_entry(&entry, &e->entry, scratch);
}

static void step_forward(struct model *model, struct record_log *log)
{
    struct record_entry entry;
    const bool can = model->at < model->count;
    CHECK_EQ(record_log_forward(log, &entry), can);
    if (!can || check_failures)
        return;
    const struct model_entry *e = &model->entries[model->at++];
    model->number += e->entry.flags & RECORD_INSN;
    fill(scratch, e->entry.len, e->id);
    check_entry(&entry, &e->entry, scratch);
}

static void compare(const struct model *model, const struct record_log *log)
{
    const bool empty = model->oldest == model->count;
    const struct model_entry *last = &model->entries[empty ? 0 : model->count - 1];
    CHECK_EQ(record_log_at_begin(log), model->at == model->oldest);
    CHECK_EQ(record_log_at_end(log), model->at == model->count);
    CHECK_EQ(record_log_entries(log), model->count - model->oldest);
    CHECK_EQ(record_log_number(log), model->number);
    CHECK_EQ(record_log_first(log), empty ? model->number : model->entries[model->oldest].number);
    CHECK_EQ(record_log_last(log),
             empty ? model->number : last->number + (last->entry.flags & RECORD_INSN));
    CHECK(record_log_used(log) <= SIZE);
}

static void random_steps(size_t usual, uint64_t seed)
{
    static struct model model;
    struct record_log *log = record_log_new(SIZE);
    uint64_t state = seed;
    model.count = model.at = model.oldest = model.number = model.ids = 0;
    for (int i = 0; i < STEPS && !check_failures; i++) {
        const unsigned what = next_random(&state) % 32;
        /* Runs of the same thing, some of them longer than what is there. */
        const unsigned times = 1 + next_random(&state) % (what < 20 ? 4 : 40);
        if (what == 31 && next_random(&state) % 64 == 0) {
            record_log_clear(log);
            model.count = model.oldest = model.at;
        }
        for (unsigned n = 0; n < times && !check_failures; n++)
            if (what < 20)
                step_append(&model, log, &state, usual);
            else if (what < 26)
                step_back(&model, log);
            else
                step_forward(&model, log);
        compare(&model, log);
        if (check_failures)
            printf("    at step %d, seed %d\n", i, (int)seed);
    }
    record_log_free(log);
}

static void agrees_with_a_naive_model(void)
{
    random_steps(30, 20261128);
    random_steps(3000, 20261129);
    random_steps(BIG, 20261130);
}

/* ---- Single things */

static void is_empty_at_first(void)
{
    struct record_log *log = record_log_new(RECORD_LOG_MIN);
    struct record_entry entry;
    CHECK(!record_log_back(log, &entry));
    CHECK(!record_log_forward(log, &entry));
    CHECK(record_log_at_begin(log) && record_log_at_end(log));
    CHECK_EQ(record_log_number(log), 0);
    CHECK_EQ(record_log_used(log), 0);
    CHECK_EQ(record_log_limit(log), RECORD_LOG_MIN);
    record_log_clear(log);
    record_log_free(log);
    record_log_free(NULL);
}

static void refuses_limits_that_make_no_sense(void)
{
    static const size_t limits[] = {0, 1, RECORD_LOG_MIN - 1, RECORD_LOG_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        errno = 0;
        CHECK(!record_log_new(limits[i]));
        CHECK_EQ(errno, EINVAL);
    }
}

static void a_large_one_costs_nothing_yet(void)
{
    struct record_log *log = record_log_new((size_t)1 << 34);
    CHECK(log);
    if (!log)
        return;
    const struct record_entry entry = insn(NULL, 0);
    CHECK_EQ(record_log_append(log, &entry), 0);
    CHECK_EQ(record_log_used(log), 3);
    record_log_free(log);
}

static void an_instruction_costs_three_bytes_more_than_its_delta(void)
{
    struct record_log *log = record_log_new(SIZE);
    for (unsigned i = 0; i < 100; i++) {
        const struct record_entry entry = insn(scratch, 10);
        CHECK_EQ(record_log_append(log, &entry), 0);
    }
    CHECK_EQ(record_log_used(log), 1300);
    record_log_free(log);
}

/* The largest that fits drops all others; one more byte, and nothing is left. */
static void too_large_an_entry_empties_it(void)
{
    struct record_log *log = record_log_new(SIZE);
    struct record_entry entry = insn(scratch, 10), out;
    size_t largest = SIZE;
    fill(scratch, sizeof scratch, 1);
    CHECK_EQ(record_log_append(log, &entry), 0);
    entry.len = SIZE_MAX;
    CHECK_EQ(record_log_append(log, &entry), -E2BIG);
    CHECK(record_log_at_begin(log) && record_log_at_end(log));
    CHECK_EQ(record_log_number(log), 2);
    CHECK_EQ(record_log_first(log), 2);
    CHECK_EQ(record_log_last(log), 2);

    entry.len = 10;
    CHECK_EQ(record_log_append(log, &entry), 0);
    for (entry.len = largest; record_log_append(log, &entry) == -E2BIG; entry.len--)
        CHECK_EQ(record_log_entries(log), 0);
    CHECK(entry.len > SIZE - 32);
    CHECK_EQ(record_log_entries(log), 1);
    CHECK(record_log_used(log) <= SIZE);
    CHECK(record_log_back(log, &out));
    check_entry(&out, &entry, scratch);
    CHECK_EQ(record_log_append(log, &entry), 0); /* in the past: in its place */
    CHECK_EQ(record_log_append(log, &entry), 0);
    CHECK_EQ(record_log_entries(log), 1);
    record_log_free(log);
}

static void appending_in_the_past_drops_the_future(void)
{
    struct record_log *log = record_log_new(SIZE);
    struct record_entry entry = insn(scratch, 1), out;
    for (unsigned i = 0; i < 10; i++) {
        scratch[0] = (uint8_t)i;
        CHECK_EQ(record_log_append(log, &entry), 0);
    }
    for (unsigned i = 0; i < 4; i++)
        CHECK(record_log_back(log, &out));
    CHECK_EQ(record_log_number(log), 6);
    CHECK_EQ(record_log_last(log), 10);
    const struct record_entry outside = {.flags = RECORD_OUTSIDE, .vector = -1};
    CHECK_EQ(record_log_append(log, &outside), 0);
    CHECK_EQ(record_log_last(log), 6);
    CHECK(!record_log_forward(log, &out));
    CHECK(record_log_back(log, &out));
    check_entry(&out, &outside, NULL);
    CHECK(record_log_back(log, &out));
    CHECK_EQ(out.delta[0], 5);
    while (record_log_back(log, &out))
        ;
    CHECK_EQ(record_log_number(log), 0);
    CHECK_EQ(record_log_append(log, &outside), 0);
    CHECK_EQ(record_log_entries(log), 1);
    CHECK_EQ(record_log_last(log), 0);
    record_log_free(log);
}

static void clearing_keeps_the_number(void)
{
    struct record_log *log = record_log_new(SIZE);
    const struct record_entry entry = insn(scratch, 1);
    struct record_entry out;
    for (unsigned i = 0; i < 10; i++)
        CHECK_EQ(record_log_append(log, &entry), 0);
    CHECK(record_log_back(log, &out));
    record_log_clear(log);
    CHECK_EQ(record_log_number(log), 9);
    CHECK_EQ(record_log_first(log), 9);
    CHECK_EQ(record_log_last(log), 9);
    CHECK_EQ(record_log_append(log, &entry), 0);
    CHECK_EQ(record_log_number(log), 10);
    record_log_free(log);
}

static void refuses_flags_that_do_not_exist(void)
{
    struct record_log *log = record_log_new(SIZE);
    const struct record_entry entry = {.flags = RECORD_FLAGS + 1, .vector = -1};
    CHECK_EQ(record_log_append(log, &entry), -EINVAL);
    CHECK_EQ(record_log_entries(log), 0);
    record_log_free(log);
}

int main(void)
{
    TEST(agrees_with_a_naive_model);
    TEST(is_empty_at_first);
    TEST(refuses_limits_that_make_no_sense);
    TEST(a_large_one_costs_nothing_yet);
    TEST(an_instruction_costs_three_bytes_more_than_its_delta);
    TEST(too_large_an_entry_empties_it);
    TEST(appending_in_the_past_drops_the_future);
    TEST(clearing_keeps_the_number);
    TEST(refuses_flags_that_do_not_exist);
    return check_done();
}
