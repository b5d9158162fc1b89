/* What the client has inserted, so that a repeated Z or z changes nothing (GDB manual, "Packets":
 * both "should be implemented in an idempotent way"). */
#ifndef GDBSTUB_BREAKPOINTS_H
#define GDBSTUB_BREAKPOINTS_H

#include "gdbstub.h"

struct breakpoint {
    enum gdb_breakpoint_type type;
    uint64_t addr, kind;
};

enum { BREAKPOINTS_MAX = 4096 };

/* All zero is the empty set. */
struct breakpoints {
    struct breakpoint *list;
    size_t n, cap;
};

bool breakpoints_has(const struct breakpoints *set, struct breakpoint b);
/* Makes sure that one more fits. 0, -ENOSPC at BREAKPOINTS_MAX, or -ENOMEM. */
int breakpoints_reserve(struct breakpoints *set);
/* Adds B, for which a place has been reserved. */
void breakpoints_add(struct breakpoints *set, struct breakpoint b);
void breakpoints_remove(struct breakpoints *set, struct breakpoint b);
void breakpoints_free(struct breakpoints *set);

#endif
