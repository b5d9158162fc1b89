#include "elf_segments.h"

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

int elf_check_segments(const struct image *image, struct elf_file *elf, const struct memory *memory,
                       enum cpu_mode mode, unsigned *left_out, struct error *error)
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

int elf_find_entry(const struct image *image, const struct elf_file *elf, uint64_t *entry,
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

int elf_load_segments(const struct image *image, const struct elf_file *elf, struct memory *memory,
                      struct error *error)
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

void elf_extent(const struct elf_file *elf, uint64_t *first, uint64_t *last)
{
    *first = UINT64_MAX;
    *last = 0;
    for (size_t i = 0; i < elf->count; i++) {
        const struct elf_segment *s = &elf->segments[i];
        if (s->paddr < *first)
            *first = s->paddr;
        if (s->paddr + s->memsz - 1 > *last)
            *last = s->paddr + s->memsz - 1;
    }
}

void elf_take_segments(const struct elf_file *elf, struct places *places)
{
    _Static_assert(ELF_MAX_SEGMENTS + BOOT_MAX_LOADS < PLACES_MAX, "there is room for them");
    for (size_t i = 0; i < elf->count; i++)
        places_take(places, elf->segments[i].paddr, elf->segments[i].memsz);
}
