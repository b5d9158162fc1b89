/* Ten thousand breakpoints: what is not done again, and that it comes out as if it had been. What
 * is counted is plans, never time. */
#include "tests/unit/ram.h"

#include "debug/breakpoint/breakpoint_set.h"

#include <errno.h>
#include <stdlib.h>

enum { MANY = 10000, RAM_SIZE = 0x400000, TABLE = 0x8000 };

static const struct host_debug everything = {.int3 = true, .execute = true, .write = true};
static const struct host_debug only_int3 = {.int3 = true};
static const struct host_debug only_execute = {.execute = true};

/* A vCPU with its IDT at 0 and its GDT at 0x7000; CR0 with PG has a page directory at TABLE. */
static struct cpu_view view_in(const struct memory *m, uint64_t cr0, uint64_t stack)
{
    const struct kvm_regs regs = {.rsp = stack};
    const struct kvm_sregs sregs = {
        .cr0 = cr0,
        .cr3 = TABLE,
        .cr4 = 0x10, /* PSE: large pages */
        .idt = {.limit = 0x3ff},
        .gdt = {.base = 0x7000, .limit = 0x17},
        .ss = {.db = 1},
    };
    return cpu_view(m, &regs, &sregs);
}

static const uint64_t PROTECTED = 1, REAL = 0, PAGED = 0x80000001;

struct fixture {
    struct memory *memory;
    struct breakpoints *set;
    struct cpu_view view;
};

static struct fixture fixture(const struct host_debug *host)
{
    struct fixture f = {.memory = ram_new(RAM_SIZE)};
    f.set = breakpoints_new(f.memory, host);
    f.view = view_in(f.memory, PROTECTED, 0x5000);
    return f;
}

static void end(struct fixture *f)
{
    breakpoints_free(f->set);
    memory_free(f->memory);
}

static uint64_t place(unsigned i)
{
    return 0x100000 + 64 * (uint64_t)i;
}

static void insert_many(struct breakpoints *set)
{
    for (unsigned i = 0; i < MANY; i++)
        CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, place(i), true, place(i)), 0);
}

static void remove_many(struct breakpoints *set)
{
    for (unsigned i = 0; i < MANY; i++)
        CHECK_EQ(breakpoints_remove(set, BREAKPOINT_SOFTWARE, place(i)), 0);
}

/* How many plans were made. */
static uint64_t plan(struct fixture *f)
{
    const uint64_t before = f->set->plans;
    breakpoints_plan(f->set, &f->view, 1);
    return f->set->plans - before;
}

static size_t rows(const struct breakpoints *set)
{
    struct breakpoint_row row;
    size_t n = 0;
    while (breakpoints_row(set, n, &row))
        n++;
    return n;
}

/* gdb's way from stop to stop. */
static void removed_and_inserted_again(void)
{
    struct fixture f = fixture(&only_int3);
    insert_many(f.set);
    CHECK_EQ(plan(&f), 1);
    for (unsigned stop = 0; stop < 3; stop++) {
        remove_many(f.set);
        CHECK(!breakpoints_any(f.set));
        CHECK(!breakpoints_at(f.set, place(0)));
        CHECK_EQ(rows(f.set), 0);
        CHECK_EQ(breakpoints_remove(f.set, BREAKPOINT_SOFTWARE, place(7)), (uint64_t)-ENOENT);
        insert_many(f.set);
        CHECK_EQ(plan(&f), 0);
        CHECK_EQ(rows(f.set), MANY);
        CHECK_EQ(breakpoints_at(f.set, place(MANY - 1))->carrier, CARRIER_INT3);
    }
    end(&f);
}

static void planted_and_found(void)
{
    struct fixture f = fixture(&only_int3);
    uint64_t first;
    insert_many(f.set);
    plan(&f);
    breakpoints_plant(f.set, NULL, 0);
    CHECK_EQ(f.set->planted, MANY);
    for (unsigned i = 0; i < MANY; i++)
        CHECK(breakpoints_planted(f.set, place(i)) && !breakpoints_planted(f.set, place(i) + 1));
    CHECK_EQ(breakpoints_lift(f.set, &first), 0);
    CHECK(!breakpoints_planted(f.set, place(3)));
    end(&f);
}

