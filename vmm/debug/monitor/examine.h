/* gdb's and QEMU's `x`: units of memory in rows. Pure. */
#ifndef VMM_DEBUG_EXAMINE_H
#define VMM_DEBUG_EXAMINE_H

#include "gdbstub/gdbstub.h"

struct examine_format {
    unsigned count; /* of units, 1 to EXAMINE_MAX */
    unsigned size;  /* of each in bytes: 1, 2, 4, 8 */
    char format;    /* x d u o c */
};

#define EXAMINE_MAX 1024u

/* Reads "/NFU", each part optional and F and U in either order, at *P and moves *P to the next
 * word. Without: one unit of 4 bytes in x (of 1 byte for c). Nothing is read if there is no '/'.
 * NULL, or what is wrong. */
const char *examine_parse(const char **p, struct examine_format *format);

/* The bytes of N units at GPA, in rows with their address. BYTES has N * size. */
void examine_print(const struct examine_format *format, uint64_t gpa, const uint8_t *bytes,
                   unsigned n, struct gdb_text *out);

/* The size that a letter of b, h, w and g stands for, or 0. */
unsigned examine_size(char letter);

#endif
