/* memory_fence.c: the slots that the backend has after each fence, errors at each of its calls, and
 * many fences. memory_model.c has fences at random. */
#include "memory_books.h"

#include <stdlib.h>

#define BASE 0x100000ull

/* A map with 16 pages of RAM at BASE (slot 0) and 4 of ROM at 0x1000 (slot 1). */
static struct memory *two_regions(struct books *books, uint32_t max_slots)
{
    struct memory *m = new_map(books, max_slots);
    struct error error;
    CHECK_EQ(memory_add(m, BASE, 16 * PAGE, MEMORY_RAM, "ram", &error), 0);
    CHECK_EQ(memory_add(m, 0x1000, 4 * PAGE, MEMORY_ROM, "rom", &error), 0);
    return m;
}

struct expected_slot {
    uint32_t slot;
    unsigned page, pages; /* from the region's start */
    bool read_only;
};

/* Just N slots are there, and of the region at GPA all of EXPECTED. */
static void check_slots(const struct books *books, const struct memory *m, uint64_t gpa,
                        const struct expected_slot *expected, size_t n, unsigned all)
{
    const struct memory_region *r = memory_find(m, gpa);
    CHECK_EQ(booked_count(books), all);
    for (size_t i = 0; i < n; i++) {
        const struct expected_slot *e = &expected[i];
        const struct memory_slot *slot = booked_at(books, gpa + e->page * PAGE);
        CHECK(slot != NULL);
        if (slot)
            check_same_slot(slot,
                            &(struct memory_slot){e->slot, gpa + e->page * PAGE, e->pages * PAGE,
                                                  r->hva + e->page * PAGE, e->read_only, false});
    }
}

#define CHECK_SLOTS(gpa, all, ...)                                                                 \
    do {                                                                                           \
        const struct expected_slot e[] = {__VA_ARGS__};                                            \
        check_slots(&books, m, gpa, e, sizeof e / sizeof e[0], all);                               \
    } while (0)

static void a_fence_cuts_its_region(void)
{
    struct books books;
    struct memory *m = two_regions(&books, 16);
    CHECK_EQ(memory_fence(m, BASE + 5 * PAGE + 123, MEMORY_READ_ONLY), 0);
    CHECK_SLOTS(BASE, 4, {0, 0, 5, false}, {2, 5, 1, true}, {3, 6, 10, false});
    CHECK_EQ(memory_fenced(m, BASE + 5 * PAGE - 1), MEMORY_OPEN);
    CHECK_EQ(memory_fenced(m, BASE + 5 * PAGE), MEMORY_READ_ONLY);
    CHECK_EQ(memory_fenced(m, BASE + 6 * PAGE - 1), MEMORY_READ_ONLY);
    CHECK_EQ(memory_fenced(m, BASE + 6 * PAGE), MEMORY_OPEN);
    /* Its neighbour, then the first and the last page, which have something on one side only. */
    CHECK_EQ(memory_fence(m, BASE + 6 * PAGE, MEMORY_CLOSED), 0);
    CHECK_SLOTS(BASE, 4, {0, 0, 5, false}, {2, 5, 1, true}, {4, 7, 9, false});
    CHECK(booked_at(&books, BASE + 6 * PAGE) == NULL);
    CHECK_EQ(memory_fence(m, BASE, MEMORY_READ_ONLY), 0);
    CHECK_EQ(memory_fence(m, BASE + 16 * PAGE - 1, MEMORY_READ_ONLY), 0);
    CHECK_SLOTS(BASE, 6, {0, 0, 1, true}, {5, 1, 4, false}, {2, 5, 1, true}, {4, 7, 8, false},
                {6, 15, 1, true});
    CHECK_EQ(memory_find(m, BASE)->slot, 0);
    CHECK_EQ(memory_unfence_all(m), 0);
    CHECK_SLOTS(BASE, 2, {0, 0, 16, false});
    CHECK_EQ(memory_fenced(m, BASE + 5 * PAGE), MEMORY_OPEN);
    memory_free(m);
}

