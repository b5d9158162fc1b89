#include "input/key_decoder.h"

#include "screen/cp437.h"

#define ESC 0x1b

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

/* ---- Escape sequences */

struct sequence {
    char intro; /* '[' for CSI, 'O' for SS3, 'L' for the Linux console's ESC [ [ */
    char final;
    uint8_t number; /* the first parameter, for final '~' */
    uint8_t key, modifiers;
};

static const struct sequence sequences[] = {
    {'[', 'A', 0, KEY_UP, 0},      {'[', 'B', 0, KEY_DOWN, 0},
    {'[', 'C', 0, KEY_RIGHT, 0},   {'[', 'D', 0, KEY_LEFT, 0},
    {'[', 'H', 0, KEY_HOME, 0},    {'[', 'F', 0, KEY_END, 0},
    {'[', 'P', 0, KEY_F1, 0}, /* with modifiers, as the next three */
    {'[', 'Q', 0, KEY_F1 + 1, 0},  {'[', 'R', 0, KEY_F1 + 2, 0},
    {'[', 'S', 0, KEY_F1 + 3, 0},  {'[', 'Z', 0, KEY_TAB, US_LAYOUT_SHIFT},
    {'[', '~', 1, KEY_HOME, 0},    {'[', '~', 2, KEY_INSERT, 0},
    {'[', '~', 3, KEY_DELETE, 0},  {'[', '~', 4, KEY_END, 0},
    {'[', '~', 5, KEY_PAGE_UP, 0}, {'[', '~', 6, KEY_PAGE_DOWN, 0},
    {'[', '~', 7, KEY_HOME, 0},    {'[', '~', 8, KEY_END, 0},
    {'[', '~', 11, KEY_F1, 0},     {'[', '~', 12, KEY_F1 + 1, 0},
    {'[', '~', 13, KEY_F1 + 2, 0}, {'[', '~', 14, KEY_F1 + 3, 0},
    {'[', '~', 15, KEY_F1 + 4, 0}, {'[', '~', 17, KEY_F1 + 5, 0},
    {'[', '~', 18, KEY_F1 + 6, 0}, {'[', '~', 19, KEY_F1 + 7, 0},
    {'[', '~', 20, KEY_F1 + 8, 0}, {'[', '~', 21, KEY_F1 + 9, 0},
    {'[', '~', 23, KEY_F11, 0},    {'[', '~', 24, KEY_F12, 0},
    {'O', 'A', 0, KEY_UP, 0},      {'O', 'B', 0, KEY_DOWN, 0},
    {'O', 'C', 0, KEY_RIGHT, 0},   {'O', 'D', 0, KEY_LEFT, 0},
    {'O', 'H', 0, KEY_HOME, 0},    {'O', 'F', 0, KEY_END, 0},
    {'O', 'P', 0, KEY_F1, 0},      {'O', 'Q', 0, KEY_F1 + 1, 0},
    {'O', 'R', 0, KEY_F1 + 2, 0},  {'O', 'S', 0, KEY_F1 + 3, 0},
    {'L', 'A', 0, KEY_F1, 0},      {'L', 'B', 0, KEY_F1 + 1, 0},
    {'L', 'C', 0, KEY_F1 + 2, 0},  {'L', 'D', 0, KEY_F1 + 3, 0},
    {'L', 'E', 0, KEY_F1 + 4, 0},
};

/* The number at TEXT, at most 255; *TEXT is left behind it. */
static uint8_t number(const uint8_t **text, const uint8_t *end)
{
    unsigned n = 0;
    for (; *text < end && **text >= '0' && **text <= '9'; ++*text)
        if (n < 25)
            n = n * 10 + **text - '0';
    return (uint8_t)n;
}

/* A sequence's second parameter is 1 + the modifiers' bits, which are US_LAYOUT_SHIFT and so on. */
static uint8_t modifiers(const uint8_t *text, const uint8_t *end)
{
    if (text == end || *text != ';')
        return 0;
    text++;
    const uint8_t n = number(&text, end);
    return n ? (n - 1) & (US_LAYOUT_SHIFT | US_LAYOUT_ALT | US_LAYOUT_CTRL) : 0;
}

