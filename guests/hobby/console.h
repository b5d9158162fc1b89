/* The console: the first serial port, and what the kernel prints there. */
#ifndef HOBBY_CONSOLE_H
#define HOBBY_CONSOLE_H

#include <stddef.h>

void console_init(void);
/* A line feed becomes carriage return and line feed. */
void console_write(const char *text, size_t size);

/* %s, %u (unsigned, decimal), %x (unsigned, as 0x0000abcd) and %%. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For what can't go on: says why, and ends the virtual machine or stops the CPU. */
_Noreturn void panic(const char *why);

#endif
