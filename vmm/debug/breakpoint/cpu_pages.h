/* The pages that processors use by themselves (cpu_view.h), of all vCPUs together, looked up once
 * for a whole plan: thousands of breakpoints ask about their pages. */
#ifndef VMM_DEBUG_CPU_PAGES_H
#define VMM_DEBUG_CPU_PAGES_H

#include "debug/breakpoint/cpu_view.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is the empty set. */
struct cpu_pages {
    struct cpu_page {
        uint64_t page; /* guest-physical */
        bool written;  /* by a processor: else it only reads there */
    } * list;          /* ascending */
    size_t count, room;
    bool incomplete; /* memory was short: every page counts as used */
};

/* Makes PAGES those that the N VIEWS use. */
void cpu_pages_collect(struct cpu_pages *pages, const struct cpu_view *views, size_t n);
void cpu_pages_free(struct cpu_pages *pages);

/* As cpu_view_uses, of any of the views. */
bool cpu_pages_use(const struct cpu_pages *pages, uint64_t page, bool by_write_only);
/* Whether both say the same of each page; false if one is incomplete. */
bool cpu_pages_equal(const struct cpu_pages *a, const struct cpu_pages *b);

#endif
