/* The keys of a PC's keyboard, by number: the make code that scan set 1 has for it (IBM PS/2
 * Hardware Interface Technical Reference, "Keyboards (101- and 102-Key)"), and KEY_EXTENDED for the
 * keys that it gives a prefix E0. Those that somebody names; any other number is as good. */
#ifndef VMM_KEYS_H
#define VMM_KEYS_H

enum {
    KEY_EXTENDED = 0x80,

    KEY_ESC = 0x01,
    KEY_2 = 0x03,
    KEY_BACKSPACE = 0x0e,
    KEY_TAB = 0x0f,
    KEY_ENTER = 0x1c,
    KEY_LEFT_CTRL = 0x1d,
    KEY_LEFT_SHIFT = 0x2a,
    KEY_RIGHT_SHIFT = 0x36,
    KEY_PAD_STAR = 0x37,
    KEY_LEFT_ALT = 0x38,
    KEY_SPACE = 0x39,
    KEY_CAPS_LOCK = 0x3a,
    KEY_F1 = 0x3b, /* to F10 */
    KEY_NUM_LOCK = 0x45,
    KEY_SCROLL_LOCK = 0x46,
    KEY_PAD_7 = 0x47, /* 7 8 9 - 4 5 6 + 1 2 3 0 . in a row */
    KEY_PAD_MINUS = 0x4a,
    KEY_PAD_PLUS = 0x4e,
    KEY_PAD_0 = 0x52,
    KEY_PAD_DOT = 0x53,
    KEY_F11 = 0x57,
    KEY_F12 = 0x58,

    KEY_RIGHT_CTRL = KEY_EXTENDED | KEY_LEFT_CTRL,
    KEY_RIGHT_ALT = KEY_EXTENDED | KEY_LEFT_ALT,
    KEY_HOME = KEY_EXTENDED | 0x47,
    KEY_UP = KEY_EXTENDED | 0x48,
    KEY_PAGE_UP = KEY_EXTENDED | 0x49,
    KEY_LEFT = KEY_EXTENDED | 0x4b,
    KEY_RIGHT = KEY_EXTENDED | 0x4d,
    KEY_END = KEY_EXTENDED | 0x4f,
    KEY_DOWN = KEY_EXTENDED | 0x50,
    KEY_PAGE_DOWN = KEY_EXTENDED | 0x51,
    KEY_INSERT = KEY_EXTENDED | 0x52,
    KEY_DELETE = KEY_EXTENDED | 0x53,
};

#endif
