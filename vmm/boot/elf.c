/* A static ELF executable: its segments to their physical addresses, entered in the mode that its
 * class is for. */
#include "elf_segments.h"
#include "format.h"

#include <inttypes.h>
#include <stdio.h>

static void describe(const struct elf_file *elf, uint64_t entry, unsigned left_out,
                     struct boot_result *result)
{
    uint64_t first, last;
    elf_extent(elf, &first, &last);
    char virtual_entry[64] = "";
    if (entry != elf->entry)
        snprintf(virtual_entry, sizeof virtual_entry, " (the entry 0x%" PRIx64 " is virtual)",
                 elf->entry);
    boot_describe(
        result,
        "%s, %zu segment%s at 0x%" PRIx64 "-0x%" PRIx64 "%s, entered at 0x%" PRIx64 " in %s mode%s",
        elf->is64 ? "ELF64 for x86-64" : "ELF32 for i386", elf->count, elf->count == 1 ? "" : "s",
        first, last, left_out ? " (the one with the ELF headers alone has no place)" : "", entry,
        elf->is64 ? "long" : "protected", virtual_entry);
}

int elf_load(const struct boot_request *request, const struct image *image, struct memory *memory,
             struct boot_result *result, struct error *error)
{
    (void)request;
    struct elf_file elf;
    uint64_t entry = 0;
    unsigned left_out = 0;
    int r = elf_parse(image, &elf, error);
    if (r)
        return r;
    result->elf_bits = elf.is64 ? 64 : 32;
    result->mode = elf.is64 ? CPU_LONG : CPU_PROTECTED;
    r = elf_check_segments(image, &elf, memory, result->mode, &left_out, error);
    if (!r)
        r = elf_find_entry(image, &elf, &entry, error);
    if (!r)
        r = boot_initial_state(result->mode, entry, memory, &result->state, error);
    if (!r)
        r = elf_load_segments(image, &elf, memory, error);
    if (r)
        return r;
    describe(&elf, entry, left_out, result);
    return 0;
}