static void a_fenced_page_changes_alone(void)
{
    static const struct {
        enum memory_access access;
        int calls;
    } steps[] = {
        {MEMORY_READ_ONLY, 0}, {MEMORY_OPEN, 2},      {MEMORY_OPEN, 0},      {MEMORY_READ_ONLY, 2},
        {MEMORY_CLOSED, 1},    {MEMORY_CLOSED, 0},    {MEMORY_READ_ONLY, 1}, {MEMORY_CLOSED, 1},
        {MEMORY_OPEN, 1},      {MEMORY_READ_ONLY, 2},
    };
    struct books books;
    struct memory *m = two_regions(&books, 16);
    CHECK_EQ(memory_fence(m, BASE + PAGE, MEMORY_READ_ONLY), 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        const int before = books.calls;
        CHECK_EQ(memory_fence(m, BASE + PAGE, steps[i].access), 0);
        CHECK_EQ(books.calls - before, steps[i].calls);
        CHECK(steps[i].calls == 0 || books.last.slot == 2);
        CHECK_EQ(memory_fenced(m, BASE + PAGE), steps[i].access);
        const struct memory_slot *slot = booked_at(&books, BASE + PAGE);
        CHECK_EQ(slot != NULL, steps[i].access != MEMORY_CLOSED);
        CHECK(!slot || slot->read_only == (steps[i].access == MEMORY_READ_ONLY));
        CHECK_SLOTS(BASE, slot ? 4 : 3, {0, 0, 1, false}, {3, 2, 14, false});
    }
    memory_free(m);
}

static void open_without_a_fence_does_nothing(void)
{
    struct books books;
    struct memory *m = two_regions(&books, 16);
    CHECK_EQ(memory_fence(m, BASE + PAGE, MEMORY_OPEN), 0);
    CHECK_EQ(memory_unfence_all(m), 0);
    CHECK_EQ(books.calls, 2);
    memory_free(m);
}

static void rom_stays_rom(void)
{
    struct books books;
    struct memory *m = two_regions(&books, 16);
    CHECK_EQ(memory_fence(m, 0x2000, MEMORY_READ_ONLY), 0);
    CHECK_SLOTS(0x1000, 4, {1, 0, 1, true}, {2, 1, 1, true}, {3, 2, 2, true});
    CHECK_EQ(memory_fenced(m, 0x2000), MEMORY_READ_ONLY);
    const int calls = books.calls;
    CHECK_EQ(memory_fence(m, 0x2000, MEMORY_OPEN), 0);
    CHECK_EQ(books.calls, calls);
    CHECK_EQ(memory_fence(m, 0x2000, MEMORY_CLOSED), 0);
    CHECK(booked_at(&books, 0x2000) == NULL);
    CHECK_EQ(memory_fence(m, 0x2000, MEMORY_OPEN), 0);
    CHECK_SLOTS(0x1000, 4, {2, 1, 1, true});
    memory_free(m);
}

static void refuses(void)
{
    static const uint64_t nowhere[] = {0,          0xfff,     0x5000, BASE - 1, BASE + 16 * PAGE,
                                       1ull << 52, UINT64_MAX};
    struct books books;
    struct memory *m = two_regions(&books, 3);
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        CHECK_EQ(memory_fence(m, nowhere[i], MEMORY_CLOSED), -EFAULT);
        CHECK_EQ(memory_fenced(m, nowhere[i]), MEMORY_OPEN);
    }
    CHECK_EQ(memory_fence(m, BASE + PAGE, MEMORY_CLOSED), -ENOSPC);
    CHECK_EQ(books.calls, 2);
    CHECK_EQ(memory_fence(m, BASE, MEMORY_CLOSED), 0); /* one slot more is enough at the edge */
    CHECK_EQ(memory_fence(m, 0x1000, MEMORY_CLOSED), -ENOSPC);
    struct error error;
    CHECK_EQ(memory_add(m, 0x8000, PAGE, MEMORY_RAM, "more", &error), -ENOSPC);
    CHECK_EQ(memory_unfence_all(m), 0);
    CHECK_EQ(memory_add(m, 0x8000, PAGE, MEMORY_RAM, "more", &error), 0);
    memory_free(m);
}

