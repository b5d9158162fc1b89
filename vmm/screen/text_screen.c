#include "screen/text_screen.h"

#include "memory/layout.h"

#include <string.h>

#define CELL sizeof(struct text_cell)

static unsigned at_most(unsigned value, unsigned limit)
{
    return value < limit ? value : limit;
}

/* BYTES from OFFSET on in the window, which wraps there as the VGA's address counter does. */
static void read_window(const struct vga_text *text, const struct memory *memory, uint32_t offset,
                        uint8_t *to, size_t bytes)
{
    offset %= text->size;
    const size_t first = bytes < text->size - offset ? bytes : text->size - offset;
    const uint64_t window = LAYOUT_VGA + text->window;
    memory_read(memory, window + offset, to, first);
    if (bytes > first)
        memory_read(memory, window, to + first, bytes - first);
}

static void find_cursor(struct text_screen *screen, const struct vga_text *text)
{
    const uint32_t distance = (text->cursor - text->start) % text->size;
    if (!text->cursor_shown || !text->pitch)
        return;
    screen->cursor_row = distance / text->pitch;
    screen->cursor_column = distance % text->pitch / (unsigned)CELL;
    screen->cursor_shown =
        screen->cursor_row < screen->rows && screen->cursor_column < screen->columns;
    screen->cursor_block = 2u * (text->cursor_bottom - text->cursor_top + 1u) > text->cell_height;
}

void text_screen_read(struct text_screen *screen, const struct vga_state *vga,
                      const struct memory *memory)
{
    const struct vga_text text = vga_text(vga);
    memset(screen, 0, sizeof *screen);
    if (text.shows != VGA_TEXT_MODE) {
        screen->shows = text.shows == VGA_OFF ? TEXT_SCREEN_OFF : TEXT_SCREEN_GRAPHICS;
        return;
    }
    screen->shows = TEXT_SCREEN_TEXT;
    screen->columns = at_most(text.columns, TEXT_SCREEN_COLUMNS);
    screen->rows = at_most(text.rows, TEXT_SCREEN_ROWS);
    screen->address = LAYOUT_VGA + text.window + text.start % text.size;
    screen->blink = text.blink;
    find_cursor(screen, &text);
    for (unsigned row = 0; row < screen->rows; row++)
        read_window(&text, memory, text.start + row * text.pitch,
                    &screen->cells[row * screen->columns].code, screen->columns * CELL);
}
