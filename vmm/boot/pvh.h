/* Whether an ELF file is a PVH kernel. */
#ifndef VMM_BOOT_PVH_H
#define VMM_BOOT_PVH_H

#include "elf_file.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the kernel in IMAGE, whose headers are ELF, says that it is to be entered, a physical
 * address: *ENTRY. False if it has no such note. */
bool pvh_entry(const struct image *image, const struct elf_file *elf, uint64_t *entry);

#endif
