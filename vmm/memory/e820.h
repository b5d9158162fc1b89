/* The guest-physical map as firmware tells guests of it: INT 12h and 15h, the information
 * structures of boot protocols, and whoever else hands it on. Pure: it depends on --memory only
 * (layout.h). */
#ifndef VMM_E820_H
#define VMM_E820_H

#include <stdbool.h>
#include <stdint.h>

/* INT 15h AX=E820h's types (ACPI 6.4, 15.1); multiboot and Linux use the same numbers. */
enum { E820_RAM = 1, E820_RESERVED = 2 };

struct e820_entry {
    uint64_t base, size; /* bytes */
    uint32_t type;
};

/* The entry INDEX in ascending order, of a machine with RAM bytes of memory (--memory); false if
 * there are not that many. */
bool e820_entry(uint64_t ram, unsigned index, struct e820_entry *entry);

/* Where low RAM ends, whose last KiB is the extended BIOS data area. */
uint64_t e820_low_end(uint64_t ram);
uint64_t e820_ebda(uint64_t ram);

/* Where the RAM that begins at 1 MiB ends: 1 MiB if there is none. */
uint64_t e820_high_end(uint64_t ram);

#endif
