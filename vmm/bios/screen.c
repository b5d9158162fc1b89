#include "bios/screen.h"

#include "bios/bda.h"
#include "bios/cp437.h"
#include "bios/state.h"

#include <string.h>

#define BLANK      ' '
#define CURSOR_OFF 0x2000 /* of the cursor's shape */

unsigned screen_columns(const struct bios *bios)
{
    return bda_get8(bios->config.memory, BDA_VIDEO_MODE) < 2 ? 40 : 80;
}

uint8_t screen_active_page(const struct bios *bios)
{
    return bda_get8(bios->config.memory, BDA_ACTIVE_PAGE) % SCREEN_PAGES;
}

/* The cells of PAGE, or NULL. */
static struct screen_cell *cells(const struct bios *bios, uint8_t page)
{
    return memory_at(bios->config.memory, SCREEN_MEMORY + page % SCREEN_PAGES * SCREEN_PAGE,
                     SCREEN_PAGE);
}

static bool is_shown(const struct bios *bios, uint8_t page)
{
    return page % SCREEN_PAGES == screen_active_page(bios);
}

/* ---- Cursor */

struct screen_cursor screen_cursor(const struct bios *bios, uint8_t page)
{
    uint16_t word =
        bda_get16(bios->config.memory, BDA_CURSORS + 2 * (page % (unsigned)SCREEN_PAGES));
    return (struct screen_cursor){.column = (uint8_t)word, .row = (uint8_t)(word >> 8)};
}

void screen_set_cursor(struct bios *bios, uint8_t page, struct screen_cursor cursor)
{
    bda_set16(bios->config.memory, BDA_CURSORS + 2 * (page % (unsigned)SCREEN_PAGES),
              (uint16_t)(cursor.column | cursor.row << 8));
}

/* A guest may hide the cursor by setting it outside; what is written there lands inside. */
static struct screen_cursor cursor_inside(const struct bios *bios, uint8_t page)
{
    struct screen_cursor cursor = screen_cursor(bios, page);
    unsigned columns = screen_columns(bios);
    if (cursor.column >= columns)
        cursor.column = (uint8_t)(columns - 1);
    if (cursor.row >= SCREEN_ROWS)
        cursor.row = SCREEN_ROWS - 1;
    return cursor;
}

void screen_show_cursor(struct bios *bios)
{
    struct screen_cursor cursor = screen_cursor(bios, screen_active_page(bios));
    bool hidden = bda_get16(bios->config.memory, BDA_CURSOR_SHAPE) & CURSOR_OFF;
    if (!hidden && cursor.row < SCREEN_ROWS && cursor.column < screen_columns(bios))
        mirror_move(bios, cursor.row, cursor.column);
}

static unsigned cursor_index(const struct bios *bios, uint8_t page)
{
    struct screen_cursor cursor = cursor_inside(bios, page);
    return cursor.row * screen_columns(bios) + cursor.column;
}

/* ---- Cells */

struct screen_cell screen_cell(const struct bios *bios, uint8_t page)
{
    const struct screen_cell *page_cells = cells(bios, page);
    return page_cells ? page_cells[cursor_index(bios, page)] : (struct screen_cell){0};
}

/* Puts a run of cells from INDEX on to the terminal. */
static void show(struct bios *bios, uint8_t page, unsigned index, unsigned count)
{
    const struct screen_cell *page_cells = cells(bios, page);
    unsigned columns = screen_columns(bios);
    if (!page_cells || !is_shown(bios, page))
        return;
    for (unsigned i = index; i < index + count; i++)
        mirror_put(bios, (int)(i / columns), (int)(i % columns), page_cells[i].code,
                   page_cells[i].attribute);
}

static void set_cell(struct screen_cell *cell, uint8_t code, int attribute)
{
    cell->code = code;
    if (attribute != SCREEN_KEEP)
        cell->attribute = (uint8_t)attribute;
}

