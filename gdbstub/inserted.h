/* What the client has inserted, so that a repeated Z or z changes nothing (GDB manual, "Packets":
 * both "should be implemented in an idempotent way").
 *
 * After an exec event gdb takes all its breakpoints for gone, without a z. It inserts anew those
 * that it keeps; the others, as that behind the call which `nexti` steps over, it has forgotten.
 * So what was there before is stale until it is inserted again. A breakpoint of the user's own gdb
 * sets up anew, and reads its first byte for that; one of a command's own (`until`, `finish`) it
 * inserts as it is: that tells the two from each other (gdb 13, seen on the wire). */
#ifndef GDBSTUB_INSERTED_H
#define GDBSTUB_INSERTED_H

#include "breakpoint_lists.h"

struct inserted_breakpoint {
    enum gdb_breakpoint_type type;
    uint64_t addr, kind;
};

enum { INSERTED_MAX = 16384 };

struct inserted_entry {
    struct inserted_breakpoint b;
    bool stale;
    bool carried_over;              /* was stale and came again */
    bool examined;                  /* its first byte was read while it was stale */
    struct breakpoint_lists *lists; /* its conditions and commands; the set's own. NULL: none */
};

/* All zero is the empty set. */
struct inserted {
    struct inserted_entry *list; /* in no order */
    size_t n, cap;               /* CAP: a power of two, or 0 */
    size_t stale, stale_from;    /* how many are stale; none before that position is */
    uint32_t *index;             /* 2 * CAP places: see inserted.c */
    size_t with_lists;           /* how many have such */
};

/* Stale ones included. */
bool inserted_has(const struct inserted *set, struct inserted_breakpoint b);
/* Makes sure that one more fits. 0, -ENOSPC at INSERTED_MAX, or -ENOMEM. */
int inserted_reserve(struct inserted *set);
/* Adds B, for which a place has been reserved. */
void inserted_add(struct inserted *set, struct inserted_breakpoint b);
void inserted_remove(struct inserted *set, struct inserted_breakpoint b);
/* Gives B, which is there, LISTS, which become the set's, or NULL; those that it had go. */
void inserted_set_lists(struct inserted *set, struct inserted_breakpoint b,
                        struct breakpoint_lists *lists);
void inserted_free(struct inserted *set);

/* An exec event: all that is there becomes stale, and what it had for lists, in which registers
 * have the old numbers, goes. */
void inserted_outdate(struct inserted *set);
/* B, which is there, is inserted again. */
void inserted_renew(struct inserted *set, struct inserted_breakpoint b);
/* The client has read the byte at ADDR. */
void inserted_examine(struct inserted *set, uint64_t addr);
/* Takes one stale breakpoint out of the set into *B; false if there is none. */
bool inserted_take_stale(struct inserted *set, struct inserted_breakpoint *b);

/* The breakpoint on the instruction at ADDR that is not stale, or NULL. */
const struct inserted_entry *inserted_at(const struct inserted *set, uint64_t addr);
/* The same, one after the other: with *PLACE at first SIZE_MAX the first, then the next; NULL after
 * the last. And the watchpoints over ADDR, *PLACE at first 0. */
const struct inserted_entry *inserted_code_at(const struct inserted *set, uint64_t addr,
                                              size_t *place);
const struct inserted_entry *inserted_watch_over(const struct inserted *set, uint64_t addr,
                                                 size_t *place);
/* Whether a watchpoint that is not stale covers ADDR. */
bool inserted_watches(const struct inserted *set, uint64_t addr);
/* True for one that a command of gdb's has set for itself, if it was carried over an exec event. */
bool inserted_is_internal(const struct inserted_entry *entry);

#endif
