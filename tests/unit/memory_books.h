/* A backend for the tests of memory.c that only keeps books. */
#ifndef TESTS_UNIT_MEMORY_BOOKS_H
#define TESTS_UNIT_MEMORY_BOOKS_H

#include "memory/memory.h"
#include "tests/check.h"

#include <errno.h>

#define PAGE       ((uint64_t)MEMORY_PAGE)
#define MAX_BOOKED 64

/* Stands for KVM: which slots it was told of. FAIL is the answer to all calls, 0 to take them; each
 * bit of FAIL_MASK is the same for one call, the lowest for the next one (-EIO). It complains of
 * what KVM would refuse, or take for something else than it is meant to be. */
struct books {
    struct memory_slot slots[MAX_BOOKED];
    bool present[MAX_BOOKED];
    int calls, fail;
    uint32_t fail_mask;
    struct memory_slot last;
    /* Guest-physical pages below 64 that the guest has written to since they were asked for. */
    uint64_t dirty;
    int fail_dirty;
    bool logs; /* whether a slot was ever to log them: only then it may be announced once more */
};

__attribute__((unused)) static void check_same_slot(const struct memory_slot *got,
                                                    const struct memory_slot *expected)
{
    CHECK_EQ(got->slot, expected->slot);
    CHECK_EQ(got->gpa, expected->gpa);
    CHECK_EQ(got->size, expected->size);
    CHECK_EQ((uintptr_t)got->hva, (uintptr_t)expected->hva);
    CHECK_EQ(got->read_only, expected->read_only);
}

__attribute__((unused)) static void check_no_overlap(const struct books *books,
                                                     const struct memory_slot *slot)
{
    for (uint32_t i = 0; i < MAX_BOOKED; i++)
        if (books->present[i] && books->slots[i].gpa < slot->gpa + slot->size &&
            slot->gpa < books->slots[i].gpa + books->slots[i].size)
            check_fail(__FILE__, __LINE__,
                       "slot %u at 0x%" PRIx64 " overlaps slot %u at 0x%" PRIx64, slot->slot,
                       slot->gpa, i, books->slots[i].gpa);
}

/* SLOT's pages below 64, a bit each. */
__attribute__((unused)) static uint64_t booked_pages(const struct memory_slot *slot)
{
    uint64_t pages = 0;
    for (unsigned i = 0; i < 64; i++)
        if (i * PAGE >= slot->gpa && i * PAGE - slot->gpa < slot->size)
            pages |= 1ull << i;
    return pages;
}

__attribute__((unused)) static int book_dirty(void *context, const struct memory_slot *slot,
                                              uint64_t *bitmap)
{
    struct books *books = context;
    CHECK(books->present[slot->slot] && books->slots[slot->slot].log_dirty);
    check_same_slot(slot, &books->slots[slot->slot]);
    if (books->fail_dirty)
        return books->fail_dirty;
    const uint64_t pages = books->dirty & booked_pages(slot);
    if (slot->gpa < 64 * PAGE)
        *bitmap = pages >> slot->gpa / PAGE;
    books->dirty &= ~pages;
    return 0;
}

__attribute__((unused)) static int book(void *context, const struct memory_slot *slot, bool present)
{
    struct books *books = context;
    const bool fail = books->fail_mask & 1;
    books->calls++;
    books->fail_mask >>= 1;
    books->last = *slot;
    if (books->fail || fail)
        return books->fail ? books->fail : -EIO;
    CHECK(slot->slot < MAX_BOOKED);
    books->logs |= slot->log_dirty;
    if (present && books->present[slot->slot]) {
        CHECK(books->logs);
        check_same_slot(slot, &books->slots[slot->slot]);
        books->slots[slot->slot] = *slot;
        return 0;
    }
    CHECK_EQ(books->present[slot->slot], !present);
    if (present)
        check_no_overlap(books, slot);
    else
        check_same_slot(slot, &books->slots[slot->slot]);
    if (!present && books->slots[slot->slot].log_dirty) /* with a slot goes what is known of it */
        books->dirty &= ~booked_pages(slot);
    books->present[slot->slot] = present;
    books->slots[slot->slot] = *slot;
    return 0;
}

/* The slot that holds GPA, or NULL. */
__attribute__((unused)) static const struct memory_slot *booked_at(const struct books *books,
                                                                   uint64_t gpa)
{
    for (uint32_t i = 0; i < MAX_BOOKED; i++)
        if (books->present[i] && books->slots[i].gpa <= gpa &&
            gpa - books->slots[i].gpa < books->slots[i].size)
            return &books->slots[i];
    return NULL;
}

__attribute__((unused)) static unsigned booked_count(const struct books *books)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < MAX_BOOKED; i++)
        count += books->present[i];
    return count;
}

__attribute__((unused)) static struct memory *new_map_with(struct books *books, uint32_t max_slots,
                                                           bool has_read_only)
{
    memset(books, 0, sizeof *books);
    struct memory_backend backend = {
        .set_slot = book,
        .get_dirty = book_dirty,
        .context = books,
        .max_slots = max_slots,
        .has_read_only = has_read_only,
    };
    return memory_new(&backend);
}

__attribute__((unused)) static struct memory *new_map(struct books *books, uint32_t max_slots)
{
    return new_map_with(books, max_slots, true);
}

#endif
