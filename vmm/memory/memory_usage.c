/* Which pages are in use: resident in host memory, written to by the guest. */
#include "memory/memory_state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#define WORD_BITS 64u

static size_t words_of(uint64_t pages)
{
    return (size_t)((pages + WORD_BITS - 1) / WORD_BITS);
}

int64_t memory_resident(const struct memory_region *region)
{
    unsigned char resident[4096];
    int64_t count = 0;
    for (uint64_t done = 0; done < region->size;) {
        const uint64_t left = region->size - done, most = sizeof resident * MEMORY_PAGE;
        const uint64_t len = left < most ? left : most;
        if (mincore(region->hva + done, len, resident))
            return -errno;
        for (size_t i = 0; i < len / MEMORY_PAGE; i++)
            count += resident[i] & 1;
        done += len;
    }
    return count;
}

/* ---- Dirty pages */

/* The region's bit, whose word other threads may change too. */
static void mark(const struct memory_region *region, uint64_t page)
{
    __atomic_fetch_or(&region->dirty[page / WORD_BITS], 1ull << page % WORD_BITS, __ATOMIC_RELAXED);
    if (region->own) /* the backend has forgotten it for whoever follows, too */
        memory_mark_own(region, page);
}

/* Of N pages from FIRST on, those whose bit is set in BITMAP. */
static void mark_all(const struct memory_region *region, uint64_t first, uint64_t n,
                     const uint64_t *bitmap)
{
    for (uint64_t i = 0; i < n; i++)
        if (bitmap[i / WORD_BITS] >> i % WORD_BITS & 1)
            mark(region, first + i);
        else if (!bitmap[i / WORD_BITS])
            i |= WORD_BITS - 1; /* none in this word */
}

int slots_collect(const struct slots *slots, const struct piece *piece)
{
    const struct memory_region *region = piece->region;
    const struct memory_slot slot = slots_slot(slots, piece);
    const uint64_t pages = piece->size / MEMORY_PAGE;
    if (!slot.log_dirty || !piece->present)
        return 0;
    uint64_t *bitmap = calloc(words_of(pages), sizeof *bitmap);
    if (!bitmap)
        return -ENOMEM;
    const int rc = slots->backend.get_dirty(slots->backend.context, &slot, bitmap);
    if (!rc)
        mark_all(region, (piece->gpa - region->gpa) / MEMORY_PAGE, pages, bitmap);
    free(bitmap);
    return rc;
}

int memory_region_log(struct memory_region *region, bool on)
{
    if (on && region->kind == MEMORY_RAM && !region->dirty) {
        region->dirty = calloc(words_of(region->size / MEMORY_PAGE), sizeof *region->dirty);
        return region->dirty ? 0 : -ENOMEM;
    }
    if (!on) {
        free(region->dirty);
        region->dirty = NULL;
    }
    return 0;
}

static void forget_all(struct memory *memory)
{
    for (size_t i = 0; i < memory->count; i++)
        memory_region_log(memory->regions[i], false);
}

static int remember_all(struct memory *memory)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < memory->count; i++)
        rc = memory_region_log(memory->regions[i], true);
    return rc;
}

/* Those that are there are announced once more, which changes this one property of theirs. */
static int announce_all(struct slots *slots, bool log_dirty)
{
    slots->log_dirty = log_dirty;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < slots->count; i++)
        if (slots->pieces[i].present && slots->pieces[i].region->kind == MEMORY_RAM)
            rc = slots_announce(slots, &slots->pieces[i]);
    return rc;
}

int memory_log_dirty(struct memory *memory, bool on)
{
    struct slots *slots = &memory->slots;
    if (on == slots->log_dirty || memory->follow.on)
        return 0;
    if (!slots->backend.get_dirty)
        return -ENOTSUP;
    int rc = on ? remember_all(memory) : 0;
    if (rc == 0)
        rc = announce_all(slots, on);
    if (rc)
        announce_all(slots, !on);
    if (!slots->log_dirty)
        forget_all(memory);
    return rc;
}

bool memory_logs_dirty(const struct memory *memory)
{
    return memory->slots.log_dirty;
}

void memory_note_write(const struct memory *memory, uint64_t gpa, uint64_t len)
{
    const struct memory_region *region = memory_find(memory, gpa);
    for (uint64_t done = 0; region && region->dirty && done < len; done++)
        if (gpa + done - region->gpa < region->size)
            mark(region, (gpa + done - region->gpa) / MEMORY_PAGE);
}

int64_t memory_take_dirty(struct memory *memory, const struct memory_region *region)
{
    const struct slots *slots = &memory->slots;
    int64_t count = 0;
    if (!region->dirty)
        return 0;
    for (size_t i = slots_index(slots, region->gpa);
         i < slots->count && slots->pieces[i].region == region; i++) {
        const int rc = slots_collect(slots, &slots->pieces[i]);
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < words_of(region->size / MEMORY_PAGE); i++)
        count += __builtin_popcountll(__atomic_exchange_n(&region->dirty[i], 0, __ATOMIC_RELAXED));
    return count;
}