void screen_fill(struct bios *bios, uint8_t page, uint8_t code, int attribute, unsigned count)
{
    struct screen_cell *page_cells = cells(bios, page);
    unsigned first = cursor_index(bios, page), size = SCREEN_ROWS * screen_columns(bios);
    if (!page_cells || first >= size) /* another CPU may change the mode meanwhile */
        return;
    if (count > size - first)
        count = size - first;
    for (unsigned i = first; i < first + count; i++)
        set_cell(&page_cells[i], code, attribute);
    if (count == size && code == BLANK && is_shown(bios, page))
        mirror_clear(bios); /* GRUB clears the screen so */
    else
        show(bios, page, first, count);
}

/* ---- Scrolling */

static void blank_rows(struct screen_cell *page_cells, unsigned columns,
                       const struct screen_window *w, unsigned from, unsigned to, uint8_t attribute)
{
    for (unsigned row = from; row < to; row++)
        for (unsigned column = w->left; column <= w->right; column++)
            page_cells[row * columns + column] = (struct screen_cell){BLANK, attribute};
}

static void move_rows(struct screen_cell *page_cells, unsigned columns,
                      const struct screen_window *w, unsigned lines, bool down)
{
    unsigned moved = w->bottom + 1u - w->top - lines, width = w->right + 1u - w->left;
    for (unsigned i = 0; i < moved; i++) {
        unsigned to = down ? w->bottom - i : w->top + i;
        unsigned from = down ? to - lines : to + lines;
        memmove(&page_cells[to * columns + w->left], &page_cells[from * columns + w->left],
                width * sizeof *page_cells);
    }
}

/* The terminal follows a whole screen that moves up or is blanked; any other window is shown
 * anew. */
static void show_scrolled(struct bios *bios, const struct screen_window *w, unsigned lines,
                          bool down)
{
    unsigned columns = screen_columns(bios);
    bool whole = !w->top && !w->left && w->bottom == SCREEN_ROWS - 1 && w->right == columns - 1;
    if (whole && lines == SCREEN_ROWS) {
        mirror_clear(bios);
    } else if (whole && !down) {
        mirror_scroll(bios, (int)lines);
    } else {
        for (unsigned row = w->top; row <= w->bottom; row++)
            show(bios, screen_active_page(bios), row * columns + w->left, w->right + 1u - w->left);
    }
}

void screen_scroll(struct bios *bios, struct screen_window w, unsigned lines, uint8_t attribute,
                   bool down)
{
    struct screen_cell *page_cells = cells(bios, screen_active_page(bios));
    unsigned columns = screen_columns(bios);
    if (w.bottom >= SCREEN_ROWS)
        w.bottom = SCREEN_ROWS - 1;
    if (w.right >= columns)
        w.right = (uint8_t)(columns - 1);
    if (!page_cells || w.top > w.bottom || w.left > w.right)
        return;
    unsigned height = w.bottom + 1u - w.top;
    if (lines == 0 || lines > height)
        lines = height;
    move_rows(page_cells, columns, &w, lines, down);
    unsigned first_blank = down ? w.top : w.bottom + 1u - lines;
    blank_rows(page_cells, columns, &w, first_blank, first_blank + lines, attribute);
    show_scrolled(bios, &w, lines, down);
}

/* ---- Teletype */

/* The line below; on the last row the page moves up, filled with the cursor's attribute. */
static void line_feed(struct bios *bios, uint8_t page, struct screen_cursor *cursor,
                      uint8_t attribute)
{
    if (cursor->row < SCREEN_ROWS - 1) {
        cursor->row++;
        return;
    }
    struct screen_window all = {0, 0, SCREEN_ROWS - 1, (uint8_t)(screen_columns(bios) - 1)};
    if (is_shown(bios, page))
        screen_scroll(bios, all, 1, attribute, false);
}

