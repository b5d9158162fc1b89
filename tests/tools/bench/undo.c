/* How fast the log of a recording is, by itself: entries as a loop of the guest's makes them are
 * written, and undone from the last to the first. */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "record/delta.h"
#include "record/record_log.h"

enum { LOG = 64 << 20, ENTRIES = 1000000, STATE = 64, RAM = 4096, BATCH = 10000 };

/* What the entries change: 512 bytes of a vCPU, and a page. */
struct image {
    uint64_t cpu[STATE], ram[RAM / 8];
};

/* What a vCPU's registers are after one instruction more: RAX, RIP, RFLAGS; now and then a store.
 */
static void go_on(struct image *now, unsigned i)
{
    now->cpu[0] += 3;
    now->cpu[16] = 0x7c00 + i * 3 % 64;
    now->cpu[17] ^= i & 0x95;
    if (i % 4 == 0)
        now->ram[i / 4 % (RAM / 8)] += i;
}

static struct record_log *log_of(unsigned entries, struct image *was, struct image *now)
{
    struct record_log *log = record_log_new(LOG);
    struct delta delta;
    if (!log)
        give_up("record_log_new");
    delta_init(&delta, RAM * 4);
    for (unsigned i = 0; i < entries; i++) {
        go_on(now, i);
        delta_reset(&delta);
        delta_compare(&delta, DELTA_CPU, 0, was->cpu, now->cpu, sizeof was->cpu);
        if (i % 4 == 0)
            delta_compare(&delta, DELTA_RAM, 0x100000 / 8, was->ram, now->ram, sizeof was->ram);
        const struct record_entry entry = {
            .flags = RECORD_INSN, .vector = -1, .delta = delta.bytes, .len = delta.len};
        record_log_append(log, &entry);
    }
    delta_free(&delta);
    return log;
}

static void apply(struct image *image, const struct record_entry *entry)
{
    struct delta_reader reader;
    struct delta_word word;
    delta_read(&reader, entry->delta, entry->len);
    while (delta_next(&reader, &word))
        if (word.space == DELTA_RAM)
            image->ram[word.word % (RAM / 8)] ^= word.flips;
        else
            image->cpu[word.word % STATE] ^= word.flips;
}

void bench_undo(char **args)
{
    struct image was = {0}, now = {0};
    struct record_log *log = log_of(ENTRIES, &was, &now);
    struct record_entry entry;
    struct rate rate;
    uint64_t n;
    rate_start(&rate, seconds_of(args[0]));
    do {
        for (n = 0; n < BATCH && record_log_back(log, &entry); n++)
            apply(&now, &entry);
        if (n == 0)
            while (record_log_forward(log, &entry))
                apply(&now, &entry), n++;
    } while (rate_go_on(&rate, n));
    rate_print(&rate, 1);
    record_log_free(log);
}

void bench_logged(char **args)
{
    struct image was = {0}, now = {0};
    struct rate rate;
    rate_start(&rate, seconds_of(args[0]));
    do
        record_log_free(log_of(ENTRIES / 10, &was, &now));
    while (rate_go_on(&rate, ENTRIES / 10));
    rate_print(&rate, 1);
}
