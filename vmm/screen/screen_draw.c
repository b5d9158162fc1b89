#include "screen/screen_draw.h"

#include "screen/cp437.h"

#include <stdio.h>
#include <string.h>

#define UNKNOWN  (-1)
#define CELL_MAX 48 /* bytes that a cell may take: where it is, its attribute, its character */

static const char graphics_text[] = "The guest's VGA is in a graphics mode, which is not shown.";

/* What is being written. */
struct output {
    char *buf;
    size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void put(struct output *out, const char *format, ...)
{
    __builtin_va_list args;
    __builtin_va_start(args, format);
    out->len += (size_t)vsnprintf(out->buf + out->len, out->size - out->len, format, args);
    __builtin_va_end(args);
}

static bool has_room(const struct output *out)
{
    return out->size - out->len > CELL_MAX;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

void screen_draw_begin(struct screen_draw *draw, unsigned columns, unsigned rows)
{
    *draw = (struct screen_draw){.columns = columns, .rows = rows};
}

/* A screen of another kind or size: everything begins anew. */
static void clear(struct screen_draw *d, const struct text_screen *s, struct output *out)
{
    d->screen_columns = s->columns;
    d->screen_rows = s->rows;
    d->shows = s->shows;
    d->blink = s->blink;
    d->cleared = true;
    d->row = d->column = d->attribute = d->cursor_shown = d->cursor_block = UNKNOWN;
    for (size_t i = 0; i < sizeof d->cells / sizeof *d->cells; i++)
        d->cells[i] = UNKNOWN;
    put(out, "\033[0m\033[2J");
    if (s->shows == TEXT_SCREEN_GRAPHICS)
        put(out, "\033[H%.*s", (int)smaller(d->columns, sizeof graphics_text), graphics_text);
}

static bool is_other(const struct screen_draw *d, const struct text_screen *s)
{
    return !d->cleared || d->screen_columns != s->columns || d->screen_rows != s->rows ||
           d->shows != s->shows || d->blink != s->blink;
}

/* A VGA's colors have blue in bit 0 and red in bit 2, a terminal's the other way round. */
static unsigned color(unsigned vga)
{
    return (vga & 1) << 2 | (vga & 2) | (vga & 4) >> 2;
}

static void set_attribute(struct screen_draw *d, uint8_t attribute, struct output *out)
{
    if (d->attribute == attribute)
        return;
    d->attribute = attribute;
    const unsigned front = attribute & 15, back = attribute >> 4;
    const bool blinks = d->blink && (back & 8);
    put(out, "\033[0;%s%u;%um", blinks ? "5;" : "", (front & 8 ? 90 : 30) + color(front),
        (back & 8 && !blinks ? 100 : 40) + color(back));
}

static void move_to(struct screen_draw *d, int row, int column, struct output *out)
{
    if (d->row != row || d->column != column)
        put(out, "\033[%d;%dH", row + 1, column + 1);
    d->row = row;
    d->column = column;
}

static void draw_cell(struct screen_draw *d, int row, int column, struct text_cell cell,
                      struct output *out)
{
    char utf8[CP437_UTF8_MAX];
    move_to(d, row, column, out);
    set_attribute(d, cell.attribute, out);
    put(out, "%.*s", (int)cp437_to_utf8(cell.code, utf8), utf8);
    /* Behind the last column terminals differ in where their cursor is. */
    if ((unsigned)++d->column >= d->columns)
        d->row = UNKNOWN;
}

/* False if the rest has no room. */
static bool draw_cells(struct screen_draw *d, const struct text_screen *s, struct output *out)
{
    const unsigned rows = smaller(s->rows, d->rows), columns = smaller(s->columns, d->columns);
    for (unsigned row = 0; row < rows; row++)
        for (unsigned column = 0; column < columns; column++) {
            const unsigned i = row * s->columns + column;
            const struct text_cell cell = s->cells[i];
            const int32_t value = cell.code << 8 | cell.attribute;
            if (d->cells[i] == value)
                continue;
            if (!has_room(out))
                return false;
            draw_cell(d, (int)row, (int)column, cell, out);
            d->cells[i] = value;
        }
    return true;
}

static void draw_cursor(struct screen_draw *d, const struct text_screen *s, struct output *out)
{
    const bool shown = s->cursor_shown && s->cursor_row < d->rows && s->cursor_column < d->columns;
    if (shown)
        move_to(d, (int)s->cursor_row, (int)s->cursor_column, out);
    if (shown && d->cursor_block != s->cursor_block)
        put(out, "\033[%d q", s->cursor_block ? 2 : 4);
    if (shown)
        d->cursor_block = s->cursor_block;
    if (d->cursor_shown != shown)
        put(out, "\033[?25%c", shown ? 'h' : 'l');
    d->cursor_shown = shown;
}

size_t screen_draw(struct screen_draw *draw, const struct text_screen *screen, char *buf,
                   size_t size)
{
    struct output out = {buf, size, 0};
    if (is_other(draw, screen))
        clear(draw, screen, &out);
    if (draw_cells(draw, screen, &out) && has_room(&out))
        draw_cursor(draw, screen, &out);
    return out.len;
}
