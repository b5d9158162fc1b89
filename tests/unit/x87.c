/* The tag word both ways (SDM vol. 1, 8.1.7: 00 valid, 01 zero, 10 special, 11 empty). */
#include "tests/check.h"

#include "debug/x87.h"

static const uint8_t one[16] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f};
static const uint8_t infinity[16] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x7f};
static const uint8_t denormal[16] = {1};

static void an_empty_stack_is_all_ones(void)
{
    const uint8_t st[8][16] = {{0}};
    CHECK_EQ(x87_full_tag(0, 0, st), 0xffff);
    CHECK_EQ(x87_abridged_tag(0xffff), 0);
}

static void tags_follow_the_physical_registers(void)
{
    uint8_t st[8][16] = {{0}};
    /* TOP = 5: ST(0) is R5, ST(1) R6, ST(2) R7, ST(3) R0. */
    memcpy(st[0], one, 16);
    memcpy(st[2], infinity, 16);
    memcpy(st[3], denormal, 16);
    const uint16_t full = x87_full_tag(0xe1, 5 << 11, st);
    /* R7 special 10, R6 zero 01, R5 valid 00, R4-R1 empty, R0 special 10 */
    CHECK_EQ(full, 0x93fe);
    CHECK_EQ(x87_abridged_tag(full), 0xe1);
}

static void abridging_loses_only_the_kind(void)
{
    for (unsigned full = 0; full <= 0xffff; full++) {
        unsigned expected = 0;
        for (unsigned i = 0; i < 8; i++)
            if ((full >> 2 * i & 3) != 3)
                expected |= 1u << i;
        if (x87_abridged_tag((uint16_t)full) != expected)
            CHECK_EQ(x87_abridged_tag((uint16_t)full), expected);
    }
}

int main(void)
{
    TEST(an_empty_stack_is_all_ones);
    TEST(tags_follow_the_physical_registers);
    TEST(abridging_loses_only_the_kind);
    return check_done();
}