static void needs_read_only_slots(void)
{
    struct books books;
    struct memory *m = new_map_with(&books, 8, false);
    struct error error;
    CHECK_EQ(memory_add(m, 0, 4 * PAGE, MEMORY_RAM, "ram", &error), 0);
    CHECK_EQ(memory_fence(m, PAGE, MEMORY_READ_ONLY), -ENOTSUP);
    CHECK_EQ(books.calls, 1);
    CHECK_EQ(memory_fence(m, PAGE, MEMORY_CLOSED), 0);
    CHECK_EQ(memory_fence(m, PAGE, MEMORY_READ_ONLY), -ENOTSUP);
    CHECK_EQ(memory_fenced(m, PAGE), MEMORY_CLOSED);
    CHECK_EQ(memory_fence(m, PAGE, MEMORY_OPEN), 0);
    memory_free(m);
}

static void host_memory_knows_no_fences(void)
{
    struct books books;
    struct memory *m = two_regions(&books, 16);
    uint8_t *hva = memory_at(m, BASE, 16 * PAGE);
    char buf[4];
    CHECK_EQ(memory_fence(m, BASE + PAGE, MEMORY_CLOSED), 0);
    CHECK(memory_at(m, BASE, 16 * PAGE) == hva);
    CHECK_EQ(memory_write(m, BASE + PAGE - 2, "abcd", 4), 4);
    CHECK_EQ(memory_read(m, BASE + PAGE - 2, buf, 4), 4);
    CHECK_MEM(buf, "abcd", 4);
    CHECK_EQ(memory_find(m, BASE + PAGE)->size, 16 * PAGE);
    memory_free(m);
}

static void regions_come_and_go_beside_fences(void)
{
    struct books books;
    struct memory *m = two_regions(&books, 16);
    struct error error;
    CHECK_EQ(memory_fence(m, BASE + 5 * PAGE, MEMORY_CLOSED), 0);
    CHECK_EQ(memory_fence(m, BASE + 9 * PAGE, MEMORY_READ_ONLY), 0);
    CHECK_EQ(memory_fence(m, 0x1000, MEMORY_CLOSED), 0);
    CHECK_EQ(memory_add(m, BASE + 16 * PAGE, PAGE, MEMORY_RAM, "beside", &error), 0);
    CHECK_EQ(memory_find(m, BASE + 16 * PAGE)->slot, 7);
    CHECK_EQ(memory_remove(m, BASE + 5 * PAGE, &error), -ENOENT);
    CHECK_EQ(memory_remove(m, BASE, &error), 0);
    CHECK_EQ(booked_count(&books), 2);
    CHECK_EQ(memory_fenced(m, BASE + 5 * PAGE), MEMORY_OPEN);
    CHECK_EQ(memory_fence(m, BASE + 5 * PAGE, MEMORY_CLOSED), -EFAULT);
    CHECK_EQ(memory_fenced(m, 0x1000), MEMORY_CLOSED);
    CHECK_EQ(memory_add(m, BASE, 16 * PAGE, MEMORY_RAM, "again", &error), 0);
    CHECK_SLOTS(BASE, 3, {0, 0, 16, false});
    memory_free(m);
}

/* ---- Errors at each call in turn */

static int fence_new_read_only(struct memory *m)
{
    return memory_fence(m, BASE + 3 * PAGE, MEMORY_READ_ONLY);
}

