#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "inserted.h"

/* The index of B, or set->n. */
static size_t find(const struct inserted *set, struct inserted_breakpoint b)
{
    size_t i = 0;
    while (i < set->n && (set->list[i].b.type != b.type || set->list[i].b.addr != b.addr ||
                          set->list[i].b.kind != b.kind))
        i++;
    return i;
}

bool inserted_has(const struct inserted *set, struct inserted_breakpoint b)
{
    return find(set, b) < set->n;
}

int inserted_reserve(struct inserted *set)
{
    if (set->n < set->cap)
        return 0;
    if (set->n == INSERTED_MAX)
        return -ENOSPC;
    size_t cap = set->cap ? set->cap * 2 : 16;
    struct inserted_entry *list = realloc(set->list, cap * sizeof(*list));
    if (!list)
        return -ENOMEM;
    set->list = list;
    set->cap = cap;
    return 0;
}

void inserted_add(struct inserted *set, struct inserted_breakpoint b)
{
    assert(set->n < set->cap);
    set->list[set->n++] = (struct inserted_entry){.b = b};
}

void inserted_remove(struct inserted *set, struct inserted_breakpoint b)
{
    size_t i = find(set, b);
    if (i < set->n)
        set->list[i] = set->list[--set->n];
}

void inserted_free(struct inserted *set)
{
    free(set->list);
    *set = (struct inserted){0};
}

/* ---- Over an exec event */

void inserted_outdate(struct inserted *set)
{
    for (size_t i = 0; i < set->n; i++)
        set->list[i] = (struct inserted_entry){.b = set->list[i].b, .stale = true};
}

void inserted_renew(struct inserted *set, struct inserted_breakpoint b)
{
    size_t i = find(set, b);
    if (i == set->n || !set->list[i].stale)
        return;
    set->list[i].stale = false;
    set->list[i].carried_over = true;
}

void inserted_examine(struct inserted *set, uint64_t addr)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->list[i].stale && set->list[i].b.addr == addr)
            set->list[i].examined = true;
}

bool inserted_take_stale(struct inserted *set, struct inserted_breakpoint *b)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->list[i].stale) {
            *b = set->list[i].b;
            set->list[i] = set->list[--set->n];
            return true;
        }
    return false;
}

static bool is_code(const struct inserted_entry *entry)
{
    return entry->b.type == GDB_BREAK_SOFTWARE || entry->b.type == GDB_BREAK_HARDWARE;
}

const struct inserted_entry *inserted_at(const struct inserted *set, uint64_t addr)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct inserted_entry *entry = &set->list[i];
        if (!entry->stale && is_code(entry) && entry->b.addr == addr)
            return entry;
    }
    return NULL;
}

bool inserted_watches(const struct inserted *set, uint64_t addr)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct inserted_entry *entry = &set->list[i];
        if (!entry->stale && !is_code(entry) && addr - entry->b.addr < entry->b.kind)
            return true;
    }
    return false;
}

bool inserted_is_internal(const struct inserted_entry *entry)
{
    return entry->carried_over && !entry->examined;
}
