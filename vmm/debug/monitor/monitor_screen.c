/* `monitor screen`: the text screen, as it is in memory. Where no BIOS data area says otherwise it
 * is of 80 columns, and the first page is shown. */
#include "debug/monitor/monitor.h"

#include "bios/bda.h"
#include "bios/cp437.h"
#include "bios/screen.h"

#include <string.h>

#define COLUMNS_MAX 80u

struct screen {
    unsigned columns, page;
    unsigned cursor_row, cursor_column;
    struct screen_cell cells[SCREEN_ROWS * COLUMNS_MAX];
};

/* A guest that has left the BIOS behind may have anything in its data area. */
static bool read_screen(const struct memory *memory, struct screen *s)
{
    const uint8_t mode = bda_get8(memory, BDA_VIDEO_MODE), page = bda_get8(memory, BDA_ACTIVE_PAGE);
    s->columns = mode < 2 ? 40 : COLUMNS_MAX;
    s->page = page < SCREEN_PAGES ? page : 0;
    const uint16_t cursor = bda_get16(memory, BDA_CURSORS + 2 * s->page);
    s->cursor_column = cursor & 0xff;
    s->cursor_row = cursor >> 8;
    const size_t size = SCREEN_ROWS * s->columns * sizeof s->cells[0];
    return memory_read(memory, SCREEN_MEMORY + s->page * SCREEN_PAGE, s->cells, size) == size;
}

static bool is_blank(uint8_t code)
{
    return code == 0 || code == ' ' || code == 0xff;
}

/* How many columns of ROW there are up to its last that is not blank. */
static unsigned used(const struct screen *s, unsigned row)
{
    unsigned n = s->columns;
    while (n && is_blank(s->cells[row * s->columns + n - 1].code))
        n--;
    return n;
}

static void print_row(const struct screen *s, unsigned row, struct gdb_text *out)
{
    const unsigned n = used(s, row);
    for (unsigned i = 0; i < n; i++) {
        char utf8[CP437_UTF8_MAX];
        const size_t len = cp437_to_utf8(s->cells[row * s->columns + i].code, utf8);
        gdb_text_printf(out, "%.*s", (int)len, utf8);
    }
    gdb_text_printf(out, "\n");
}

static void print_cursor(const struct screen *s, struct gdb_text *out)
{
    gdb_text_printf(out, "(%ux%u text, page %u; the BIOS's cursor is ", s->columns, SCREEN_ROWS,
                    s->page);
    if (s->cursor_row < SCREEN_ROWS && s->cursor_column < s->columns)
        gdb_text_printf(out, "at row %u, column %u, from 0)\n", s->cursor_row, s->cursor_column);
    else
        gdb_text_printf(out, "off the screen)\n");
}

void monitor_screen(struct debug *d, const char *args, struct gdb_text *out)
{
    struct screen s;
    (void)args;
    if (!read_screen(d->config.memory, &s)) {
        gdb_text_printf(out, "screen: there is no memory at 0x%llx\n",
                        (unsigned long long)SCREEN_MEMORY);
        return;
    }
    unsigned rows = SCREEN_ROWS;
    while (rows && !used(&s, rows - 1))
        rows--;
    for (unsigned row = 0; row < rows; row++)
        print_row(&s, row, out);
    print_cursor(&s, out);
}
