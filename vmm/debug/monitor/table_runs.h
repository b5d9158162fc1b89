/* A table in guest memory in lines: entries that are the same share one, so that 8192 empty ones
 * are one line, and what is too long is cut with a word that says so. */
#ifndef VMM_DEBUG_TABLE_RUNS_H
#define VMM_DEBUG_TABLE_RUNS_H

#include "debug/cpu/gva.h"
#include "gdbstub/gdbstub.h"

/* As read from guest memory. */
struct table_entry {
    unsigned slots;    /* of the table that it takes: 1, or 2 if is_double says so */
    bool there;        /* else no memory is where it should be */
    uint8_t bytes[16]; /* slots * entry_size of them */
};

struct table {
    const struct gva_space *space;
    uint64_t base;         /* linear */
    unsigned entry_size;   /* 4, 8 or 16 */
    unsigned count;        /* entries within the limit */
    const char *more;      /* the command that goes on from a number: "monitor gdt" */
    unsigned number_scale; /* what an entry's index is multiplied with where it is shown */
    unsigned digits;       /* hexadecimal ones of that number */
    bool wide;             /* EFER.LMA */
    /* Whether the entry with these first bytes takes two slots; NULL: none does. */
    bool (*is_double)(uint64_t low, bool wide);
    /* In words, without the line's end. ALONE: it is entry INDEX; else one of several equal ones.
     */
    void (*print)(const struct table *table, const struct table_entry *entry, unsigned index,
                  bool alone, struct gdb_text *out);
    const char *empty; /* of an entry that is all zeros; NULL: as any other */
};

#define TABLE_LINES 256 /* at most, in one go */

/* Prints COUNT entries from FIRST on, as many as the table has of them. */
void table_print(const struct table *table, unsigned first, unsigned count, struct gdb_text *out);

#endif
