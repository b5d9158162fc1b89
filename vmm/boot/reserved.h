/* Which guest memory images may be loaded to: RAM, without what others need there. */
#ifndef VMM_BOOT_RESERVED_H
#define VMM_BOOT_RESERVED_H

#include "memory/memory.h"
#include "vcpu/cpu_state.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether images may be loaded into REGION. The VGA's memory is RAM to the hypervisor only. */
bool reserved_is_ram(const struct memory_region *region);

/* A range of RAM that is not free at the first instruction. */
struct reserved {
    uint64_t gpa, size;
    const char *name;
};

/* The range INDEX, from 0 on, of those that MEMORY has for a CPU that starts in MODE: what the BIOS
 * writes at each power-on, before the image is loaded, and needs; and what the CPU needs from the
 * first instruction on. False if there are not that many. */
bool reserved_entry(const struct memory *memory, enum cpu_mode mode, unsigned index,
                    struct reserved *entry);

#endif
