/* The programs' side of the system calls, and what else they share. */
#ifndef HOBBY_SYSTEM_H
#define HOBBY_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

/* system_call.h says what they do and return. */
int write(const char *text, size_t size);
int yield(void);
_Noreturn void exit(void);
int read_block(uint32_t number, void *buffer);

/* A line of output, gathered and written as one. What does not fit is left out. */
struct line {
    size_t size;
    char text[120];
};

void line_text(struct line *line, const char *text);
void line_number(struct line *line, uint32_t number); /* decimal */
void line_end(struct line *line);                     /* writes it, and makes it empty */

#endif
