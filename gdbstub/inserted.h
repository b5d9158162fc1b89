/* What the client has inserted, so that a repeated Z or z changes nothing (GDB manual, "Packets":
 * both "should be implemented in an idempotent way"). */
#ifndef GDBSTUB_INSERTED_H
#define GDBSTUB_INSERTED_H

#include "gdbstub.h"

struct inserted_breakpoint {
    enum gdb_breakpoint_type type;
    uint64_t addr, kind;
};

enum { INSERTED_MAX = 16384 };

/* All zero is the empty set. */
struct inserted {
    struct inserted_breakpoint *list;
    size_t n, cap;
};

bool inserted_has(const struct inserted *set, struct inserted_breakpoint b);
/* Makes sure that one more fits. 0, -ENOSPC at INSERTED_MAX, or -ENOMEM. */
int inserted_reserve(struct inserted *set);
/* Adds B, for which a place has been reserved. */
void inserted_add(struct inserted *set, struct inserted_breakpoint b);
void inserted_remove(struct inserted *set, struct inserted_breakpoint b);
void inserted_free(struct inserted *set);

#endif
