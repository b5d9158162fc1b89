#include <stdarg.h>
#include <stdio.h>

#include "gdbstub.h"

void gdb_text_init(struct gdb_text *text, char *buf, size_t size)
{
    *text = (struct gdb_text){.buf = buf, .size = size};
    buf[0] = 0;
}

void gdb_text_printf(struct gdb_text *text, const char *format, ...)
{
    size_t room = text->size - text->len;
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text->buf + text->len, room, format, args);
    va_end(args);
    if (n > 0)
        text->len += (size_t)n < room ? (size_t)n : room - 1;
}
