#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "breakpoints.h"

/* The index of B, or set->n. */
static size_t find(const struct breakpoints *set, struct breakpoint b)
{
    size_t i = 0;
    while (i < set->n && (set->list[i].type != b.type || set->list[i].addr != b.addr ||
                          set->list[i].kind != b.kind))
        i++;
    return i;
}

bool breakpoints_has(const struct breakpoints *set, struct breakpoint b)
{
    return find(set, b) < set->n;
}

int breakpoints_reserve(struct breakpoints *set)
{
    if (set->n < set->cap)
        return 0;
    if (set->n == BREAKPOINTS_MAX)
        return -ENOSPC;
    size_t cap = set->cap ? set->cap * 2 : 16;
    struct breakpoint *list = realloc(set->list, cap * sizeof(*list));
    if (!list)
        return -ENOMEM;
    set->list = list;
    set->cap = cap;
    return 0;
}

void breakpoints_add(struct breakpoints *set, struct breakpoint b)
{
    assert(set->n < set->cap);
    set->list[set->n++] = b;
}

void breakpoints_remove(struct breakpoints *set, struct breakpoint b)
{
    size_t i = find(set, b);
    if (i < set->n)
        set->list[i] = set->list[--set->n];
}

void breakpoints_free(struct breakpoints *set)
{
    free(set->list);
    *set = (struct breakpoints){0};
}
