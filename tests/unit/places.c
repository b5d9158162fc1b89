/* vmm/boot/places.c: what of guest RAM is taken, and the lowest and highest places that are free.
 */
#include "vmm/boot/places.h"
#include "tests/unit/boot_fixture.h"

static const struct boot_request nothing;

static void open_places(struct fixture *f, struct places *p)
{
    fixture_open(f);
    CHECK_EQ(places_init(p, f->memory, CPU_PROTECTED, &nothing, &f->error), 0);
}

static void finds_lowest_and_highest(void)
{
    static const struct {
        struct places_wish wish;
        int result;
        uint64_t gpa;
    } cases[] = {
        /* size, align, low, high, highest. Free are 0x7e00-0x9fbff and 0x100000-0x3fffff. */
        {{0x10, 1, 0, UINT64_MAX, false}, 0, 0x7e00},
        {{0x10, 16, 0x8001, UINT64_MAX, false}, 0, 0x8010},
        {{0x97e00, 1, 0, UINT64_MAX, false}, 0, 0x7e00},
        {{0x97e01, 1, 0, UINT64_MAX, false}, 0, 0x100000},
        {{0x300000, 4096, 0, UINT64_MAX, false}, 0, 0x100000},
        {{0x300001, 1, 0, UINT64_MAX, false}, -ENOSPC, 0},
        {{UINT64_MAX, 1, 0, UINT64_MAX, false}, -ENOSPC, 0},
        {{1, (uint64_t)1 << 63, 1, UINT64_MAX, false}, -ENOSPC, 0},
        {{0x100, 0x100, 0x100001, UINT64_MAX, false}, 0, 0x100100},
        {{0x10, 1, 0x3ffff1, UINT64_MAX, false}, -ENOSPC, 0},
        {{0x10, 1, 0x3ffff0, UINT64_MAX, false}, 0, 0x3ffff0},
        {{0x10, 1, UINT64_MAX, UINT64_MAX, false}, -ENOSPC, 0},
        {{0x10, 1, 0x200000, 0x200000, false}, -ENOSPC, 0},
        {{0x10, 1, 0x200000, 0x1000, false}, -ENOSPC, 0},
        {{0x10, 16, 0, UINT64_MAX, true}, 0, 0x3ffff0},
        {{0x11, 16, 0, UINT64_MAX, true}, 0, 0x3fffe0},
        {{0x1001, 4096, 0, 0x400000, true}, 0, 0x3fe000},
        {{0x10, 1, 0, 0x100000, true}, 0, 0x9fbf0},
        {{0x97e00, 1, 0, 0x100000, true}, 0, 0x7e00},
        {{0x97e01, 1, 0, 0x100000, true}, -ENOSPC, 0},
        {{0x10, 1, 0, 0x7e10, true}, 0, 0x7e00},
        {{0x10, 1, 0, 0x7e0f, true}, -ENOSPC, 0},
        {{0x300001, 1, 0, UINT64_MAX, true}, -ENOSPC, 0},
        {{UINT64_MAX, 1, 0, UINT64_MAX, true}, -ENOSPC, 0},
        {{0x10, 1, 0x200000, 0x1000, true}, -ENOSPC, 0},
        {{1, 1, 0, 0, true}, -ENOSPC, 0},
    };
    struct fixture f;
    struct places p;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t gpa = 0;
        open_places(&f, &p);
        const size_t count = p.count;
        const int failures = check_failures;
        CHECK_EQ(places_find(&p, &cases[i].wish, &gpa), cases[i].result);
        CHECK_EQ(gpa, cases[i].gpa);
        CHECK_EQ(p.count, count + (cases[i].result == 0));
        if (check_failures != failures)
            printf("    (that was case %zu)\n", i);
        fixture_close(&f);
    }
}

static void what_is_taken_is_not_free(void)
{
    struct fixture f;
    struct places p;
    uint64_t gpa;
    open_places(&f, &p);
    CHECK(places_free(&p, 0x200000, 0x1000));
    CHECK(places_free(&p, 0x100000, 0x300000));
    CHECK(!places_free(&p, 0x100000, 0x300001));
    CHECK(!places_free(&p, 0x9fbff, 2)); /* the EBDA */
    CHECK(!places_free(&p, 0xb8000, 2));
    CHECK(!places_free(&p, 0xf0000, 2));
    CHECK(!places_free(&p, UINT64_MAX, 2));
    CHECK_EQ(places_take(&p, 0x200000, 0x1000), 0);
    CHECK(!places_free(&p, 0x200000, 0x1000));
    CHECK(!places_free(&p, 0x1ff001, 0x1000));
    CHECK(!places_free(&p, 0x200fff, 1));
    CHECK(places_free(&p, 0x1ff000, 0x1000));
    CHECK(places_free(&p, 0x201000, 1));
    struct places_wish wish = {0x180000, 0x1000, 0x100000, UINT64_MAX, false};
    CHECK_EQ(places_find(&p, &wish, &gpa), 0);
    CHECK_EQ(gpa, 0x201000);
    wish = (struct places_wish){0x80000, 0x1000, 0x100000, UINT64_MAX, true};
    CHECK_EQ(places_find(&p, &wish, &gpa), 0); /* below both */
    CHECK_EQ(gpa, 0x180000);
    CHECK_EQ(places_find(&p, &(struct places_wish){0, 1, 0x100000, UINT64_MAX, false}, &gpa), 0);
    fixture_close(&f);
}

/* Ends, at the latest when there is no room in the table. */
static void the_table_may_become_full(void)
{
    struct fixture f;
    struct places p;
    uint64_t gpa;
    open_places(&f, &p);
    const struct places_wish wish = {1, 1, 0x100000, UINT64_MAX, false};
    const size_t left = PLACES_MAX - p.count;
    for (size_t i = 0; i < left; i++) {
        CHECK_EQ(places_find(&p, &wish, &gpa), 0);
        CHECK_EQ(gpa, 0x100000 + i);
    }
    CHECK_EQ(places_find(&p, &wish, &gpa), -ENOSPC);
    CHECK_EQ(places_take(&p, 0x300000, 1), -ENOSPC);
    fixture_close(&f);
}

static void files_to_be_loaded_have_taken_theirs(void)
{
    static const uint8_t bytes[0x1800];
    struct fixture f;
    struct places p;
    struct temp_file file;
    uint64_t gpa;
    fixture_open(&f);
    temp_file(&file, bytes, sizeof bytes);
    const struct boot_request request = {
        .loads = {{file.path, 0x100000}, {file.path, 0x102000}, {file.path, UINT64_MAX - 2}},
        .load_count = 3};
    CHECK_EQ(places_init(&p, f.memory, CPU_REAL, &request, &f.error), 0);
    struct places_wish wish = {0x800, 1, 0x100000, UINT64_MAX, false};
    CHECK_EQ(places_find(&p, &wish, &gpa), 0);
    CHECK_EQ(gpa, 0x101800);
    CHECK_EQ(places_find(&p, &wish, &gpa), 0);
    CHECK_EQ(gpa, 0x103800);
    temp_file_remove(&file);
    CHECK_EQ(places_init(&p, f.memory, CPU_REAL, &request, &f.error), -ENOENT);
    CHECK(strstr(f.error.text, file.path) != NULL);
    fixture_close(&f);
}

int main(void)
{
    TEST(finds_lowest_and_highest);
    TEST(what_is_taken_is_not_free);
    TEST(the_table_may_become_full);
    TEST(files_to_be_loaded_have_taken_theirs);
    return check_done();
}
