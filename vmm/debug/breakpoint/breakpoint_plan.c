/* What carries each breakpoint and watchpoint in the run to come. */
#include "debug/breakpoint/breakpoint_set.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_MASK (~(uint64_t)(MEMORY_PAGE - 1))

/* A plan in the making. */
struct plan {
    struct breakpoints *set;
    const struct cpu_view *views;
    size_t n;
    struct {
        uint64_t page;
        enum memory_access access; /* MEMORY_OPEN: none yet */
        bool fenced;
    } last; /* the last page that was asked for: neighbours share one */
};

/* ---- Fences */

static bool is_of_tables(const struct plan *p, uint64_t page)
{
    for (size_t i = 0; i < p->n; i++)
        if (gva_tables_use(&p->views[i].space, page)) {
            p->set->unsettled = true;
            return true;
        }
    return false;
}

/* A page that was fenced in the last plan was no table's then; the rest is soon asked. */
static bool is_fenceable(const struct plan *p, uint64_t page, enum memory_access access)
{
    return p->n && !cpu_pages_use(&p->set->pages, page, access == MEMORY_READ_ONLY) &&
           (fences_at(p->set->fences, page) >= access || !is_of_tables(p, page));
}

static bool fence(struct plan *p, uint64_t gpa, enum memory_access access)
{
    const uint64_t page = gpa & PAGE_MASK;
    if (p->last.access != access || p->last.page != page) {
        p->last.page = page;
        p->last.access = access;
        p->last.fenced = memory_at(p->set->memory, page, 1) && is_fenceable(p, page, access) &&
                         !fences_want(p->set->fences, page, access);
    }
    return p->last.fenced;
}

/* ---- Watchpoints */

static void map_watch(const struct plan *p, struct watch *w)
{
    for (size_t i = 0; i < p->n && !w->mapped; i++)
        watch_map(w, &p->views[i].space);
}

static bool take_debugregs(const struct plan *p, const struct watch *w)
{
    uint64_t addr[DEBUGREG_COUNT];
    unsigned len[DEBUGREG_COUNT];
    struct debugregs *regs = &p->set->registers;
    const unsigned n = watch_debugregs(w, p->set->longest, addr, len);
    if (!p->set->host->write || !n || regs->used + n > DEBUGREG_COUNT)
        return false;
    const enum debugreg_type type = w->type == WATCH_WRITE ? DEBUGREG_WRITE : DEBUGREG_ACCESS;
    for (unsigned i = 0; i < n; i++) {
        debugregs_add(regs, addr[i], type, len[i]);
        debugregs_add(&p->set->watch_registers, addr[i], type, len[i]);
    }
    return true;
}

static bool take_fences(struct plan *p, const struct watch *w)
{
    const enum memory_access access = w->type == WATCH_WRITE ? MEMORY_READ_ONLY : MEMORY_CLOSED;
    bool all = w->mapped;
    for (size_t i = 0; all && i < w->piece_count; i++)
        all = fence(p, w->pieces[i].gpa, access);
    return all;
}

/* Of an access a debug register does not say whether it was a read: a fence does. */
static enum breakpoint_carrier carry_watch(struct plan *p, const struct watch *w)
{
    if (w->type != WATCH_READ && take_debugregs(p, w))
        return CARRIER_DEBUGREG;
    if (take_fences(p, w))
        return CARRIER_FENCE;
    if (w->type == WATCH_READ && take_debugregs(p, w))
        return CARRIER_DEBUGREG;
    return CARRIER_STEP;
}

static void plan_watches(struct plan *p)
{
    struct breakpoints *set = p->set;
    struct watch *w;
    for (size_t i = 0; (w = watches_get(set->watches, i)); i++) {
        map_watch(p, w);
        w->carrier = carry_watch(p, w);
        set->watches_carried[w->carrier]++;
    }
    if (p->n)
        watches_remember(set->watches, &p->views[0].space, CARRIER_STEP);
}

/* ---- Breakpoints */

static void map_breakpoint(const struct plan *p, struct breakpoint *b)
{
    for (size_t i = 0; i < p->n && !b->mapped; i++)
        b->mapped = gva_translate(&p->views[i].space, b->addr, &b->gpa);
}

/* A page that is fenced against execution is stepped through by one vCPU while the others wait. If
 * one of those holds a lock that the first one waits for, that would never end. */
