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

boot_loader boot_disk_load, cd_load, flat_load, elf_load, linux_load, pvh_load, multiboot_load,
    multiboot2_load;

/* Whether the LEN BYTES that a file begins with have a Multiboot header; if the file is no ELF
 * file, one that says where the file's bytes go. */
bool multiboot_recognise(const uint8_t *bytes, size_t len, bool is_elf);
bool multiboot2_recognise(const uint8_t *bytes, size_t len, bool is_elf);

/* Adds a line to RESULT's description, or as much of it as there is room for. */
__attribute__((format(printf, 2, 3))) void boot_describe(struct boot_result *result,
                                                         const char *format, ...);

/* Loads REQUEST's further files, after the image was loaded in MODE. They must not overlap each
 * other, and have a place as image_check_place has it. Says in RESULT where they went. 0, or -errno
 * with ERROR set. */
int boot_load_files(const struct boot_request *request, struct memory *memory,
                    struct boot_result *result, struct error *error);

#endif
