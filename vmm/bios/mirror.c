#include "bios/mirror.h"

#include "bios/screen.h"
#include "bios/state.h"
#include "screen/cp437.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS       80
#define ROW_MIN       (-100) /* a guest that scrolls forever need not be followed */
#define BACKSPACE_MAX 4      /* further back: an escape sequence */
#define BACKGROUND    0x70   /* of an attribute */

static void send(struct bios *bios, const char *bytes, size_t len)
{
    if (bios->config.console)
        bios->config.console(bios->config.console_context, bytes, len);
}

static void send_repeated(struct bios *bios, char byte, int count)
{
    for (int i = 0; i < count; i++)
        send(bios, &byte, 1);
}

static void send_control(struct bios *bios, int number, char final)
{
    char text[16];
    int len = snprintf(text, sizeof text, "\033[%d%c", number, final);
    send(bios, text, (size_t)len);
}

static void carriage_return(struct bios *bios)
{
    if (bios->mirror.column != 0)
        send(bios, "\r", 1);
    bios->mirror.column = 0;
}

/* Down by line feeds, which make room at a terminal's end. */
static void move_to_row(struct bios *bios, int row)
{
    struct mirror *t = &bios->mirror;
    if (row > t->row) {
        carriage_return(bios);
        send_repeated(bios, '\n', row - t->row);
    } else if (row < t->row) {
        send_control(bios, t->row - row, 'A');
    }
    t->row = row;
}

static void move_to_column(struct bios *bios, int column, bool fresh)
{
    struct mirror *t = &bios->mirror;
    if (column == 0)
        carriage_return(bios);
    else if (column > t->column && fresh)
        send_repeated(bios, ' ', column - t->column);
    else if (column > t->column)
        send_control(bios, column - t->column, 'C');
    else if (t->column - column <= BACKSPACE_MAX)
        send_repeated(bios, '\b', t->column - column);
    else
        send_control(bios, t->column - column, 'D');
    t->column = column;
}

static void set_reverse(struct bios *bios, bool reverse)
{
    if (bios->mirror.reverse != reverse)
        send_control(bios, reverse ? 7 : 27, 'm');
    bios->mirror.reverse = reverse;
}

void mirror_move(struct bios *bios, int row, int column)
{
    struct mirror *t = &bios->mirror;
    if (t->row == row && t->column == column)
        return;
    /* Behind the last column terminals differ in where their cursor is, but not after a CR. */
    if (t->column >= COLUMNS)
        carriage_return(bios);
    bool fresh = row > t->bottom;
    if (fresh) {
        set_reverse(bios, false); /* else the new lines are filled with it */
        t->bottom = row;
    }
    move_to_row(bios, row);
    move_to_column(bios, column, fresh);
}

void mirror_put(struct bios *bios, int row, int column, uint8_t code, uint8_t attribute)
{
    char utf8[CP437_UTF8_MAX];
    mirror_move(bios, row, column);
    set_reverse(bios, attribute & BACKGROUND);
    send(bios, utf8, cp437_to_utf8(code, utf8));
    bios->mirror.column++;
}

void mirror_scroll(struct bios *bios, int rows)
{
    struct mirror *t = &bios->mirror;
    t->row = t->row - rows < ROW_MIN ? ROW_MIN : t->row - rows;
    t->bottom = t->bottom - rows < ROW_MIN ? ROW_MIN : t->bottom - rows;
}

void mirror_clear(struct bios *bios)
{
    struct mirror *t = &bios->mirror;
    set_reverse(bios, false);
    if (t->row < t->bottom)
        mirror_move(bios, t->bottom, 0);
    if (t->column != 0)
        send(bios, "\r\n", 2);
    *t = (struct mirror){0};
}

void mirror_bell(struct bios *bios)
{
    send(bios, "\a", 1);
}

static void teletype(struct bios *bios, uint8_t page, const char *text)
{
    for (; *text; text++)
        screen_teletype(bios, page, (uint8_t)*text, SCREEN_KEEP);
}

/* Where no terminal follows the screen, it is what is looked at. */
static void say_on_screen(struct bios *bios, const char *text)
{
    const uint8_t page = screen_active_page(bios);
    if (screen_cursor(bios, page).column)
        teletype(bios, page, "\r\n");
    teletype(bios, page, text);
    teletype(bios, page, "\r\n");
}

void bios_say(struct bios *bios, const char *text)
{
    if (!bios->config.console) {
        say_on_screen(bios, text);
        return;
    }
    mirror_clear(bios);
    send(bios, text, strlen(text));
    send(bios, "\r\n", 2);
}
