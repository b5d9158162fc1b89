#include "bios/keys.h"

#include "bios/bda.h"
#include "bios/keyboard.h"
#include "cp437.h"

#include <string.h>

#define ESC        0x1b
#define ESC_KEY    0x011b
#define GREY       0xe0 /* the character of the cursor keys beside the number pad */
#define WAIT_TICKS 2

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

/* ---- Single bytes */

/* Scan code of the key that makes an ASCII character, with shift where needed. Control characters
 * are Ctrl with the key of character + 0x40. */
static const uint8_t scan_codes[128] = {
    [0x00] = 0x03, [0x01] = 0x1e, [0x02] = 0x30, [0x03] = 0x2e, [0x04] = 0x20, [0x05] = 0x12,
    [0x06] = 0x21, [0x07] = 0x22, ['\b'] = 0x0e, ['\t'] = 0x0f, ['\n'] = 0x1c, [0x0b] = 0x25,
    [0x0c] = 0x26, ['\r'] = 0x1c, [0x0e] = 0x31, [0x0f] = 0x18, [0x10] = 0x19, [0x11] = 0x10,
    [0x12] = 0x13, [0x13] = 0x1f, [0x14] = 0x14, [0x15] = 0x16, [0x16] = 0x2f, [0x17] = 0x11,
    [0x18] = 0x2d, [0x19] = 0x15, [0x1a] = 0x2c, [ESC] = 0x01,  [0x1c] = 0x2b, [0x1d] = 0x1b,
    [0x1e] = 0x07, [0x1f] = 0x0c, [' '] = 0x39,  ['!'] = 0x02,  ['"'] = 0x28,  ['#'] = 0x04,
    ['$'] = 0x05,  ['%'] = 0x06,  ['&'] = 0x08,  ['\''] = 0x28, ['('] = 0x0a,  [')'] = 0x0b,
    ['*'] = 0x09,  ['+'] = 0x0d,  [','] = 0x33,  ['-'] = 0x0c,  ['.'] = 0x34,  ['/'] = 0x35,
    ['0'] = 0x0b,  ['1'] = 0x02,  ['2'] = 0x03,  ['3'] = 0x04,  ['4'] = 0x05,  ['5'] = 0x06,
    ['6'] = 0x07,  ['7'] = 0x08,  ['8'] = 0x09,  ['9'] = 0x0a,  [':'] = 0x27,  [';'] = 0x27,
    ['<'] = 0x33,  ['='] = 0x0d,  ['>'] = 0x34,  ['?'] = 0x35,  ['@'] = 0x03,  ['A'] = 0x1e,
    ['B'] = 0x30,  ['C'] = 0x2e,  ['D'] = 0x20,  ['E'] = 0x12,  ['F'] = 0x21,  ['G'] = 0x22,
    ['H'] = 0x23,  ['I'] = 0x17,  ['J'] = 0x24,  ['K'] = 0x25,  ['L'] = 0x26,  ['M'] = 0x32,
    ['N'] = 0x31,  ['O'] = 0x18,  ['P'] = 0x19,  ['Q'] = 0x10,  ['R'] = 0x13,  ['S'] = 0x1f,
    ['T'] = 0x14,  ['U'] = 0x16,  ['V'] = 0x2f,  ['W'] = 0x11,  ['X'] = 0x2d,  ['Y'] = 0x15,
    ['Z'] = 0x2c,  ['['] = 0x1a,  ['\\'] = 0x2b, [']'] = 0x1b,  ['^'] = 0x07,  ['_'] = 0x0c,
    ['`'] = 0x29,  ['a'] = 0x1e,  ['b'] = 0x30,  ['c'] = 0x2e,  ['d'] = 0x20,  ['e'] = 0x12,
    ['f'] = 0x21,  ['g'] = 0x22,  ['h'] = 0x23,  ['i'] = 0x17,  ['j'] = 0x24,  ['k'] = 0x25,
    ['l'] = 0x26,  ['m'] = 0x32,  ['n'] = 0x31,  ['o'] = 0x18,  ['p'] = 0x19,  ['q'] = 0x10,
    ['r'] = 0x13,  ['s'] = 0x1f,  ['t'] = 0x14,  ['u'] = 0x16,  ['v'] = 0x2f,  ['w'] = 0x11,
    ['x'] = 0x2d,  ['y'] = 0x15,  ['z'] = 0x2c,  ['{'] = 0x1a,  ['|'] = 0x2b,  ['}'] = 0x1b,
    ['~'] = 0x29,  [0x7f] = 0x0e,
};

