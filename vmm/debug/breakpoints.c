#include "debug/breakpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INT3 0xcc

struct breakpoints {
    struct memory *memory;
    bool has_int3, has_debugregs;
    struct breakpoint *list; /* ascending by address, then by type */
    size_t count, room;
    size_t carried[3]; /* how many each carrier has, as of the last plan */
};

struct breakpoints *breakpoints_new(struct memory *memory, bool has_int3, bool has_debugregs)
{
    struct breakpoints *set = calloc(1, sizeof *set);
    if (set) {
        set->memory = memory;
        set->has_int3 = has_int3;
        set->has_debugregs = has_debugregs;
    }
    return set;
}

void breakpoints_free(struct breakpoints *set)
{
    if (set)
        free(set->list);
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

static int grow(struct breakpoints *set)
{
    if (set->count < set->room)
        return 0;
    if (set->count == BREAKPOINTS_MAX)
        return -ENOSPC;
    const size_t room = set->room ? set->room * 2 : 16;
    struct breakpoint *list = realloc(set->list, room * sizeof *list);
    if (!list)
        return -ENOMEM;
    set->list = list;
    set->room = room;
    return 0;
}

int breakpoints_insert(struct breakpoints *set, enum breakpoint_type type, uint64_t addr,
                       bool mapped, uint64_t gpa)
{
    const size_t i = position(set, addr, type);
    if (is_at(set, i, addr) && set->list[i].type == type)
        return 0;
    int err = grow(set);
    if (err)
        return err;
    memmove(&set->list[i + 1], &set->list[i], (set->count - i) * sizeof set->list[0]);
    set->list[i] = (struct breakpoint){.addr = addr, .type = type, .mapped = mapped, .gpa = gpa};
    set->count++;
    return 0;
}

int breakpoints_remove(struct breakpoints *set, enum breakpoint_type type, uint64_t addr)
{
    const size_t i = position(set, addr, type);
    if (!is_at(set, i, addr) || set->list[i].type != type)
        return -ENOENT;
    set->count--;
    memmove(&set->list[i], &set->list[i + 1], (set->count - i) * sizeof set->list[0]);
    return 0;
}

void breakpoints_clear(struct breakpoints *set)
{
    set->count = 0;
    memset(set->carried, 0, sizeof set->carried);
}

static enum breakpoint_carrier choose(const struct breakpoints *set, const struct breakpoint *b)
{
    if (set->has_debugregs && set->carried[CARRIER_DEBUGREG] < DEBUGREG_COUNT)
        return CARRIER_DEBUGREG;
    if (set->has_int3 && b->mapped && memory_at(set->memory, b->gpa, 1))
        return CARRIER_INT3;
    return CARRIER_STEP;
}

static void plan_type(struct breakpoints *set, enum breakpoint_type type)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].type == type) {
            set->list[i].carrier = choose(set, &set->list[i]);
            set->carried[set->list[i].carrier]++;
        }
}

void breakpoints_plan(struct breakpoints *set)
{
    memset(set->carried, 0, sizeof set->carried);
    plan_type(set, BREAKPOINT_HARDWARE);
    plan_type(set, BREAKPOINT_SOFTWARE);
}

const struct breakpoint *breakpoints_at(const struct breakpoints *set, uint64_t addr)
{
    const size_t i = position(set, addr, BREAKPOINT_SOFTWARE);
    return is_at(set, i, addr) ? &set->list[i] : NULL;
}

const struct breakpoint *breakpoints_get(const struct breakpoints *set, size_t i)
{
    return i < set->count ? &set->list[i] : NULL;
}

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

void breakpoints_plant(struct breakpoints *set, const uint64_t *except, size_t n)
{
    if (!breakpoints_any_int3(set))
        return;
    for (size_t i = 0; i < set->count; i++) {
        struct breakpoint *b = &set->list[i];
        if (b->carrier != CARRIER_INT3 || b->planted || is_listed(b->addr, except, n))
            continue;
        plant(set, b);
    }
}

/* Last planted, first hidden: two linear addresses may share a byte, and the second one planted
 * has saved the first one's int3. */
void breakpoints_hide(struct breakpoints *set)
{
    for (size_t i = set->count; i-- > 0;) {
        const struct breakpoint *b = &set->list[i];
        uint8_t *byte = b->planted ? memory_at(set->memory, b->gpa, 1) : NULL;
        if (byte && *byte == INT3) /* else the guest wrote there: its byte stays */
            *byte = b->saved;
    }
}

void breakpoints_show(struct breakpoints *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->list[i].planted)
            plant(set, &set->list[i]);
}

void breakpoints_lift(struct breakpoints *set)
{
    breakpoints_hide(set);
    for (size_t i = 0; i < set->count; i++)
        set->list[i].planted = false;
}

bool breakpoints_any_int3(const struct breakpoints *set)
{
    return set->carried[CARRIER_INT3] > 0;
}

bool breakpoints_any_stepped(const struct breakpoints *set)
{
    return set->carried[CARRIER_STEP] > 0;
}

void breakpoints_debugregs(const struct breakpoints *set, struct debugregs *regs)
{
    debugregs_init(regs);
    for (size_t i = 0; i < set->count && set->carried[CARRIER_DEBUGREG]; i++)
        if (set->list[i].carrier == CARRIER_DEBUGREG)
            debugregs_add(regs, set->list[i].addr, DEBUGREG_EXECUTE, 1);
}

const char *breakpoint_carrier_name(enum breakpoint_carrier carrier)
{
    static const char *const names[] = {
        [CARRIER_INT3] = "int3",
        [CARRIER_DEBUGREG] = "debug register",
        [CARRIER_STEP] = "stepping (slow)",
    };
    return names[carrier];
}
