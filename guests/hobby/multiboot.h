/* What a multiboot 1 loader tells (Multiboot Specification 0.6.96, 3.3). */
#ifndef HOBBY_MULTIBOOT_H
#define HOBBY_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_MAGIC 0x2badb002 /* in EAX at the entry */

enum { MULTIBOOT_HAS_MEMORY = 1 << 0, MULTIBOOT_HAS_COMMAND_LINE = 1 << 2 };

struct multiboot_info {
    uint32_t flags;
    uint32_t mem_lower, mem_upper; /* KiB from 0 and from 1 MiB on */
    uint32_t boot_device;
    uint32_t command_line; /* the address of a text */
};

#endif
