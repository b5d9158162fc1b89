/* over_insn.c: which instructions are taken as one, and how long they are. Encodings from SDM vol.
 * 2, CALL, INT n, LOOP, REP. */
#include "debug/step/over_insn.h"

#include "tests/check.h"

#define FLAG_OF 0x800u

struct row {
    unsigned bits;
    const char *bytes;
    size_t n, length;
};

#define ROW(bits, text, length)                                                                    \
    {                                                                                              \
        bits, text, sizeof(text) - 1, length                                                       \
    }

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct row *r = &rows[i];
        const uint8_t *bytes = (const uint8_t *)r->bytes;
        const size_t length = over_insn_length(bytes, r->n, r->bits, 0);
        if (length != r->length)
            check_fail(__FILE__, __LINE__, "row %zu, %u bits, %02x: expected %zu, got %zu", i,
                       r->bits, bytes[0], r->length, length);
        for (size_t n = 0; n < r->length; n++) /* cut off */
            CHECK_EQ(over_insn_length(bytes, n, r->bits, 0), 0);
    }
}

static void calls(void)
{
    static const struct row rows[] = {
        ROW(16, "\xe8\x34\x12\x90\x90\x90", 3),
        ROW(16, "\x66\xe8\x34\x12\x00\x00\x90", 6),
        ROW(32, "\xe8\x34\x12\x00\x00\x90", 5),
        ROW(32, "\x66\xe8\x34\x12\x90\x90", 4),
        ROW(64, "\xe8\x34\x12\x00\x00\x90", 5),
        ROW(16, "\x9a\x34\x12\x00\xf0\x90\x90", 5),
        ROW(16, "\x66\x9a\x34\x12\x00\x00\x08\x00\x90", 8),
        ROW(32, "\x9a\x34\x12\x00\x00\x08\x00\x90", 7),
        ROW(16, "\xff\xd0\x90", 2),                     /* call *%ax */
        ROW(16, "\xff\x16\x34\x12\x90", 4),             /* call *0x1234 */
        ROW(16, "\x2e\xff\x56\x04\x90", 4),             /* call *%cs:4(%bp) */
        ROW(16, "\xff\x1e\x34\x12\x90", 4),             /* lcall *0x1234 */
        ROW(16, "\x67\xff\x15\x78\x56\x34\x12\x90", 7), /* call *0x12345678, addr32 */
        ROW(32, "\xff\x54\x24\x10\x90", 4),             /* call *16(%esp) */
        ROW(32, "\xff\x14\x85\x00\x00\x01\x00\x90", 7), /* call *0x10000(,%eax,4) */
        ROW(32, "\xff\x94\x24\x00\x00\x01\x00\x90", 7), /* call *0x10000(%esp) */
        ROW(64, "\xff\x15\x00\x00\x01\x00\x90", 6),     /* call *0x10000(%rip) */
        ROW(64, "\x41\xff\xd3\x90", 3),                 /* call *%r11 */
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void the_others(void)
{
    static const struct row rows[] = {
        ROW(16, "\xcd\x13\x90", 2),     ROW(64, "\xcd\x80\x90", 2),     ROW(16, "\xcc\x90", 1),
        ROW(16, "\xe2\xfe\x90", 2),     ROW(16, "\xe1\xfe\x90", 2),     ROW(32, "\xe0\xfe\x90", 2),
        ROW(16, "\x67\xe2\xfd\x90", 3), ROW(16, "\xf3\xaa\x90", 2),     ROW(16, "\xf2\xae\x90", 2),
        ROW(16, "\xf3\x66\xa5\x90", 3), ROW(64, "\xf3\x48\xab\x90", 3),
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
}

static void what_is_none(void)
{
    static const struct row rows[] = {
        ROW(16, "\x90", 0),
        ROW(16, "\xaa\x90", 0),                         /* stosb, once */
        ROW(16, "\xe3\xfe\x90", 0),                     /* jcxz */
        ROW(16, "\xff\xe0\x90", 0),                     /* jmp *%ax */
        ROW(16, "\xff\x2e\x34\x12", 0),                 /* ljmp */
        ROW(16, "\xff\x36\x34\x12", 0),                 /* push */
        ROW(16, "\xff\x06\x34\x12", 0),                 /* incw */
        ROW(64, "\x9a\x34\x12\x00\x00\x08\x00\x90", 0), /* not there */
        ROW(16, "\xce\x90", 0),                         /* into that is not taken */
        ROW(16, "\x0f\xe8\xc1\x90\x90\x90", 0),         /* psubsb */
        ROW(16, "\x66\x66\x66\x66", 0),
        ROW(16, "\xff", 0),
        ROW(16, "", 0),
    };
    check_rows(rows, sizeof rows / sizeof rows[0]);
    CHECK_EQ(over_insn_length((const uint8_t *)"\xce\x90", 2, 16, FLAG_OF), 1);
}

int main(void)
{
    TEST(calls);
    TEST(the_others);
    TEST(what_is_none);
    return check_done();
}