static void advance(struct bios *bios, uint8_t page, uint8_t code, int attribute)
{
    struct screen_cursor cursor = cursor_inside(bios, page);
    uint8_t own = screen_cell(bios, page).attribute;
    switch (code) {
    case '\b':
        cursor.column -= cursor.column > 0;
        break;
    case '\r':
        cursor.column = 0;
        break;
    case '\n':
        line_feed(bios, page, &cursor, own);
        break;
    default:
        screen_fill(bios, page, code, attribute, 1);
        if (++cursor.column == screen_columns(bios)) {
            cursor.column = 0;
            line_feed(bios, page, &cursor, own);
        }
    }
    screen_set_cursor(bios, page, cursor);
}

void screen_teletype(struct bios *bios, uint8_t page, uint8_t code, int attribute)
{
    if (code == '\a') {
        mirror_bell(bios);
        return;
    }
    advance(bios, page, code, attribute);
    /* Ended lines are sent at once, so that the last one of a guest's output is complete. */
    bool line_end = code == '\r' || code == '\n';
    if (line_end && is_shown(bios, page) && screen_cursor(bios, page).column == 0)
        screen_show_cursor(bios);
}

/* ---- Modes and pages */

void screen_set_page(struct bios *bios, uint8_t page)
{
    struct memory *memory = bios->config.memory;
    page %= SCREEN_PAGES;
    if (page == screen_active_page(bios))
        return;
    bda_set8(memory, BDA_ACTIVE_PAGE, page);
    bda_set16(memory, BDA_PAGE_OFFSET, (uint16_t)(page * SCREEN_PAGE));
    mirror_clear(bios);
    show(bios, page, 0, SCREEN_ROWS * screen_columns(bios));
}

void screen_set_mode(struct bios *bios, uint8_t mode, bool clear)
{
    struct memory *memory = bios->config.memory;
    bda_set8(memory, BDA_VIDEO_MODE, mode);
    bda_set16(memory, BDA_COLUMNS, mode < 2 ? 40 : 80);
    bda_set16(memory, BDA_PAGE_SIZE, SCREEN_PAGE);
    bda_set16(memory, BDA_PAGE_OFFSET, 0);
    bda_set8(memory, BDA_ACTIVE_PAGE, 0);
    bda_set16(memory, BDA_CURSOR_SHAPE, 0x0607);
    bda_set16(memory, BDA_CRTC_PORT, 0x3d4);
    bda_set8(memory, BDA_CRT_MODE, 0x29); /* text, video on, blinking */
    bda_set8(memory, BDA_CRT_PALETTE, 0x30);
    bda_set8(memory, BDA_LAST_ROW, SCREEN_ROWS - 1);
    bda_set16(memory, BDA_CHAR_HEIGHT, 16);
    for (uint8_t page = 0; page < SCREEN_PAGES; page++) {
        struct screen_cell *page_cells = cells(bios, page);
        screen_set_cursor(bios, page, (struct screen_cursor){0, 0});
        for (unsigned i = 0; clear && page_cells && i < SCREEN_PAGE / sizeof *page_cells; i++)
            page_cells[i] = (struct screen_cell){BLANK, SCREEN_NORMAL};
    }
    mirror_clear(bios);
}

/* ---- For the host */

void bios_screen(const struct bios *bios, char *buf, size_t size)
{
    const struct screen_cell *page_cells = cells(bios, screen_active_page(bios));
    unsigned columns = screen_columns(bios), count = page_cells ? SCREEN_ROWS * columns : 0;
    size_t len = 0;
    for (unsigned i = 0; i < count; i++) {
        char text[CP437_UTF8_MAX + 1];
        size_t n = cp437_to_utf8(page_cells[i].code, text);
        if (i % columns == columns - 1)
            text[n++] = '\n';
        if (n >= size - len)
            break; /* cut at a whole character */
        memcpy(buf + len, text, n);
        len += n;
    }
    if (size)
        buf[len] = 0;
}
