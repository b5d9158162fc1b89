/* The RTC with a clock that stands still, and the memory sizes. */
#include "vmm/dev/cmos.h"

#include "tests/check.h"

#define FRIDAY_AFTERNOON 1709303769 /* 2024-03-01 14:36:09 UTC, the day after a 29 February */

struct bench {
    struct cmos cmos;
    int64_t time;
};

static int64_t bench_clock(void *context)
{
    return ((struct bench *)context)->time;
}

static void start_with(struct bench *bench, struct cmos_setup setup)
{
    bench->time = FRIDAY_AFTERNOON;
    cmos_init(&bench->cmos, &setup, bench_clock, bench);
}

static void start(struct bench *bench)
{
    start_with(bench, (struct cmos_setup){.cpus = 1});
}

static uint8_t get(struct bench *bench, uint8_t index)
{
    cmos_ops.write(&bench->cmos, 0, index, 1);
    return (uint8_t)cmos_ops.read(&bench->cmos, 1, 1);
}

static void set(struct bench *bench, uint8_t index, uint8_t value)
{
    cmos_ops.write(&bench->cmos, 0, index, 1);
    cmos_ops.write(&bench->cmos, 1, value, 1);
}

/* Century, year, month, day, weekday, hours, minutes, seconds. */
static const uint8_t order[] = {0x32, 0x09, 0x08, 0x07, 0x06, 0x04, 0x02, 0x00};

static void check_time(struct bench *bench, const char *expected)
{
    char text[32] = "";
    for (size_t i = 0; i < sizeof order; i++)
        snprintf(text + 3 * i, sizeof text - 3 * i, "%02x ", get(bench, order[i]));
    text[23] = 0;
    CHECK_STR(text, expected);
}

