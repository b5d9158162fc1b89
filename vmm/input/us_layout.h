/* The US keyboard layout: what each key means. One table for both ways: the BIOS makes characters
 * of keys by it, and what is typed on a terminal becomes keys. */
#ifndef VMM_US_LAYOUT_H
#define VMM_US_LAYOUT_H

#include "input/keys.h"

#include <stdint.h>

/* As INT 16h gives a key (Ralf Brown's list, table 00006): a scan code in the high byte, the
 * character in the low one; 0: nothing. */
struct us_layout_key {
    uint16_t plain, shifted, ctrl, alt;
};

/* The key of that number (keys.h), or NULL if it has no meaning of its own, as shift has none. */
const struct us_layout_key *us_layout_key(uint8_t key);

enum { US_LAYOUT_SHIFT = 1, US_LAYOUT_ALT = 2, US_LAYOUT_CTRL = 4 };

/* The key that makes the ASCII character CHARACTER, with the *MODIFIERS that it takes. LF is that
 * of Enter, and DEL that of Backspace, as terminals have it. */
uint8_t us_layout_find(uint8_t character, uint8_t *modifiers);

#endif
