/* memory_written.c: which pages were written to since this was last asked, by the guest, through
 * slots that fences cut meanwhile, and by the machine. */
#include "memory_books.h"

static struct memory *three_regions(struct books *books)
{
    struct memory *m = new_map(books, 32);
    struct error error;
    CHECK_EQ(memory_add(m, 0, 16 * PAGE, MEMORY_RAM, "low", &error), 0);
    CHECK_EQ(memory_add(m, 16 * PAGE, 4 * PAGE, MEMORY_ROM, "rom", &error), 0);
    CHECK_EQ(memory_add(m, 32 * PAGE, 8 * PAGE, MEMORY_RAM, "high", &error), 0);
    return m;
}

struct found {
    uint64_t pages; /* a bit each */
    unsigned calls;
};

static void note(void *context, const struct memory_region *region, uint64_t gpa, uint8_t *page)
{
    struct found *found = context;
    CHECK_EQ(gpa % PAGE, 0);
    CHECK_EQ((uintptr_t)page, (uintptr_t)(region->hva + (gpa - region->gpa)));
    found->pages |= 1ull << gpa / PAGE;
    found->calls++;
}

static uint64_t written(struct memory *m)
{
    struct found found = {0};
    CHECK_EQ(memory_each_written(m, note, &found), 0);
    return found.pages;
}

#define P(page) (1ull << (page))

static void by_the_guest(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    CHECK_EQ(memory_follow(m, true), 0);
    CHECK(memory_follows(m));
    CHECK_EQ(written(m), 0);
    books.dirty = P(0) | P(15) | P(33);
    CHECK_EQ(written(m), P(0) | P(15) | P(33));
    CHECK_EQ(written(m), 0);
    CHECK_EQ(memory_take_dirty(m, memory_find(m, 0)), 2); /* is told as well */
    CHECK_EQ(memory_follow(m, false), 0);
    CHECK_EQ(memory_logs_dirty(m), false);
    memory_free(m);
}

static void by_the_machine(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    const uint8_t bytes[16] = {1};
    memory_write(m, 0, bytes, sizeof bytes); /* before it is followed */
    CHECK_EQ(memory_follow(m, true), 0);
    CHECK_EQ(written(m), 0);
    memory_write(m, 3 * PAGE + 4090, bytes, sizeof bytes);
    memory_poke(m, 33 * PAGE, bytes, 1);
    memory_poke(m, 17 * PAGE, bytes, 1); /* ROM: nobody follows it */
    CHECK(memory_ram_at(m, 5 * PAGE + 1, 3 * PAGE));
    CHECK(memory_at(m, 10 * PAGE, 1)); /* to read */
    CHECK(!memory_ram_at(m, 15 * PAGE, 2 * PAGE));
    CHECK_EQ(written(m), P(3) | P(4) | P(5) | P(6) | P(7) | P(8) | P(33));
    CHECK_EQ(written(m), 0);
    memory_write(m, 39 * PAGE + 4088, bytes, sizeof bytes); /* past the end of RAM */
    CHECK_EQ(written(m), P(39));
    memory_clear_ram(m);
    CHECK_EQ(written(m), 0xffff | 0xffull << 32);
    memory_free(m);
}

/* With a slot that goes, what the backend knew of it is asked for first. */
static void fences_lose_none(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    CHECK_EQ(memory_follow(m, true), 0);
    books.dirty = P(1) | P(5) | P(6);
    CHECK_EQ(memory_fence(m, 5 * PAGE, MEMORY_CLOSED), 0);
    books.dirty = P(2) | P(36);
    CHECK_EQ(written(m), P(1) | P(2) | P(5) | P(6) | P(36));
    books.dirty = P(7);
    CHECK_EQ(memory_unfence_all(m), 0);
    CHECK_EQ(written(m), P(7));
    memory_free(m);
}

static void regions_come_and_go(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    struct error error;
    const uint8_t byte = 1;
    CHECK_EQ(memory_follow(m, true), 0);
    CHECK_EQ(memory_add(m, 48 * PAGE, 1000 * PAGE, MEMORY_RAM, "more", &error), 0);
    memory_write(m, 50 * PAGE, &byte, 1);
    books.dirty = P(49) | P(32);
    CHECK_EQ(memory_remove(m, 32 * PAGE, &error), 0);
    CHECK_EQ(written(m), P(49) | P(50));
    memory_free(m);
}

/* Counting dirty pages may be on before, and is so after. */
static void beside_the_count(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    CHECK_EQ(memory_log_dirty(m, true), 0);
    CHECK_EQ(memory_follow(m, true), 0);
    books.dirty = P(2);
    CHECK_EQ(memory_take_dirty(m, memory_find(m, 0)), 1);
    CHECK_EQ(written(m), P(2)); /* that question has not lost it */
    CHECK_EQ(memory_log_dirty(m, false), 0);
    CHECK_EQ(memory_logs_dirty(m), true); /* it is still needed */
    CHECK_EQ(memory_follow(m, false), 0);
    CHECK_EQ(memory_logs_dirty(m), true);
    memory_free(m);
}

/* One slot goes and comes back, as it was; what was written before is not lost. */
static void translations_are_forgotten(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    CHECK_EQ(memory_follow(m, true), 0);
    const int calls = books.calls;
    books.dirty = P(1) | P(33);
    CHECK_EQ(memory_forget_translations(m), 0);
    CHECK_EQ(books.calls, calls + 2);
    CHECK_EQ(books.last.gpa, 16 * PAGE);
    CHECK(booked_at(&books, 16 * PAGE));
    CHECK_EQ(written(m), P(1) | P(33));
    memory_free(m);
}

static void failures(void)
{
    struct books books;
    struct memory *m = three_regions(&books);
    struct found found = {0};
    books.fail = -EIO;
    CHECK_EQ(memory_follow(m, true), -EIO);
    CHECK_EQ(memory_follows(m), false);
    books.fail = 0;
    CHECK_EQ(memory_follow(m, true), 0);
    books.dirty = P(1);
    books.fail_dirty = -EIO;
    CHECK_EQ(memory_each_written(m, note, &found), -EIO);
    books.fail_dirty = 0;
    CHECK_EQ(written(m), P(1));
    memory_free(m);
}

int main(void)
{
    TEST(by_the_guest);
    TEST(by_the_machine);
    TEST(fences_lose_none);
    TEST(regions_come_and_go);
    TEST(beside_the_count);
    TEST(translations_are_forgotten);
    TEST(failures);
    return check_done();
}
