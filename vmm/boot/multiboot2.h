/* Multiboot 2's information, a list of tags: MB2, 3.6. */
#ifndef VMM_BOOT_MULTIBOOT2_H
#define VMM_BOOT_MULTIBOOT2_H

#include "multiboot.h"

/* The tags' types, 1 to this, that version 2.0 of the protocol knows. A kernel may require any of
 * them: it is given what there is. */
#define MULTIBOOT2_LAST_TAG 21

/* As multiboot_version's. */
void multiboot2_inform(const struct multiboot *mb, struct info_block *info);

#endif
