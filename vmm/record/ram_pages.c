#include "record/ram_pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_BITS 64u

static size_t count_regions(const struct memory *memory)
{
    size_t n = 0;
    const struct memory_region *r = memory_next(memory, 0);
    for (; r; r = memory_next(memory, r->gpa + r->size))
        n++;
    return n;
}

int ram_pages_init(struct ram_pages *pages, const struct memory *memory)
{
    *pages = (struct ram_pages){.changes = memory_changes(memory)};
    pages->regions = calloc(count_regions(memory) + 1, sizeof *pages->regions);
    if (!pages->regions)
        return -ENOMEM;
    const struct memory_region *r = memory_next(memory, 0);
    for (; r; r = memory_next(memory, r->gpa + r->size)) {
        pages->regions[pages->region_count++] =
            (struct ram_region){r->gpa, r->size, pages->count, r->hva, r->kind};
        pages->count += r->size / MEMORY_PAGE;
    }
    return 0;
}

void ram_pages_free(struct ram_pages *pages)
{
    free(pages->regions);
    *pages = (struct ram_pages){.regions = NULL};
}

bool ram_pages_alike(const struct ram_pages *a, const struct ram_pages *b)
{
    bool alike = a->region_count == b->region_count;
    for (size_t i = 0; alike && i < a->region_count; i++)
        alike = a->regions[i].gpa == b->regions[i].gpa &&
                a->regions[i].size == b->regions[i].size &&
                a->regions[i].kind == b->regions[i].kind;
    return alike;
}

uint8_t *ram_pages_at(const struct ram_pages *pages, uint64_t number, uint64_t *gpa, size_t *hint)
{
    const struct ram_region *r = &pages->regions[*hint];
    for (; number - r->first >= r->size / MEMORY_PAGE; r = &pages->regions[*hint])
        *hint = number < r->first ? 0 : *hint + 1;
    const uint64_t offset = (number - r->first) * MEMORY_PAGE;
    if (gpa)
        *gpa = r->gpa + offset;
    return r->hva + offset;
}

bool ram_page_is_zero(const uint8_t *page)
{
    static const uint8_t zeros[MEMORY_PAGE];
    return !page[0] && !page[MEMORY_PAGE - 1] && !memcmp(page, zeros, sizeof zeros);
}

/* ---- Sets */

static size_t words_of(uint64_t count)
{
    return (size_t)((count + WORD_BITS - 1) / WORD_BITS);
}

uint64_t *ram_set_new(uint64_t count)
{
    return calloc(words_of(count) + 1, sizeof(uint64_t));
}

void ram_set_fill(uint64_t *set, uint64_t count)
{
    memset(set, 0xff, count / WORD_BITS * sizeof *set);
    if (count % WORD_BITS)
        set[count / WORD_BITS] = (1ull << count % WORD_BITS) - 1;
}

void ram_set_unite(uint64_t *set, const uint64_t *with, uint64_t count)
{
    for (size_t i = 0; i < words_of(count); i++)
        set[i] |= with[i];
}

uint64_t ram_set_size(const uint64_t *set, uint64_t count)
{
    uint64_t size = 0;
    for (size_t i = 0; i < words_of(count); i++)
        size += (unsigned)__builtin_popcountll(set[i]);
    return size;
}

uint64_t ram_set_next(const uint64_t *set, uint64_t number, uint64_t count)
{
    if (number >= count)
        return count;
    size_t i = number / WORD_BITS;
    uint64_t word = set[i] & ~0ull << number % WORD_BITS;
    while (!word && ++i < words_of(count))
        word = set[i];
    return word ? i * WORD_BITS + (unsigned)__builtin_ctzll(word) : count;
}

/* Of the pages from FIRST on, which may lie across the words of SET. */
static void add_bits(uint64_t *set, uint64_t first, const uint64_t *bitmap, uint64_t count)
{
    const unsigned shift = first % WORD_BITS;
    for (uint64_t i = 0; i < count; i += WORD_BITS) {
        const uint64_t left = count - i;
        const uint64_t word =
            bitmap[i / WORD_BITS] & (left < WORD_BITS ? (1ull << left) - 1 : ~0ull);
        set[(first + i) / WORD_BITS] |= word << shift;
        if (shift && word >> (WORD_BITS - shift))
            set[(first + i) / WORD_BITS + 1] |= word >> (WORD_BITS - shift);
    }
}

void ram_pages_add(const struct ram_pages *pages, const struct pagemap *map, ram_pages_ask *ask,
                   uint64_t *set)
{
    uint64_t bitmap[PAGEMAP_MOST / 64];
    for (size_t i = 0; i < pages->region_count; i++) {
        const struct ram_region *r = &pages->regions[i];
        const uint64_t all = r->size / MEMORY_PAGE;
        for (uint64_t done = 0; done < all; done += PAGEMAP_MOST) {
            const uint64_t n = all - done < PAGEMAP_MOST ? all - done : PAGEMAP_MOST;
            ask(map, r->hva + done * MEMORY_PAGE, n, bitmap);
            add_bits(set, r->first + done, bitmap, n);
        }
    }
}
