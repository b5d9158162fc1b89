#include "record/ram_copy.h"

#include "record/page_pool.h"
#include "record/pages_used.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct ram_copy {
    size_t region_count;
    struct ram_copy_region *regions;
    uint64_t page_count;
    struct page_pool *pool; /* of its pages, which copies that share some have in common */
    void **pages;           /* of all regions, one after the other; NULL: zeros */
};

static const uint8_t zeros[MEMORY_PAGE];

static bool is_zero(const uint8_t *page)
{
    return !page[0] && !page[MEMORY_PAGE - 1] && !memcmp(page, zeros, sizeof zeros);
}

static size_t count_regions(const struct memory *memory)
{
    size_t n = 0;
    const struct memory_region *r = memory_next(memory, 0);
    for (; r; r = memory_next(memory, r->gpa + r->size))
        n++;
    return n;
}

static void note_regions(struct ram_copy *copy, const struct memory *memory)
{
    struct ram_copy_region *to = copy->regions;
    const struct memory_region *r = memory_next(memory, 0);
    for (; r; r = memory_next(memory, r->gpa + r->size)) {
        *to++ = (struct ram_copy_region){.gpa = r->gpa, .size = r->size, .kind = r->kind};
        copy->page_count += r->size / MEMORY_PAGE;
    }
}

static struct ram_copy *new_copy(const struct memory *memory, const struct ram_copy *like)
{
    struct ram_copy *copy = calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    copy->region_count = count_regions(memory);
    copy->regions = calloc(copy->region_count + 1, sizeof *copy->regions);
    if (copy->regions)
        note_regions(copy, memory);
    /* Of a large array that calloc gives, what stays zero takes no memory. */
    copy->pages = copy->regions ? calloc(copy->page_count + 1, sizeof *copy->pages) : NULL;
    if (like)
        page_pool_share(like->pool);
    copy->pool = like ? like->pool : page_pool_new();
    if (copy->pages && copy->pool)
        return copy;
    ram_copy_free(copy);
    return NULL;
}

struct ram_copy *ram_copy_new(const struct memory *memory)
{
    return new_copy(memory, NULL);
}

void ram_copy_free(struct ram_copy *copy)
{
    if (!copy)
        return;
    for (uint64_t i = 0; copy->pages && i < copy->page_count; i++)
        if (copy->pages[i])
            page_pool_drop_page(copy->pool, copy->pages[i]);
    page_pool_drop(copy->pool);
    free(copy->pages);
    free(copy->regions);
    free(copy);
}

bool ram_copy_fits(const struct ram_copy *copy, const struct memory *memory)
{
    size_t i = 0;
    const struct memory_region *r = memory_next(memory, 0);
    for (; r && i < copy->region_count; r = memory_next(memory, r->gpa + r->size), i++)
        if (r->gpa != copy->regions[i].gpa || r->size != copy->regions[i].size ||
            r->kind != copy->regions[i].kind)
            return false;
    return !r && i == copy->region_count;
}

/* ---- Going through all pages of a map */

struct walk {
    struct ram_copy *copy;
    const struct ram_copy *like; /* NULL, or one that fits too */
    struct memory *memory;
    uint64_t changed;
    bool failed;
};

/* Does something to page INDEX, whose host bytes are at HVA, GPA in the guest; it is zeros if not
 * USED, and then HVA is better not read. */
typedef void visit_page(struct walk *walk, uint64_t index, uint64_t gpa, uint8_t *hva, bool used);

static uint64_t walk_region(struct walk *walk, const struct memory_region *region, uint64_t index,
                            int used, visit_page *visit)
{
    uint64_t bitmap[PAGES_USED_MOST / 64];
    const uint64_t pages = region->size / MEMORY_PAGE;
    for (uint64_t first = 0; first < pages; first += PAGES_USED_MOST) {
        const uint64_t left = pages - first, n = left < PAGES_USED_MOST ? left : PAGES_USED_MOST;
        pages_used(used, region->hva + first * MEMORY_PAGE, n, bitmap);
        for (uint64_t i = 0; i < n; i++)
            visit(walk, index + first + i, region->gpa + (first + i) * MEMORY_PAGE,
                  region->hva + (first + i) * MEMORY_PAGE, bitmap[i / 64] >> i % 64 & 1);
    }
    return index + pages;
}

static void walk_all(struct walk *walk, int used, visit_page *visit)
{
    uint64_t index = 0;
    const struct memory_region *r = memory_next(walk->memory, 0);
    for (; r; r = memory_next(walk->memory, r->gpa + r->size))
        index = walk_region(walk, r, index, used, visit);
}

/* ---- Saving */

int ram_copy_set_page(struct ram_copy *copy, uint64_t index, const void *bytes)
{
    void *page = page_pool_take(copy->pool);
    if (!page)
        return -ENOMEM;
    memcpy(page, bytes, MEMORY_PAGE);
    copy->pages[index] = page;
    return 0;
}

static void save_page(struct walk *walk, uint64_t index, uint64_t gpa, uint8_t *hva, bool used)
{
    (void)gpa;
    if (!used || walk->failed || is_zero(hva))
        return;
    void *like = walk->like ? walk->like->pages[index] : NULL;
    if (like && !memcmp(like, hva, MEMORY_PAGE)) {
        page_pool_share_page(like);
        walk->copy->pages[index] = like;
    } else if (ram_copy_set_page(walk->copy, index, hva)) {
        walk->failed = true;
    }
}

struct ram_copy *ram_copy_save(const struct memory *memory, int used, const struct ram_copy *like)
{
    struct walk walk = {.like = like && ram_copy_fits(like, memory) ? like : NULL};
    walk.copy = new_copy(memory, walk.like);
    if (!walk.copy)
        return NULL;
    walk.memory = (struct memory *)(uintptr_t)memory; /* which saving does not change */
    walk_all(&walk, used, save_page);
    if (!walk.failed)
        return walk.copy;
    ram_copy_free(walk.copy);
    return NULL;
}

/* ---- Restoring */

/* Whoever follows what is written to RAM is told by memory_poke. */
static void restore_page(struct walk *walk, uint64_t index, uint64_t gpa, uint8_t *hva, bool used)
{
    const void *page = walk->copy->pages[index];
    if (page ? used && !memcmp(page, hva, MEMORY_PAGE) : !used || is_zero(hva))
        return;
    memory_poke(walk->memory, gpa, page ? page : zeros, MEMORY_PAGE);
    walk->changed++;
}

uint64_t ram_copy_restore(const struct ram_copy *copy, struct memory *memory, int used)
{
    struct walk walk = {.copy = (struct ram_copy *)(uintptr_t)copy, .memory = memory};
    walk_all(&walk, used, restore_page);
    return walk.changed;
}

/* ---- What is in it */

uint64_t ram_copy_pages(const struct ram_copy *copy)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < copy->page_count; i++)
        n += copy->pages[i] != NULL;
    return n;
}

uint64_t ram_copy_own_pages(const struct ram_copy *copy)
{
    uint64_t n = 0;
    for (uint64_t i = 0; i < copy->page_count; i++)
        n += copy->pages[i] && page_pool_users(copy->pages[i]) == 1;
    return n;
}

uint64_t ram_copy_page_count(const struct ram_copy *copy)
{
    return copy->page_count;
}

const void *ram_copy_page(const struct ram_copy *copy, uint64_t index)
{
    return copy->pages[index];
}

size_t ram_copy_regions(const struct ram_copy *copy, const struct ram_copy_region **regions)
{
    *regions = copy->regions;
    return copy->region_count;
}
