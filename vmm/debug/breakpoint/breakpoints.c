#include "debug/breakpoint/breakpoint_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct breakpoints *breakpoints_new(struct memory *memory, const struct host_debug *host)
{
    struct breakpoints *set = calloc(1, sizeof *set);
    if (!set)
        return NULL;
    set->memory = memory;
    set->host = host;
    set->watches = watches_new();
    set->fences = fences_new(memory);
    if (!set->watches || !set->fences) {
        breakpoints_free(set);
        return NULL;
    }
    return set;
}

void breakpoints_free(struct breakpoints *set)
{
    if (!set)
        return;
    watches_free(set->watches);
    fences_free(set->fences);
    cpu_pages_free(&set->pages);
    cpu_pages_free(&set->present_pages);
    free(set->list);
    free(set->sites);
    free(set->unmapped);
    free(set);
}

/* Where (ADDR, TYPE) is or would be. */
static size_t position(const struct breakpoints *set, uint64_t addr, enum breakpoint_type type)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const struct breakpoint *b = &set->list[mid];
        if (b->addr < addr || (b->addr == addr && b->type < type))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool is_at(const struct breakpoints *set, size_t i, uint64_t addr)
{
    return i < set->count && set->list[i].addr == addr;
}

/* All three tables have ROOM for as many, so that a plan needs no memory. What has grown stays so
 * if the rest fails. */
static int grow(struct breakpoints *set)
{
    const size_t room = set->room ? set->room * 2 : 16;
    struct breakpoint *list = reallocarray(set->list, room, sizeof *list);
    set->list = list ? list : set->list;
    struct int3_site *sites = reallocarray(set->sites, room, sizeof *sites);
    set->sites = sites ? sites : set->sites;
    uint32_t *unmapped = reallocarray(set->unmapped, room, sizeof *unmapped);
    set->unmapped = unmapped ? unmapped : set->unmapped;
    if (!list || !sites || !unmapped)
        return -ENOMEM;
    set->room = room;
    return 0;
}

static int make_room(struct breakpoints *set)
{
    if (set->count - set->removed == BREAKPOINTS_MAX)
        return -ENOSPC;
    if (set->count == set->room)
        breakpoints_compact(set);
    return set->count == set->room ? grow(set) : 0;
}

void breakpoints_compact(struct breakpoints *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (!set->list[i].removed)
            set->list[kept++] = set->list[i];
    set->outdated = set->outdated || set->removed;
    set->count = kept;
    set->removed = 0;
}

/* Inserted again: as before, but perhaps mapped elsewhere. */
static void restore(struct breakpoints *set, struct breakpoint *b, bool mapped, uint64_t gpa)
{
    b->removed = false;
    set->removed--;
    set->differences--;
    if (b->mapped == mapped && (!mapped || b->gpa == gpa))
        return;
    b->mapped = mapped;
    b->gpa = gpa;
    set->outdated = true;
}

int breakpoints_insert(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                       bool mapped, uint64_t gpa)
{
    size_t i = position(set, addr, type);
    if (is_at(set, i, addr) && set->list[i].type == type) {
        if (set->list[i].removed)
            restore(set, &set->list[i], mapped, gpa);
        return 0;
    }
    int err = make_room(set);
    if (err)
        return err;
    i = position(set, addr, type);
    memmove(&set->list[i + 1], &set->list[i], (set->count - i) * sizeof set->list[0]);
    set->list[i] = (struct breakpoint){.addr = addr, .type = type, .mapped = mapped, .gpa = gpa};
    set->count++;
    set->differences++;
    return 0;
}

static void take_out(struct breakpoints *set, size_t i)
{
    set->count--;
    set->differences--;
    memmove(&set->list[i], &set->list[i + 1], (set->count - i) * sizeof set->list[0]);
}

int breakpoints_remove(struct breakpoints *set, enum breakpoint_type type, uint64_t addr)
{
    const size_t i = position(set, addr, type);
    if (!is_at(set, i, addr) || set->list[i].type != type || set->list[i].removed)
        return -ENOENT;
    if (!set->list[i].settled) {
        take_out(set, i);
        return 0;
    }
    set->list[i].removed = true;
    set->removed++;
    set->differences++;
    return 0;
}

