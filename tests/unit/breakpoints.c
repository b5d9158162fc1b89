/* Which means carries which breakpoint, and what happens to the guest's bytes. */
#include "tests/unit/ram.h"

#include "debug/breakpoints.h"

#include <errno.h>

static struct memory *new_memory(void)
{
    struct memory *m = ram_new(0x10000);
    struct error error;
    CHECK_EQ(memory_add(m, 0xf0000, 0x10000, MEMORY_ROM, "ROM", &error), 0);
    return m;
}

static uint8_t byte_at(struct memory *m, uint64_t gpa)
{
    uint8_t byte = 0;
    memory_read(m, gpa, &byte, 1);
    return byte;
}

static enum breakpoint_carrier carrier_at(const struct breakpoints *set, uint64_t addr)
{
    const struct breakpoint *b = breakpoints_at(set, addr);
    CHECK(b != NULL);
    return b ? b->carrier : CARRIER_STEP;
}

static void insert_at(struct breakpoints *set, enum breakpoint_type type, uint64_t first,
                      unsigned n)
{
    for (uint64_t a = first; a < first + n; a++)
        CHECK_EQ(breakpoints_insert(set, type, a, true, a), 0);
}

static void debug_registers_come_first(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, true);
    struct debugregs registers;
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 5);
    breakpoints_plan(set);
    CHECK_EQ(carrier_at(set, 0x1003), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x1004), CARRIER_INT3);
    CHECK(breakpoints_any_int3(set));
    breakpoints_debugregs(set, &registers);
    CHECK_EQ(registers.used, 4);
    CHECK_EQ(registers.dr7, 0x4aa);
    CHECK_EQ(registers.addr[3], 0x1003);
    breakpoints_free(set);
    memory_free(m);
}

static void hardware_breakpoints_have_the_first_claim(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, true);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 4);
    insert_at(set, BREAKPOINT_HARDWARE, 0x2000, 3);
    breakpoints_plan(set);
    CHECK_EQ(carrier_at(set, 0x2000), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x2002), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x1000), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x1001), CARRIER_INT3);
    CHECK_EQ(carrier_at(set, 0x1003), CARRIER_INT3);
    insert_at(set, BREAKPOINT_HARDWARE, 0x3000, 2); /* the fifth one is carried too */
    breakpoints_plan(set);
    CHECK_EQ(carrier_at(set, 0x3000), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x3001), CARRIER_INT3);
    CHECK_EQ(breakpoints_remove(set, BREAKPOINT_HARDWARE, 0x2000), 0);
    breakpoints_plan(set); /* and has a register as soon as one is free */
    CHECK_EQ(carrier_at(set, 0x3001), CARRIER_DEBUGREG);
    breakpoints_free(set);
    memory_free(m);
}

static void where_no_int3_can_be_there_is_stepping(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, true);
    insert_at(set, BREAKPOINT_HARDWARE, 0x1000, 4);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0xffff800000000000, false, 0); /* not mapped */
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x5000000, true, 0x5000000);   /* no memory */
    breakpoints_plan(set);
    CHECK_EQ(carrier_at(set, 0xffff800000000000), CARRIER_STEP);
    CHECK_EQ(carrier_at(set, 0x5000000), CARRIER_STEP);
    CHECK(breakpoints_any_stepped(set));
    breakpoints_free(set);
    memory_free(m);
}

static void a_host_that_delivers_less_gets_less(void)
{
    struct memory *m = new_memory();
    struct breakpoints *no_int3 = breakpoints_new(m, false, true);
    struct breakpoints *no_debugregs = breakpoints_new(m, true, false);
    struct breakpoints *nothing = breakpoints_new(m, false, false);
    insert_at(no_int3, BREAKPOINT_SOFTWARE, 0x1000, 5);
    insert_at(no_debugregs, BREAKPOINT_HARDWARE, 0x1000, 1);
    insert_at(nothing, BREAKPOINT_SOFTWARE, 0x1000, 1);
    breakpoints_plan(no_int3);
    breakpoints_plan(no_debugregs);
    breakpoints_plan(nothing);
    CHECK_EQ(carrier_at(no_int3, 0x1003), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(no_int3, 0x1004), CARRIER_STEP);
    CHECK(!breakpoints_any_int3(no_int3));
    CHECK_EQ(carrier_at(no_debugregs, 0x1000), CARRIER_INT3);
    CHECK_EQ(carrier_at(nothing, 0x1000), CARRIER_STEP);
    breakpoints_free(no_int3);
    breakpoints_free(no_debugregs);
    breakpoints_free(nothing);
    memory_free(m);
}

