/* How long a plan holds. A client steps thousands of times with the same breakpoints, or removes
 * and inserts all of them in between: a plan that would come out as the last one is not made again.
 * It depends on the table, on how many vCPUs there are, and unless debug registers carry
 * everything, on what these use and map. */
#include "debug/breakpoint/breakpoint_set.h"

/* How many that are not mapped one call looks up. */
#define LOOK_UPS 32

void breakpoints_outdate(struct breakpoints *set)
{
    set->outdated = true;
}

static bool is_same_table(const struct breakpoints *set, size_t n)
{
    return !set->outdated && !set->differences && set->views == n;
}

bool breakpoints_plan_stands(const struct breakpoints *set, size_t n)
{
    return is_same_table(set, n) && set->carried[CARRIER_DEBUGREG] == set->count &&
           !watches_count(set->watches);
}

static bool is_mapped(const struct gva_space *space, uint64_t addr)
{
    uint64_t gpa;
    return gva_translate(space, addr, &gpa);
}

bool breakpoints_now_mapped(const struct breakpoints *set, const struct gva_space *space,
                            size_t *from)
{
    const struct watch *w;
    const size_t most = set->unmapped_count < LOOK_UPS ? set->unmapped_count : LOOK_UPS;
    for (size_t n = 0; n < most; n++) {
        *from = (*from + 1) % set->unmapped_count;
        if (is_mapped(space, set->list[set->unmapped[*from]].addr))
            return true;
    }
    for (size_t i = 0; set->watches_carried[CARRIER_STEP] && (w = watches_get(set->watches, i));
         i++)
        if (w->carrier == CARRIER_STEP && !w->mapped && is_mapped(space, w->addr))
            return true;
    return false;
}

static bool any_now_mapped(struct breakpoints *set, const struct cpu_view *views, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (breakpoints_now_mapped(set, &views[i].space, &set->unmapped_next))
            return true;
    return false;
}

bool breakpoints_standing(struct breakpoints *set, const struct cpu_view *views, size_t n)
{
    if (!is_same_table(set, n) || set->unsettled ||
        set->for_real_mode != breakpoints_any_in_real_mode(views, n) ||
        set->longest != breakpoints_longest(views, n) ||
        !cpu_pages_equal(&set->pages, &set->present_pages) || any_now_mapped(set, views, n))
        return false;
    if (n)
        watches_remember(set->watches, &views[0].space, CARRIER_STEP);
    return true;
}
