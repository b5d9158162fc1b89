/* The PC's character set, code page 437, and Unicode. */
#ifndef VMM_CP437_H
#define VMM_CP437_H

#include <stddef.h>
#include <stdint.h>

#define CP437_UTF8_MAX 3 /* bytes a character */

/* Writes the character that the screen shows for CODE (0 is blank), unterminated; its length. */
size_t cp437_to_utf8(uint8_t code, char utf8[CP437_UTF8_MAX]);

/* The code from 0x80 up for a Unicode character, or -1. */
int cp437_from_unicode(uint32_t character);

#endif
