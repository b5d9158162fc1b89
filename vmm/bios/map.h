/* The guest-physical map as INT 12h and INT 15h report it. */
#ifndef VMM_BIOS_MAP_H
#define VMM_BIOS_MAP_H

#include "bios/bios.h"

enum { MAP_RAM = 1, MAP_RESERVED = 2 }; /* INT 15h AX=E820h's types */

struct map_entry {
    uint64_t base, size;
    uint32_t type;
};

/* The entry INDEX in ascending order; false if there are not that many. */
bool map_entry(const struct bios_config *config, unsigned index, struct map_entry *entry);

/* Where low RAM ends, whose last KiB is the extended BIOS data area. */
uint64_t map_low_end(const struct bios_config *config);
uint64_t map_ebda(const struct bios_config *config);

/* Where the RAM that begins at 1 MiB ends: 1 MiB if there is none. */
uint64_t map_high_end(const struct bios_config *config);

#endif
