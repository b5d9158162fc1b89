#include "record/ram_copy.h"

#include "record/ram_keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct ram_copy {
    struct ram_pages pages; /* as they were then: also where they were */
    uint64_t *outdated;     /* may differ from memory, whoever has them now */
    bool any_outdated;      /* also any other page */
    struct ram_keeper *keeper;
    uint8_t *bytes; /* of all pages, sparse; NULL: a keeper has them */
};

static size_t size_of(const struct ram_copy *copy)
{
    return (size_t)(copy->pages.count + 1) * MEMORY_PAGE;
}

static struct ram_copy *new_copy(const struct memory *memory)
{
    struct ram_copy *copy = calloc(1, sizeof *copy);
    if (!copy)
        return NULL;
    if (!ram_pages_init(&copy->pages, memory))
        copy->outdated = ram_set_new(copy->pages.count);
    if (copy->outdated)
        return copy;
    ram_copy_free(copy);
    return NULL;
}

/* No process that is forked off keeps it. */
static bool make_room(struct ram_copy *copy)
{
    void *bytes = mmap(NULL, size_of(copy), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED)
        return false;
    madvise(bytes, size_of(copy), MADV_DONTFORK);
    copy->bytes = bytes;
    return true;
}

struct ram_copy *ram_copy_new(const struct memory *memory)
{
    struct ram_copy *copy = new_copy(memory);
    if (!copy || make_room(copy))
        return copy;
    ram_copy_free(copy);
    return NULL;
}

void ram_copy_free(struct ram_copy *copy)
{
    if (!copy)
        return;
    ram_keeper_stop(copy->keeper);
    if (copy->bytes)
        munmap(copy->bytes, size_of(copy));
    ram_pages_free(&copy->pages);
    free(copy->outdated);
    free(copy);
}

int ram_copy_fits(const struct ram_copy *copy, const struct memory *memory)
{
    struct ram_pages now;
    if (ram_pages_init(&now, memory))
        return -ENOMEM;
    const bool fits = ram_pages_alike(&copy->pages, &now);
    ram_pages_free(&now);
    return fits ? 0 : -ESTALE;
}

int ram_copy_check(const struct ram_copy *copy, struct error *error)
{
    return copy->keeper ? ram_keeper_check(copy->keeper, error) : 0;
}

void ram_copy_outdate(struct ram_copy *copy, const struct ram_pages *pages, const uint64_t *set)
{
    if (set && pages->changes == copy->pages.changes)
        ram_set_unite(copy->outdated, set, pages->count);
    else if (!set)
        copy->any_outdated = true;
}

uint64_t ram_copy_outdated(const struct ram_copy *copy, const struct ram_pages *pages,
                           const uint64_t *own)
{
    uint64_t n = 0;
    if (copy->any_outdated || pages->changes != copy->pages.changes)
        return copy->pages.count;
    for (uint64_t i = 0; i < (copy->pages.count + 63) / 64; i++)
        n += (unsigned)__builtin_popcountll(copy->outdated[i] | own[i]);
    return n;
}

/* ---- Saving */

static void copy_used(struct ram_copy *copy, const struct pagemap *map, uint64_t *used)
{
    const uint64_t count = copy->pages.count;
    size_t hint = 0;
    ram_pages_add(&copy->pages, map, pagemap_used, used);
    for (uint64_t i = ram_set_next(used, 0, count); i < count;
         i = ram_set_next(used, i + 1, count)) {
        const uint8_t *page = ram_pages_at(&copy->pages, i, NULL, &hint);
        if (!ram_page_is_zero(page))
            memcpy(copy->bytes + i * MEMORY_PAGE, page, MEMORY_PAGE);
    }
}