void breakpoints_leave_traces(struct breakpoints *set)
{
    size_t kept = 0;
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].type == BREAKPOINT_TRACE && !set->list[i].removed)
            set->list[kept++] = set->list[i];
    set->count = kept;
    set->removed = 0;
    set->outdated = true;
    watches_clear(set->watches);
    breakpoints_plan(set, NULL, 0);
}

void breakpoints_clear(struct breakpoints *set)
{
    set->count = set->removed = 0;
    set->outdated = true;
    watches_clear(set->watches);
    breakpoints_plan(set, NULL, 0);
}

const struct breakpoint *breakpoints_at(const struct breakpoints *set, uint64_t addr)
{
    for (size_t i = position(set, addr, BREAKPOINT_SOFTWARE); is_at(set, i, addr); i++)
        if (!set->list[i].removed)
            return &set->list[i];
    return NULL;
}

const struct breakpoint *breakpoints_clients_at(const struct breakpoints *set, uint64_t addr)
{
    const struct breakpoint *first = breakpoints_at(set, addr);
    return first && first->type != BREAKPOINT_TRACE ? first : NULL;
}

static bool steps_with(const struct breakpoints *set, enum breakpoint_carrier carrier)
{
    return carrier == CARRIER_FENCE && breakpoints_step_fences(set);
}

/* The Ith that is not removed, or NULL. */
static const struct breakpoint *nth(const struct breakpoints *set, size_t i)
{
    if (!set->removed)
        return i < set->count ? &set->list[i] : NULL;
    for (size_t k = 0; k < set->count; k++)
        if (!set->list[k].removed && !i--)
            return &set->list[k];
    return NULL;
}

bool breakpoints_row(const struct breakpoints *set, size_t i, struct breakpoint_row *row)
{
    const struct breakpoint *b = nth(set, i);
    if (b) {
        *row = (struct breakpoint_row){b->type,    b->addr,    0,
                                       b->carrier, b->guarded, steps_with(set, b->carrier)};
        return true;
    }
    const struct watch *w = watches_get(set->watches, i - (set->count - set->removed));
    if (w)
        *row = (struct breakpoint_row){w->type,    w->addr, w->len,
                                       w->carrier, false,   steps_with(set, w->carrier)};
    return w;
}

void breakpoints_keep_rows(struct breakpoints *set)
{
    if (set->kept_plan == set->plans)
        return;
    set->kept_plan = set->plans;
    set->kept_count = 0;
    while (set->kept_count < BREAKPOINTS_SHOWN &&
           breakpoints_row(set, set->kept_count, &set->kept[set->kept_count]))
        set->kept_count++;
}

bool breakpoints_kept_row(const struct breakpoints *set, size_t i, struct breakpoint_row *row)
{
    if (i < set->kept_count)
        *row = set->kept[i];
    return i < set->kept_count;
}

bool breakpoints_any(const struct breakpoints *set)
{
    return set->count > set->removed || watches_count(set->watches);
}

uint64_t breakpoints_plans(const struct breakpoints *set)
{
    return set->plans;
}

bool breakpoints_any_int3(const struct breakpoints *set)
{
    return set->carried[CARRIER_INT3] > 0;
}

bool breakpoints_any_stepped(const struct breakpoints *set)
{
    return set->carried[CARRIER_STEP] > 0 || set->watches_carried[CARRIER_STEP] > 0 ||
           breakpoints_step_fences(set);
}

void breakpoints_debugregs(const struct breakpoints *set, struct debugregs *regs)
{
    *regs = set->registers;
}

const char *breakpoint_type_name(enum breakpoint_type type)
{
    static const char *const names[] = {
        [BREAKPOINT_SOFTWARE] = "software",
        [BREAKPOINT_HARDWARE] = "hardware",
        [BREAKPOINT_TRACE] = "trace",
        [WATCH_WRITE] = "watch",
        [WATCH_READ] = "rwatch",
        [WATCH_ACCESS] = "awatch",
    };
    return names[type];
}

const char *breakpoint_carrier_name(enum breakpoint_carrier carrier)
{
    static const char *const names[] = {
        [CARRIER_DEBUGREG] = "debug register (free)",
        [CARRIER_INT3] = "int3 (free)",
        [CARRIER_FENCE] = "fenced page (an exit at each access to it)",
        [CARRIER_STEP] = "stepping (slow: an exit at each instruction)",
    };
    return names[carrier];
}