static int fence_new_closed(struct memory *m)
{
    return memory_fence(m, BASE + 3 * PAGE, MEMORY_CLOSED);
}

static int open_fence(struct memory *m)
{
    return memory_fence(m, BASE + 9 * PAGE, MEMORY_OPEN);
}

static int close_fence(struct memory *m)
{
    return memory_fence(m, BASE + 9 * PAGE, MEMORY_CLOSED);
}

static int open_closed_fence(struct memory *m)
{
    return memory_fence(m, BASE + 10 * PAGE, MEMORY_OPEN);
}

static int remove_region(struct memory *m)
{
    struct error error;
    return memory_remove(m, BASE, &error);
}

static const struct {
    const char *name;
    int (*run)(struct memory *m);
    int calls;
} operations[] = {
    {"fence_new_read_only", fence_new_read_only, 4},
    {"fence_new_closed", fence_new_closed, 3},
    {"open_fence", open_fence, 2},
    {"close_fence", close_fence, 1},
    {"open_closed_fence", open_closed_fence, 1},
    {"unfence_all", memory_unfence_all, 4},
    {"remove_region", remove_region, 3},
};

#define OPERATIONS (sizeof operations / sizeof operations[0])

/* Page 9 read-only, page 10 closed: slots 0, 2 and 4, the closed one's is 3. */
static struct memory *fenced_map(struct books *books)
{
    struct memory *m = two_regions(books, 16);
    CHECK_EQ(memory_fence(m, BASE + 9 * PAGE, MEMORY_READ_ONLY), 0);
    CHECK_EQ(memory_fence(m, BASE + 10 * PAGE, MEMORY_CLOSED), 0);
    return m;
}

static void check_as_fenced(const struct books *books_now, const struct memory *m)
{
    const struct books books = *books_now;
    CHECK_SLOTS(BASE, 4, {0, 0, 9, false}, {2, 9, 1, true}, {4, 11, 5, false});
    CHECK_SLOTS(0x1000, 4, {1, 0, 4, true});
    CHECK_EQ(memory_fenced(m, BASE + 3 * PAGE), MEMORY_OPEN);
    CHECK_EQ(memory_fenced(m, BASE + 9 * PAGE), MEMORY_READ_ONLY);
    CHECK_EQ(memory_fenced(m, BASE + 10 * PAGE), MEMORY_CLOSED);
}

static void an_error_at_any_call_changes_nothing(void)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        for (int call = 0; call < operations[i].calls; call++) {
            struct books books;
            struct memory *m = fenced_map(&books);
            const int failures = check_failures;
            books.fail_mask = 1u << call;
            CHECK_EQ(operations[i].run(m), -EIO);
            CHECK_EQ(books.fail_mask, 0);
            check_as_fenced(&books, m);
            const int calls = books.calls;
            CHECK_EQ(operations[i].run(m), 0); /* and nothing keeps it from working now */
            CHECK_EQ(books.calls - calls, operations[i].calls);
            if (check_failures > failures)
                printf("    in %s, error at call %d\n", operations[i].name, call);
            memory_free(m);
        }
}

/* However many calls fail, undoing included: no slot overlaps, none is announced or withdrawn twice
 * (the books look), and once the backend works again all memory can be had back. */
static void errors_in_undoing_can_be_repaired(void)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        for (uint32_t mask = 1; mask < 1u << 9; mask++) {
            struct books books;
            struct memory *m = fenced_map(&books);
            const int failures = check_failures;
            books.fail_mask = mask;
            const int rc = operations[i].run(m);
            CHECK_EQ(rc, mask & ((1u << operations[i].calls) - 1) ? -EIO : 0);
            books.fail_mask = 0;
            if (rc) {
                CHECK_EQ(memory_fenced(m, BASE + 3 * PAGE), MEMORY_OPEN);
                CHECK_EQ(memory_fenced(m, BASE + 9 * PAGE), MEMORY_READ_ONLY);
                CHECK_EQ(memory_fenced(m, BASE + 10 * PAGE), MEMORY_CLOSED);
            }
            CHECK_EQ(memory_unfence_all(m), 0);
            if (memory_find(m, BASE))
                CHECK_SLOTS(BASE, 2, {0, 0, 16, false});
            CHECK_EQ(memory_fenced(m, BASE + 9 * PAGE), MEMORY_OPEN);
            if (check_failures > failures)
                printf("    in %s, errors 0x%x\n", operations[i].name, mask);
            memory_free(m);
        }
}

