#include "bios/screen.h"

#include "bios/bda.h"
#include "bios/state.h"
#include "bios/video.h"

#include <string.h>

#define BLANK      ' '
#define CURSOR_OFF 0x2000 /* of the cursor's shape */

#define ROWS_NORMAL 25
#define ROWS_MAX    50
#define CELL_NORMAL 16 /* scan lines */
#define CELL_SIZE   2  /* bytes */
#define PAGE_SMALL  0x1000u
#define PAGE_LARGE  0x2000u /* for more than 25 rows */

unsigned screen_columns(const struct bios *bios)
{
    return bda_get8(bios->config.memory, BDA_VIDEO_MODE) < 2 ? 40 : 80;
}

/* A guest may have put anything into the data area. */
unsigned screen_rows(const struct bios *bios)
{
    const unsigned last = bda_get8(bios->config.memory, BDA_LAST_ROW);
    return last < ROWS_NORMAL || last >= ROWS_MAX ? ROWS_NORMAL : last + 1;
}

static unsigned page_size(const struct bios *bios)
{
    return screen_rows(bios) > ROWS_NORMAL ? PAGE_LARGE : PAGE_SMALL;
}

/* PAGE as one that there is. */
static uint8_t valid(const struct bios *bios, uint8_t page)
{
    return (uint8_t)(page % (SCREEN_MEMORY_SIZE / page_size(bios)));
}

uint8_t screen_active_page(const struct bios *bios)
{
    return valid(bios, bda_get8(bios->config.memory, BDA_ACTIVE_PAGE));
}

/* The cells of PAGE, or NULL. */
static struct screen_cell *cells(const struct bios *bios, uint8_t page)
{
    const unsigned size = page_size(bios);
    return memory_ram_at(bios->config.memory, SCREEN_MEMORY + valid(bios, page) * size, size);
}

static bool is_shown(const struct bios *bios, uint8_t page)
{
    return valid(bios, page) == screen_active_page(bios);
}

/* ---- Cursor */

struct screen_cursor screen_cursor(const struct bios *bios, uint8_t page)
{
    uint16_t word = bda_get16(bios->config.memory, BDA_CURSORS + 2 * valid(bios, page));
    return (struct screen_cursor){.column = (uint8_t)word, .row = (uint8_t)(word >> 8)};
}

void screen_set_cursor(struct bios *bios, uint8_t page, struct screen_cursor cursor)
{
    page = valid(bios, page);
    bda_set16(bios->config.memory, BDA_CURSORS + 2 * page,
              (uint16_t)(cursor.column | cursor.row << 8));
    if (is_shown(bios, page))
        video_set_cursor(bios, page * page_size(bios) / CELL_SIZE +
                                   cursor.row * screen_columns(bios) + cursor.column);
}

void screen_set_cursor_shape(struct bios *bios, uint16_t shape)
{
    struct memory *memory = bios->config.memory;
    bda_set16(memory, BDA_CURSOR_SHAPE, shape);
    video_set_cursor_shape(bios, shape, bda_get16(memory, BDA_CHAR_HEIGHT));
}

/* A guest may hide the cursor by setting it outside; what is written there lands inside. */
static struct screen_cursor cursor_inside(const struct bios *bios, uint8_t page)
{
    struct screen_cursor cursor = screen_cursor(bios, page);
    unsigned columns = screen_columns(bios);
    if (cursor.column >= columns)
        cursor.column = (uint8_t)(columns - 1);
    if (cursor.row >= screen_rows(bios))
        cursor.row = (uint8_t)(screen_rows(bios) - 1);
    return cursor;
}

void screen_show_cursor(struct bios *bios)
{
    struct screen_cursor cursor = screen_cursor(bios, screen_active_page(bios));
    bool hidden = bda_get16(bios->config.memory, BDA_CURSOR_SHAPE) & CURSOR_OFF;
    if (!hidden && cursor.row < screen_rows(bios) && cursor.column < screen_columns(bios))
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
    unsigned first = cursor_index(bios, page), size = screen_rows(bios) * screen_columns(bios);
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
    unsigned columns = screen_columns(bios), rows = screen_rows(bios);
    bool whole = !w->top && !w->left && w->bottom == rows - 1 && w->right == columns - 1;
    if (whole && lines == rows) {
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
    unsigned columns = screen_columns(bios), rows = screen_rows(bios);
    if (w.bottom >= rows)
        w.bottom = (uint8_t)(rows - 1);
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
    const unsigned last = screen_rows(bios) - 1;
    if (cursor->row < last) {
        cursor->row++;
        return;
    }
    struct screen_window all = {0, 0, (uint8_t)last, (uint8_t)(screen_columns(bios) - 1)};
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
    page = valid(bios, page);
    if (page == screen_active_page(bios))
        return;
    bda_set8(memory, BDA_ACTIVE_PAGE, page);
    bda_set16(memory, BDA_PAGE_OFFSET, (uint16_t)(page * page_size(bios)));
    video_set_start(bios, page * page_size(bios) / CELL_SIZE);
    screen_set_cursor(bios, page, screen_cursor(bios, page));
    mirror_clear(bios);
    show(bios, page, 0, screen_rows(bios) * screen_columns(bios));
}

static void clear_memory(struct bios *bios)
{
    struct screen_cell *all = memory_ram_at(bios->config.memory, SCREEN_MEMORY, SCREEN_MEMORY_SIZE);
    for (unsigned i = 0; all && i < SCREEN_MEMORY_SIZE / sizeof *all; i++)
        all[i] = (struct screen_cell){BLANK, SCREEN_NORMAL};
}

/* What depends on the number of rows: all pages begin anew. */
static void set_rows(struct bios *bios, uint8_t cell_height)
{
    struct memory *memory = bios->config.memory;
    bda_set8(memory, BDA_LAST_ROW, (uint8_t)(VIDEO_LINES / cell_height - 1));
    bda_set16(memory, BDA_CHAR_HEIGHT, cell_height);
    bda_set16(memory, BDA_PAGE_SIZE, (uint16_t)page_size(bios));
    bda_set16(memory, BDA_PAGE_OFFSET, 0);
    bda_set8(memory, BDA_ACTIVE_PAGE, 0);
    for (unsigned page = 0; page < SCREEN_MEMORY_SIZE / page_size(bios); page++)
        screen_set_cursor(bios, (uint8_t)page, (struct screen_cursor){0, 0});
}

void screen_set_cell_height(struct bios *bios, uint8_t lines)
{
    set_rows(bios, lines);
    video_set_start(bios, 0);
    video_set_cell_height(bios, lines);
    screen_set_cursor_shape(bios, bda_get16(bios->config.memory, BDA_CURSOR_SHAPE));
}

void screen_set_mode(struct bios *bios, uint8_t mode, bool clear)
{
    struct memory *memory = bios->config.memory;
    bda_set8(memory, BDA_VIDEO_MODE, mode);
    bda_set16(memory, BDA_COLUMNS, mode < 2 ? 40 : 80);
    bda_set16(memory, BDA_CRTC_PORT, 0x3d4);
    bda_set8(memory, BDA_CRT_MODE, 0x29); /* text, video on, blinking */
    bda_set8(memory, BDA_CRT_PALETTE, 0x30);
    video_set_mode(bios, screen_columns(bios));
    set_rows(bios, CELL_NORMAL);
    screen_set_cursor_shape(bios, 0x0607);
    if (clear)
        clear_memory(bios);
    mirror_clear(bios);
}
