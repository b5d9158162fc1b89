/* What a terminal sends -> the keys that were pressed, on a keyboard with the US layout.
 *
 * Characters and control characters are keys with the modifiers that they take, escape sequences
 * (xterm's, and the Linux console's) the keys that they stand for. ESC before a character is Alt
 * with it; an ESC that nothing follows is the key Esc, once the caller says that nothing does. */
#ifndef VMM_KEY_DECODER_H
#define VMM_KEY_DECODER_H

#include "input/us_layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_DECODER_SEQUENCE 8

struct key_decoder {                       /* zero: nothing has come */
    uint8_t pending[KEY_DECODER_SEQUENCE]; /* the beginning of a sequence */
    size_t count;
};

struct key_stroke {
    uint8_t key;       /* keys.h. 0: no key makes this character, which has code CODE */
    uint8_t modifiers; /* US_LAYOUT_SHIFT and so on */
    uint8_t code;      /* of code page 437 */
};

/* Takes a byte. True if it makes a stroke complete. */
bool key_decoder_byte(struct key_decoder *decoder, uint8_t byte, struct key_stroke *stroke);
/* An ESC has come, and what is to follow has not yet. */
bool key_decoder_waits(const struct key_decoder *decoder);
/* Nothing follows: true if what has come makes a stroke by itself. */
bool key_decoder_settle(struct key_decoder *decoder, struct key_stroke *stroke);

#endif
