/* DR7 and DR6 (SDM vol. 3, 17.2): which of the four address registers watch what. Pure. */
#ifndef VMM_DEBUG_DEBUGREG_H
#define VMM_DEBUG_DEBUGREG_H

#include <stdbool.h>
#include <stdint.h>

#define DEBUGREG_COUNT 4

enum debugreg_type {
    DEBUGREG_EXECUTE = 0,
    DEBUGREG_WRITE = 1,
    DEBUGREG_ACCESS = 3
}; /* R/W field */

struct debugregs {
    uint64_t addr[DEBUGREG_COUNT];
    uint64_t dr7;
    unsigned used;
};

/* An empty set: DR7 with only its fixed bit 10. */
void debugregs_init(struct debugregs *set);
/* Takes the next free register for LEN bytes (1 for execute; 1, 2, 4 or 8, aligned to itself) at
 * ADDR. False if none is free or the range can't be expressed: then nothing has changed. */
bool debugregs_add(struct debugregs *set, uint64_t addr, enum debugreg_type type, unsigned len);
/* Whether one watches ADDR for that. */
bool debugregs_has(const struct debugregs *set, uint64_t addr, enum debugreg_type type);
/* What register N, which is used, watches: its length, *ADDR and *TYPE. */
unsigned debugregs_get(const struct debugregs *set, unsigned n, uint64_t *addr,
                       enum debugreg_type *type);

#endif
