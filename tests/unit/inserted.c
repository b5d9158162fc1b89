/* What the client has inserted, found among thousands. */
#include "tests/check.h"

#include "gdbstub/inserted.h"

#include <errno.h>
#include <stdlib.h>

enum { MANY = 10000 };

static struct inserted_breakpoint software(uint64_t addr)
{
    return (struct inserted_breakpoint){GDB_BREAK_SOFTWARE, addr, 1};
}

static void add(struct inserted *set, struct inserted_breakpoint b)
{
    CHECK_EQ(inserted_reserve(set), 0);
    inserted_add(set, b);
}

static void add_many(struct inserted *set, uint64_t first, uint64_t stride)
{
    for (uint64_t i = 0; i < MANY; i++)
        add(set, software(first + i * stride));
}

/* The longest row of places of the index that are taken: no search looks at more. */
static size_t longest_row(const struct inserted *set)
{
    size_t longest = 0, row = 0;
    for (size_t i = 0; i < set->cap * 2; i++) {
        row = set->index[i] ? row + 1 : 0;
        longest = row > longest ? row : longest;
    }
    return longest;
}

static void a_search_looks_at_few(void)
{
    static const uint64_t strides[] = {1, 2, 7, 16, 64, 0x1000, 0x10000, 0x100000000};
    for (size_t i = 0; i < sizeof strides / sizeof strides[0]; i++) {
        struct inserted set = {0};
        add_many(&set, 0xffffffff81000000, strides[i]);
        CHECK_EQ(set.n, MANY);
        CHECK(longest_row(&set) < 64);
        inserted_free(&set);
    }
}

static void each_is_its_type_address_and_kind(void)
{
    struct inserted set = {0};
    const struct inserted_breakpoint watch = {GDB_WATCH_WRITE, 0x1000, 4};
    CHECK(!inserted_has(&set, watch));
    inserted_remove(&set, watch);
    add(&set, watch);
    add(&set, software(0x1000));
    CHECK(inserted_has(&set, watch));
    CHECK(!inserted_has(&set, (struct inserted_breakpoint){GDB_WATCH_WRITE, 0x1000, 2}));
    CHECK(!inserted_has(&set, (struct inserted_breakpoint){GDB_WATCH_READ, 0x1000, 4}));
    CHECK_EQ(inserted_at(&set, 0x1000)->b.type, GDB_BREAK_SOFTWARE);
    inserted_remove(&set, software(0x1000));
    CHECK(inserted_has(&set, watch));
    CHECK(!inserted_at(&set, 0x1000));
    CHECK(inserted_watches(&set, 0x1003));
    inserted_free(&set);
}

/* Against a plain table, among addresses few enough to come again and again. */
static void as_a_plain_table(void)
{
    enum { ADDRESSES = 600 };
    static bool there[ADDRESSES];
    struct inserted set = {0};
    size_t count = 0;
    srand(1);
    for (unsigned step = 0; step < 20000; step++) {
        const unsigned i = (unsigned)rand() % ADDRESSES;
        const struct inserted_breakpoint b = software(0x1000 * i);
        CHECK_EQ(inserted_has(&set, b), there[i]);
        if (there[i])
            inserted_remove(&set, b);
        else
            add(&set, b);
        there[i] = !there[i];
        count += there[i] ? 1 : (size_t)-1;
    }
    CHECK_EQ(set.n, count);
    for (unsigned i = 0; i < ADDRESSES; i++)
        CHECK_EQ(inserted_has(&set, software(0x1000 * i)), there[i]);
    inserted_free(&set);
}

static void no_more_than_the_most(void)
{
    struct inserted set = {0};
    for (uint64_t i = 0; i < INSERTED_MAX; i++)
        add(&set, software(i));
    CHECK_EQ(inserted_reserve(&set), -ENOSPC);
    inserted_remove(&set, software(77));
    CHECK_EQ(inserted_reserve(&set), 0);
    inserted_free(&set);
}

/* Some come again after an exec event, some are removed, and each of the rest is taken once. */
static void the_stale_are_taken_once_each(void)
{
    struct inserted set = {0};
    struct inserted_breakpoint b;
    static bool taken[MANY];
    size_t count = 0;
    add_many(&set, 0, 1);
    CHECK(!inserted_take_stale(&set, &b));
    inserted_outdate(&set);
    CHECK(!inserted_at(&set, 5));
    for (uint64_t i = 0; i < MANY; i += 2)
        inserted_renew(&set, software(i));
    CHECK(inserted_take_stale(&set, &b));
    taken[b.addr] = true;
    for (uint64_t i = 0; i < MANY; i += 5) /* fresh ones and stale ones */
        inserted_remove(&set, software(i));
    CHECK(inserted_at(&set, 2)->carried_over);
    while (inserted_take_stale(&set, &b)) {
        CHECK(!taken[b.addr]);
        taken[b.addr] = true;
        count++;
    }
    CHECK_EQ(count, MANY * 2 / 5 - 1);
    CHECK_EQ(set.n, MANY * 2 / 5);
    for (uint64_t i = 0; i < MANY; i++)
        CHECK_EQ(inserted_has(&set, software(i)), i % 2 == 0 && i % 5);
    inserted_free(&set);
}

static void examined_while_stale(void)
{
    struct inserted set = {0};
    add(&set, software(0x1000));
    add(&set, software(0x2000));
    inserted_outdate(&set);
    inserted_examine(&set, 0x2000);
    inserted_renew(&set, software(0x1000));
    inserted_renew(&set, software(0x2000));
    CHECK(inserted_is_internal(inserted_at(&set, 0x1000)));
    CHECK(!inserted_is_internal(inserted_at(&set, 0x2000)));
    inserted_free(&set);
}

int main(void)
{
    TEST(a_search_looks_at_few);
    TEST(each_is_its_type_address_and_kind);
    TEST(as_a_plain_table);
    TEST(no_more_than_the_most);
    TEST(the_stale_are_taken_once_each);
    TEST(examined_while_stale);
    return check_done();
}
