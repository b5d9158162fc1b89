#include "memory/memory_state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What it may have grown stays grown when the caller fails later: that changes nothing seen. */
static int grow(struct slots *slots, size_t capacity)
{
    struct piece *pieces = reallocarray(slots->pieces, capacity, sizeof *pieces);
    if (!pieces)
        return -ENOMEM;
    slots->pieces = pieces;
    bool *taken = reallocarray(slots->taken, capacity, sizeof *taken);
    if (!taken)
        return -ENOMEM;
    memset(taken + slots->capacity, 0, (capacity - slots->capacity) * sizeof *taken);
    slots->taken = taken;
    slots->capacity = capacity;
    return 0;
}

int slots_reserve(struct slots *slots, size_t n)
{
    const size_t need = slots->count + n; /* both far below 2^32 */
    if (need > slots->backend.max_slots)
        return -ENOSPC;
    if (need <= slots->capacity)
        return 0;
    const size_t twice = slots->capacity ? slots->capacity * 2 : 8;
    return grow(slots, need > twice ? need : twice);
}

void slots_free(struct slots *slots)
{
    free(slots->pieces);
    free(slots->taken);
}

size_t slots_index(const struct slots *slots, uint64_t gpa)
{
    size_t low = 0, high = slots->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const struct piece *piece = &slots->pieces[middle];
        if (piece->gpa + piece->size > gpa)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

size_t slots_of_region(const struct slots *slots, size_t first)
{
    size_t end = first;
    while (end < slots->count && slots->pieces[end].region == slots->pieces[first].region)
        end++;
    return end - first;
}

uint32_t slots_number(struct slots *slots, uint32_t from)
{
    const uint32_t start = from > slots->lowest ? from : slots->lowest;
    const bool *found = memchr(slots->taken + start, false, slots->capacity - start);
    assert(found);
    const uint32_t number = (uint32_t)(found - slots->taken);
    if (from <= slots->lowest)
        slots->lowest = number;
    return number;
}

bool slots_is_read_only(const struct slots *slots, const struct piece *piece)
{
    return slots->backend.has_read_only &&
           (piece->region->kind == MEMORY_ROM || piece->access == MEMORY_READ_ONLY);
}

struct memory_slot slots_slot(const struct slots *slots, const struct piece *piece)
{
    return (struct memory_slot){
        .slot = piece->slot,
        .gpa = piece->gpa,
        .size = piece->size,
        .hva = piece->region->hva + (piece->gpa - piece->region->gpa),
        .read_only = slots_is_read_only(slots, piece),
        .log_dirty = slots->log_dirty && piece->region->kind == MEMORY_RAM,
    };
}

/* With a slot its dirty pages would be forgotten. If they can't be had now (for lack of memory),
 * their number is too low, and nothing worse. */
static int tell(const struct slots *slots, struct piece *piece, bool present)
{
    const struct memory_slot slot = slots_slot(slots, piece);
    if (!present)
        slots_collect(slots, piece);
    const int rc = slots->backend.set_slot(slots->backend.context, &slot, present);
    if (rc < 0)
        return rc;
    piece->present = present;
    return 0;
}

int slots_announce(const struct slots *slots, struct piece *piece)
{
    return tell(slots, piece, true);
}

void slots_announce_missing(const struct slots *slots, struct piece *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!pieces[i].present && pieces[i].access != MEMORY_CLOSED)
            slots_announce(slots, &pieces[i]);
}

int slots_withdraw_all(struct slots *slots, struct piece *pieces, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const int rc = pieces[i].present ? tell(slots, &pieces[i], false) : 0;
        if (rc) {
            slots_announce_missing(slots, pieces, i);
            return rc;
        }
    }
    return 0;
}

static void mark(struct slots *slots, const struct piece *pieces, size_t n, bool taken)
{
    for (size_t i = 0; i < n; i++) {
        slots->taken[pieces[i].slot] = taken;
        if (!taken && pieces[i].slot < slots->lowest)
            slots->lowest = pieces[i].slot;
    }
}

void slots_replace(struct slots *slots, size_t first, size_t old, const struct piece *with,
                   size_t n)
{
    assert(slots->count - old + n <= slots->capacity);
    struct piece *at = slots->pieces + first;
    mark(slots, at, old, false);
    mark(slots, with, n, true);
    memmove(at + n, at + old, (slots->count - first - old) * sizeof *at);
    if (n)
        memcpy(at, with, n * sizeof *at);
    slots->count = slots->count - old + n;
}

int memory_forget_translations(struct memory *memory)
{
    struct slots *slots = &memory->slots;
    struct piece *smallest = NULL;
    for (size_t i = 0; i < slots->count; i++) {
        struct piece *piece = &slots->pieces[i];
        if (piece->present && (!smallest || piece->size < smallest->size))
            smallest = piece;
    }
    if (!smallest)
        return 0;
    const int rc = tell(slots, smallest, false);
    return rc ? rc : tell(slots, smallest, true);
}