/* To leave one, that one alone is lifted, and planted again. */
static void one_is_lifted_and_planted_again(void)
{
    struct fixture f = fixture(&only_int3);
    const uint64_t except[] = {place(8)};
    uint64_t first = 0;
    insert_many(f.set);
    plan(&f);
    CHECK_EQ(breakpoints_lift_at(f.set, place(7), 15, &first), 0); /* nothing is planted */
    breakpoints_plant(f.set, NULL, 0);
    CHECK_EQ(f.set->gap.from, f.set->gap.to);
    CHECK_EQ(breakpoints_lift_at(f.set, place(7) + 1, 15, &first), 0);
    CHECK_EQ(f.set->planted, MANY);
    CHECK_EQ(breakpoints_lift_at(f.set, place(7) - 14, 15, &first), 0);
    CHECK(!breakpoints_planted(f.set, place(7)));
    CHECK_EQ(f.set->planted, MANY - 1);
    CHECK_EQ(f.set->gap.to - f.set->gap.from, 1); /* nobody looks at others */
    memory_poke(f.memory, place(9), "\1", 1);
    CHECK_EQ(breakpoints_lift_at(f.set, place(9), 1, &first), 1); /* overwritten */
    CHECK_EQ(first, place(9));
    CHECK_EQ(f.set->gap.to - f.set->gap.from, 3);
    breakpoints_plant(f.set, except, 1);
    CHECK_EQ(f.set->planted, MANY);
    CHECK_EQ(breakpoints_lift_at(f.set, place(8), 1, &first), 0);
    breakpoints_plant(f.set, NULL, 0);
    CHECK_EQ(f.set->planted, MANY);
    CHECK_EQ(breakpoints_lift(f.set, &first), 0);
    CHECK_EQ(f.set->planted, 0);
    breakpoints_plant(f.set, except, 1);
    breakpoints_plant(f.set, NULL, 0);
    CHECK_EQ(f.set->planted, MANY);
    end(&f);
}

static void any_difference_is_planned(void)
{
    struct fixture f = fixture(&only_int3);
    insert_many(f.set);
    CHECK_EQ(plan(&f), 1);
    breakpoints_remove(f.set, BREAKPOINT_SOFTWARE, place(5));
    CHECK_EQ(plan(&f), 1);
    CHECK_EQ(rows(f.set), MANY - 1);
    breakpoints_insert(f.set, BREAKPOINT_HARDWARE, place(5), true, place(5));
    CHECK_EQ(plan(&f), 1);
    breakpoints_insert(f.set, BREAKPOINT_SOFTWARE, 0x80, true, 0x80);
    breakpoints_remove(f.set, BREAKPOINT_SOFTWARE, 0x80);
    CHECK_EQ(plan(&f), 0); /* it has come and gone */
    breakpoints_remove(f.set, BREAKPOINT_SOFTWARE, place(6));
    breakpoints_insert(f.set, BREAKPOINT_SOFTWARE, place(6), true, 0x2000); /* mapped elsewhere */
    CHECK_EQ(plan(&f), 1);
    CHECK_EQ(breakpoints_at(f.set, place(6))->gpa, 0x2000);
    f.view = view_in(f.memory, PROTECTED, place(100)); /* the stack is where one is guarded */
    CHECK_EQ(plan(&f), 1);
    CHECK(!breakpoints_at(f.set, place(100))->guarded);
    f.view = view_in(f.memory, PROTECTED, place(100) + 16);
    CHECK_EQ(plan(&f), 0); /* the same page */
    f.view = view_in(f.memory, REAL, place(100));
    CHECK_EQ(plan(&f), 1);
    breakpoints_outdate(f.set);
    CHECK_EQ(plan(&f), 1);
    CHECK_EQ(plan(&f), 0);
    CHECK_EQ(breakpoints_watch(f.set, WATCH_WRITE, 0x9000, 1, &f.view.space), 0);
    CHECK_EQ(plan(&f), 1);
    CHECK_EQ(plan(&f), 0);
    breakpoints_clear(f.set);
    CHECK(!breakpoints_any(f.set));
    end(&f);
}

