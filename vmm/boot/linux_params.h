/* What a Linux kernel is told by its loader: the zero page (struct boot_params) of the 32- and
 * 64-bit entries, and the setup header's fields that loaders write. Pure.
 * Facts: Linux, Documentation/arch/x86/boot.rst and zero-page.rst. */
#ifndef VMM_BOOT_LINUX_PARAMS_H
#define VMM_BOOT_LINUX_PARAMS_H

#include "linux_header.h"

#include <asm/bootparam.h>
#include <stdint.h>

/* GPAs; 0: there is none. */
struct linux_handover {
    uint32_t kernel;       /* where it was loaded: the 32-bit entry */
    uint32_t command_line; /* a terminated text */
    uint32_t initrd, initrd_size;
    uint64_t setup_data; /* the first node of a list */
    uint64_t rsdp;
    uint64_t ram; /* bytes, --memory */
};

/* The fields of a header of version VERSION that are the loader's to write; those of the 16-bit
 * entry's heap are not among them. */
void linux_params_fill_header(struct setup_header *header, uint16_t version,
                              const struct linux_handover *handover);

/* The whole zero page for HEADER's kernel: header, memory map, VGA text screen. */
void linux_params_fill(struct boot_params *params, const struct linux_header *header,
                       const struct linux_handover *handover);

#endif
