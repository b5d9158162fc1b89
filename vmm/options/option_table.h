/* A table of options, and the command line parsed by it: -x, -xVALUE, -x VALUE, -xyz, --name,
 * --name=VALUE, --name VALUE, "--" before operands; options may follow operands. */
#ifndef VMM_OPTION_TABLE_H
#define VMM_OPTION_TABLE_H

#include "options/options.h"

#include <stddef.h>

struct option_row {
    char letter;       /* 0: has none */
    const char *name;  /* long name; NULL: has none, and takes no value */
    const char *takes; /* its value, as the help calls it; NULL: takes none */
    const char *help;  /* lines, separated by \n */
    /* 0, or -EINVAL with ERROR set. VALUE is the argument's, and may be cut up;
     * NULL if the option takes none, or has none given. */
    int (*set)(struct options *options, const struct option_row *row, char *value,
               struct error *error);
    size_t flag;   /* if SET is NULL: offset of the bool in struct options that becomes true */
    bool may_take; /* --name alone is fine too; then its value can't be an argument of its own */
};

struct option_table {
    const struct option_row *rows;
    size_t count;
    int (*set_operand)(struct options *options, const char *operand, struct error *error);
};

/* Sets OPTIONS from ARGV, in order, up to the end or to --help or --version. */
int option_table_parse(const struct option_table *table, struct options *options, int argc,
                       char **argv, struct error *error);

/* A line or more for each row, of at most 80 columns if the rows are so written. */
void option_table_print(const struct option_table *table, FILE *out);

#endif
