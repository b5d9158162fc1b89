/* Linux's setup_data: a list of things that a loader tells beyond the zero page. */
#ifndef VMM_BOOT_SETUP_DATA_H
#define VMM_BOOT_SETUP_DATA_H

#include "memory/memory.h"

#include <stdint.h>

/* Writes the list to LAYOUT_HANDOVER_LISTS: one node, with random bytes from the host for the
 * kernel's generator (SETUP_RNG_SEED, Linux 6.0 and later), which else waits for entropy that a
 * quiet machine does not have. The GPA of the first node. */
uint64_t setup_data_write(struct memory *memory);

#endif
