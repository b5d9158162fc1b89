/* Hexadecimal text, as the remote protocol uses it: bytes as digit pairs, numbers big-endian
 * without a prefix (GDB manual, "Remote Protocol", Overview). Anything that is not a digit is
 * refused, never taken for 0. */
#ifndef GDBSTUB_HEX_H
#define GDBSTUB_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of digit C of either case, or -1. */
int hex_digit(int c);

/* Writes the 2 * N lower-case digits of N bytes to OUT, unterminated. BYTES may be the second half
 * of OUT's 2 * N bytes: the conversion runs from the front. */
void hex_encode(char *out, const void *bytes, size_t n);

/* Turns 2 * N digits into N bytes; OUT may be HEX itself. False if one is not a digit: then OUT's
 * contents are undefined. */
bool hex_decode(void *out, const char *hex, size_t n);

/* Reads the number that S of LEN bytes starts with. Returns how many digits it has, or 0 if there
 * is none or if its value does not fit. */
size_t hex_number(const char *s, size_t len, uint64_t *value);

#endif
