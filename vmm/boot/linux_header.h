/* What a bzImage says of itself: the setup header of the Linux boot protocol, checked against
 * itself and the file. linux.c knows where things go.
 * Facts: Linux, Documentation/arch/x86/boot.rst (before 6.5: Documentation/x86). */
#ifndef VMM_BOOT_LINUX_HEADER_H
#define VMM_BOOT_LINUX_HEADER_H

#include "error.h"
#include "image.h"

#include <asm/bootparam.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINUX_HEADER_MAGIC  0x53726448u /* "HdrS", at 0x202 */
#define LINUX_HEADER_OFFSET 0x1f1u      /* of struct setup_header, in the file and the zero page */
#define LINUX_SECTOR        512u
#define LINUX_LOADER_OTHER  0xffu /* type_of_loader: one that has no number assigned */

/* Version of the protocol, as major << 8 | minor. The oldest that is taken (Linux 2.4, of 2000) has
 * a command line that may lie anywhere, and all kernels since then are loaded high. */
#define LINUX_PROTOCOL_OLDEST 0x0202

struct linux_header {
    struct setup_header raw; /* the fields that the file has; the rest is 0 */
    size_t raw_size;         /* bytes of them */
    uint16_t version;
    uint32_t setup_size; /* bytes of the 16-bit part, boot sector included; the kernel follows */
    uint64_t kernel_size;
    bool is64;                 /* has the 64-bit entry, 0x200 behind the 32-bit one */
    uint64_t address;          /* where the kernel wants to be loaded */
    uint64_t memory_size;      /* bytes that it needs there until it knows the memory map */
    uint32_t command_line_max; /* bytes without the 0 */
    uint32_t initrd_max;       /* the last address that an initial ramdisk may have a byte at */
    char name[80];             /* the kernel's version in words: "6.1.0-56 (build@host) #1 SMP" */
};

/* Whether the 1 KiB at the beginning of a file is that of a bzImage. */
bool linux_header_is_there(const uint8_t head[1024]);

/* Reads IMAGE's header. 0, -ENOEXEC with ERROR set if it is no bzImage, too old, cut short or
 * contradicts itself, or what the host said. */
int linux_header_parse(const struct image *image, struct linux_header *header, struct error *error);

#endif
