/* int3 bytes that end one step of one vCPU: on handlers for which no debug register is left, and on
 * the instruction behind one that debug registers and the trap flag skip.
 *
 * Planted just before the entry, lifted at the exit. The vCPUs share one table: two may step at
 * once and plant at the same byte, and one that runs meanwhile and hits a byte which is not its own
 * must learn that it has to try again. Any thread. */
#ifndef VMM_DEBUG_TEMP_INT3_H
#define VMM_DEBUG_TEMP_INT3_H

#include "memory/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct temp_int3;

/* NULL if memory is short. MEMORY must outlive it. */
struct temp_int3 *temp_int3_new(struct memory *memory);
void temp_int3_free(struct temp_int3 *table);

struct temp_site {
    uint64_t gpa;
    bool planted; /* by temp_int3_plant; else there is no memory, or no room in the table */
};

/* Plants at each of the N SITES, or shares what another vCPU has planted there; a byte that is an
 * int3 already is taken as it is. */
void temp_int3_plant(struct temp_int3 *table, struct temp_site *sites, size_t n);
/* Takes back what temp_int3_plant did. A byte that the guest has overwritten meanwhile stays. */
void temp_int3_lift(struct temp_int3 *table, struct temp_site *sites, size_t n);
/* Whether the byte at GPA is one of ours now. */
bool temp_int3_is_at(struct temp_int3 *table, uint64_t gpa);
/* Puts the guest's byte into *BYTE, which was read at GPA, if it is one of ours. */
void temp_int3_uncover(struct temp_int3 *table, uint64_t gpa, uint8_t *byte);

/* Around the machine's own reads and writes of guest memory: between the two none of our bytes is
 * in it, and vCPUs that plant or lift wait. By one thread. */
void temp_int3_hide(struct temp_int3 *table);
void temp_int3_show(struct temp_int3 *table);

/* Whether a step may plant while other vCPUs run freely: those then have to let an int3 exit. Set
 * while all are parked. */
void temp_int3_expect(struct temp_int3 *table, bool expected);
bool temp_int3_is_expected(const struct temp_int3 *table);

#endif
