/* The picture of a VGA in a text mode: its registers and its memory put together. */
#ifndef VMM_TEXT_SCREEN_H
#define VMM_TEXT_SCREEN_H

#include "dev/vga.h"
#include "memory/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define TEXT_SCREEN_COLUMNS 132 /* at most, as of the rows: more is cut off */
#define TEXT_SCREEN_ROWS    60

struct text_cell {
    uint8_t code, attribute; /* code page 437 (cp437.h) */
};

struct text_screen {
    enum { TEXT_SCREEN_OFF, TEXT_SCREEN_GRAPHICS, TEXT_SCREEN_TEXT } shows;
    /* For text only; otherwise all 0. */
    unsigned columns, rows;
    uint64_t address; /* of the first cell, guest-physical */
    bool cursor_shown;
    unsigned cursor_row, cursor_column;
    bool cursor_block; /* it fills more than half of its cell */
    bool blink;        /* bit 7 of an attribute blinks; else it is a brighter background */
    struct text_cell cells[TEXT_SCREEN_ROWS * TEXT_SCREEN_COLUMNS]; /* row by row, no gaps */
};

/* Fills SCREEN. Where there is no memory cells are 0. */
void text_screen_read(struct text_screen *screen, const struct vga_state *vga,
                      const struct memory *memory);

#endif
