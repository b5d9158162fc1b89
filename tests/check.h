/* The unit tests' one header: a test is a function, a check prints expected and actual.
 *
 *     static void reads_past_the_end(void) { CHECK_EQ(memory_read(m, 0, buf, 9), 8); }
 *     int main(void) { TEST(reads_past_the_end); return check_done(); }
 *
 * Each test prints one line, `ok NAME`, `not ok NAME` or `skip NAME - WHY`, which tests/run counts;
 * failed checks are printed before it, indented. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int check_failures; /* in the test that runs */
static int check_failed;   /* tests that failed */
static const char *check_skip_reason;

#define TEST(fn) check_run(#fn, fn)

/* Declares the running test as skipped; return from it after this. */
#define SKIP(why) ((void)(check_skip_reason = (why)))

#define CHECK(cond) ((cond) ? (void)0 : check_fail(__FILE__, __LINE__, "expected %s", #cond))

#define CHECK_EQ(actual, expected)                                                                 \
    check_eq(__FILE__, __LINE__, #actual, (uint64_t)(actual), (uint64_t)(expected))

#define CHECK_STR(actual, expected) check_str(__FILE__, __LINE__, #actual, (actual), (expected))

/* LEN bytes at both places. */
#define CHECK_MEM(actual, expected, len)                                                           \
    check_mem(__FILE__, __LINE__, #actual, (actual), (expected), (len))

__attribute__((format(printf, 3, 4), unused)) static void check_fail(const char *file, int line,
                                                                     const char *format, ...)
{
    __builtin_va_list args;
    check_failures++;
    printf("    %s:%d: ", file, line);
    __builtin_va_start(args, format);
    vprintf(format, args);
    __builtin_va_end(args);
    printf("\n");
}

__attribute__((unused)) static void check_eq(const char *file, int line, const char *what,
                                             uint64_t actual, uint64_t expected)
{
    if (actual != expected)
        check_fail(file, line,
                   "%s: expected %" PRId64 " (0x%" PRIx64 "), got %" PRId64 " (0x%" PRIx64 ")",
                   what, (int64_t)expected, expected, (int64_t)actual, actual);
}

__attribute__((unused)) static void check_str(const char *file, int line, const char *what,
                                              const char *actual, const char *expected)
{
    if (!actual || !expected || strcmp(actual, expected))
        check_fail(file, line, "%s:\n      expected \"%s\"\n      got      \"%s\"", what,
                   expected ? expected : "(null)", actual ? actual : "(null)");
}

__attribute__((unused)) static void check_mem(const char *file, int line, const char *what,
                                              const void *actual, const void *expected, size_t len)
{
    const uint8_t *a = actual, *e = expected;
    for (size_t i = 0; i < len; i++)
        if (a[i] != e[i]) {
            check_fail(file, line, "%s: byte %zu of %zu: expected %02x, got %02x", what, i, len,
                       e[i], a[i]);
            return;
        }
}

__attribute__((unused)) static void check_run(const char *name, void (*fn)(void))
{
    check_failures = 0;
    check_skip_reason = NULL;
    fn();
    if (check_failures) {
        check_failed++;
        printf("not ok %s\n", name);
    } else if (check_skip_reason) {
        printf("skip %s - %s\n", name, check_skip_reason);
    } else {
        printf("ok %s\n", name);
    }
    fflush(stdout);
}

__attribute__((unused)) static int check_done(void)
{
    return check_failed ? 1 : 0;
}

#endif
