#include "options/option_table.h"

#include <errno.h>
#include <string.h>

/* Where parsing stands in ARGV. */
struct cursor {
    const struct option_table *table;
    struct options *options;
    int argc, next;
    char **argv;
};

static const struct option_row *find_letter(const struct option_table *table, char letter)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->rows[i].letter == letter)
            return &table->rows[i];
    return NULL;
}

static const struct option_row *find_name(const struct option_table *table, const char *name,
                                          size_t len)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct option_row *row = &table->rows[i];
        if (row->name && strlen(row->name) == len && !memcmp(row->name, name, len))
            return row;
    }
    return NULL;
}

static int set_without_value(struct options *options, const struct option_row *row,
                             struct error *error)
{
    if (row->set)
        return row->set(options, row, NULL, error);
    *(bool *)((char *)options + row->flag) = true;
    return 0;
}

/* Sets ROW's option to ATTACHED, or, if that is NULL, to the next argument. */
static int set_with_value(struct cursor *cursor, const struct option_row *row, char *attached,
                          struct error *error)
{
    if (!attached && cursor->next == cursor->argc)
        return error_set(error, -EINVAL, "--%s: its value is missing (--%s %s)", row->name,
                         row->name, row->takes);
    return row->set(cursor->options, row, attached ? attached : cursor->argv[cursor->next++],
                    error);
}

/* ARGUMENT is --name, --name=value, or --name with the value to follow. */
static int parse_long(struct cursor *cursor, char *argument, struct error *error)
{
    size_t len = strcspn(argument + 2, "=");
    char *value = argument[2 + len] ? argument + 2 + len + 1 : NULL;
    const struct option_row *row = find_name(cursor->table, argument + 2, len);
    if (!row)
        return error_set(error, -EINVAL, "unknown option %.80s (stepvm --help lists them)",
                         argument);
    if (row->takes && !(row->may_take && !value))
        return set_with_value(cursor, row, value, error);
    if (value)
        return error_set(error, -EINVAL, "%.80s: --%s takes no value", argument, row->name);
    return set_without_value(cursor->options, row, error);
}

/* ARGUMENT is -abc: flags, of which the last may take a value, here or to follow. */
static int parse_short(struct cursor *cursor, char *argument, struct error *error)
{
    /* QEMU's users write -serial and -gdb; no long name is a sequence of letters that make sense.
     */
    if (find_name(cursor->table, argument + 1, strlen(argument + 1)))
        return error_set(error, -EINVAL, "unknown option %.80s (it is -%.80s)", argument, argument);
    for (char *letter = argument + 1; *letter; letter++) {
        const struct option_row *row = find_letter(cursor->table, *letter);
        if (!row)
            return error_set(error, -EINVAL,
                             "unknown option -%c in %.80s (stepvm --help lists them)", *letter,
                             argument);
        if (row->takes)
            return set_with_value(cursor, row, letter[1] ? letter + 1 : NULL, error);
        int r = set_without_value(cursor->options, row, error);
        if (r)
            return r;
    }
    return 0;
}

int option_table_parse(const struct option_table *table, struct options *options, int argc,
                       char **argv, struct error *error)
{
    struct cursor cursor = {table, options, argc, 1, argv};
    bool only_operands = false;
    int r = 0;
    while (!r && !options->help && !options->version && cursor.next < argc) {
        char *argument = argv[cursor.next++];
        if (only_operands || argument[0] != '-' || !argument[1])
            r = table->set_operand(options, argument, error);
        else if (!strcmp(argument, "--"))
            only_operands = true;
        else if (argument[1] == '-')
            r = parse_long(&cursor, argument, error);
        else
            r = parse_short(&cursor, argument, error);
    }
    return r;
}

#define HELP_COLUMN 26

static void print_row(FILE *out, const struct option_row *row)
{
    char letter[3] = "  ", name[40] = "";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c", row->letter);
    if (row->name)
        snprintf(name, sizeof name, "%s--%s%s%s%s", row->letter ? ", " : "  ", row->name,
                 row->may_take ? "[="
                 : row->takes  ? " "
                               : "",
                 row->takes ? row->takes : "", row->may_take ? "]" : "");
    fprintf(out, "  %s%-*s", letter, HELP_COLUMN - 4, name);
    if (strlen(name) >= HELP_COLUMN - 4)
        fprintf(out, "\n%*s", HELP_COLUMN, "");
    for (const char *line = row->help; line;) {
        size_t len = strcspn(line, "\n");
        fprintf(out, "%.*s\n", (int)len, line);
        line = line[len] ? line + len + 1 : NULL;
        if (line)
            fprintf(out, "%*s", HELP_COLUMN, "");
    }
}

void option_table_print(const struct option_table *table, FILE *out)
{
    for (size_t i = 0; i < table->count; i++)
        print_row(out, &table->rows[i]);
}