/* The page can't be announced, and the first part not withdrawn again: all memory is there all the
 * same, in pieces. */
static void pieces_that_must_stay_are_complete(void)
{
    struct books books;
    struct memory *m = two_regions(&books, 16);
    books.fail_mask = 1u << 3 | 1u << 4;
    CHECK_EQ(fence_new_read_only(m), -EIO);
    CHECK_SLOTS(BASE, 4, {0, 0, 3, false}, {2, 3, 1, false}, {3, 4, 12, false});
    CHECK_EQ(memory_fenced(m, BASE + 3 * PAGE), MEMORY_OPEN);
    CHECK_EQ(fence_new_read_only(m), 0);
    CHECK_SLOTS(BASE, 4, {0, 0, 3, false}, {2, 3, 1, true}, {3, 4, 12, false});
    memory_free(m);
}

/* ---- Many */

#define MANY 16000

/* Counts what is announced; complains of numbers that are out of bounds or announced twice. */
struct tally {
    bool present[2 * MANY + 1];
    size_t count, calls;
};

static int tally_slot(void *context, const struct memory_slot *slot, bool present)
{
    struct tally *tally = context;
    CHECK(slot->slot <= 2 * MANY);
    CHECK_EQ(tally->present[slot->slot], !present);
    tally->present[slot->slot] = present;
    tally->count = present ? tally->count + 1 : tally->count - 1;
    tally->calls++;
    return 0;
}

/* Every second page, in an order that hops about; then the other half gives slots back. */
static void thousands_of_fences(void)
{
    struct tally *tally = calloc(1, sizeof *tally);
    const struct memory_backend backend = {
        .set_slot = tally_slot,
        .context = tally,
        .max_slots = 2 * MANY + 1,
        .has_read_only = true,
    };
    struct memory *m = memory_new(&backend);
    struct error error;
    CHECK_EQ(memory_add(m, 0, (2 * MANY + 1) * PAGE, MEMORY_RAM, "ram", &error), 0);
    for (int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < MANY; i++)
            CHECK_EQ(memory_fence(m, (i * 7919 % MANY * 2 + 1) * PAGE, MEMORY_READ_ONLY), 0);
        CHECK_EQ(tally->count, 2 * MANY + 1);
        CHECK_EQ(memory_fence(m, 1 * PAGE, MEMORY_CLOSED), 0);
        CHECK_EQ(memory_fence(m, 2 * PAGE, MEMORY_CLOSED), 0); /* was a piece of one page */
        CHECK_EQ(tally->count, 2 * MANY - 1);
        CHECK_EQ(memory_unfence_all(m), 0);
        CHECK_EQ(tally->count, 1);
        CHECK(tally->present[0]);
    }
    memory_free(m);
    free(tally);
}

int main(void)
{
    TEST(a_fence_cuts_its_region);
    TEST(a_fenced_page_changes_alone);
    TEST(open_without_a_fence_does_nothing);
    TEST(rom_stays_rom);
    TEST(refuses);
    TEST(needs_read_only_slots);
    TEST(host_memory_knows_no_fences);
    TEST(regions_come_and_go_beside_fences);
    TEST(an_error_at_any_call_changes_nothing);
    TEST(errors_in_undoing_can_be_repaired);
    TEST(pieces_that_must_stay_are_complete);
    TEST(thousands_of_fences);
    return check_done();
}
