#include "system.h"

#include "system_call.h"

/* start.S: the one way into the kernel. */
int enter_kernel(enum system_call number, uint32_t first, uint32_t second);

int write(const char *text, size_t size)
{
    return enter_kernel(SYSTEM_WRITE, (uintptr_t)text, size);
}

int yield(void)
{
    return enter_kernel(SYSTEM_YIELD, 0, 0);
}

_Noreturn void exit(void)
{
    enter_kernel(SYSTEM_EXIT, 0, 0);
    __builtin_unreachable();
}

int read_block(uint32_t number, void *buffer)
{
    return enter_kernel(SYSTEM_READ_BLOCK, number, (uintptr_t)buffer);
}

static void line_char(struct line *line, char c)
{
    if (line->size < sizeof line->text)
        line->text[line->size++] = c;
}

void line_text(struct line *line, const char *text)
{
    while (*text)
        line_char(line, *text++);
}

void line_number(struct line *line, uint32_t number)
{
    if (number >= 10)
        line_number(line, number / 10);
    line_char(line, (char)('0' + number % 10));
}

void line_end(struct line *line)
{
    line_char(line, '\n');
    write(line->text, line->size);
    line->size = 0;
}
