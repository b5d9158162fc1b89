#include "input/us_layout.h"

#include <stdbool.h>
#include <stddef.h>

#define GREY 0xe0 /* the character of keys that a PC/XT's keyboard does not have */

#define WORD(scan, character) (uint16_t)((scan) << 8 | (character))
#define LETTER(scan, c)                                                                            \
    [scan] = {WORD(scan, c), WORD(scan, (c)-0x20), WORD(scan, (c)&0x1f), WORD(scan, 0)}
#define SYMBOL(scan, plain, shifted)                                                               \
    [scan] = {WORD(scan, plain), WORD(scan, shifted), 0, WORD(scan, 0)}
/* With Alt the digits' row has scan codes of its own. */
#define DIGIT(scan, plain, shifted, ctrl)                                                          \
    [scan] = {WORD(scan, plain), WORD(scan, shifted), ctrl, WORD((scan) + 0x76, 0)}
/* F1 to F10 are three rows further on for each modifier. */
#define FUNCTION(scan)                                                                             \
    [scan] = {WORD(scan, 0), WORD((scan) + 0x19, 0), WORD((scan) + 0x23, 0), WORD((scan) + 0x2d, 0)}
#define PAD(scan, digit, ctrl) [scan] = {WORD(scan, 0), WORD(scan, digit), WORD(ctrl, 0), 0}
#define CURSOR(scan, ctrl, alt)                                                                    \
    [scan] = {WORD(scan, GREY), WORD(scan, GREY), WORD(ctrl, GREY), WORD(alt, 0)}

static const struct us_layout_key keys[] = {
    [KEY_ESC] = {0x011b, 0x011b, 0x011b, 0x0100},
    DIGIT(0x02, '1', '!', 0),
    DIGIT(0x03, '2', '@', 0x0300),
    DIGIT(0x04, '3', '#', 0),
    DIGIT(0x05, '4', '$', 0),
    DIGIT(0x06, '5', '%', 0),
    DIGIT(0x07, '6', '^', 0x071e),
    DIGIT(0x08, '7', '&', 0),
    DIGIT(0x09, '8', '*', 0),
    DIGIT(0x0a, '9', '(', 0),
    DIGIT(0x0b, '0', ')', 0),
    DIGIT(0x0c, '-', '_', 0x0c1f),
    DIGIT(0x0d, '=', '+', 0),
    [KEY_BACKSPACE] = {0x0e08, 0x0e08, 0x0e7f, 0x0e00},
    [KEY_TAB] = {0x0f09, 0x0f00, 0x9400, 0xa500},
    LETTER(0x10, 'q'),
    LETTER(0x11, 'w'),
    LETTER(0x12, 'e'),
    LETTER(0x13, 'r'),
    LETTER(0x14, 't'),
    LETTER(0x15, 'y'),
    LETTER(0x16, 'u'),
    LETTER(0x17, 'i'),
    LETTER(0x18, 'o'),
    LETTER(0x19, 'p'),
    [0x1a] = {WORD(0x1a, '['), WORD(0x1a, '{'), 0x1a1b, 0x1a00},
    [0x1b] = {WORD(0x1b, ']'), WORD(0x1b, '}'), 0x1b1d, 0x1b00},
    [KEY_ENTER] = {0x1c0d, 0x1c0d, 0x1c0a, 0x1c00},
    LETTER(0x1e, 'a'),
    LETTER(0x1f, 's'),
    LETTER(0x20, 'd'),
    LETTER(0x21, 'f'),
    LETTER(0x22, 'g'),
    LETTER(0x23, 'h'),
    LETTER(0x24, 'j'),
    LETTER(0x25, 'k'),
    LETTER(0x26, 'l'),
    SYMBOL(0x27, ';', ':'),
    SYMBOL(0x28, '\'', '"'),
    SYMBOL(0x29, '`', '~'),
    [0x2b] = {WORD(0x2b, '\\'), WORD(0x2b, '|'), 0x2b1c, 0x2b00},
    LETTER(0x2c, 'z'),
    LETTER(0x2d, 'x'),
    LETTER(0x2e, 'c'),
    LETTER(0x2f, 'v'),
    LETTER(0x30, 'b'),
    LETTER(0x31, 'n'),
    LETTER(0x32, 'm'),
    SYMBOL(0x33, ',', '<'),
    SYMBOL(0x34, '.', '>'),
    SYMBOL(0x35, '/', '?'),
    [KEY_PAD_STAR] = {0x372a, 0x372a, 0x9600, 0x3700},
    [KEY_SPACE] = {0x3920, 0x3920, 0x3920, 0x3920},
    FUNCTION(0x3b),
    FUNCTION(0x3c),
    FUNCTION(0x3d),
    FUNCTION(0x3e),
    FUNCTION(0x3f),
    FUNCTION(0x40),
    FUNCTION(0x41),
    FUNCTION(0x42),
    FUNCTION(0x43),
    FUNCTION(0x44),
    PAD(0x47, '7', 0x77),
    PAD(0x48, '8', 0x8d),
    PAD(0x49, '9', 0x84),
    [KEY_PAD_MINUS] = {0x4a2d, 0x4a2d, 0x8e00, 0x4a00},
    PAD(0x4b, '4', 0x73),
    PAD(0x4c, '5', 0x8f),
    PAD(0x4d, '6', 0x74),
    [KEY_PAD_PLUS] = {0x4e2b, 0x4e2b, 0x9000, 0x4e00},
    PAD(0x4f, '1', 0x75),
    PAD(0x50, '2', 0x91),
    PAD(0x51, '3', 0x76),
    PAD(0x52, '0', 0x92),
    PAD(0x53, '.', 0x93),
    [0x56] = {WORD(0x56, '\\'), WORD(0x56, '|'), 0, 0}, /* the 102nd key */
    [KEY_F11] = {0x8500, 0x8700, 0x8900, 0x8b00},
    [KEY_F12] = {0x8600, 0x8800, 0x8a00, 0x8c00},
};

