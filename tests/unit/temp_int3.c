/* int3 bytes for steps: shared, taken back, hidden from the machine's own hands. */
#include "tests/unit/ram.h"

#include "debug/step/temp_int3.h"

#include <stdlib.h>

#define SIZE 0x10000

static uint8_t byte_at(const struct memory *m, uint64_t gpa)
{
    uint8_t byte = 0;
    memory_read(m, gpa, &byte, 1);
    return byte;
}

static void planted_and_lifted(void)
{
    struct memory *m = ram_new(SIZE);
    struct temp_int3 *t = temp_int3_new(m);
    struct temp_site sites[] = {{0x100, false}, {0x200, false}, {SIZE, false}};
    memory_poke(m, 0x100, "\x90", 1);
    memory_poke(m, 0x200, "\xcc", 1); /* the guest's own */
    temp_int3_plant(t, sites, 3);
    CHECK_EQ(byte_at(m, 0x100), 0xcc);
    CHECK(sites[0].planted && sites[1].planted);
    CHECK(!sites[2].planted); /* no memory is there */
    CHECK(temp_int3_is_at(t, 0x100));
    CHECK(!temp_int3_is_at(t, 0x200));
    CHECK(!temp_int3_is_at(t, 0x101));
    temp_int3_lift(t, sites, 3);
    CHECK_EQ(byte_at(m, 0x100), 0x90);
    CHECK_EQ(byte_at(m, 0x200), 0xcc);
    CHECK(!temp_int3_is_at(t, 0x100));
    CHECK(!sites[0].planted);
    temp_int3_lift(t, sites, 3); /* nothing more to lift */
    CHECK_EQ(byte_at(m, 0x100), 0x90);
    temp_int3_free(t);
    memory_free(m);
}

static void two_share_a_byte(void)
{
    struct memory *m = ram_new(SIZE);
    struct temp_int3 *t = temp_int3_new(m);
    struct temp_site one[] = {{0x100, false}}, two[] = {{0x100, false}, {0x100, false}};
    memory_poke(m, 0x100, "\x90", 1);
    temp_int3_plant(t, one, 1);
    temp_int3_plant(t, two, 2);
    temp_int3_lift(t, one, 1);
    CHECK_EQ(byte_at(m, 0x100), 0xcc);
    temp_int3_lift(t, two, 2);
    CHECK_EQ(byte_at(m, 0x100), 0x90);
    temp_int3_free(t);
    memory_free(m);
}

static void what_the_guest_has_written_stays(void)
{
    struct memory *m = ram_new(SIZE);
    struct temp_int3 *t = temp_int3_new(m);
    struct temp_site site = {0x100, false};
    temp_int3_plant(t, &site, 1);
    memory_poke(m, 0x100, "\x55", 1);
    temp_int3_lift(t, &site, 1);
    CHECK_EQ(byte_at(m, 0x100), 0x55);
    temp_int3_free(t);
    memory_free(m);
}

static void uncovered(void)
{
    struct memory *m = ram_new(SIZE);
    struct temp_int3 *t = temp_int3_new(m);
    struct temp_site site = {0x100, false};
    uint8_t byte = 0xcc;
    memory_poke(m, 0x100, "\x90", 1);
    temp_int3_uncover(t, 0x100, &byte);
    CHECK_EQ(byte, 0xcc); /* none of ours yet */
    temp_int3_plant(t, &site, 1);
    temp_int3_uncover(t, 0x100, &byte);
    CHECK_EQ(byte, 0x90);
    byte = 0xcc;
    temp_int3_uncover(t, 0x101, &byte);
    CHECK_EQ(byte, 0xcc);
    temp_int3_lift(t, &site, 1);
    temp_int3_free(t);
    memory_free(m);
}

/* A disk's read puts other bytes under them. */
static void hidden_and_shown(void)
{
    struct memory *m = ram_new(SIZE);
    struct temp_int3 *t = temp_int3_new(m);
    struct temp_site sites[] = {{0x100, false}, {0x200, false}};
    memory_poke(m, 0x100, "\x90", 1);
    temp_int3_plant(t, sites, 2);
    temp_int3_hide(t);
    CHECK_EQ(byte_at(m, 0x100), 0x90);
    CHECK_EQ(byte_at(m, 0x200), 0);
    memory_poke(m, 0x200, "\x77", 1);
    temp_int3_show(t);
    CHECK_EQ(byte_at(m, 0x100), 0xcc);
    CHECK_EQ(byte_at(m, 0x200), 0xcc);
    temp_int3_lift(t, sites, 2);
    CHECK_EQ(byte_at(m, 0x100), 0x90);
    CHECK_EQ(byte_at(m, 0x200), 0x77);
    temp_int3_free(t);
    memory_free(m);
}

/* More than the table holds, at addresses that fall into the same places of it. */
static void more_than_there_is_room_for(void)
{
    enum { N = 5000 };
    struct memory *m = ram_new(0x1000000);
    struct temp_int3 *t = temp_int3_new(m);
    struct temp_site *sites = calloc(N, sizeof *sites);
    unsigned planted = 0;
    for (unsigned i = 0; i < N; i++)
        sites[i].gpa = (uint64_t)i * 0x400;
    for (unsigned round = 0; round < 2; round++) {
        temp_int3_plant(t, sites, N);
        planted = 0;
        for (unsigned i = 0; i < N; i++) {
            planted += sites[i].planted;
            CHECK_EQ(byte_at(m, sites[i].gpa), sites[i].planted ? 0xcc : 0);
        }
        CHECK_EQ(planted, 4096);
        temp_int3_lift(t, sites, N);
        for (unsigned i = 0; i < N; i++)
            CHECK_EQ(byte_at(m, sites[i].gpa), 0);
    }
    free(sites);
    temp_int3_free(t);
    memory_free(m);
}

static void expectation(void)
{
    struct memory *m = ram_new(SIZE);
    struct temp_int3 *t = temp_int3_new(m);
    CHECK(!temp_int3_is_expected(t));
    temp_int3_expect(t, true);
    CHECK(temp_int3_is_expected(t));
    temp_int3_free(t);
    temp_int3_free(NULL);
    memory_free(m);
}

int main(void)
{
    TEST(planted_and_lifted);
    TEST(two_share_a_byte);
    TEST(what_the_guest_has_written_stays);
    TEST(uncovered);
    TEST(hidden_and_shown);
    TEST(more_than_there_is_room_for);
    TEST(expectation);
    return check_done();
}
