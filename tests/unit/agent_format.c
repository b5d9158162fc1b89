/* The text of printf bytecodes, beside the C library's own. */
#include "tests/check.h"

#include "gdbstub/agent_format.h"

#include <errno.h>
#include <stdlib.h>

/* ---- A host whose memory is one page of text, and which keeps what is printed */

enum { PAGE_AT = 0x10000, PAGE_SIZE = 4096 };

struct host {
    char page[PAGE_SIZE];
    char printed[AGENT_TEXT_MAX + 1];
    unsigned prints;
};

static int read_memory(void *context, uint64_t addr, void *buf, size_t len)
{
    const struct host *h = context;
    if (addr < PAGE_AT || addr > PAGE_AT + PAGE_SIZE || len > PAGE_AT + PAGE_SIZE - addr)
        return -EFAULT;
    memcpy(buf, h->page + (addr - PAGE_AT), len);
    return 0;
}

static void print(void *context, const char *text, size_t len)
{
    struct host *h = context;
    CHECK(len <= AGENT_TEXT_MAX);
    memcpy(h->printed, text, len);
    h->printed[len] = 0;
    h->prints++;
}

/* Prints FORMAT with N arguments; those lie the other way round on the stack. */
static enum agent_error format(struct host *h, const char *text, size_t n, const uint64_t *values)
{
    const struct agent_host host = {.context = h, .read_memory = read_memory, .print = print};
    uint64_t stack[8];
    for (size_t i = 0; i < n; i++)
        stack[n - 1 - i] = values[i];
    h->prints = 0;
    return agent_format(&host, text, strlen(text) + 1, &(struct agent_arguments){stack + n, n});
}

static void expect(struct host *h, const char *text, uint64_t value, const char *printed)
{
    CHECK_EQ(format(h, text, 1, &value), AGENT_OK);
    CHECK_EQ(h->prints, 1);
    CHECK_STR(h->printed, printed);
}

/* ---- Tests */

static const uint64_t values[] = {0,          1,
                                  9,          0x7f,
                                  0x80,       0xff,
                                  1000,       0x8000,
                                  0x7fffffff, 0x80000000,
                                  0xffffffff, 0x100000000,
                                  INT64_MAX,  (uint64_t)INT64_MIN,
                                  UINT64_MAX, (uint64_t)-1000};

/* The formats are literals, so that the compiler sees that they are those of the arguments. */
#define AS_THE_LIBRARY(h, text, type)                                                              \
    do {                                                                                           \
        for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {                            \
            char expected[256];                                                                    \
            snprintf(expected, sizeof(expected), text, (type)values[i]);                           \
            expect(h, text, values[i], expected);                                                  \
        }                                                                                          \
    } while (0)

static void numbers_as_the_library(void)
{
    static struct host h;
    AS_THE_LIBRARY(&h, "%d", int);
    AS_THE_LIBRARY(&h, "[%i]", int);
    AS_THE_LIBRARY(&h, "%u", unsigned);
    AS_THE_LIBRARY(&h, "%x", unsigned);
    AS_THE_LIBRARY(&h, "%X", unsigned);
    AS_THE_LIBRARY(&h, "%o", unsigned);
    AS_THE_LIBRARY(&h, "%hhd", signed char);
    AS_THE_LIBRARY(&h, "%hd", short);
    AS_THE_LIBRARY(&h, "%hx", unsigned short);
    AS_THE_LIBRARY(&h, "%ld", long);
    AS_THE_LIBRARY(&h, "%lu", unsigned long);
    AS_THE_LIBRARY(&h, "%lld", long long);
    AS_THE_LIBRARY(&h, "%llx", unsigned long long);
    AS_THE_LIBRARY(&h, "%llo", unsigned long long);
    AS_THE_LIBRARY(&h, "%zx", size_t);
    AS_THE_LIBRARY(&h, "%jd", intmax_t);
    AS_THE_LIBRARY(&h, "%p", void *);
}

static void fields_as_the_library(void)
{
    static struct host h;
    AS_THE_LIBRARY(&h, "[%5d]", int);
    AS_THE_LIBRARY(&h, "[%-5d]", int);
    AS_THE_LIBRARY(&h, "[%05d]", int);
    AS_THE_LIBRARY(&h, "[%+d]", int);
    AS_THE_LIBRARY(&h, "[% d]", int);
    AS_THE_LIBRARY(&h, "[%.3d]", int);
    AS_THE_LIBRARY(&h, "[%8.3d]", int);
    AS_THE_LIBRARY(&h, "[%.0d]", int);
    AS_THE_LIBRARY(&h, "[%#x]", unsigned);
    AS_THE_LIBRARY(&h, "[%#X]", unsigned);
    AS_THE_LIBRARY(&h, "[%#o]", unsigned);
    AS_THE_LIBRARY(&h, "[%#.4o]", unsigned);
    AS_THE_LIBRARY(&h, "[%#018llx]", unsigned long long);
    AS_THE_LIBRARY(&h, "[%-#18llx]", unsigned long long);
    AS_THE_LIBRARY(&h, "[%20p]", void *);
    AS_THE_LIBRARY(&h, "[%100d]", int);
}

