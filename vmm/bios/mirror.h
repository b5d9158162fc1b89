/* The screen's text as a terminal wants it.
 *
 * The guest's screen is 25 rows somewhere on the terminal: wherever output was when it began. So
 * only relative movements are sent, and none before a character is: a guest that writes a character
 * and then sets the cursor behind it, as GRUB does, gives plain text. A cleared screen begins anew
 * below what was printed; nothing on the terminal is ever erased. */
#ifndef VMM_BIOS_MIRROR_H
#define VMM_BIOS_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

/* Where the terminal's cursor is, on the guest's screen. */
struct mirror {
    int row, column; /* a row that has been scrolled off is < 0 */
    int bottom;      /* the lowest row that it has been on */
    bool reverse;    /* colours are reversed now */
};

struct bios;

/* The character CODE (code page 437) with ATTRIBUTE stands at ROW, COLUMN now. */
void mirror_put(struct bios *bios, int row, int column, uint8_t code, uint8_t attribute);
/* The cursor is to be seen at ROW, COLUMN. */
void mirror_move(struct bios *bios, int row, int column);
/* The whole screen has moved up by ROWS, or has been cleared. */
void mirror_scroll(struct bios *bios, int rows);
void mirror_clear(struct bios *bios);
void mirror_bell(struct bios *bios);

#endif
