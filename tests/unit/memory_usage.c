/* memory_usage.c: which pages are resident, and which the guest has written to, also where fences
 * cut slots meanwhile. */
#include "memory_books.h"

#include <stdlib.h>

/* RAM in pages 0 to 15, ROM in 16 to 19, RAM in 32 to 39. */
static struct memory *three_regions(struct books *books)
{
    struct memory *m = new_map(books, 32);
    struct error error;
    CHECK_EQ(memory_add(m, 0, 16 * PAGE, MEMORY_RAM, "low", &error), 0);
    CHECK_EQ(memory_add(m, 16 * PAGE, 4 * PAGE, MEMORY_ROM, "rom", &error), 0);
    CHECK_EQ(memory_add(m, 32 * PAGE, 8 * PAGE, MEMORY_RAM, "high", &error), 0);
    return m;
}

static int64_t take(struct memory *m, uint64_t page)
{
    return memory_take_dirty(m, memory_find(m, page * PAGE));
}

#define PAGES(first, count) (((1ull << (count)) - 1) << (first))

static void resident_pages(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    struct error error;
    const uint8_t byte = 1;
    CHECK_EQ(memory_add(m, 0, 10000 * PAGE, MEMORY_RAM, "ram", &error), 0);
    const struct memory_region *r = memory_find(m, 0);
    CHECK_EQ(memory_resident(r), 0);
    memory_write(m, 3 * PAGE, &byte, 1);
    memory_write(m, 3 * PAGE + 7, &byte, 1);
    memory_write(m, 4095 * PAGE, &byte, 1);
    memory_write(m, 4096 * PAGE, &byte, 1);
    memory_write(m, 9999 * PAGE + 4095, &byte, 1);
    CHECK_EQ(memory_resident(r), 4);
    memory_free(m);
}

static void nothing_is_noted_unless_asked(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    books.dirty = PAGES(0, 4);
    CHECK_EQ(memory_logs_dirty(m), false);
    CHECK_EQ(take(m, 0), 0);
    memory_note_write(m, 0, 8);
    CHECK_EQ(booked_at(&books, 0)->log_dirty, false);
    const int calls = books.calls;
    CHECK_EQ(memory_log_dirty(m, false), 0);
    CHECK_EQ(books.calls, calls);
    memory_free(m);
}

static void pages_are_counted_once(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    CHECK_EQ(memory_log_dirty(m, true), 0);
    CHECK_EQ(memory_logs_dirty(m), true);
    CHECK_EQ(booked_at(&books, 0)->log_dirty, true);
    CHECK_EQ(booked_at(&books, 16 * PAGE)->log_dirty, false); /* ROM */
    CHECK_EQ(booked_at(&books, 32 * PAGE)->log_dirty, true);
    books.dirty = PAGES(1, 3) | PAGES(39, 1);
    CHECK_EQ(take(m, 0), 3);
    CHECK_EQ(take(m, 0), 0);
    CHECK_EQ(take(m, 16), 0);
    CHECK_EQ(take(m, 32), 1);
    CHECK_EQ(memory_log_dirty(m, true), 0);
    CHECK_EQ(memory_log_dirty(m, false), 0);
    CHECK_EQ(booked_at(&books, 0)->log_dirty, false);
    books.dirty = PAGES(1, 3);
    CHECK_EQ(take(m, 0), 0);
    memory_free(m);
}

/* With a slot that goes, its dirty pages go: they are asked for before. */
static void fences_lose_none(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    CHECK_EQ(memory_log_dirty(m, true), 0);
    books.dirty = PAGES(1, 1) | PAGES(5, 2);
    CHECK_EQ(memory_fence(m, 5 * PAGE, MEMORY_CLOSED), 0);
    CHECK_EQ(books.dirty, 0);
    CHECK_EQ(booked_at(&books, 0)->log_dirty, true);
    CHECK_EQ(booked_at(&books, 6 * PAGE)->log_dirty, true);
    books.dirty = PAGES(0, 2) | PAGES(15, 1);
    memory_note_write(m, 5 * PAGE + 4092, 8); /* a served access, over the page's end */
    CHECK_EQ(memory_fence(m, 8 * PAGE, MEMORY_READ_ONLY), 0);
    books.dirty |= PAGES(9, 1);
    CHECK_EQ(memory_unfence_all(m), 0);
    CHECK_EQ(booked_at(&books, 0)->log_dirty, true);
    CHECK_EQ(take(m, 0), 6); /* 0, 1, 5, 6, 9, 15 */
    CHECK_EQ(take(m, 0), 0);
    memory_free(m);
}

static void regions_come_and_go(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    struct error error;
    CHECK_EQ(memory_log_dirty(m, true), 0);
    CHECK_EQ(memory_add(m, 48 * PAGE, 2 * PAGE, MEMORY_RAM, "new", &error), 0);
    CHECK_EQ(booked_at(&books, 48 * PAGE)->log_dirty, true);
    books.dirty = PAGES(48, 2);
    CHECK_EQ(take(m, 48), 2);
    books.dirty = PAGES(48, 2);
    CHECK_EQ(memory_remove(m, 48 * PAGE, &error), 0);
    CHECK_EQ(memory_add(m, 48 * PAGE, 2 * PAGE, MEMORY_RAM, "new", &error), 0);
    CHECK_EQ(take(m, 48), 0);
    memory_free(m);
}

static void errors_change_nothing(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    books.fail_mask = 2; /* the second slot */
    CHECK_EQ(memory_log_dirty(m, true), -EIO);
    CHECK_EQ(memory_logs_dirty(m), false);
    CHECK_EQ(booked_at(&books, 0)->log_dirty, false);
    CHECK(memory_find(m, 0)->dirty == NULL);
    CHECK_EQ(memory_log_dirty(m, true), 0);
    books.fail_mask = 2;
    CHECK_EQ(memory_log_dirty(m, false), -EIO);
    CHECK_EQ(memory_logs_dirty(m), true);
    CHECK_EQ(booked_at(&books, 0)->log_dirty, true);
    books.dirty = PAGES(2, 2);
    books.fail_dirty = -ENOMEM;
    CHECK_EQ(take(m, 0), -ENOMEM);
    books.fail_dirty = 0;
    CHECK_EQ(take(m, 0), 2);
    memory_free(m);
}

static void a_backend_without_it(void)
{
    struct books books = {.calls = 0};
    const struct memory_backend backend = {.set_slot = book, .context = &books, .max_slots = 8};
    struct memory *m = memory_new(&backend);
    CHECK_EQ(memory_log_dirty(m, true), -ENOTSUP);
    CHECK_EQ(memory_logs_dirty(m), false);
    memory_free(m);
}

int main(void)
{
    TEST(resident_pages);
    TEST(nothing_is_noted_unless_asked);
    TEST(pages_are_counted_once);
    TEST(fences_lose_none);
    TEST(regions_come_and_go);
    TEST(errors_change_nothing);
    TEST(a_backend_without_it);
    return check_done();
}
