#include "debug/region.h"

#include "vcpu/cpu_state.h"

#include <stdio.h>
#include <string.h>

/* How many pages, or holes in the tables, a region is put together from on either side of the
 * address that was asked for: a bound on what a client can make us do, some milliseconds. */
enum { PIECES_MAX = 1024 };

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void describe(struct gdb_region *region, const struct memory_region *memory)
{
    region->mapped = region->read = region->execute = true;
    region->rom = memory->kind == MEMORY_ROM;
    region->write = !region->rom;
    snprintf(region->name, sizeof region->name, "%s", memory->name);
}

/* Where the hole that GPA is in begins. */
static uint64_t hole_start(const struct memory *memory, uint64_t gpa)
{
    uint64_t start = 0;
    const struct memory_region *region = memory_next(memory, 0);
    for (; region && region->gpa <= gpa; region = memory_next(memory, start))
        start = region->gpa + region->size;
    return start;
}

/* The region or the hole of guest-physical memory that GPA is in. */
static struct gdb_region physical_at(const struct memory *memory, uint64_t gpa)
{
    const struct memory_region *region = memory_find(memory, gpa);
    struct gdb_region at = {0};
    if (region) {
        at.start = region->gpa;
        at.last = region->gpa + region->size - 1;
        describe(&at, region);
        return at;
    }
    region = memory_next(memory, gpa);
    at.start = hole_start(memory, gpa);
    at.last = region ? region->gpa - 1 : UINT64_MAX;
    return at;
}

/* What one page, or one entry's hole, says of LINEAR. */
static struct gdb_region piece_at(const struct gva_space *space, uint64_t linear)
{
    if (!(space->mode.efer & CPU_EFER_LMA) && linear > UINT32_MAX)
        return (struct gdb_region){.start = 1ull << 32, .last = UINT64_MAX};
    const struct walk_result walked = gva_walk(space, linear);
    if (walked.failure != WALK_OK)
        return (struct gdb_region){.start = walked.first, .last = walked.last};
    struct gdb_region piece = physical_at(space->memory, walked.gpa);
    piece.start = linear - lesser(linear - walked.first, walked.gpa - piece.start);
    piece.last = linear + lesser(walked.last - linear, piece.last - walked.gpa);
    piece.write &= walked.writable;
    piece.execute &= walked.executable;
    return piece;
}

static bool alike(const struct gdb_region *a, const struct gdb_region *b)
{
    return a->mapped == b->mapped && a->read == b->read && a->write == b->write &&
           a->execute == b->execute && a->rom == b->rom && !strcmp(a->name, b->name);
}

struct gdb_region region_linear(const struct gva_space *space, uint64_t linear)
{
    struct gdb_region region = piece_at(space, linear);
    for (int i = 0; i < PIECES_MAX && region.last < UINT64_MAX; i++) {
        const struct gdb_region next = piece_at(space, region.last + 1);
        if (!alike(&next, &region))
            break;
        region.last = next.last;
    }
    for (int i = 0; i < PIECES_MAX && region.start; i++) {
        const struct gdb_region before = piece_at(space, region.start - 1);
        if (!alike(&before, &region))
            break;
        region.start = before.start;
    }
    return region;
}

bool region_physical(const struct memory *memory, size_t index, struct gdb_region *region)
{
    const struct memory_region *at = memory_next(memory, 0);
    while (at && index--)
        at = memory_next(memory, at->gpa + at->size);
    if (at)
        *region = physical_at(memory, at->gpa);
    return at;
}