static void duplicates_and_both_types_at_one_address(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, true);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_HARDWARE, 0x1000, true, 0x1000), 0);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000), 0);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000), 0);
    CHECK(breakpoints_get(set, 1) != NULL);
    CHECK(breakpoints_get(set, 2) == NULL);
    CHECK_EQ(breakpoints_at(set, 0x1000)->type, BREAKPOINT_SOFTWARE);
    CHECK_EQ(breakpoints_remove(set, BREAKPOINT_SOFTWARE, 0x1000), 0);
    CHECK_EQ(breakpoints_at(set, 0x1000)->type, BREAKPOINT_HARDWARE);
    CHECK_EQ(breakpoints_remove(set, BREAKPOINT_SOFTWARE, 0x1000), (uint64_t)-ENOENT);
    breakpoints_free(set);
    memory_free(m);
}

static void planting_and_lifting_give_the_bytes_back(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, false);
    const uint64_t except[] = {0x1001};
    memory_poke(m, 0x1000, "\x11\x22\x33", 3);
    memory_poke(m, 0xf0000, "\x44", 1);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1001, true, 0x1001);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0xf0000, true, 0xf0000); /* in ROM */
    CHECK_EQ(byte_at(m, 0x1000), 0x11); /* not before the guest runs */
    breakpoints_plan(set);
    breakpoints_plant(set, except, 1);
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    CHECK_EQ(byte_at(m, 0x1001), 0x22);
    CHECK_EQ(byte_at(m, 0xf0000), 0xcc);
    breakpoints_lift(set);
    CHECK_EQ(byte_at(m, 0x1000), 0x11);
    CHECK_EQ(byte_at(m, 0xf0000), 0x44);
    breakpoints_free(set);
    memory_free(m);
}

static void a_byte_that_the_guest_overwrote_stays(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, false);
    memory_poke(m, 0x1000, "\x11", 1);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000);
    breakpoints_plan(set);
    breakpoints_plant(set, NULL, 0);
    memory_poke(m, 0x1000, "\x99", 1); /* a loader reads a sector here */
    breakpoints_lift(set);
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    breakpoints_plan(set);
    breakpoints_plant(set, NULL, 0); /* and the breakpoint is there again on the next run */
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    breakpoints_lift(set);
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    breakpoints_free(set);
    memory_free(m);
}

static void what_the_machine_loads_is_broken_at_too(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, false);
    const uint64_t except[] = {0x1001};
    memory_poke(m, 0x1000, "\x11\x22", 2);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 2);
    breakpoints_plan(set);
    breakpoints_plant(set, except, 1);
    breakpoints_hide(set);
    CHECK_EQ(byte_at(m, 0x1000), 0x11); /* what a disk write would see */
    memory_poke(m, 0x1000, "\x99", 1);  /* what a disk read brings */
    breakpoints_show(set);
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    CHECK_EQ(byte_at(m, 0x1001), 0x22); /* was not planted */
    breakpoints_lift(set);
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    breakpoints_show(set); /* nothing is planted any more */
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    breakpoints_free(set);
    memory_free(m);
}

static void two_addresses_of_one_byte(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, false);
    memory_poke(m, 0x1000, "\x11", 1);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0xffffffff80001000, true, 0x1000);
    breakpoints_plan(set);
    breakpoints_plant(set, NULL, 0);
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    breakpoints_lift(set);
    CHECK_EQ(byte_at(m, 0x1000), 0x11);
    breakpoints_free(set);
    memory_free(m);
}

static void there_is_a_limit(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, true, true);
    for (uint64_t a = 0; a < BREAKPOINTS_MAX; a++)
        if (breakpoints_insert(set, BREAKPOINT_SOFTWARE, a, true, a))
            check_fail(__FILE__, __LINE__, "breakpoint %d was refused", (int)a);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, BREAKPOINTS_MAX, true, 0),
             (uint64_t)-ENOSPC);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, 5, true, 5), 0); /* it is there */
    breakpoints_clear(set);
    CHECK(breakpoints_get(set, 0) == NULL);
    CHECK(!breakpoints_any_int3(set));
    breakpoints_free(set);
    memory_free(m);
}

int main(void)
{
    TEST(debug_registers_come_first);
    TEST(hardware_breakpoints_have_the_first_claim);
    TEST(where_no_int3_can_be_there_is_stepping);
    TEST(a_host_that_delivers_less_gets_less);
    TEST(duplicates_and_both_types_at_one_address);
    TEST(planting_and_lifting_give_the_bytes_back);
    TEST(a_byte_that_the_guest_overwrote_stays);
    TEST(what_the_machine_loads_is_broken_at_too);
    TEST(two_addresses_of_one_byte);
    TEST(there_is_a_limit);
    return check_done();
}
