/* A firmware image, somebody else's: a ROM that ends at 4 GiB, and whose end is in RAM below 1 MiB
 * too, where firmware goes on from the reset vector (layout.h). The CPU starts in the state that
 * RESET# leaves, so that no state is set here. */
#ifndef VMM_BOOT_FIRMWARE_IMAGE_H
#define VMM_BOOT_FIRMWARE_IMAGE_H

#include "error.h"
#include "file.h"
#include "memory/memory.h"

#include <stdint.h>

struct firmware_image {
    const char *path; /* not owned, as is */
    const struct file_source *files;
    uint64_t size; /* bytes; 0: there is none */
};

/* Looks at PATH, so that memory can be made for it; it is opened by FILES, now and later. 0, or
 * -errno with ERROR set: it can't be opened, or its size is none that a ROM can have. */
int firmware_image_look(struct firmware_image *image, const struct file_source *files,
                        const char *path, struct error *error);

/* Power-on: reads the file into the ROM, so that a rebuilt one is picked up, and makes the RAM
 * between 768 KiB and 1 MiB as chipsets show it then: the ROM's end at its end, below it nothing.
 * 0, or -errno with ERROR set: the file can't be read or has another size now. */
int firmware_image_load(const struct firmware_image *image, struct memory *memory,
                        struct error *error);

#endif
