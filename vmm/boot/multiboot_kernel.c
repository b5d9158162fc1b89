/* A Multiboot kernel's own bytes: by the addresses in its header, or as an ELF file; where it was
 * linked, or where else there is room. */
#include "multiboot.h"

#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* The one segment of a kernel that is placed by its header's addresses (MB1, 3.1.3; MB2, 3.1.5). */
static int segment_by_header(const struct multiboot *mb, struct elf_segment *segment,
                             struct error *error)
{
    const struct multiboot_header *h = &mb->header;
    const uint64_t file = mb->image->size, before = h->header_addr - h->load_addr;
    if (h->load_addr > h->header_addr || before > h->offset)
        return image_error(mb->image, error, -ENOEXEC,
                           "its header, at offset 0x%zx, is to be at 0x%" PRIx32
                           " and the image to begin at 0x%" PRIx32
                           ": that is before the file's begin (check header_addr and load_addr)",
                           h->offset, h->header_addr, h->load_addr);
    const uint64_t offset = h->offset - before;
    const uint64_t size =
        h->load_end_addr ? (uint64_t)h->load_end_addr - h->load_addr : file - offset;
    if (h->load_end_addr && (h->load_end_addr <= h->load_addr || size > file - offset))
        return image_error(mb->image, error, -ENOEXEC,
                           "its header has the image end at 0x%" PRIx32 ", begin at 0x%" PRIx32
                           ", which is at offset 0x%" PRIx64 " of 0x%" PRIx64
                           " (check load_end_addr)",
                           h->load_end_addr, h->load_addr, offset, file);
    if (h->bss_end_addr && h->bss_end_addr < h->load_addr + size)
        return image_error(mb->image, error, -ENOEXEC,
                           "its header has the bss end at 0x%" PRIx32
                           ", before the image does, at 0x%" PRIx64 " (check bss_end_addr)",
                           h->bss_end_addr, h->load_addr + size);
    *segment = (struct elf_segment){
        .offset = offset,
        .vaddr = h->load_addr,
        .paddr = h->load_addr,
        .filesz = size,
        .memsz = h->bss_end_addr ? h->bss_end_addr - h->load_addr : size,
    };
    return 0;
}

static int read_kernel(struct multiboot *mb, struct error *error)
{
    if (!mb->header.has_address) {
        mb->is_elf = true;
        return elf_parse(mb->image, &mb->kernel, error);
    }
    if (!mb->header.has_entry)
        return image_error(mb->image, error, -ENOEXEC,
                           "its header has a load address but no entry address (add that tag)");
    mb->kernel.count = 1;
    return segment_by_header(mb, &mb->kernel.segments[0], error);
}

/* The entry in a header is physical; an ELF file's may be virtual. */
static int find_entry(struct multiboot *mb, struct error *error)
{
    if (!mb->header.has_entry)
        return elf_find_entry(mb->image, &mb->kernel, &mb->entry, error);
    mb->entry = mb->header.entry;
    for (size_t i = 0; i < mb->kernel.count; i++)
        if (mb->entry - mb->kernel.segments[i].paddr < mb->kernel.segments[i].memsz)
            return 0;
    return image_error(mb->image, error, -ENOEXEC,
                       "the entry 0x%" PRIx64 " in its header is in none of its segments",
                       mb->entry);
}

/* ---- Where it goes */

/* Where a kernel may go that does not mind; where it is linked, if it has no other wish. */
static int find_base(struct multiboot *mb, uint64_t *base, struct error *error)
{
    const struct multiboot_header *h = &mb->header;
    const struct places_wish wish = {
        .size = mb->last - mb->first + 1,
        .align = h->align ? h->align : 1,
        .low = h->min_addr,
        .high = (uint64_t)h->max_addr + 1,
        .highest = h->preference == MULTIBOOT_HIGHEST,
    };
    const bool may_stay = mb->first >= wish.low && mb->last < wish.high &&
                          mb->first % wish.align == 0 &&
                          places_free(&mb->places, mb->first, wish.size);
    if (h->preference == MULTIBOOT_ANYWHERE && may_stay) {
        *base = mb->first;
        return 0;
    }
    if (!places_find(&mb->places, &wish, base))
        return 0;
    return image_error(mb->image, error, -ENOSPC,
                       "no room for its 0x%" PRIx64 " bytes at 0x%" PRIx32 "-0x%" PRIx32
                       ", where its header allows it to be (give more --memory)",
                       wish.size, h->min_addr, h->max_addr);
}

/* Moves the kernel to BASE. */
static void move_to(struct multiboot *mb, uint64_t base)
{
    const uint64_t distance = base - mb->first; /* modulo 2^64 */
    for (size_t i = 0; i < mb->kernel.count; i++)
        mb->kernel.segments[i].paddr += distance;
    mb->entry += distance;
    mb->first += distance;
    mb->last += distance;
}

static int check_reach(const struct multiboot *mb, struct error *error)
{
    if (mb->last < 4 * GiB)
        return 0;
    return image_error(mb->image, error, -ERANGE,
                       "it goes up to 0x%" PRIx64
                       ": out of reach in protected mode, in which it is entered (link it lower)",
                       mb->last);
}

static int take_segments(struct multiboot *mb, struct error *error)
{
    unsigned left_out = 0;
    int r = elf_check_segments(mb->image, &mb->kernel, mb->memory, CPU_PROTECTED, &left_out, error);
    if (!r && mb->kernel.count == 0)
        r = image_error(mb->image, error, -ENOEXEC, "none of its segments has a place in RAM");
    for (size_t i = 0; !r && i < mb->kernel.count; i++)
        if (places_take(&mb->places, mb->kernel.segments[i].paddr, mb->kernel.segments[i].memsz))
            r = image_error(mb->image, error, -ENOSPC, "too many segments and files");
    return r;
}

int multiboot_place_kernel(struct multiboot *mb, struct error *error)
{
    uint64_t base;
    int r = read_kernel(mb, error);
    if (!r)
        r = find_entry(mb, error);
    if (r)
        return r;
    elf_extent(&mb->kernel, &mb->first, &mb->last);
    r = check_reach(mb, error);
    if (!r && mb->header.is_relocatable) {
        r = find_base(mb, &base, error);
        if (!r)
            move_to(mb, base);
    }
    if (!r)
        r = take_segments(mb, error);
    if (!r)
        elf_extent(&mb->kernel, &mb->first, &mb->last); /* segments may have been left out */
    return r;
}
