/* Bytes as they are written one after the other, little-endian: tables, and AML in them.
 *
 * The room is the caller's and is enough: what is written here depends on the machine's options
 * only, never on a guest. */
#ifndef VMM_PLATFORM_WRITER_H
#define VMM_PLATFORM_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct writer {
    uint8_t *bytes;
    size_t size, room;
};

void put8(struct writer *w, uint8_t value);
void put16(struct writer *w, uint16_t value);
void put32(struct writer *w, uint32_t value);
void put64(struct writer *w, uint64_t value);
/* TEXT, which is no longer than LEN, filled up with spaces to LEN bytes. */
void put_text(struct writer *w, const char *text, size_t len);
void put_zeros(struct writer *w, size_t len);
/* Zeros up to the next multiple of ALIGNMENT. */
void put_align(struct writer *w, size_t alignment);
/* Over what is there. */
void patch8(struct writer *w, size_t at, uint8_t value);
void patch16(struct writer *w, size_t at, uint16_t value);
void patch32(struct writer *w, size_t at, uint32_t value);

/* What makes the sum of LEN bytes, of which this one is 0 so far, a multiple of 256. */
uint8_t checksum(const uint8_t *bytes, size_t len);

#endif
