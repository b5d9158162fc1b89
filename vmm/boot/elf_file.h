/* What an ELF executable says, of either class, checked against itself. elf.c knows where it goes.
 * Facts: System V ABI, chapters "Object Files" and "Program Loading", and its i386 and AMD64
 * supplements. */
#ifndef VMM_BOOT_ELF_FILE_H
#define VMM_BOOT_ELF_FILE_H

#include "error.h"
#include "image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_MAX_SEGMENTS 64 /* linkers make 2 to 5 */

/* A PT_LOAD entry with memsz > 0: filesz <= memsz, and neither the file's range nor the address
 * ranges wrap around; the file holds offset .. offset + filesz. */
struct elf_segment {
    unsigned index; /* in the file's program header table, for messages */
    uint64_t offset, vaddr, paddr, filesz, memsz;
    /* It holds nothing but ELF and program headers. ld makes such a segment on the page below the
     * text: with -Ttext=0x100000 it is in the BIOS's ROM. */
    bool headers_only;
};

#define ELF_MAX_NOTES 8 /* linkers make 1 or 2; more are not looked at */

struct elf_range {
    uint64_t offset, size; /* in the file, which holds all of it */
};

/* As in the header, unchecked: nothing in it is needed to load the file. */
struct elf_section_table {
    uint64_t offset;
    uint16_t count, entry_size, names; /* names: the index of the section that has them */
};

struct elf_file {
    bool is64;
    uint64_t entry; /* as in the header: virtual, or physical */
    size_t count;   /* at least 1 */
    struct elf_segment segments[ELF_MAX_SEGMENTS];
    size_t note_count;
    struct elf_range notes[ELF_MAX_NOTES]; /* PT_NOTE */
    struct elf_section_table sections;
};

/* Reads IMAGE's headers. 0, or -ENOEXEC with ERROR set if it is no static executable for x86 or its
 * headers contradict each other or the file, or what the host said. */
int elf_parse(const struct image *image, struct elf_file *elf, struct error *error);

#endif