/* Then nobody need even look at the vCPUs. */
static void in_debug_registers_it_stands_by_itself(void)
{
    struct fixture f = fixture(&everything);
    CHECK(!breakpoints_plan_stands(f.set, 1));
    plan(&f);
    CHECK(breakpoints_plan_stands(f.set, 1));
    for (unsigned i = 0; i < 4; i++)
        breakpoints_insert(f.set, BREAKPOINT_SOFTWARE, place(i), true, place(i));
    CHECK(!breakpoints_plan_stands(f.set, 1));
    plan(&f);
    CHECK(breakpoints_plan_stands(f.set, 1));
    CHECK(!breakpoints_plan_stands(f.set, 2));
    breakpoints_insert(f.set, BREAKPOINT_SOFTWARE, place(4), true, place(4));
    plan(&f);
    CHECK(!breakpoints_plan_stands(f.set, 1)); /* an int3, whose page may become the stack's */
    breakpoints_remove(f.set, BREAKPOINT_SOFTWARE, place(4));
    breakpoints_watch(f.set, WATCH_WRITE, 0x9000, 1, &f.view.space);
    plan(&f);
    CHECK(!breakpoints_plan_stands(f.set, 1));
    end(&f);
}

/* A compared value is remembered at each run, planned anew or not: the client may have changed it.
 */
static void a_value_that_the_client_wrote_is_no_change(void)
{
    struct fixture f = fixture(&only_execute);
    struct watch_hit hit = {.is_hit = false};
    breakpoints_watch(f.set, WATCH_WRITE, 0x5000, 4, &f.view.space); /* the stack's page */
    CHECK_EQ(plan(&f), 1);
    memory_poke(f.memory, 0x5000, "\1", 1);
    CHECK_EQ(plan(&f), 0);
    const struct watch_accesses unknown = {.more = true};
    CHECK(!breakpoints_watch_stepped(f.set, &f.view.space, &unknown, &hit));
    end(&f);
}

/* As in a kernel before it has set up paging. Each call looks at some of them. */
static void mapped_at_last(void)
{
    struct fixture f = fixture(&only_int3);
    size_t from = 0;
    unsigned calls = 0;
    f.view = view_in(f.memory, PAGED, 0x5000);
    for (unsigned i = 0; i < MANY; i++)
        breakpoints_insert(f.set, BREAKPOINT_SOFTWARE, 0xc0000000 + place(i), false, 0);
    plan(&f);
    CHECK_EQ(f.set->carried[CARRIER_STEP], MANY);
    CHECK(!breakpoints_now_mapped(f.set, &f.view.space, &from));
    CHECK_EQ(plan(&f), 0);
    memory_poke(f.memory, TABLE + 0xc00, "\x83\0\0\0", 4); /* 4 MiB from 0xc0000000 on: from 0 on */
    while (!breakpoints_now_mapped(f.set, &f.view.space, &from) && calls < MANY)
        calls++;
    CHECK(calls < MANY / 16);
    breakpoints_outdate(f.set);
    CHECK_EQ(plan(&f), 1);
    CHECK_EQ(f.set->carried[CARRIER_INT3], MANY);
    CHECK_EQ(breakpoints_at(f.set, 0xc0000000 + place(9))->gpa, place(9));
    CHECK(!breakpoints_now_mapped(f.set, &f.view.space, &from));
    end(&f);
}

/* One of them alone, too, though others never are. */
static void the_last_one_mapped_is_found(void)
{
    struct fixture f = fixture(&only_int3);
    size_t from = 0;
    f.view = view_in(f.memory, PAGED, 0x5000);
    for (unsigned i = 0; i < MANY; i++)
        breakpoints_insert(f.set, BREAKPOINT_SOFTWARE, 0xd0000000 + place(i), false, 0);
    breakpoints_insert(f.set, BREAKPOINT_SOFTWARE, 0xc0000000, false, 0);
    plan(&f);
    memory_poke(f.memory, TABLE + 0xc00, "\x83\0\0\0", 4);
    unsigned plans = 0;
    while (breakpoints_at(f.set, 0xc0000000)->carrier == CARRIER_STEP && plans < MANY) {
        plan(&f); /* looks, too */
        plans++;
    }
    CHECK(plans < MANY / 16);
    CHECK(!breakpoints_now_mapped(f.set, &f.view.space, &from));
    end(&f);
}