struct ram_copy *ram_copy_save(const struct memory *memory, const struct pagemap *map)
{
    struct ram_copy *copy = new_copy(memory);
    if (!copy || !ram_keeper_start(&copy->keeper))
        return copy;
    uint64_t *used = ram_set_new(copy->pages.count);
    const bool room = used && make_room(copy);
    if (room)
        copy_used(copy, map, used);
    free(used);
    if (room)
        return copy;
    ram_copy_free(copy);
    return NULL;
}

/* ---- Restoring */

struct batch {
    struct {
        uint64_t gpa;
        uint8_t *now;
    } pages[RAM_KEEPER_MOST];
    const uint8_t *then[RAM_KEEPER_MOST];
    size_t count;
};

/* Whoever follows what is written to RAM is told by memory_poke. */
static uint64_t write_back(struct memory *memory, const struct batch *batch)
{
    uint64_t changed = 0;
    for (size_t i = 0; i < batch->count; i++) {
        if (!memcmp(batch->pages[i].now, batch->then[i], MEMORY_PAGE))
            continue;
        memory_poke(memory, batch->pages[i].gpa, batch->then[i], MEMORY_PAGE);
        changed++;
    }
    return changed;
}

/* Makes THEN, where the pages were in this process, where their content is. */
static int fetch(const struct ram_copy *copy, struct batch *batch, struct error *error)
{
    const uint8_t *bytes;
    if (copy->bytes)
        return 0;
    const int err = ram_keeper_get(copy->keeper, batch->then, batch->count, &bytes, error);
    for (size_t i = 0; !err && i < batch->count; i++)
        batch->then[i] = bytes + i * MEMORY_PAGE;
    return err;
}

static int restore_set(const struct ram_copy *copy, const struct ram_pages *now,
                       struct memory *memory, const uint64_t *set, uint64_t *changed,
                       struct error *error)
{
    const uint64_t count = now->count;
    size_t hint_now = 0, hint_then = 0;
    struct batch batch = {.count = 0};
    int err = 0;
    for (uint64_t i = ram_set_next(set, 0, count); !err && i < count;) {
        const size_t at = batch.count++;
        batch.pages[at].now = ram_pages_at(now, i, &batch.pages[at].gpa, &hint_now);
        batch.then[at] = copy->bytes ? copy->bytes + i * MEMORY_PAGE
                                     : ram_pages_at(&copy->pages, i, NULL, &hint_then);
        i = ram_set_next(set, i + 1, count);
        if (batch.count < RAM_KEEPER_MOST && i < count)
            continue;
        err = fetch(copy, &batch, error);
        *changed += err ? 0 : write_back(memory, &batch);
        batch.count = 0;
    }
    return err;
}

int ram_copy_restore(struct ram_copy *copy, struct memory *memory, const struct pagemap *map,
                     uint64_t *changed, struct error *error)
{
    struct ram_pages now;
    *changed = 0;
    if (ram_pages_init(&now, memory))
        return error_set(error, -ENOMEM, "out of memory (free some)");
    uint64_t *set = ram_set_new(now.count);
    int err = set ? 0 : error_set(error, -ENOMEM, "out of memory (free some)");
    if (!err && (copy->any_outdated || copy->pages.changes != now.changes))
        ram_set_fill(set, now.count);
    else if (!err)
        ram_pages_add(&now, map, pagemap_own, set);
    if (!err) {
        ram_set_unite(set, copy->outdated, now.count);
        err = restore_set(copy, &now, memory, set, changed, error);
    }
    if (!err) { /* what was written to make it so is the process's own */
        memset(copy->outdated, 0, (now.count + 7) / 8);
        copy->any_outdated = false;
    }
    free(set);
    ram_pages_free(&now);
    return err;
}

/* ---- One that is filled */

uint64_t ram_copy_page_count(const struct ram_copy *copy)
{
    return copy->pages.count;
}

void ram_copy_set_page(struct ram_copy *copy, uint64_t number, const void *bytes)
{
    memcpy(copy->bytes + number * MEMORY_PAGE, bytes, MEMORY_PAGE);
    copy->outdated[number / 64] |= 1ull << number % 64;
}
