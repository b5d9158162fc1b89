/* Conditions and commands as they come with a breakpoint. */
#include "tests/check.h"

#include "gdbstub/breakpoint_lists.h"
#include "gdbstub/inserted.h"

#include <errno.h>
#include <stdlib.h>

static const struct x86_layout layout = {.arch = GDB_ARCH_I386};

/* In memory of its own size, so that a sanitizer sees a look behind its end. */
static int parse(struct breakpoint_lists **lists, const char *text)
{
    const size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);
    memcpy(copy, text, len);
    const int err = breakpoint_lists_parse(lists, layout, copy, len);
    free(copy);
    return err;
}

static void expect_expr(const struct breakpoint_lists *lists, size_t i, const char *bytes)
{
    CHECK_EQ(lists->exprs[i].len, strlen(bytes));
    CHECK_MEM(lists->exprs[i].code, bytes, strlen(bytes));
}

static void conditions(void)
{
    struct breakpoint_lists *lists;
    CHECK_EQ(parse(&lists, "X3,616263X1,64X0000a,41424344454647484950"), 0);
    CHECK_EQ(lists->conditions, 3);
    CHECK_EQ(lists->commands, 0);
    CHECK_EQ(lists->layout.arch, GDB_ARCH_I386);
    expect_expr(lists, 0, "abc");
    expect_expr(lists, 1, "d");
    expect_expr(lists, 2, "ABCDEFGHIP");
    free(lists);
}

static void commands(void)
{
    struct breakpoint_lists *lists;
    CHECK_EQ(parse(&lists, "cmds:0,X2,6162X1,63"), 0);
    CHECK_EQ(lists->conditions, 0);
    CHECK_EQ(lists->commands, 2);
    expect_expr(lists, 0, "ab");
    expect_expr(lists, 1, "c");
    free(lists);
    CHECK_EQ(parse(&lists, "X1,61;cmds:1,X1,62"), 0);
    CHECK_EQ(lists->conditions, 1);
    CHECK_EQ(lists->commands, 1);
    expect_expr(lists, 0, "a");
    expect_expr(lists, 1, "b");
    free(lists);
}

static void with_semicolons_between(void)
{
    struct breakpoint_lists *lists;
    CHECK_EQ(parse(&lists, "X1,61;X1,62;cmds:0,X1,63;X1,64"), 0);
    CHECK_EQ(lists->conditions, 2);
    CHECK_EQ(lists->commands, 2);
    expect_expr(lists, 3, "d");
    free(lists);
}

static void none(void)
{
    struct breakpoint_lists *lists;
    CHECK_EQ(parse(&lists, ""), 0);
    CHECK(!lists);
    CHECK_EQ(parse(&lists, "cmds:1,"), 0);
    CHECK(!lists);
}

static void what_is_no_list(void)
{
    static const char *const texts[] = {
        "X",
        "X1",
        "X1,",
        "X1,6",
        "X1,6g",
        "X2,61",
        "X0,",
        "X,61",
        "X1,6162",
        "X1;61",
        "61",
        "x1,61",
        "Xffffffffffffffff,61",
        "X10000000000000001,61",
        "X1,61cmds",
        "X1,61;cmds:",
        "X1,61;cmds:1",
        "cmds:,X1,61",
        "cmds:1X1,61",
        "cmds:1,X1,61;cmds:1,X1,61",
        "X1,61;;X1,61",
        "cmds:1,61",
        "X1,61X",
        "X1,61;thread:1",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct breakpoint_lists *lists;
        const int err = parse(&lists, texts[i]);
        if (err != -EINVAL && err != -E2BIG)
            check_fail(__FILE__, __LINE__, "%s: expected an error, got %d", texts[i], err);
        CHECK(!lists);
    }
}

static void too_many(void)
{
    static char text[BREAKPOINT_EXPRS_MAX * 5 + 6];
    struct breakpoint_lists *lists;
    for (size_t i = 0; i < BREAKPOINT_EXPRS_MAX; i++)
        memcpy(text + i * 5, "X1,61", 5);
    CHECK_EQ(parse(&lists, text), 0);
    CHECK_EQ(lists->conditions, BREAKPOINT_EXPRS_MAX);
    free(lists);
    memcpy(text + BREAKPOINT_EXPRS_MAX * 5, "X1,61", 6);
    CHECK_EQ(parse(&lists, text), -E2BIG);
}

static void too_long(void)
{
    static char text[8 + 2 * BREAKPOINT_CODE_MAX + 2];
    struct breakpoint_lists *lists;
    memset(text, '2', sizeof(text) - 1);
    memcpy(text, "X01000,", 7);
    text[7 + 2 * AGENT_EXPR_MAX] = 0;
    CHECK_EQ(parse(&lists, text), 0);
    free(lists);
    memcpy(text, "X01001,", 7);
    memcpy(text + 7 + 2 * AGENT_EXPR_MAX, "22", 3);
    CHECK_EQ(parse(&lists, text), -E2BIG);
    text[7 + 2 * AGENT_EXPR_MAX + 2] = '2'; /* all of it */
    CHECK_EQ(parse(&lists, text), -E2BIG);
}

/* ---- In the set of what is inserted */

static struct breakpoint_lists *some_lists(void)
{
    struct breakpoint_lists *lists;
    CHECK_EQ(parse(&lists, "X1,61"), 0);
    return lists;
}

static void belong_to_a_breakpoint(void)
{
    const struct inserted_breakpoint b = {GDB_BREAK_SOFTWARE, 0x1000, 1},
                                     other = {GDB_BREAK_HARDWARE, 0x1000, 1};
    struct inserted set = {0};
    size_t place = SIZE_MAX;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(inserted_reserve(&set), 0);
        inserted_add(&set, i ? other : b);
    }
    inserted_set_lists(&set, b, some_lists());
    CHECK_EQ(set.with_lists, 1);
    const struct inserted_entry *first = inserted_code_at(&set, 0x1000, &place),
                                *second = inserted_code_at(&set, 0x1000, &place);
    CHECK(first->b.type == GDB_BREAK_SOFTWARE ? first->lists && !second->lists
                                              : second->lists && !first->lists);
    CHECK(!inserted_code_at(&set, 0x1000, &place));
    inserted_set_lists(&set, b, some_lists()); /* in place of the first */
    CHECK_EQ(set.with_lists, 1);
    inserted_set_lists(&set, b, NULL);
    CHECK_EQ(set.with_lists, 0);
    inserted_set_lists(&set, b, some_lists());
    inserted_set_lists(&set, other, some_lists());
    inserted_remove(&set, b);
    CHECK_EQ(set.with_lists, 1);
    inserted_outdate(&set);
    CHECK_EQ(set.with_lists, 0);
    inserted_renew(&set, other);
    inserted_set_lists(&set, other, some_lists());
    inserted_free(&set);
    CHECK_EQ(set.with_lists, 0);
}

int main(void)
{
    TEST(conditions);
    TEST(commands);
    TEST(with_semicolons_between);
    TEST(none);
    TEST(what_is_no_list);
    TEST(too_many);
    TEST(too_long);
    TEST(belong_to_a_breakpoint);
    return check_done();
}
