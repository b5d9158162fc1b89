/* struct breakpoints for the files that it is made of: breakpoints.c is the list,
 * breakpoint_plan.c chooses carriers, breakpoint_bytes.c plants, breakpoint_watch.c is for the
 * watchpoints and the fences. */
#ifndef VMM_DEBUG_BREAKPOINT_SET_H
#define VMM_DEBUG_BREAKPOINT_SET_H

#include "debug/breakpoint/breakpoints.h"
#include "debug/breakpoint/fences.h"
#include "debug/breakpoint/watches.h"

struct breakpoints {
    struct memory *memory;
    const struct host_debug *host;
    struct breakpoint *list; /* ascending by address, then by type */
    size_t count, room;
    struct watches *watches;
    struct fences *fences;
    size_t carried[CARRIERS];         /* breakpoints by each, as of the last plan */
    size_t watches_carried[CARRIERS]; /* watchpoints */
    bool for_real_mode;               /* the last plan was: see breakpoints_step_fences */
    struct breakpoint_row kept[BREAKPOINTS_SHOWN];
    size_t kept_count;
    struct debugregs registers;       /* all that debug registers carry */
    struct debugregs watch_registers; /* the watchpoints' part of it */
};

#endif