static void set_time(struct bench *bench, const char *text)
{
    unsigned v[8];
    sscanf(text, "%x %x %x %x %x %x %x %x", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
    for (size_t i = 0; i < sizeof order; i++)
        set(bench, order[i], (uint8_t)v[i]);
}

static void time_in_bcd(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(get(&b, 0x0b), 0x02);
    check_time(&b, "20 24 03 01 06 14 36 09");
    b.time += 24 * 3600 + 60;
    check_time(&b, "20 24 03 02 07 14 37 09");
    b.time = 946684799;
    check_time(&b, "19 99 12 31 06 23 59 59");
}

static void time_in_binary_and_twelve_hours(void)
{
    struct bench b;
    start(&b);
    set(&b, 0x0b, 0x06);
    check_time(&b, "14 18 03 01 06 0e 24 09");
    set(&b, 0x0b, 0x00); /* BCD, 12 hours */
    CHECK_EQ(get(&b, 0x04), 0x82);
    b.time -= 2 * 3600;
    CHECK_EQ(get(&b, 0x04), 0x92); /* 12 pm is noon */
    b.time -= 12 * 3600;
    CHECK_EQ(get(&b, 0x04), 0x12); /* 12 am is midnight */
    b.time -= 3600;
    CHECK_EQ(get(&b, 0x04), 0x91); /* 11 pm */
    set(&b, 0x0b, 0x04);
    CHECK_EQ(get(&b, 0x04), 0x8b);
}

static void the_guest_sets_the_clock_while_held(void)
{
    struct bench b;
    start(&b);
    set(&b, 0x0b, 0x82);
    b.time += 100;
    check_time(&b, "20 24 03 01 06 14 36 09"); /* it stands still */
    set_time(&b, "20 38 01 19 03 03 14 08");
    check_time(&b, "20 38 01 19 03 03 14 08");
    b.time += 1000;
    set(&b, 0x0b, 0x02);
    check_time(&b, "20 38 01 19 03 03 14 08");
    b.time += 2;
    check_time(&b, "20 38 01 19 03 03 14 10");
}

static void the_guest_sets_the_clock_while_it_runs(void)
{
    struct bench b;
    start(&b);
    set(&b, 0x02, 0x59);
    set(&b, 0x00, 0x58);
    b.time += 3;
    check_time(&b, "20 24 03 01 06 15 00 01");
    set(&b, 0x0b, 0x00);
    set(&b, 0x04, 0x12);
    set(&b, 0x0b, 0x02);
    CHECK_EQ(get(&b, 0x04), 0x00);
}

static void what_is_no_time_changes_nothing(void)
{
    static const uint8_t bad[][2] = {{0x00, 0x60}, {0x00, 0x0a}, {0x02, 0x99}, {0x04, 0x24},
                                     {0x07, 0x00}, {0x07, 0x32}, {0x08, 0x00}, {0x08, 0x13},
                                     {0x09, 0xa0}, {0x32, 0xff}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (int held = 0; held < 2; held++) {
            struct bench b;
            start(&b);
            set(&b, 0x0b, held ? 0x82 : 0x02);
            set(&b, bad[i][0], bad[i][1]);
            set(&b, 0x0b, 0x02);
            check_time(&b, "20 24 03 01 06 14 36 09");
        }
    struct bench b;
    start(&b);
    set(&b, 0x0b, 0x06);
    set(&b, 0x09, 100); /* binary */
    set(&b, 0x0b, 0x02);
    check_time(&b, "20 24 03 01 06 14 36 09");
    set(&b, 0x0b, 0x00);
    set(&b, 0x04, 0x13); /* no hour of twelve */
    set(&b, 0x04, 0x80);
    set(&b, 0x0b, 0x02);
    check_time(&b, "20 24 03 01 06 14 36 09");
}

/* For those who wait until it is set, and for those who wait until it is not. */
static void an_update_shows_once_a_second(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(get(&b, 0x0a), 0xa6);
    CHECK_EQ(get(&b, 0x0a), 0x26);
    CHECK_EQ(get(&b, 0x0a), 0x26);
    b.time++;
    CHECK_EQ(get(&b, 0x0a), 0xa6);
    CHECK_EQ(get(&b, 0x0a), 0x26);
    b.time++;
    set(&b, 0x0b, 0x82); /* held: no update */
    CHECK_EQ(get(&b, 0x0a), 0x26);
    set(&b, 0x0a, 0xff);
    CHECK_EQ(get(&b, 0x0a), 0x7f);
}

static void status_registers_c_and_d_are_read_only(void)
{
    struct bench b;
    start(&b);
    set(&b, 0x0c, 0xff);
    set(&b, 0x0d, 0x00);
    CHECK_EQ(get(&b, 0x0c), 0x00);
    CHECK_EQ(get(&b, 0x0d), 0x80);
}

static void the_rest_is_ram(void)
{
    struct bench b;
    start(&b);
    for (unsigned i = 0x0e; i < 0x80; i++)
        if (i != 0x32)
            set(&b, (uint8_t)i, (uint8_t)(i ^ 0xff));
    set(&b, 0x01, 0x11), set(&b, 0x03, 0x33), set(&b, 0x05, 0x55);
    for (unsigned i = 0x0e; i < 0x80; i++)
        if (i != 0x32)
            CHECK_EQ(get(&b, (uint8_t)i), i ^ 0xff);
    CHECK_EQ(get(&b, 0x01), 0x11);
    CHECK_EQ(get(&b, 0x03), 0x33);
    CHECK_EQ(get(&b, 0x05), 0x55);
}

static void the_index_has_seven_bits_and_the_nmi_mask(void)
{
    struct bench b;
    start(&b);
    set(&b, 0x8f, 0x09);
    CHECK(b.cmos.state.nmi_masked);
    CHECK_EQ(get(&b, 0x0f), 0x09);
    CHECK(!b.cmos.state.nmi_masked);
    CHECK_EQ(cmos_ops.read(&b.cmos, 0, 1), 0xff);
    cmos_ops.write(&b.cmos, 0, 0xaa0f, 2); /* outw sets index and data */
    CHECK_EQ(get(&b, 0x0f), 0xaa);
    CHECK_EQ(cmos_ops.read(&b.cmos, 0, 2), 0xaaff);
}

struct sizes {
    struct cmos_memory memory;
    uint64_t base, extended, above_16m, above_4g;
};

static uint64_t number(struct bench *bench, uint8_t index, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)get(bench, (uint8_t)(index + i)) << (8 * i);
    return value;
}

#define MiB (1ull << 20)
#define GiB (1ull << 30)

static void memory_sizes(void)
{
    static const struct sizes rows[] = {
        {{256 << 10, 0, 0}, 256, 0, 0, 0},
        {{640 << 10, MiB, 0}, 640, 1024, 0, 0},
        {{640 << 10, 15 * MiB, 0}, 640, 15360, 0, 0},
        {{640 << 10, 127 * MiB, 0}, 640, 65535, 112 * 16, 0},
        {{640 << 10, 3 * GiB - MiB, GiB}, 640, 65535, 3056 * 16, 16384},
        {{640 << 10, 3 * GiB - MiB, 1021 * GiB}, 640, 65535, 3056 * 16, 1021 * 16384},
        {{UINT64_MAX, UINT64_MAX, UINT64_MAX}, 65535, 65535, 65535, 0xffffff},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        start_with(&b, (struct cmos_setup){.memory = rows[i].memory});
        CHECK_EQ(number(&b, 0x15, 2), rows[i].base);
        CHECK_EQ(number(&b, 0x17, 2), rows[i].extended);
        CHECK_EQ(number(&b, 0x30, 2), rows[i].extended);
        CHECK_EQ(number(&b, 0x34, 2), rows[i].above_16m);
        CHECK_EQ(number(&b, 0x5b, 3), rows[i].above_4g);
    }
}

static void what_firmware_made_for_qemu_looks_for(void)
{
    static const struct {
        unsigned cpus;
        uint8_t more;
    } rows[] = {{0, 0}, {1, 0}, {16, 15}, {256, 255}, {1000, 255}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b;
        start_with(&b, (struct cmos_setup){.cpus = rows[i].cpus});
        CHECK_EQ(get(&b, 0x5f), rows[i].more);
        CHECK_EQ(get(&b, 0x3d), 0x32);
        CHECK_EQ(get(&b, 0x38), 0x10);
        CHECK_EQ(get(&b, 0x39), 0);
    }
}

static void how_disks_are_addressed(void)
{
    struct bench b;
    start(&b);
    cmos_set_disk(&b.cmos, 0, 1);
    cmos_set_disk(&b.cmos, 1, 1024 * 16 * 63 + 1);
    cmos_set_disk(&b.cmos, 2, 1024 * 16 * 63);
    cmos_set_disk(&b.cmos, 3, UINT64_MAX);
    CHECK_EQ(get(&b, 0x39), 0x44);
    cmos_set_disk(&b.cmos, 1, 0);
    CHECK_EQ(get(&b, 0x39), 0x40);
}

static void reset_keeps_what_the_battery_keeps(void)
{
    struct bench b;
    start_with(&b, (struct cmos_setup){.memory = {.base = 640 << 10}});
    set(&b, 0x0f, 0x05);
    set(&b, 0x00, 0x30);
    set(&b, 0x0b, 0x7e);
    cmos_reset(&b.cmos);
    CHECK_EQ(get(&b, 0x0f), 0x05);
    CHECK_EQ(get(&b, 0x0b), 0x06);
    CHECK_EQ(get(&b, 0x00), 30);
    CHECK_EQ(number(&b, 0x15, 2), 640);
}

int main(void)
{
    TEST(time_in_bcd);
    TEST(time_in_binary_and_twelve_hours);
    TEST(the_guest_sets_the_clock_while_held);
    TEST(the_guest_sets_the_clock_while_it_runs);
    TEST(what_is_no_time_changes_nothing);
    TEST(an_update_shows_once_a_second);
    TEST(status_registers_c_and_d_are_read_only);
    TEST(the_rest_is_ram);
    TEST(the_index_has_seven_bits_and_the_nmi_mask);
    TEST(memory_sizes);
    TEST(what_firmware_made_for_qemu_looks_for);
    TEST(how_disks_are_addressed);
    TEST(reset_keeps_what_the_battery_keeps);
    return check_done();
}
