/* Writes where it may not, to see that the kernel survives it. */
#include "programs.h"
#include "system.h"

void wild(void)
{
    volatile uint32_t *kernel = (volatile uint32_t *)0x100000; /* it begins there */
    struct line line = {.size = 0};
    line_text(&line, "wild: reads what it may not: ");
    line_text(&line, write("", 0) == 0 && write((const char *)kernel, 4) ? "refused" : "done!");
    line_end(&line);
    *kernel = 0;
    line_text(&line, "wild: has written to the kernel!");
    line_end(&line);
}
