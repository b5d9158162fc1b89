#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "inserted.h"

/* ---- The index: a hash table with open addressing, by address, of positions in the list plus one;
 * 0 is an empty place. At most half of it is full. gdb inserts and removes all that it has at each
 * stop: among ten thousand one must be found as quickly as among ten. */

static size_t mask(const struct inserted *set)
{
    return set->cap * 2 - 1;
}

/* The upper bits of the product depend on all bits of ADDR. */
static size_t home(const struct inserted *set, uint64_t addr)
{
    return (size_t)(addr * 0x9e3779b97f4a7c15u >> 32) & mask(set);
}

static size_t next(const struct inserted *set, size_t place)
{
    return (place + 1) & mask(set);
}

static struct inserted_entry *entry_in(const struct inserted *set, size_t place)
{
    return set->index[place] ? &set->list[set->index[place] - 1] : NULL;
}

static bool is_same(struct inserted_breakpoint a, struct inserted_breakpoint b)
{
    return a.type == b.type && a.addr == b.addr && a.kind == b.kind;
}

/* The place that B has or would have. */
static size_t place_of(const struct inserted *set, struct inserted_breakpoint b)
{
    const struct inserted_entry *entry;
    size_t place = home(set, b.addr);
    while ((entry = entry_in(set, place)) && !is_same(entry->b, b))
        place = next(set, place);
    return place;
}

static struct inserted_entry *find(const struct inserted *set, struct inserted_breakpoint b)
{
    return set->n ? entry_in(set, place_of(set, b)) : NULL;
}

/* Empties PLACE. Whoever stands behind it because it was taken moves up, so that a search, which
 * ends at an empty place, still finds all. */
static void empty_place(struct inserted *set, size_t place)
{
    const struct inserted_entry *entry;
    for (size_t at = next(set, place); (entry = entry_in(set, at)); at = next(set, at)) {
        const size_t distance = at - home(set, entry->b.addr);
        if ((distance & mask(set)) < ((at - place) & mask(set)))
            continue;
        set->index[place] = set->index[at];
        place = at;
    }
    set->index[place] = 0;
}

/* ---- The set */

bool inserted_has(const struct inserted *set, struct inserted_breakpoint b)
{
    return find(set, b);
}

static int grow(struct inserted *set, size_t cap)
{
    struct inserted_entry *list = reallocarray(set->list, cap, sizeof(*list));
    if (!list)
        return -ENOMEM;
    set->list = list;
    uint32_t *index = calloc(cap * 2, sizeof(*index));
    if (!index)
        return -ENOMEM;
    free(set->index);
    set->index = index;
    set->cap = cap;
    for (size_t i = 0; i < set->n; i++)
        set->index[place_of(set, set->list[i].b)] = (uint32_t)i + 1;
    return 0;
}

int inserted_reserve(struct inserted *set)
{
    if (set->n < set->cap)
        return 0;
    if (set->n == INSERTED_MAX)
        return -ENOSPC;
    return grow(set, set->cap ? set->cap * 2 : 16);
}

void inserted_add(struct inserted *set, struct inserted_breakpoint b)
{
    assert(set->n < set->cap);
    const size_t place = place_of(set, b);
    set->list[set->n++] = (struct inserted_entry){.b = b};
    set->index[place] = (uint32_t)set->n;
}

static void drop_lists(struct inserted *set, struct inserted_entry *entry)
{
    set->with_lists -= entry->lists != NULL;
    free(entry->lists);
    entry->lists = NULL;
}

/* The last of the list takes the position of the one that goes. */
static void remove_in(struct inserted *set, size_t place)
{
    const size_t i = set->index[place] - 1, last = set->n - 1;
    set->stale -= set->list[i].stale;
    drop_lists(set, &set->list[i]);
    if (i < set->stale_from)
        set->stale_from = i;
    set->index[place_of(set, set->list[last].b)] = (uint32_t)i + 1;
    set->list[i] = set->list[last];
    set->n = last;
    empty_place(set, place);
}

void inserted_remove(struct inserted *set, struct inserted_breakpoint b)
{
    if (find(set, b))
        remove_in(set, place_of(set, b));
}

void inserted_set_lists(struct inserted *set, struct inserted_breakpoint b,
                        struct breakpoint_lists *lists)
{
    struct inserted_entry *entry = find(set, b);
    assert(entry);
    drop_lists(set, entry);
    entry->lists = lists;
    set->with_lists += lists != NULL;
}

void inserted_free(struct inserted *set)
{
    for (size_t i = 0; i < set->n; i++)
        free(set->list[i].lists);
    free(set->list);
    free(set->index);
    *set = (struct inserted){0};
}

/* ---- Over an exec event */

void inserted_outdate(struct inserted *set)
{
    for (size_t i = 0; i < set->n; i++) {
        drop_lists(set, &set->list[i]);
        set->list[i] = (struct inserted_entry){.b = set->list[i].b, .stale = true};
    }
    set->stale = set->n;
    set->stale_from = 0;
}

void inserted_renew(struct inserted *set, struct inserted_breakpoint b)
{
    struct inserted_entry *entry = find(set, b);
    if (!entry || !entry->stale)
        return;
    entry->stale = false;
    entry->carried_over = true;
    set->stale--;
}

/* Calls for each that is at ADDR: the first one, with PLACE at first -1, then the next. NULL: no
 * more. */
static struct inserted_entry *each_at(const struct inserted *set, uint64_t addr, size_t *place)
{
    struct inserted_entry *entry = NULL;
    if (!set->n)
        return NULL;
    do {
        *place = *place == SIZE_MAX ? home(set, addr) : next(set, *place);
        entry = entry_in(set, *place);
    } while (entry && entry->b.addr != addr);
    return entry;
}

void inserted_examine(struct inserted *set, uint64_t addr)
{
    struct inserted_entry *entry;
    for (size_t place = SIZE_MAX; (entry = each_at(set, addr, &place));)
        if (entry->stale)
            entry->examined = true;
}

bool inserted_take_stale(struct inserted *set, struct inserted_breakpoint *b)
{
    if (!set->stale)
        return false;
    while (!set->list[set->stale_from].stale)
        set->stale_from++;
    *b = set->list[set->stale_from].b;
    inserted_remove(set, *b);
    return true;
}

static bool is_code(const struct inserted_entry *entry)
{
    return entry->b.type == GDB_BREAK_SOFTWARE || entry->b.type == GDB_BREAK_HARDWARE;
}

const struct inserted_entry *inserted_code_at(const struct inserted *set, uint64_t addr,
                                              size_t *place)
{
    const struct inserted_entry *entry;
    while ((entry = each_at(set, addr, place)))
        if (!entry->stale && is_code(entry))
            break;
    return entry;
}

const struct inserted_entry *inserted_at(const struct inserted *set, uint64_t addr)
{
    return inserted_code_at(set, addr, &(size_t){SIZE_MAX});
}

const struct inserted_entry *inserted_watch_over(const struct inserted *set, uint64_t addr,
                                                 size_t *place)
{
    while (*place < set->n) {
        const struct inserted_entry *entry = &set->list[(*place)++];
        if (!entry->stale && !is_code(entry) && addr - entry->b.addr < entry->b.kind)
            return entry;
    }
    return NULL;
}

bool inserted_watches(const struct inserted *set, uint64_t addr)
{
    return inserted_watch_over(set, addr, &(size_t){0});
}

bool inserted_is_internal(const struct inserted_entry *entry)
{
    return entry->carried_over && !entry->examined;
}
