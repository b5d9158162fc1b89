/* What the printf bytecode prints: C's printf for integers, pointers, characters and strings in
 * guest memory (GDB manual, "Bytecode Descriptions"). The format is as the user typed it between
 * the quotes, with its escapes, and as little to be trusted as the rest. */
#ifndef GDBSTUB_AGENT_FORMAT_H
#define GDBSTUB_AGENT_FORMAT_H

#include "agent_expr.h"

enum {
    AGENT_TEXT_MAX = 4096,   /* bytes that one printf prints; "..." ends what would be more */
    AGENT_STRING_MAX = 1024, /* and of a %s that has no precision */
    AGENT_WIDTH_DIGITS = 3,  /* of a width or a precision */
};

/* N values, the first just below END and the others below it, as they lie on the stack. */
struct agent_arguments {
    const uint64_t *end;
    size_t n;
};

/* Prints FORMAT, of LEN bytes with the 0 that ends it, by HOST's print, which is called once.
 * AGENT_BAD_FORMAT: it is not a format, has a conversion of floating point, or one that no argument
 * is there for. AGENT_NO_MEMORY: a string can't be read. Then nothing is printed. */
enum agent_error agent_format(const struct agent_host *host, const char *format, size_t len,
                              const struct agent_arguments *arguments);

/* Finds how many bytes the string at ADDR has, its 0 included, but never more than MAX. An error if
 * one of these can't be read. HOST has read_memory. */
enum agent_error agent_string_size(const struct agent_host *host, uint64_t addr, size_t max,
                                   size_t *size);

#endif
