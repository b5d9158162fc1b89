/* A static ELF executable: its segments to their physical addresses, entered in the mode that its
 * class is for. */
#include "elf_file.h"
#include "format.h"

#include "layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int check_overlap(const struct image *image, const struct elf_segment *a,
                         const struct elf_segment *b, struct error *error)
{
    if (a->paddr - b->paddr >= b->memsz && b->paddr - a->paddr >= a->memsz)
        return 0;
    return image_error(image, error, -ENOEXEC,
                       "segments %u (0x%" PRIx64 "-0x%" PRIx64 ") and %u (0x%" PRIx64 "-0x%" PRIx64
                       ") overlap in physical memory (see readelf -l)",
                       b->index, b->paddr, b->paddr + b->memsz - 1, a->index, a->paddr,
                       a->paddr + a->memsz - 1);
}

static void leave_out(struct elf_file *elf, size_t i)
{
    elf->count--;
    memmove(&elf->segments[i], &elf->segments[i + 1], (elf->count - i) * sizeof elf->segments[0]);
}

/* A segment that holds only headers need not be there: *LEFT_OUT says how many of those had no
 * place and were taken out of ELF. */
static int check_segments(const struct image *image, struct elf_file *elf,
                          const struct memory *memory, enum cpu_mode mode, unsigned *left_out,
                          struct error *error)
{
    for (size_t i = 0; i < elf->count;) {
        const struct elf_segment *s = &elf->segments[i];
        char what[32];
        snprintf(what, sizeof what, "segment %u", s->index);
        int r = image_check_place(image, memory, mode, what, s->paddr, s->memsz, error);
        if (r == -ERANGE && s->headers_only) {
            leave_out(elf, i);
            ++*left_out;
            continue;
        }
        for (size_t k = 0; k < i && !r; k++)
            r = check_overlap(image, s, &elf->segments[k], error);
        if (r)
            return r;
        i++;
    }
    error->text[0] = 0;
    return 0;
}

/* The physical address of the first instruction. e_entry is virtual by the ABI; kernels that are
 * linked high but entered without paging give the physical one, which then lies in no segment's
 * virtual range. */
static int find_entry(const struct image *image, const struct elf_file *elf, uint64_t *entry,
                      struct error *error)
{
    for (size_t i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        if (elf->entry - s->vaddr < s->memsz) {
            *entry = elf->entry - s->vaddr + s->paddr;
            return 0;
        }
    }
    for (size_t i = 0; i < elf->count; i++)
        if (elf->entry - elf->segments[i].paddr < elf->segments[i].memsz) {
            *entry = elf->entry;
            return 0;
        }
    return image_error(image, error, -ENOEXEC,
                       "the entry 0x%" PRIx64 " is in none of its segments (is ENTRY() in the "
                       "linker script, or ld -e, right?)",
                       elf->entry);
}

static int load_segments(const struct image *image, const struct elf_file *elf,
                         struct memory *memory, struct error *error)
{
    for (size_t i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        int r = image_load(image, s->offset, memory, s->paddr, s->filesz, error);
        if (r)
            return r;
        image_clear(memory, s->paddr + s->filesz, s->memsz - s->filesz);
    }
    return 0;
}

static void describe(const struct elf_file *elf, uint64_t entry, unsigned left_out,
                     struct boot_result *result)
{
    uint64_t first = UINT64_MAX, last = 0;
    for (size_t i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        if (s->paddr < first)
            first = s->paddr;
        if (s->paddr + s->memsz - 1 > last)
            last = s->paddr + s->memsz - 1;
    }
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
    result->mode = elf.is64 ? CPU_LONG : CPU_PROTECTED;
    r = check_segments(image, &elf, memory, result->mode, &left_out, error);
    if (!r)
        r = find_entry(image, &elf, &entry, error);
    if (!r)
        r = boot_initial_state(result->mode, entry, memory, &result->state, error);
    if (!r)
        r = load_segments(image, &elf, memory, error);
    if (r)
        return r;
    describe(&elf, entry, left_out, result);
    return 0;
}
