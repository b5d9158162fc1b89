/* A backend for the tests of memory.c that only keeps books. */
#ifndef TESTS_UNIT_MEMORY_BOOKS_H
#define TESTS_UNIT_MEMORY_BOOKS_H

#include "memory.h"
#include "tests/check.h"

#define PAGE       ((uint64_t)MEMORY_PAGE)
#define MAX_BOOKED 64

/* Stands for KVM: which slots it was told of. FAIL is the answer to the next call, 0 to take it. */
struct books {
    struct memory_region slots[MAX_BOOKED];
    bool present[MAX_BOOKED];
    int calls, fail;
    struct memory_region last;
};

__attribute__((unused)) static int book(void *context, const struct memory_region *region,
                                        bool present)
{
    struct books *books = context;
    books->calls++;
    books->last = *region;
    if (books->fail)
        return books->fail;
    CHECK(region->slot < MAX_BOOKED);
    CHECK_EQ(books->present[region->slot], !present);
    books->present[region->slot] = present;
    books->slots[region->slot] = *region;
    return 0;
}

__attribute__((unused)) static struct memory *new_map(struct books *books, uint32_t max_slots)
{
    memset(books, 0, sizeof *books);
    struct memory_backend backend = {.set_slot = book, .context = books, .max_slots = max_slots};
    return memory_new(&backend);
}

#endif
