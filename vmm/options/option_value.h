/* The values that options take, checked as text. */
#ifndef VMM_OPTION_VALUE_H
#define VMM_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/* "64", "64K", "1M", "2G" (also lower case, also 0x40) as a number; K is 1024. 0, -EINVAL if TEXT
 * is no such number to its end, -ERANGE if it has more than 64 bits. */
int option_number(const char *text, uint64_t *number);

/* Whether the debugger can be waited for at TEXT: [HOST]:PORT (an IPv6 HOST in brackets, PORT 0 to
 * 65535), unix:PATH or "-". */
bool option_is_gdb_place(const char *text);

/* Whether gdb can be shown a CPU as TEXT: auto, i8086, i386 or x86-64. */
bool option_is_gdb_arch(const char *text);

/* Whether a console can be at TEXT: stdio, none, stderr, pty, file:PATH or unix:PATH. */
bool option_is_console(const char *text);

#endif
