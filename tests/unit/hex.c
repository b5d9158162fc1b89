#include "gdbstub/hex.h"
#include "tests/check.h"

static void knows_the_digits(void)
{
    for (int c = -128; c < 256; c++) {
        int expected = -1;
        if (c >= '0' && c <= '9')
            expected = c - '0';
        else if (c >= 'a' && c <= 'f')
            expected = c - 'a' + 10;
        else if (c >= 'A' && c <= 'F')
            expected = c - 'A' + 10;
        CHECK_EQ(hex_digit(c), expected);
    }
}

static void turns_bytes_into_digits_and_back(void)
{
    uint8_t bytes[256], back[256];
    char text[513] = "";
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)i;
    hex_encode(text, bytes, 256);
    CHECK_MEM(text, "000102030405060708090a0b0c0d0e0f10", 34);
    CHECK_MEM(text + 508, "feff", 5);
    CHECK(hex_decode(back, text, 256));
    CHECK_MEM(back, bytes, 256);
}

static void works_in_place(void)
{
    char text[8] = {'.', '.', '.', '.', 0x12, 0x34, (char)0xab, (char)0xcd};
    hex_encode(text, text + 4, 4);
    CHECK_MEM(text, "1234abcd", 8);
    CHECK(hex_decode(text, text, 4));
    CHECK_MEM(text, "\x12\x34\xab\xcd", 4);
}

static void works_in_place_at_any_length(void)
{
    for (size_t n = 0; n < 100; n++) {
        char text[200] = "", expected[201] = "";
        for (size_t i = 0; i < n; i++) {
            text[n + i] = (char)(i * 37);
            snprintf(expected + 2 * i, 3, "%02x", (unsigned)(i * 37) & 0xff);
        }
        hex_encode(text, text + n, n);
        CHECK_MEM(text, expected, 2 * n);
    }
}

static void refuses_junk(void)
{
    uint8_t out[2];
    CHECK(!hex_decode(out, "1g", 1));
    CHECK(!hex_decode(out, "g1", 1));
    CHECK(!hex_decode(out, "12 4", 2));
    CHECK(!hex_decode(out, "12\0004", 2));
    CHECK(hex_decode(out, "", 0));
}

static void reads_numbers(void)
{
    uint64_t value = 7;
    CHECK_EQ(hex_number("7c00,4", 6, &value), 4);
    CHECK_EQ(value, 0x7c00);
    CHECK_EQ(hex_number("7c00", 2, &value), 2); /* no further than LEN */
    CHECK_EQ(value, 0x7c);
    CHECK_EQ(hex_number("FFFFffffFFFFffff", 16, &value), 16);
    CHECK_EQ(value, UINT64_MAX);
    CHECK_EQ(hex_number("00000000000000000001", 20, &value), 20);
    CHECK_EQ(value, 1);
}

static void refuses_what_is_no_number(void)
{
    uint64_t value;
    CHECK_EQ(hex_number("", 0, &value), 0);
    CHECK_EQ(hex_number("x1", 2, &value), 0);
    CHECK_EQ(hex_number("-1", 2, &value), 0);
    CHECK_EQ(hex_number("10000000000000000", 17, &value), 0); /* 2^64 */
}

int main(void)
{
    TEST(knows_the_digits);
    TEST(turns_bytes_into_digits_and_back);
    TEST(works_in_place);
    TEST(works_in_place_at_any_length);
    TEST(refuses_junk);
    TEST(reads_numbers);
    TEST(refuses_what_is_no_number);
    return check_done();
}
