/* Linux kernels that are ELF files. linux.c gives them on. */
#ifndef VMM_BOOT_VMLINUX_H
#define VMM_BOOT_VMLINUX_H

#include "elf_file.h"
#include "format.h"

#include <stdbool.h>

/* Whether IMAGE, whose headers are ELF, has a note of Linux's: kernels from 5.1 on do. */
bool vmlinux_is_one(const struct image *image, const struct elf_file *elf);

boot_loader vmlinux_load;

#endif
