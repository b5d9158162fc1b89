#include "record/page_pool.h"

#include "memory/memory.h"

#include <stdlib.h>
#include <sys/mman.h>

#define CHUNK ((uintptr_t)2 << 20)
#define PAGES (CHUNK / MEMORY_PAGE - 1) /* its first page is the struct */

/* At a multiple of its size, by which a page knows it. */
struct chunk {
    struct chunk *next, *previous; /* of the pool's that have free pages */
    uint32_t users[PAGES];
    uint16_t free[PAGES]; /* their numbers; FREE_COUNT of them */
    uint16_t free_count;
};
_Static_assert(sizeof(struct chunk) <= MEMORY_PAGE, "a page");

struct page_pool {
    unsigned users;
    struct chunk *open; /* with free pages */
    size_t chunks;
};

struct page_pool *page_pool_new(void)
{
    struct page_pool *pool = calloc(1, sizeof *pool);
    if (pool)
        pool->users = 1;
    return pool;
}

void page_pool_share(struct page_pool *pool)
{
    pool->users++;
}

void page_pool_drop(struct page_pool *pool)
{
    if (pool && !--pool->users)
        free(pool);
}

static struct chunk *chunk_of(const void *page)
{
    return (struct chunk *)((uintptr_t)page & ~(CHUNK - 1));
}

static size_t number_of(const void *page)
{
    return ((uintptr_t)page & (CHUNK - 1)) / MEMORY_PAGE - 1;
}

static void open_chunk(struct page_pool *pool, struct chunk *chunk)
{
    chunk->previous = NULL;
    chunk->next = pool->open;
    if (pool->open)
        pool->open->previous = chunk;
    pool->open = chunk;
}

static void close_chunk(struct page_pool *pool, struct chunk *chunk)
{
    if (chunk->next)
        chunk->next->previous = chunk->previous;
    if (chunk->previous)
        chunk->previous->next = chunk->next;
    else
        pool->open = chunk->next;
}

static void *map_aligned(void)
{
    char *all = mmap(NULL, 2 * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return NULL;
    char *at = (char *)(((uintptr_t)all + CHUNK - 1) & ~(CHUNK - 1));
    if (at > all)
        munmap(all, (size_t)(at - all));
    munmap(at + CHUNK, (size_t)(all + CHUNK - at));
    return at;
}

/* The first one takes small pages: there may be few. */
static struct chunk *new_chunk(struct page_pool *pool)
{
    struct chunk *chunk = map_aligned();
    if (!chunk)
        return NULL;
    if (pool->chunks++)
        madvise(chunk, CHUNK, MADV_HUGEPAGE);
    chunk->free_count = PAGES;
    for (uint16_t i = 0; i < PAGES; i++)
        chunk->free[i] = (uint16_t)(PAGES - 1 - i);
    open_chunk(pool, chunk);
    return chunk;
}

void *page_pool_take(struct page_pool *pool)
{
    struct chunk *chunk = pool->open ? pool->open : new_chunk(pool);
    if (!chunk)
        return NULL;
    const size_t number = chunk->free[--chunk->free_count];
    if (!chunk->free_count)
        close_chunk(pool, chunk);
    chunk->users[number] = 1;
    return (char *)chunk + (number + 1) * MEMORY_PAGE;
}

void page_pool_share_page(void *page)
{
    chunk_of(page)->users[number_of(page)]++;
}

void page_pool_drop_page(struct page_pool *pool, void *page)
{
    struct chunk *chunk = chunk_of(page);
    if (--chunk->users[number_of(page)])
        return;
    if (!chunk->free_count)
        open_chunk(pool, chunk);
    chunk->free[chunk->free_count++] = (uint16_t)number_of(page);
    if (chunk->free_count < PAGES)
        return;
    close_chunk(pool, chunk);
    munmap(chunk, CHUNK);
    pool->chunks--;
}

uint32_t page_pool_users(const void *page)
{
    return chunk_of(page)->users[number_of(page)];
}
