/* Which pages of RAM have been written to since this was last asked, by the guest or by the machine
 * itself. Asked after each instruction, so that it costs little while nothing was written. */
#include "memory/memory_state.h"

#include <errno.h>
#include <stdlib.h>

#define WORD_BITS 64u

static size_t words_of(uint64_t bytes)
{
    return (size_t)((bytes / MEMORY_PAGE + WORD_BITS - 1) / WORD_BITS);
}

/* A word behind the bits says whether there are any. */
static uint64_t *any_of(const struct memory_region *region)
{
    return &region->own[words_of(region->size)];
}

int memory_region_follow(struct memory_region *region, bool on)
{
    if (on && region->kind == MEMORY_RAM && !region->own) {
        region->own = calloc(words_of(region->size) + 1, sizeof *region->own);
        return region->own ? 0 : -ENOMEM;
    }
    if (!on) {
        free(region->own);
        region->own = NULL;
    }
    return 0;
}

/* Who asks clears the last word first. */
void memory_mark_own(const struct memory_region *region, uint64_t page)
{
    __atomic_fetch_or(&region->own[page / WORD_BITS], 1ull << page % WORD_BITS, __ATOMIC_RELAXED);
    __atomic_store_n(any_of(region), 1, __ATOMIC_RELEASE);
}

void memory_note_own(const struct memory *memory, uint64_t gpa, uint64_t len)
{
    const struct memory_region *region = NULL;
    if (!memory->follow.on || !len)
        return;
    for (uint64_t page = gpa / MEMORY_PAGE; page <= (gpa + len - 1) / MEMORY_PAGE; page++) {
        const uint64_t at = page * MEMORY_PAGE;
        if (!region || at - region->gpa >= region->size)
            region = memory_find(memory, at);
        if (region && region->own)
            memory_mark_own(region, (at - region->gpa) / MEMORY_PAGE);
    }
}

static int begin(struct memory *memory)
{
    int rc = 0;
    memory->follow.logged = memory_logs_dirty(memory);
    for (size_t i = 0; rc == 0 && i < memory->count; i++)
        rc = memory_region_follow(memory->regions[i], true);
    return rc ? rc : memory_log_dirty(memory, true);
}

static void end(struct memory *memory)
{
    free(memory->follow.bitmap);
    memory->follow.bitmap = NULL;
    memory->follow.words = 0;
    for (size_t i = 0; i < memory->count; i++)
        memory_region_follow(memory->regions[i], false);
    memory_log_dirty(memory, memory->follow.logged);
}

int memory_follow(struct memory *memory, bool on)
{
    if (on == memory->follow.on)
        return 0;
    const int rc = on ? begin(memory) : 0;
    memory->follow.on = on && !rc;
    if (!memory->follow.on)
        end(memory);
    return rc;
}

bool memory_follows(const struct memory *memory)
{
    return memory->follow.on;
}

/* ---- Asking */

struct visitor {
    void (*visit)(void *context, const struct memory_region *region, uint64_t gpa, uint8_t *page);
    void *context;
};

static void visit_word(const struct visitor *v, const struct memory_region *region, uint64_t first,
                       uint64_t word)
{
    for (; word; word &= word - 1) {
        const uint64_t offset = (first + (unsigned)__builtin_ctzll(word)) * MEMORY_PAGE;
        if (offset < region->size)
            v->visit(v->context, region, region->gpa + offset, region->hva + offset);
    }
}

static int make_room(struct memory *memory, size_t words)
{
    if (words <= memory->follow.words)
        return 0;
    uint64_t *bitmap = calloc(words, sizeof *bitmap);
    if (!bitmap)
        return -ENOMEM;
    free(memory->follow.bitmap);
    memory->follow.bitmap = bitmap;
    memory->follow.words = words;
    return 0;
}

/* For memory_take_dirty: the backend has forgotten them over this. */
static void keep_dirty(const struct memory_region *region, uint64_t first, uint64_t word)
{
    for (; region->dirty && word; word &= word - 1) {
        const uint64_t page = first + (unsigned)__builtin_ctzll(word);
        region->dirty[page / WORD_BITS] |= 1ull << page % WORD_BITS;
    }
}

/* What the guest has written to PIECE. */
static int visit_piece(struct memory *memory, const struct piece *piece, const struct visitor *v)
{
    const struct memory_region *region = piece->region;
    const struct memory_slot slot = slots_slot(&memory->slots, piece);
    const uint64_t first = (piece->gpa - region->gpa) / MEMORY_PAGE;
    const size_t words = words_of(piece->size);
    if (!slot.log_dirty || !piece->present)
        return 0;
    int rc = make_room(memory, words);
    uint64_t *bitmap = memory->follow.bitmap;
    if (rc == 0)
        rc = memory->slots.backend.get_dirty(memory->slots.backend.context, &slot, bitmap);
    for (size_t i = 0; rc == 0 && i < words; i++) {
        if (!bitmap[i])
            continue;
        visit_word(v, region, first + i * WORD_BITS, bitmap[i]);
        keep_dirty(region, first + i * WORD_BITS, bitmap[i]);
        bitmap[i] = 0;
    }
    return rc;
}

static void visit_own(const struct memory_region *region, const struct visitor *v)
{
    if (!region->own || !__atomic_exchange_n(any_of(region), 0, __ATOMIC_ACQUIRE))
        return;
    for (size_t i = 0; i < words_of(region->size); i++)
        if (region->own[i])
            visit_word(v, region, i * WORD_BITS,
                       __atomic_exchange_n(&region->own[i], 0, __ATOMIC_RELAXED));
}

int memory_each_written(struct memory *memory,
                        void (*visit)(void *context, const struct memory_region *region,
                                      uint64_t gpa, uint8_t *page),
                        void *context)
{
    const struct visitor v = {visit, context};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < memory->slots.count; i++)
        rc = visit_piece(memory, &memory->slots.pieces[i], &v);
    for (size_t i = 0; i < memory->count; i++)
        visit_own(memory->regions[i], &v);
    return rc;
}
