/* struct breakpoints for the files that it is made of: breakpoints.c is the list,
 * breakpoint_plan.c chooses carriers, breakpoint_standing.c says how long that holds,
 * breakpoint_bytes.c plants, breakpoint_watch.c is for the watchpoints and the fences. */
#ifndef VMM_DEBUG_BREAKPOINT_SET_H
#define VMM_DEBUG_BREAKPOINT_SET_H

#include "debug/breakpoint/breakpoints.h"
#include "debug/breakpoint/cpu_pages.h"
#include "debug/breakpoint/fences.h"
#include "debug/breakpoint/watches.h"

/* An int3 as planned. */
struct int3_site {
    uint64_t gpa;
    uint32_t index; /* in the list */
};

struct breakpoints {
    struct memory *memory;
    const struct host_debug *host;
    struct breakpoint *list; /* ascending by address, then by type; those REMOVED are still there */
    size_t count, room, removed;

    /* What the last plan was made for; see breakpoint_standing.c. */
    size_t differences; /* breakpoints that have come or gone since */
    bool outdated;      /* it does not hold in any case */
    bool unsettled;     /* it would be another one if a page were no page table any more */
    size_t views;       /* how many vCPUs */
    unsigned longest;   /* bytes that one debug register can watch */
    struct cpu_pages pages, present_pages; /* present: of those who are to run now */
    uint64_t plans;                        /* how many there were */

    struct watches *watches;
    struct fences *fences;
    size_t carried[CARRIERS];         /* breakpoints by each, as of the last plan */
    size_t watches_carried[CARRIERS]; /* watchpoints */
    bool for_real_mode;               /* the last plan was: see breakpoints_step_fences */
    struct int3_site *sites;          /* ascending by GPA, then by index; ROOM of them fit */
    size_t site_count, planted;
    struct int3_gap {
        size_t from, to;
    } gap;              /* only sites in it may be unplanted */
    uint32_t *unmapped; /* indices of those carried by stepping because nothing is mapped there */
    size_t unmapped_count, unmapped_next;
    struct breakpoint_row kept[BREAKPOINTS_SHOWN];
    size_t kept_count;
    uint64_t kept_plan;               /* of which plan */
    struct debugregs registers;       /* all that debug registers carry */
    struct debugregs watch_registers; /* the watchpoints' part of it */
};

/* breakpoints.c: the list without those that are removed. */
void breakpoints_compact(struct breakpoints *set);

/* breakpoint_plan.c: how many bytes a debug register of all the N VIEWS can watch. */
unsigned breakpoints_longest(const struct cpu_view *views, size_t n);
bool breakpoints_any_in_real_mode(const struct cpu_view *views, size_t n);

/* breakpoint_standing.c: whether a plan for the N VIEWS, whose pages are in set->present_pages,
 * would be as the last one. */
bool breakpoints_standing(struct breakpoints *set, const struct cpu_view *views, size_t n);

#endif
