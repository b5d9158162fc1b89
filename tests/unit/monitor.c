/* The table of monitor commands, and what answers words that name none of them. No machine: none of
 * these commands gets as far as asking it. */
#include "debug/monitor/monitor.h"

#include "tests/check.h"

static void ask(const char *command, char *text, size_t size)
{
    struct debug d = {.count = 0};
    struct gdb_text out;
    gdb_text_init(&out, text, size);
    CHECK_EQ(debug_monitor(&d, command, &out), 0);
}

static void check_answer(const char *command, const char *expected)
{
    char text[4096];
    ask(command, text, sizeof text);
    CHECK_STR(text, expected);
}

static void rows_are_in_order(void)
{
    const struct monitor_command *c, *before = NULL;
    for (size_t i = 0; (c = monitor_command(i)); i++) {
        CHECK(!before || strcmp(before->name, c->name) < 0);
        CHECK(c->run != NULL);
        CHECK(strlen(c->help) > 0 && strlen(c->help) <= 80);
        CHECK(c->help[strlen(c->help) - 1] != '.');
        before = c;
    }
    CHECK(before != NULL);
}

static bool is_command(const char *name)
{
    const struct monitor_command *c;
    for (size_t i = 0; (c = monitor_command(i)); i++)
        if (!strcmp(c->name, name))
            return true;
    return false;
}

static void what_takes_arguments_is_explained(void)
{
    const struct monitor_command *c;
    for (size_t i = 0; (c = monitor_command(i)); i++)
        if (c->usage && !*monitor_details(c->name))
            check_fail(__FILE__, __LINE__, "%s %s: no details", c->name, c->usage);
}

/* Lines that a console and a Markdown file can show. */
static void details_are_of_commands(void)
{
    const char *name;
    for (size_t i = 0; (name = monitor_detailed(i)); i++) {
        const char *text = monitor_details(name);
        if (!is_command(name))
            check_fail(__FILE__, __LINE__, "details of \"%s\", which is no command", name);
        CHECK(*text && text[strlen(text) - 1] == '\n');
        for (const char *end; (end = strchr(text, '\n')); text = end + 1)
            if (end - text > 90)
                check_fail(__FILE__, __LINE__, "%s: too long: %.*s", name, (int)(end - text), text);
    }
    CHECK_STR(monitor_details("no such"), "");
}

static void help_lists_each(void)
{
    char text[65536], line[256];
    const struct monitor_command *c;
    ask("help", text, sizeof text);
    size_t lines = 0;
    for (const char *p = text; *p; p++)
        lines += *p == '\n';
    for (size_t i = 0; (c = monitor_command(i)); i++, lines--) {
        snprintf(line, sizeof line, "monitor %s%s%s", c->name, c->usage ? " " : "",
                 c->usage ? c->usage : "");
        const char *at = strstr(text, line);
        CHECK(at && strstr(at, c->help) && strstr(at, c->help) < strchr(at, '\n'));
    }
    CHECK_EQ(lines, 0);
}

static void help_of_one(void)
{
    check_answer("help quit", "monitor quit\nend the machine\n");
    check_answer("  help\t info \n breakpoints ",
                 "monitor info breakpoints\nwhat is inserted now, and by what each is carried\n"
                 "\ngdb takes its breakpoints out at each stop; then this shows those of the last "
                 "run.\n");
    check_answer("help inf", "help: no command \"inf\" (monitor help lists them)\n");
    check_answer("help quit now", "help: no command \"quit now\" (monitor help lists them)\n");
}

/* Of a first word alone: all that go on from there, and no "information". */
static void help_of_several(void)
{
    char text[65536];
    const struct monitor_command *c;
    ask("help info", text, sizeof text);
    for (size_t i = 0; (c = monitor_command(i)); i++)
        if (!strstr(text, c->help) != !!strncmp(c->name, "info ", 5))
            check_fail(__FILE__, __LINE__, "%s: shown or not, wrongly", c->name);
}

/* Who types the first word of several is told how they go on; who types none, all. */
static void first_words_alone(void)
{
    char all[65536], text[65536];
    check_answer(
        "memory",
        "monitor memory add ram|rom SIZE at GPA    put memory where there is none\n"
        "monitor memory list                       guest-physical memory, region by region\n"
        "monitor memory remove GPA                 take away what was added there\n");
    ask("info", text, sizeof text);
    CHECK(!strncmp(text, "monitor info breakpoints ", 25));
    ask("help", all, sizeof all);
    ask("", text, sizeof text);
    CHECK_STR(text, all);
}

static void words_that_are_no_command(void)
{
    check_answer("hel", "monitor: no command \"hel\" (monitor help lists them)\n");
    check_answer("help2", "monitor: no command \"help2\" (monitor help lists them)\n");
    check_answer("Help", "monitor: no command \"Help\" (monitor help lists them)\n");
    check_answer("quit now", "usage: monitor quit\n");
    check_answer("info cpus all", "usage: monitor info cpus\n");
}

static void a_long_command_is_none(void)
{
    char command[600];
    memset(command, 'x', sizeof command - 1);
    command[sizeof command - 1] = 0;
    check_answer(command, "monitor: a command of more than 511 characters (monitor help lists what "
                          "there is)\n");
}

int main(void)
{
    TEST(rows_are_in_order);
    TEST(details_are_of_commands);
    TEST(what_takes_arguments_is_explained);
    TEST(help_lists_each);
    TEST(help_of_one);
    TEST(help_of_several);
    TEST(first_words_alone);
    TEST(words_that_are_no_command);
    TEST(a_long_command_is_none);
    return check_done();
}