/* DEL is what terminals send for backspace; LF, as from a file, is Enter. */
static uint8_t character_of(uint8_t byte)
{
    return byte == 0x7f ? '\b' : byte == '\n' ? '\r' : byte;
}

static bool push_ascii(struct memory *memory, uint8_t byte)
{
    return keyboard_push(memory, (uint16_t)(scan_codes[byte] << 8 | character_of(byte)));
}

/* ---- Escape sequences (xterm's, and the Linux console's for F1 to F5) */

struct sequence {
    char intro; /* '[' for CSI, 'O' for SS3, 'L' for the Linux console's ESC [ [ */
    char final;
    uint8_t number; /* the first parameter, for final '~' */
    uint8_t scan_code;
    uint8_t character;
};

static const struct sequence sequences[] = {
    {'[', 'A', 0, 0x48, GREY}, {'[', 'B', 0, 0x50, GREY}, {'[', 'C', 0, 0x4d, GREY},
    {'[', 'D', 0, 0x4b, GREY}, {'[', 'H', 0, 0x47, GREY}, {'[', 'F', 0, 0x4f, GREY},
    {'O', 'A', 0, 0x48, GREY}, {'O', 'B', 0, 0x50, GREY}, {'O', 'C', 0, 0x4d, GREY},
    {'O', 'D', 0, 0x4b, GREY}, {'O', 'H', 0, 0x47, GREY}, {'O', 'F', 0, 0x4f, GREY},
    {'[', '~', 1, 0x47, GREY}, {'[', '~', 2, 0x52, GREY}, {'[', '~', 3, 0x53, GREY},
    {'[', '~', 4, 0x4f, GREY}, {'[', '~', 5, 0x49, GREY}, {'[', '~', 6, 0x51, GREY},
    {'[', '~', 7, 0x47, GREY}, {'[', '~', 8, 0x4f, GREY}, {'O', 'P', 0, 0x3b, 0},
    {'O', 'Q', 0, 0x3c, 0},    {'O', 'R', 0, 0x3d, 0},    {'O', 'S', 0, 0x3e, 0},
    {'L', 'A', 0, 0x3b, 0},    {'L', 'B', 0, 0x3c, 0},    {'L', 'C', 0, 0x3d, 0},
    {'L', 'D', 0, 0x3e, 0},    {'L', 'E', 0, 0x3f, 0},    {'[', '~', 11, 0x3b, 0},
    {'[', '~', 12, 0x3c, 0},   {'[', '~', 13, 0x3d, 0},   {'[', '~', 14, 0x3e, 0},
    {'[', '~', 15, 0x3f, 0},   {'[', '~', 17, 0x40, 0},   {'[', '~', 18, 0x41, 0},
    {'[', '~', 19, 0x42, 0},   {'[', '~', 20, 0x43, 0},   {'[', '~', 21, 0x44, 0},
    {'[', '~', 23, 0x85, 0},   {'[', '~', 24, 0x86, 0},
};

/* The first number in a sequence's parameters, at most 255. */
static uint8_t first_number(const uint8_t *text, size_t len)
{
    unsigned number = 0;
    for (size_t i = 0; i < len && text[i] >= '0' && text[i] <= '9' && number < 25; i++)
        number = number * 10 + text[i] - '0';
    return (uint8_t)number;
}