static bool can_fence_code(struct plan *p, const struct breakpoint *b)
{
    return b->mapped && p->n == 1 && fence(p, b->gpa, MEMORY_CLOSED);
}

/* Types that share an address share a register. */
static bool take_debugreg(const struct plan *p, uint64_t addr)
{
    struct debugregs *regs = &p->set->registers;
    return debugregs_has(regs, addr, DEBUGREG_EXECUTE) ||
           debugregs_add(regs, addr, DEBUGREG_EXECUTE, 1);
}

static enum breakpoint_carrier carry_breakpoint(struct plan *p, struct breakpoint *b)
{
    const struct host_debug *host = p->set->host;
    if (host->execute && take_debugreg(p, b->addr))
        return CARRIER_DEBUGREG;
    if (host->int3 && b->mapped && memory_at(p->set->memory, b->gpa, 1)) {
        b->guarded = !p->set->for_real_mode && fence(p, b->gpa, MEMORY_READ_ONLY);
        return CARRIER_INT3;
    }
    return can_fence_code(p, b) ? CARRIER_FENCE : CARRIER_STEP;
}

static void plan_type(struct plan *p, enum breakpoint_type type)
{
    struct breakpoints *set = p->set;
    for (size_t i = 0; i < set->count; i++) {
        struct breakpoint *b = &set->list[i];
        if (b->type != type)
            continue;
        b->guarded = false;
        map_breakpoint(p, b);
        b->carrier = carry_breakpoint(p, b);
        b->settled = true;
        set->carried[b->carrier]++;
    }
}

bool breakpoints_any_in_real_mode(const struct cpu_view *views, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (views[i].real_mode)
            return true;
    return false;
}

unsigned breakpoints_longest(const struct cpu_view *views, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!views[i].long_mode)
            return 4;
    return n ? 8 : 4;
}

/* ---- The whole */

static int by_place(const void *left, const void *right)
{
    const struct int3_site *l = left, *r = right;
    if (l->gpa != r->gpa)
        return l->gpa < r->gpa ? -1 : 1;
    return (l->index > r->index) - (l->index < r->index);
}

/* Those that others ask for one by one while the guest runs. */
static void list_sites(struct breakpoints *set)
{
    bool ordered = true;
    set->site_count = set->unmapped_count = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct breakpoint *b = &set->list[i];
        if (b->carrier == CARRIER_INT3) {
            ordered =
                ordered && (!set->site_count || set->sites[set->site_count - 1].gpa <= b->gpa);
            set->sites[set->site_count++] = (struct int3_site){b->gpa, (uint32_t)i};
        } else if (b->carrier == CARRIER_STEP && !b->mapped) {
            set->unmapped[set->unmapped_count++] = (uint32_t)i;
        }
    }
    if (!ordered)
        qsort(set->sites, set->site_count, sizeof set->sites[0], by_place);
    set->gap = (struct int3_gap){0, set->site_count};
}

static void note_reasons(struct breakpoints *set, const struct cpu_view *views, size_t n)
{
    const struct cpu_pages present = set->present_pages;
    set->present_pages = set->pages;
    set->pages = present;
    set->for_real_mode = breakpoints_any_in_real_mode(views, n);
    set->longest = breakpoints_longest(views, n);
    set->views = n;
    set->differences = 0;
    set->outdated = set->unsettled = false;
    set->plans++;
}

void breakpoints_plan(struct breakpoints *set, const struct cpu_view *views, size_t n)
{
    struct plan p = {.set = set, .views = views, .n = n};
    cpu_pages_collect(&set->present_pages, views, n);
    if (breakpoints_standing(set, views, n))
        return;
    breakpoints_compact(set);
    note_reasons(set, views, n);
    memset(set->carried, 0, sizeof set->carried);
    memset(set->watches_carried, 0, sizeof set->watches_carried);
    debugregs_init(&set->registers);
    debugregs_init(&set->watch_registers);
    fences_begin(set->fences);
    plan_type(&p, BREAKPOINT_HARDWARE);
    plan_watches(&p);
    plan_type(&p, BREAKPOINT_SOFTWARE);
    plan_type(&p, BREAKPOINT_TRACE);
    fences_end(set->fences);
    list_sites(set);
}