/* ---- Any row of changes comes out as a table that was made at once */

enum { PLACES = 48 };

static uint64_t random_place(void)
{
    return 0x10000 + 0x555 * (uint64_t)(rand() % PLACES);
}

static struct cpu_view random_view(const struct memory *m)
{
    return view_in(m, rand() % 8 ? PROTECTED : REAL, 0x10000 + 0x800 * (uint64_t)(rand() % 32));
}

static void change(struct fixture *f)
{
    const enum breakpoint_type type = rand() % 4 ? BREAKPOINT_SOFTWARE : BREAKPOINT_HARDWARE;
    const uint64_t addr = random_place();
    switch (rand() % 8) {
    case 0:
        breakpoints_watch(f->set, WATCH_WRITE, addr, 4, &f->view.space);
        return;
    case 1:
        breakpoints_unwatch(f->set, WATCH_WRITE, addr, 4);
        return;
    case 2:
        f->view = random_view(f->memory);
        return;
    case 3:
    case 4:
        breakpoints_remove(f->set, type, addr);
        return;
    default:
        breakpoints_insert(f->set, type, addr, true, addr);
    }
}

/* The same breakpoints in a new table on memory of its own, planned once. */
static struct fixture made_at_once(const struct fixture *f, const struct host_debug *host)
{
    struct fixture fresh = fixture(host);
    struct breakpoint_row row;
    fresh.view = f->view;
    fresh.view.space.memory = fresh.memory;
    for (size_t i = 0; breakpoints_row(f->set, i, &row); i++)
        if (row.len)
            breakpoints_watch(fresh.set, row.type, row.addr, row.len, &fresh.view.space);
        else
            breakpoints_insert(fresh.set, row.type, row.addr, true, row.addr);
    plan(&fresh);
    return fresh;
}

static void compare(const struct fixture *f, const struct fixture *fresh)
{
    struct breakpoint_row ours, theirs;
    CHECK_EQ(rows(f->set), rows(fresh->set));
    for (size_t i = 0; breakpoints_row(f->set, i, &ours); i++) {
        CHECK(breakpoints_row(fresh->set, i, &theirs));
        CHECK_EQ(ours.addr, theirs.addr);
        CHECK_EQ(ours.type, theirs.type);
        CHECK_EQ(ours.carrier, theirs.carrier);
        CHECK_EQ(ours.guarded, theirs.guarded);
    }
    for (uint64_t page = 0; page < 0x30000; page += MEMORY_PAGE)
        CHECK_EQ(memory_fenced(f->memory, page), memory_fenced(fresh->memory, page));
    CHECK_EQ(f->set->site_count, fresh->set->site_count);
    CHECK_EQ(f->set->registers.dr7, fresh->set->registers.dr7);
}

static void as_if_made_at_once(void)
{
    static const struct host_debug *const hosts[] = {&everything, &only_int3, &only_execute};
    uint64_t standing = 0, first;
    for (size_t h = 0; h < 3; h++) {
        struct fixture f = fixture(hosts[h]);
        srand((unsigned)h);
        for (unsigned run = 0; run < 400; run++) {
            for (int n = rand() % 4; n > 0; n--)
                change(&f);
            standing += !plan(&f);
            breakpoints_plant(f.set, NULL, 0);
            struct fixture fresh = made_at_once(&f, hosts[h]);
            breakpoints_plant(fresh.set, NULL, 0);
            compare(&f, &fresh);
            CHECK_EQ(f.set->planted, fresh.set->planted);
            CHECK_EQ(breakpoints_lift(f.set, &first), 0);
            end(&fresh);
        }
        end(&f);
    }
    CHECK(standing > 100); /* else nothing was tried */
}

int main(void)
{
    TEST(removed_and_inserted_again);
    TEST(planted_and_found);
    TEST(one_is_lifted_and_planted_again);
    TEST(any_difference_is_planned);
    TEST(in_debug_registers_it_stands_by_itself);
    TEST(a_value_that_the_client_wrote_is_no_change);
    TEST(mapped_at_last);
    TEST(the_last_one_mapped_is_found);
    TEST(as_if_made_at_once);
    return check_done();
}