/* The key of the complete sequence TEXT (without its ESC), or 0. */
static uint16_t key_of(const uint8_t *text, size_t len)
{
    char intro = (char)text[0], final = (char)text[len - 1];
    bool linux_console = len == 3 && text[1] == '[';
    uint8_t number = final == '~' ? first_number(text + 1, len - 1) : 0;
    for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
        const struct sequence *s = &sequences[i];
        if (s->intro == (linux_console ? 'L' : intro) && s->final == final && s->number == number)
            return (uint16_t)(s->scan_code << 8 | s->character);
    }
    return 0;
}

/* Whether TEXT (without its ESC) is complete: ECMA-48's final bytes are 0x40 to 0x7e. */
static bool is_complete(const uint8_t *text, size_t len)
{
    bool introducer = len == 2 && text[0] == '[' && text[1] == '[';
    return len >= 2 && text[len - 1] >= 0x40 && text[len - 1] <= 0x7e && !introducer;
}

/* ---- UTF-8 */

static size_t utf8_length(uint8_t lead)
{
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

static uint32_t utf8_decode(const uint8_t *bytes, size_t len)
{
    uint32_t character = bytes[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++)
        character = character << 6 | (bytes[i] & 0x3f);
    return character;
}

/* ---- The byte stream */

static bool begin(struct keys *keys, struct memory *memory, uint8_t byte)
{
    if (byte == ESC || byte >= 0xc2) {
        keys->pending[0] = byte;
        keys->count = 1;
        keys->since = bda_get32(memory, BDA_TICKS);
        return true;
    }
    /* A byte of UTF-8 that follows nothing is dropped. */
    return byte >= 0x80 || push_ascii(memory, byte);
}

/* KEYS holds a whole sequence of COUNT bytes and KEY is what it means, 0 for nothing. */
static bool finish(struct keys *keys, struct memory *memory, uint16_t key)
{
    if (key && !keyboard_push(memory, key)) {
        keys->count--; /* the last byte comes again */
        return false;
    }
    keys->count = 0;
    return true;
}

static bool continue_escape(struct keys *keys, struct memory *memory, uint8_t byte)
{
    if (keys->count == 1 && byte != '[' && byte != 'O') {
        if (!keyboard_push(memory, ESC_KEY))
            return false;
        keys->count = 0;
        return begin(keys, memory, byte);
    }
    keys->pending[keys->count++] = byte;
    if (is_complete(keys->pending + 1, keys->count - 1))
        return finish(keys, memory, key_of(keys->pending + 1, keys->count - 1));
    if (keys->count == KEYS_MAX_SEQUENCE)
        keys->count = 0; /* none that is known */
    return true;
}

static bool continue_utf8(struct keys *keys, struct memory *memory, uint8_t byte)
{
    if ((byte & 0xc0) != 0x80) {
        keys->count = 0;
        return begin(keys, memory, byte);
    }
    keys->pending[keys->count++] = byte;
    if (keys->count < utf8_length(keys->pending[0]))
        return true;
    int code = cp437_from_unicode(utf8_decode(keys->pending, keys->count));
    return finish(keys, memory, code < 0 ? 0 : (uint16_t)code);
}

bool keys_byte(struct keys *keys, struct memory *memory, uint8_t byte)
{
    if (keys->count == 0)
        return begin(keys, memory, byte);
    if (keys->pending[0] == ESC)
        return continue_escape(keys, memory, byte);
    return continue_utf8(keys, memory, byte);
}

/* Ticks that have gone by; over midnight it comes out as many. */
static bool is_old(const struct keys *keys, const struct memory *memory)
{
    return bda_get32(memory, BDA_TICKS) - keys->since >= WAIT_TICKS;
}

void keys_settle(struct keys *keys, struct memory *memory)
{
    if (keys->count == 0 || keys->pending[0] != ESC || !is_old(keys, memory))
        return;
    size_t sent = 0;
    while (sent < keys->count && push_ascii(memory, keys->pending[sent]))
        sent++;
    keys->count -= sent;
    memmove(keys->pending, keys->pending + sent, keys->count);
}
