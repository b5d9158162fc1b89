/* The text screen: 25 rows (28, 50) of 80 or 40 cells (character, attribute) in guest memory at
 * 0xb8000, in eight pages of 4 KiB (four of 8), with cursors in the BIOS data area. The VGA
 * (video.h) is kept in step. What is done to the active page here goes to the terminal too; what a
 * guest writes to text memory itself does not.
 *
 * The cursor is read from the data area each time and brought back into the screen; pages are taken
 * modulo their number. Where there is no RAM at 0xb8000 nothing is done. */
#ifndef VMM_BIOS_SCREEN_H
#define VMM_BIOS_SCREEN_H

#include "bios/bios.h"

#include <stdbool.h>
#include <stdint.h>

#define SCREEN_MEMORY      0xb8000ull
#define SCREEN_MEMORY_SIZE 0x8000u
#define SCREEN_NORMAL      0x07 /* light grey on black */
#define SCREEN_KEEP        (-1) /* as an attribute: leave the cell's own */

struct screen_cursor {
    uint8_t column, row;
};

struct screen_cell {
    uint8_t code, attribute;
};

struct screen_window {
    uint8_t top, left, bottom, right; /* inclusive */
};

unsigned screen_columns(const struct bios *bios);
unsigned screen_rows(const struct bios *bios);
uint8_t screen_active_page(const struct bios *bios);

/* Mode 0 to 3: sets the data area up, clears the pages if CLEAR, puts the cursors at 0, 0. */
void screen_set_mode(struct bios *bios, uint8_t mode, bool clear);
void screen_set_page(struct bios *bios, uint8_t page);
/* Cells of 8, 14 or 16 scan lines: 50, 28 or 25 rows; the cursor goes to 0, 0. */
void screen_set_cell_height(struct bios *bios, uint8_t lines);
/* As INT 10h AH=01h has it. */
void screen_set_cursor_shape(struct bios *bios, uint16_t shape);

struct screen_cursor screen_cursor(const struct bios *bios, uint8_t page);
void screen_set_cursor(struct bios *bios, uint8_t page, struct screen_cursor cursor);
/* Lets the terminal's cursor go to where the guest's is, unless that is hidden: before the guest
 * waits for a key. */
void screen_show_cursor(struct bios *bios);

/* The cell at the cursor. */
struct screen_cell screen_cell(const struct bios *bios, uint8_t page);
/* COUNT times CODE from the cursor on, which stays; cut at the end of the screen. */
void screen_fill(struct bios *bios, uint8_t page, uint8_t code, int attribute, unsigned count);
/* CODE at the cursor, which advances; BEL, BS, LF and CR act. Scrolls at the end. */
void screen_teletype(struct bios *bios, uint8_t page, uint8_t code, int attribute);
/* Moves WINDOW of the active page by LINES and blanks what comes in; 0 lines blanks all of it. */
void screen_scroll(struct bios *bios, struct screen_window window, unsigned lines,
                   uint8_t attribute, bool down);

#endif
