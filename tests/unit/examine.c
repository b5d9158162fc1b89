/* The numbers, sizes and formats of monitor commands, and rows of memory. */
#include "tests/check.h"

#include "debug/monitor/examine.h"
#include "debug/number.h"

static void check_number(const char *text, uint64_t max, bool valid, uint64_t expected,
                         const char *rest)
{
    const char *p = text;
    uint64_t value = 0;
    if (number_word(&p, max, &value) != valid) {
        check_fail(__FILE__, __LINE__, "\"%s\": expected it to be %s", text,
                   valid ? "a number" : "refused");
        return;
    }
    if (!valid)
        return;
    CHECK_EQ(value, expected);
    CHECK_STR(p, rest);
}

static void numbers(void)
{
    check_number("0", UINT64_MAX, true, 0, "");
    check_number("010", UINT64_MAX, true, 10, "");
    check_number("0x1F next", UINT64_MAX, true, 0x1f, "next");
    check_number("0xffffffffffffffff", UINT64_MAX, true, UINT64_MAX, "");
    check_number("18446744073709551615", UINT64_MAX, true, UINT64_MAX, "");
    check_number("96/b", 0xffff, true, 96, "/b");
    check_number("65535", 0xffff, true, 0xffff, "");
    check_number("65536", 0xffff, false, 0, NULL);
    check_number("0x10000000000000000", UINT64_MAX, false, 0, NULL);
    check_number("18446744073709551616", UINT64_MAX, false, 0, NULL);
    check_number("", UINT64_MAX, false, 0, NULL);
    check_number("0x", UINT64_MAX, false, 0, NULL);
    check_number("-1", UINT64_MAX, false, 0, NULL);
    check_number("12ab", UINT64_MAX, false, 0, NULL);
    check_number("$pc", UINT64_MAX, false, 0, NULL);
}

static void check_suffix(const char *text, bool valid, char expected, const char *rest)
{
    const char *p = text;
    char letter = '-';
    if (number_suffix(&p, "bwl", &letter) != valid)
        check_fail(__FILE__, __LINE__, "\"%s\": expected %d", text, valid);
    CHECK_EQ(letter, expected);
    CHECK_STR(p, rest);
}

static void suffixes(void)
{
    check_suffix("/b", true, 'b', "");
    check_suffix("/l 0x60", true, 'l', "0x60");
    check_suffix("0x60", true, '-', "0x60");
    check_suffix("", true, '-', "");
    check_suffix("/", false, '-', "/");
    check_suffix("/q", false, '-', "/q");
    check_suffix("/bw", false, '-', "/bw");
    check_suffix("/ b", false, '-', "/ b");
}

static void check_format(const char *text, unsigned count, char format, unsigned size,
                         const char *rest)
{
    const char *p = text;
    struct examine_format f;
    const char *wrong = examine_parse(&p, &f);
    CHECK_STR(wrong ? wrong : "", "");
    CHECK_EQ(f.count, count);
    CHECK_EQ(f.format, format);
    CHECK_EQ(f.size, size);
    CHECK_STR(p, rest);
}

static void check_refused(const char *text, const char *expected)
{
    struct examine_format f;
    CHECK_STR(examine_parse(&text, &f), expected);
}

static void formats(void)
{
    static const char count[] = "a count is from 1 to 1024";
    static const char letter[] = "a format is one of x d u o c, a size one of b h w g";
    check_format("0x7c00", 1, 'x', 4, "0x7c00");
    check_format("", 1, 'x', 4, "");
    check_format("/8xb 0", 8, 'x', 1, "0");
    check_format("/8bx 0", 8, 'x', 1, "0");
    check_format("/c 0", 1, 'c', 1, "0");
    check_format("/3cw", 3, 'c', 4, "");
    check_format("/1024g 1", 1024, 'x', 8, "1");
    check_format("/ 1", 1, 'x', 4, "1");
    check_format("/h 1", 1, 'x', 2, "1");
    check_refused("/0 1", count);
    check_refused("/1025 1", count);
    check_refused("/99999999999999999999x 1", count);
    check_refused("/i 1", letter);
    check_refused("/xx 1", letter);
    check_refused("/bh 1", letter);
    check_refused("/-1 1", letter);
    check_refused("/4s 1", letter);
}

static void check_rows(char format, unsigned size, const void *bytes, unsigned n,
                       const char *expected)
{
    char buf[1024];
    struct gdb_text out;
    const struct examine_format f = {.count = n, .size = size, .format = format};
    gdb_text_init(&out, buf, sizeof buf);
    examine_print(&f, 0x7c00, bytes, n, &out);
    CHECK_STR(buf, expected);
}

static void rows(void)
{
    static const uint8_t bytes[32] = {0x41, 0xff, 0x27, 0x80, 0x5c, 0, 1, 2, 0x7f};
    check_rows('x', 1, bytes, 9,
               "0x0000000000007c00: 0x41 0xff 0x27 0x80 0x5c 0x00 0x01 0x02\n"
               "0x0000000000007c08: 0x7f\n");
    check_rows('d', 1, bytes, 4, "0x0000000000007c00:   65   -1   39 -128\n");
    check_rows('u', 1, bytes, 4, "0x0000000000007c00:   65  255   39  128\n");
    check_rows('o', 1, bytes, 4, "0x0000000000007c00: 0101 0377 0047 0200\n");
    check_rows('c', 1, bytes, 5,
               "0x0000000000007c00:   65 'A'      -1 '\\377'   39 '\\047' -128 '\\200'   92 "
               "'\\134'\n");
    check_rows('x', 2, bytes, 2, "0x0000000000007c00: 0xff41 0x8027\n");
    check_rows('d', 2, bytes, 2, "0x0000000000007c00:   -191 -32729\n");
    check_rows('x', 4, bytes, 5,
               "0x0000000000007c00: 0x8027ff41 0x0201005c 0x0000007f 0x00000000\n"
               "0x0000000000007c10: 0x00000000\n");
    check_rows('d', 4, bytes, 1, "0x0000000000007c00: -2144862399\n");
    check_rows('o', 4, bytes, 1, "0x0000000000007c00: 020011777501\n");
    check_rows('x', 8, bytes, 3,
               "0x0000000000007c00: 0x0201005c8027ff41 0x000000000000007f\n"
               "0x0000000000007c10: 0x0000000000000000\n");
    check_rows('x', 4, bytes, 0, "");
}

int main(void)
{
    TEST(numbers);
    TEST(suffixes);
    TEST(formats);
    TEST(rows);
    return check_done();
}
