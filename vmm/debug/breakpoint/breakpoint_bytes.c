/* int3 bytes: planted while the guest runs, and in no one's way. */
#include "debug/breakpoint/breakpoint_set.h"

#define INT3 0xcc

static bool is_listed(uint64_t addr, const uint64_t *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == addr)
            return true;
    return false;
}

static void plant(struct breakpoints *set, struct breakpoint *b)
{
    uint8_t *byte = memory_at(set->memory, b->gpa, 1);
    b->planted = byte; /* its region may have been removed since */
    if (byte) {
        b->saved = *byte;
        *byte = INT3;
    }
}

static struct breakpoint *at_site(const struct breakpoints *set, size_t i)
{
    return &set->list[set->sites[i].index];
}

void breakpoints_plant(struct breakpoints *set, const uint64_t *except, size_t n)
{
    for (size_t i = set->gap.from; i < set->gap.to; i++) {
        struct breakpoint *b = at_site(set, i);
        if (b->planted || is_listed(b->addr, except, n))
            continue;
        plant(set, b);
        set->planted += b->planted;
    }
    if (!n)
        set->gap = (struct int3_gap){0, 0};
}

/* Gives B's byte back, unless it was overwritten: then what is there now stays, and this is false.
 */
static bool give_back(struct breakpoints *set, const struct breakpoint *b)
{
    uint8_t *byte = memory_at(set->memory, b->gpa, 1);
    if (byte && *byte != INT3)
        return false;
    if (byte)
        *byte = b->saved;
    return true;
}

/* Last planted, first hidden: two linear addresses may share a byte, and the second one planted
 * has saved the first one's int3. */
void breakpoints_hide(struct breakpoints *set)
{
    for (size_t i = set->planted ? set->site_count : 0; i-- > 0;)
        if (at_site(set, i)->planted)
            give_back(set, at_site(set, i));
}

void breakpoints_show(struct breakpoints *set)
{
    for (size_t i = 0; i < set->site_count && set->planted; i++)
        if (at_site(set, i)->planted)
            plant(set, at_site(set, i));
}

/* The sites from FROM up to TO. */
static size_t lift(struct breakpoints *set, size_t from, size_t to, uint64_t *first)
{
    size_t overwritten = 0;
    for (size_t i = to; i-- > from;) {
        struct breakpoint *b = at_site(set, i);
        if (!b->planted)
            continue;
        if (!give_back(set, b)) {
            overwritten++;
            *first = b->addr;
        }
        b->planted = false;
        set->planted--;
    }
    return overwritten;
}

size_t breakpoints_lift(struct breakpoints *set, uint64_t *first)
{
    const size_t n = set->planted ? lift(set, 0, set->site_count, first) : 0;
    set->gap = (struct int3_gap){0, set->site_count};
    return n;
}

/* The first site at GPA or above. */
static size_t site_from(const struct breakpoints *set, uint64_t gpa)
{
    size_t low = 0, high = set->site_count;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (set->sites[mid].gpa < gpa)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static void widen(struct int3_gap *gap, size_t from, size_t to)
{
    const bool is_empty = gap->from == gap->to;
    gap->from = is_empty || from < gap->from ? from : gap->from;
    gap->to = is_empty || to > gap->to ? to : gap->to;
}

size_t breakpoints_lift_at(struct breakpoints *set, uint64_t gpa, uint64_t len, uint64_t *first)
{
    if (!set->planted)
        return 0;
    const size_t from = site_from(set, gpa), to = site_from(set, gpa + len);
    if (from < to)
        widen(&set->gap, from, to);
    return lift(set, from, to, first);
}

/* The one that holds the guest's byte at GPA: the first, see breakpoints_hide. NULL: none is
 * planted there. */
static struct breakpoint *planted_at(const struct breakpoints *set, uint64_t gpa)
{
    if (!set->planted)
        return NULL;
    for (size_t i = site_from(set, gpa); i < set->site_count && set->sites[i].gpa == gpa; i++)
        if (at_site(set, i)->planted)
            return at_site(set, i);
    return NULL;
}

bool breakpoints_planted(const struct breakpoints *set, uint64_t gpa)
{
    return planted_at(set, gpa);
}

void breakpoints_uncover(const struct breakpoints *set, uint64_t gpa, uint8_t *byte)
{
    const struct breakpoint *b = *byte == INT3 ? planted_at(set, gpa) : NULL;
    if (b)
        *byte = b->saved;
}

/* The guest reads its own bytes, and what it writes over an int3 is kept for it. The int3 itself
 * never leaves memory meanwhile: another vCPU may be about to run into it. */
static void serve(struct breakpoints *set, uint64_t gpa, uint8_t *data, uint64_t len, bool is_write)
{
    if (!is_write)
        memory_read(set->memory, gpa, data, len);
    for (uint64_t i = 0; i < len; i++) {
        struct breakpoint *b = planted_at(set, gpa + i);
        if (b && is_write) {
            b->saved = data[i];
            data[i] = INT3;
        } else if (b) {
            data[i] = b->saved;
        }
    }
    if (is_write) {
        memory_write(set->memory, gpa, data, len);
        memory_note_write(set->memory, gpa, len);
    }
}

bool breakpoints_serve(struct breakpoints *set, uint64_t gpa, uint8_t *data, uint64_t len,
                       bool is_write, struct watch_hit *hit)
{
    if (fences_at(set->fences, gpa) == MEMORY_OPEN)
        return false;
    serve(set, gpa, data, len, is_write);
    watches_access(set->watches, gpa, len, is_write, hit);
    return true;
}
