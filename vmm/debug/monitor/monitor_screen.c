/* `monitor screen`: the text screen, as the VGA shows it. */
#include "debug/monitor/monitor.h"

#include "screen/cp437.h"
#include "screen/text_screen.h"

static bool is_blank(uint8_t code)
{
    return code == 0 || code == ' ' || code == 0xff;
}

/* How many columns of ROW there are up to its last that is not blank. */
static unsigned used(const struct text_screen *s, unsigned row)
{
    unsigned n = s->columns;
    while (n && is_blank(s->cells[row * s->columns + n - 1].code))
        n--;
    return n;
}

static void print_row(const struct text_screen *s, unsigned row, struct gdb_text *out)
{
    const unsigned n = used(s, row);
    for (unsigned i = 0; i < n; i++) {
        char utf8[CP437_UTF8_MAX];
        const size_t len = cp437_to_utf8(s->cells[row * s->columns + i].code, utf8);
        gdb_text_printf(out, "%.*s", (int)len, utf8);
    }
    gdb_text_printf(out, "\n");
}

static void print_cursor(const struct text_screen *s, struct gdb_text *out)
{
    gdb_text_printf(out, "(%ux%u text from 0x%llx on; the cursor is ", s->columns, s->rows,
                    (unsigned long long)s->address);
    if (s->cursor_shown)
        gdb_text_printf(out, "at row %u, column %u, from 0)\n", s->cursor_row, s->cursor_column);
    else
        gdb_text_printf(out, "not shown)\n");
}

static void print_text(const struct text_screen *s, struct gdb_text *out)
{
    unsigned rows = s->rows;
    while (rows && !used(s, rows - 1))
        rows--;
    for (unsigned row = 0; row < rows; row++)
        print_row(s, row, out);
    print_cursor(s, out);
}

void monitor_screen(struct debug *d, const char *args, struct gdb_text *out)
{
    struct text_screen s;
    (void)args;
    d->config.screen(d->config.context, &s);
    if (s.shows == TEXT_SCREEN_TEXT)
        print_text(&s, out);
    else if (s.shows == TEXT_SCREEN_GRAPHICS)
        gdb_text_printf(out, "screen: the VGA is in a graphics mode, which is not shown\n");
    else
        gdb_text_printf(out, "screen: the VGA shows nothing (no mode is set, or it is blanked)\n");
}
