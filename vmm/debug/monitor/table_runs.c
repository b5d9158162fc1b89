#include "debug/monitor/table_runs.h"

#include <inttypes.h>
#include <string.h>

static bool read_slot(const struct table *t, unsigned index, void *bytes)
{
    const uint64_t at = t->base + (uint64_t)index * t->entry_size;
    return gva_read(t->space, at, bytes, t->entry_size) == t->entry_size;
}

/* A double entry whose second half is past the limit or not in memory is shown as a single one. */
static struct table_entry read_entry(const struct table *t, unsigned index)
{
    struct table_entry entry = {.slots = 1};
    uint64_t low = 0;
    entry.there = read_slot(t, index, entry.bytes);
    if (!entry.there) {
        memset(entry.bytes, 0, sizeof entry.bytes);
        return entry;
    }
    memcpy(&low, entry.bytes, sizeof low);
    if (t->is_double && t->is_double(low, t->wide) && index + 1 < t->count &&
        read_slot(t, index + 1, entry.bytes + t->entry_size))
        entry.slots = 2;
    return entry;
}

static bool is_same(const struct table_entry *a, const struct table_entry *b)
{
    return a->slots == 1 && b->slots == 1 && a->there == b->there &&
           !memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static bool is_empty(const struct table_entry *entry)
{
    static const uint8_t zeros[sizeof entry->bytes];
    return !memcmp(entry->bytes, zeros, sizeof zeros);
}

static void print_label(const struct table *t, unsigned first, unsigned last, struct gdb_text *out)
{
    const int digits = (int)t->digits;
    int used = 2 + digits;
    gdb_text_printf(out, "0x%0*x", digits, first * t->number_scale);
    if (last > first) {
        gdb_text_printf(out, "-0x%0*x", digits, last * t->number_scale);
        used *= 2, used++;
    }
    gdb_text_printf(out, "%*s", 2 * (2 + digits) + 1 - used + 2, "");
}

static void print_run(const struct table *t, const struct table_entry *entry, unsigned first,
                      unsigned last, struct gdb_text *out)
{
    print_label(t, first, last, out);
    if (!entry->there)
        gdb_text_printf(out, "no memory at 0x%" PRIx64, t->base + (uint64_t)first * t->entry_size);
    else if (t->empty && is_empty(entry))
        gdb_text_printf(out, "%s", t->empty);
    else
        t->print(t, entry, first, first == last, out);
    gdb_text_printf(out, "\n");
}

void table_print(const struct table *t, unsigned first, unsigned count, struct gdb_text *out)
{
    const unsigned end = count < t->count - first ? first + count : t->count;
    unsigned lines = 0, at = first;
    while (at < end) {
        if (lines++ == TABLE_LINES) {
            gdb_text_printf(out, "... cut after %u lines; the rest: ", TABLE_LINES);
            gdb_text_printf(out, "%s 0x%x\n", t->more, at * t->number_scale);
            return;
        }
        const struct table_entry entry = read_entry(t, at);
        unsigned next = at + entry.slots;
        struct table_entry other;
        while (next < end && (other = read_entry(t, next), is_same(&entry, &other)))
            next++;
        print_run(t, &entry, at, entry.slots == 2 ? at : next - 1, out);
        at = next;
    }
}
