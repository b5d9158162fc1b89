/* A text screen as a terminal is to be told of it: cells in, bytes out. Only what has changed since
 * the last time is drawn. The terminal's top left corner shows the screen's; what does not fit
 * there is cut off. Colors are the standard palette's, whatever the DAC holds.
 *
 * Control sequences are those of ECMA-48 and xterm that all terminals of today know. */
#ifndef VMM_SCREEN_DRAW_H
#define VMM_SCREEN_DRAW_H

#include "screen/text_screen.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* For terminal_take (terminal.h): the alternate screen, and back with all attributes reset. */
#define SCREEN_DRAW_ENTER "\033[?1049h"
#define SCREEN_DRAW_LEAVE "\033[0m\033[0 q\033[?25h\033[?1049l"

#define SCREEN_DRAW_MIN 256 /* bytes that there must be room for */

struct screen_draw {
    unsigned columns, rows; /* the terminal's */
    bool cleared;           /* what follows is true of the terminal */
    unsigned screen_columns, screen_rows, shows;
    bool blink;
    int32_t
        cells[TEXT_SCREEN_ROWS * TEXT_SCREEN_COLUMNS]; /* code << 8 | attribute; -1: not known */
    int row, column;                                   /* where its cursor is; -1: not known */
    int attribute;                                     /* -1: not known */
    int cursor_shown;                                  /* 1 or 0; -1: not known; so is the next */
    int cursor_block;
};

/* A terminal of COLUMNS by ROWS, of which nothing is known: it will be cleared and drawn anew. Also
 * when its size has changed. */
void screen_draw_begin(struct screen_draw *draw, unsigned columns, unsigned rows);

/* Makes the terminal show SCREEN: at most SIZE bytes for it go to BUF, and how many is returned; 0
 * if it shows it already. If BUF is too small for all the next call goes on. SIZE is
 * SCREEN_DRAW_MIN at least. */
size_t screen_draw(struct screen_draw *draw, const struct text_screen *screen, char *buf,
                   size_t size);

#endif
