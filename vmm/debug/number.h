/* Numbers in the words of monitor commands. Pure. */
#ifndef VMM_DEBUG_NUMBER_H
#define VMM_DEBUG_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a number at *P and moves *P behind it: hexadecimal after 0x, else decimal; no sign, no
 * octal (010 is ten). False if there is none, or none that 64 bits hold; *P may have moved. */
bool number_parse(const char **p, uint64_t *value);

/* As number_parse, and then: at most MAX, and at the end of a word, which *P is moved past with the
 * space behind it. A '/' ends a word too, and stays. */
bool number_word(const char **p, uint64_t max, uint64_t *value);

/* A size such as "/b" at *P: into *LETTER, and *P is moved past it with the space behind it. True,
 * with LETTER as it was, if there is no '/'; false if what is behind it is not just one of LETTERS.
 */
bool number_suffix(const char **p, const char *letters, char *letter);

#endif