static void characters(void)
{
    static struct host h;
    expect(&h, "%c", 'A', "A");
    expect(&h, "[%3c]", 'A', "[  A]");
    expect(&h, "[%-3c]", 0xffffff41, "[A  ]");
    expect(&h, "100%%", 0, "100%");
    expect(&h, "\\a\\b\\e\\f\\n\\r\\t\\v\\\\\\\"", 0, "\a\b\033\f\n\r\t\v\\\"");
}

static void strings(void)
{
    static struct host h;
    strcpy(h.page, "hello");
    strcpy(h.page + PAGE_SIZE - 6, "world");
    expect(&h, "%s", PAGE_AT, "hello");
    expect(&h, "[%7s]", PAGE_AT, "[  hello]");
    expect(&h, "[%-7s]", PAGE_AT, "[hello  ]");
    expect(&h, "[%.3s]", PAGE_AT, "[hel]");
    expect(&h, "[%.0s]", 1, "[]");
    expect(&h, "%s", PAGE_AT + PAGE_SIZE - 6, "world");
    expect(&h, "%s", 0, "(null)");
    h.page[PAGE_SIZE - 1] = '!'; /* no end before that of the memory */
    expect(&h, "%.6s", PAGE_AT + PAGE_SIZE - 6, "world!");
    const uint64_t endless = PAGE_AT + PAGE_SIZE - 6, nowhere = 0x1234;
    CHECK_EQ(format(&h, "%s", 1, &endless), AGENT_NO_MEMORY);
    CHECK_EQ(format(&h, "%s", 1, &nowhere), AGENT_NO_MEMORY);
    CHECK_EQ(h.prints, 0);
}

static void arguments_in_order(void)
{
    static struct host h;
    CHECK_EQ(format(&h, "%d %d %d", 3, (const uint64_t[]){1, 2, 3}), AGENT_OK);
    CHECK_STR(h.printed, "1 2 3");
    CHECK_EQ(format(&h, "%d", 3, (const uint64_t[]){1, 2, 3}), AGENT_OK);
    CHECK_STR(h.printed, "1");
}

static void long_text_is_cut(void)
{
    static struct host h;
    static char text[3 * AGENT_TEXT_MAX];
    memset(h.page, 'x', AGENT_STRING_MAX + 1);
    h.page[AGENT_STRING_MAX] = 0; /* just fits, but nobody has looked at what follows */
    expect(&h, "%.999s", PAGE_AT, (memset(text, 'x', 999), text[999] = 0, text));
    CHECK_EQ(format(&h, "%s", 1, &(uint64_t){PAGE_AT}), AGENT_OK);
    CHECK_EQ(strlen(h.printed), AGENT_STRING_MAX + 3);
    CHECK_STR(h.printed + AGENT_STRING_MAX - 1, "x...");

    memset(text, 'y', AGENT_TEXT_MAX);
    text[AGENT_TEXT_MAX] = 0;
    expect(&h, text, 0, text);
    text[AGENT_TEXT_MAX] = 'y';
    CHECK_EQ(format(&h, text, 0, NULL), AGENT_OK);
    CHECK_EQ(strlen(h.printed), AGENT_TEXT_MAX);
    CHECK_STR(h.printed + AGENT_TEXT_MAX - 5, "y...\n");
}

static void bad_formats(void)
{
    static struct host h;
    static const char *const formats[] = {
        "%",
        "a%",
        "%5",
        "%.",
        "%l",
        "%f",
        "%e",
        "%lf",
        "%n",
        "%y",
        "%*",
        "%lc",
        "%ls",
        "%Lf",
        "\\q",
        "\\",
        "%1234d",
        "%.1234d",
        "%10000000000000000000d",
    };
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        if (format(&h, formats[i], 1, &(uint64_t){PAGE_AT}) != AGENT_BAD_FORMAT)
            check_fail(__FILE__, __LINE__, "%s is taken", formats[i]);
        CHECK_EQ(h.prints, 0);
    }
    CHECK_EQ(format(&h, "%d %d", 1, &(uint64_t){1}), AGENT_BAD_FORMAT);
    CHECK_EQ(h.prints, 0);
}

int main(void)
{
    TEST(numbers_as_the_library);
    TEST(fields_as_the_library);
    TEST(characters);
    TEST(strings);
    TEST(arguments_in_order);
    TEST(long_text_is_cut);
    TEST(bad_formats);
    return check_done();
}
