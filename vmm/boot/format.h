/* The loaders of the formats, as boot.c calls them. Each checks all of the image, then writes guest
 * memory; fills RESULT's mode, state, description and warning (which come zeroed); returns
 * 0, or -errno with ERROR set. */
#ifndef VMM_BOOT_FORMAT_H
#define VMM_BOOT_FORMAT_H

#include "boot.h"
#include "image.h"

#include <stdio.h>

typedef int boot_loader(const struct boot_request *request, const struct image *image,
                        struct memory *memory, struct boot_result *result, struct error *error);

boot_loader boot_disk_load, flat_load, elf_load;

#endif
