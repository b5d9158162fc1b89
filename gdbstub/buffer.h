/* A queue of bytes that grows as needed: written at the end, taken from the front. */
#ifndef GDBSTUB_BUFFER_H
#define GDBSTUB_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty buffer. */
struct buffer {
    uint8_t *data;
    size_t start, len, cap;
    bool failed; /* memory ran out once: what the buffer holds is not whole */
};

/* Adds LEN bytes. When memory runs out nothing is added and FAILED is set for good. */
void buffer_append(struct buffer *b, const void *bytes, size_t len);
/* Makes room for LEN bytes at the end and counts them in; the caller fills them. NULL when memory
 * ran out (FAILED is set). */
uint8_t *buffer_extend(struct buffer *b, size_t len);
/* Takes back the last LEN bytes; LEN <= len. */
void buffer_shorten(struct buffer *b, size_t len);
/* Forgets the first LEN bytes; LEN <= len. Large memory is given back when nothing is left. */
void buffer_consume(struct buffer *b, size_t len);
/* The bytes held, b->len of them, valid until the next call that changes B. */
const uint8_t *buffer_bytes(const struct buffer *b);
void buffer_free(struct buffer *b);

#endif
