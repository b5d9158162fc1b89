/* ELF notes: what a file says of itself to those who load it.
 * Facts: System V ABI, "Note Section"; entries are padded to 4 bytes, as linkers make them. */
#ifndef VMM_BOOT_ELF_NOTE_H
#define VMM_BOOT_ELF_NOTE_H

#include "elf_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_NOTE_ANY UINT32_MAX

struct elf_note {
    const char *owner;
    uint32_t type; /* or ELF_NOTE_ANY */
};

/* Looks for the first such note in ELF's PT_NOTE segments, of which each is read up to 64 KiB or to
 * the first entry that does not fit. Puts up to SIZE bytes of what it holds into DESC, and their
 * number into *LEN. False if there is none, or it can't be read. */
bool elf_find_note(const struct image *image, const struct elf_file *elf,
                   const struct elf_note *note, void *desc, size_t size, size_t *len);

#endif