/* The complete sequence TEXT (without its ESC). */
static bool sequence_stroke(const uint8_t *text, size_t len, struct key_stroke *stroke)
{
    const bool linux_console = len == 3 && text[1] == '[';
    const char intro = linux_console ? 'L' : (char)text[0], final = (char)text[len - 1];
    const uint8_t *parameters = text + 1, *end = text + len - 1;
    const uint8_t first = number(&parameters, end);
    for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
        const struct sequence *s = &sequences[i];
        if (s->intro != intro || s->final != final || (final == '~' && s->number != first))
            continue;
        *stroke = (struct key_stroke){.key = s->key,
                                      .modifiers = s->modifiers | modifiers(parameters, end)};
        return true;
    }
    return false;
}

/* Whether TEXT (without its ESC) is complete: ECMA-48's final bytes are 0x40 to 0x7e. */
static bool is_complete(const uint8_t *text, size_t len)
{
    const bool introducer = len == 2 && text[0] == '[' && text[1] == '[';
    return len >= 2 && text[len - 1] >= 0x40 && text[len - 1] <= 0x7e && !introducer;
}

/* ---- Characters */

static bool ascii_stroke(uint8_t character, uint8_t with, struct key_stroke *stroke)
{
    uint8_t needed;
    const uint8_t key = us_layout_find(character, &needed);
    *stroke = (struct key_stroke){.key = key, .modifiers = needed | with};
    return key != 0;
}

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

static bool unicode_stroke(uint32_t character, struct key_stroke *stroke)
{
    const int code = cp437_from_unicode(character);
    *stroke = (struct key_stroke){.code = (uint8_t)code};
    return code >= 0;
}

/* ---- The byte stream */

static bool begin(struct key_decoder *d, uint8_t byte, struct key_stroke *stroke)
{
    if (byte == ESC || byte >= 0xc2) {
        d->pending[0] = byte;
        d->count = 1;
        return false;
    }
    /* A byte of UTF-8 that follows nothing is dropped. */
    return byte < 0x80 && ascii_stroke(byte, 0, stroke);
}

static bool continue_escape(struct key_decoder *d, uint8_t byte, struct key_stroke *stroke)
{
    if (d->count == 1 && byte >= 0x80) { /* Alt with it is no key */
        begin(d, byte, stroke);
        return ascii_stroke(ESC, 0, stroke);
    }
    if (d->count == 1 && byte == ESC) /* Esc, and the next begins */
        return ascii_stroke(ESC, 0, stroke);
    if (d->count == 1 && byte != '[' && byte != 'O') {
        d->count = 0;
        return ascii_stroke(byte, US_LAYOUT_ALT, stroke);
    }
    d->pending[d->count++] = byte;
    const bool complete = is_complete(d->pending + 1, d->count - 1);
    const size_t len = d->count - 1;
    if (complete || d->count == KEY_DECODER_SEQUENCE) /* if not complete, none that is known */
        d->count = 0;
    return complete && sequence_stroke(d->pending + 1, len, stroke);
}

static bool continue_utf8(struct key_decoder *d, uint8_t byte, struct key_stroke *stroke)
{
    if ((byte & 0xc0) != 0x80) {
        d->count = 0;
        return begin(d, byte, stroke);
    }
    d->pending[d->count++] = byte;
    if (d->count < utf8_length(d->pending[0]))
        return false;
    const size_t len = d->count;
    d->count = 0;
    return unicode_stroke(utf8_decode(d->pending, len), stroke);
}

bool key_decoder_byte(struct key_decoder *d, uint8_t byte, struct key_stroke *stroke)
{
    if (d->count == 0)
        return begin(d, byte, stroke);
    if (d->pending[0] == ESC)
        return continue_escape(d, byte, stroke);
    return continue_utf8(d, byte, stroke);
}

bool key_decoder_waits(const struct key_decoder *d)
{
    return d->count && d->pending[0] == ESC;
}

/* ESC [ and ESC O without anything more were Alt with that character. */
bool key_decoder_settle(struct key_decoder *d, struct key_stroke *stroke)
{
    const size_t count = d->count;
    d->count = 0;
    if (count == 0 || count > 2 || d->pending[0] != ESC)
        return false;
    return count == 1 ? ascii_stroke(ESC, 0, stroke)
                      : ascii_stroke(d->pending[1], US_LAYOUT_ALT, stroke);
}