static const struct us_layout_key extended_keys[] = {
    [0x1c] = {0xe00d, 0xe00d, 0xe00a, 0xa600}, /* Enter of the number pad */
    [0x35] = {0xe02f, 0xe02f, 0x9500, 0xa400}, /* its slash */
    CURSOR(0x47, 0x77, 0x97),
    CURSOR(0x48, 0x8d, 0x98),
    CURSOR(0x49, 0x84, 0x99),
    CURSOR(0x4b, 0x73, 0x9b),
    CURSOR(0x4d, 0x74, 0x9d),
    CURSOR(0x4f, 0x75, 0x9f),
    CURSOR(0x50, 0x91, 0xa0),
    CURSOR(0x51, 0x76, 0xa1),
    CURSOR(0x52, 0x92, 0xa2),
    CURSOR(0x53, 0x93, 0xa3),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

const struct us_layout_key *us_layout_key(uint8_t key)
{
    const bool extended = key & KEY_EXTENDED;
    const uint8_t code = key & (uint8_t)~KEY_EXTENDED;
    const struct us_layout_key *table = extended ? extended_keys : keys;
    if (code >= (extended ? COUNT(extended_keys) : COUNT(keys)) || !table[code].plain)
        return NULL;
    return &table[code];
}

static uint16_t meaning(const struct us_layout_key *key, uint8_t modifiers)
{
    return modifiers == US_LAYOUT_CTRL ? key->ctrl : modifiers ? key->shifted : key->plain;
}

/* Among the keys of the main block: none of them without modifiers has a character that another one
 * has, but for the number pad's. */
static uint8_t find_with(uint8_t character, uint8_t modifiers)
{
    for (uint8_t key = KEY_ESC; key <= KEY_SPACE; key++) {
        const struct us_layout_key *k = key == KEY_PAD_STAR ? NULL : us_layout_key(key);
        if (k && meaning(k, modifiers) && (meaning(k, modifiers) & 0xff) == character)
            return key;
    }
    return 0;
}

uint8_t us_layout_find(uint8_t character, uint8_t *modifiers)
{
    static const uint8_t ways[] = {0, US_LAYOUT_SHIFT, US_LAYOUT_CTRL};
    *modifiers = 0;
    if (character == '\n')
        return KEY_ENTER;
    if (character == 0x7f)
        return KEY_BACKSPACE;
    if (character == 0) {
        *modifiers = US_LAYOUT_CTRL;
        return KEY_2;
    }
    for (size_t i = 0; i < COUNT(ways); i++) {
        const uint8_t key = find_with(character, ways[i]);
        *modifiers = ways[i];
        if (key)
            return key;
    }
    return 0;
}
