/* What the Linux and the PVH boot protocol have in common: a command line and an initial ramdisk,
 * handed over in memory (layout.h, LAYOUT_HANDOVER). For their loaders; where the RSDP is, others
 * want to know, too. */
#ifndef VMM_BOOT_HANDOVER_H
#define VMM_BOOT_HANDOVER_H

#include "boot.h"
#include "image.h"
#include "places.h"

#include <stdint.h>

/* Takes the ranges of LAYOUT_HANDOVER in PLACES, where the kernel's own are taken already. 0, or
 * -ERANGE with ERROR set if the kernel or a --load file lies there. */
int handover_take(struct places *places, const struct image *kernel, struct error *error);

/* Whether REQUEST's command line has at most MAX bytes, without the 0 at its end. 0, or -EINVAL
 * with ERROR set. */
int handover_check_command_line(const struct boot_request *request, const struct image *kernel,
                                uint32_t max, struct error *error);
/* Writes it, empty if there is none, to LAYOUT_COMMAND_LINE. */
void handover_write_command_line(const struct boot_request *request, struct memory *memory);

/* Where ACPI's root pointer is, or 0 if there are no tables in MEMORY. */
uint64_t handover_rsdp(const struct memory *memory);

/* An initial ramdisk beside a kernel; size 0: there is none. */
struct initrd {
    struct image file;
    uint64_t gpa, size;
};

/* Opens REQUEST's initial ramdisk, if it has one, and takes a place for it in PLACES: from a page's
 * beginning on, as high as possible in the RAM from LOW to LAST. 0, or -errno with ERROR set.
 * initrd_close in any case. */
int initrd_open(struct initrd *initrd, const struct boot_request *request,
                const struct image *kernel, struct places *places, uint64_t low, uint64_t last,
                struct error *error);
/* Reads it there. 0 or -errno with ERROR set. */
int initrd_load(const struct initrd *initrd, struct memory *memory, struct error *error);
void initrd_close(struct initrd *initrd);

/* Adds to RESULT's description where both are. */
void handover_describe(const struct boot_request *request, const struct initrd *initrd,
                       struct boot_result *result);

#endif
