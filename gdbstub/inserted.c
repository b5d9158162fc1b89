#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "inserted.h"

/* The index of B, or set->n. */
static size_t find(const struct inserted *set, struct inserted_breakpoint b)
{
    size_t i = 0;
    while (i < set->n && (set->list[i].type != b.type || set->list[i].addr != b.addr ||
                          set->list[i].kind != b.kind))
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
    struct inserted_breakpoint *list = realloc(set->list, cap * sizeof(*list));
    if (!list)
        return -ENOMEM;
    set->list = list;
    set->cap = cap;
    return 0;
}

void inserted_add(struct inserted *set, struct inserted_breakpoint b)
{
    assert(set->n < set->cap);
    set->list[set->n++] = b;
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
