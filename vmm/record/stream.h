/* Bytes to a file and from it, one after the other, with a checksum of all that went through. */
#ifndef VMM_RECORD_STREAM_H
#define VMM_RECORD_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define STREAM_BUFFER (256u << 10)

struct stream {
    int fd;
    uint64_t offset;   /* in the file: of the next buffer */
    uint64_t left;     /* reading: bytes of it that are not in the buffer */
    uint64_t checksum; /* of the buffers that are done */
    uint64_t written;
    int error;      /* 0, or -errno; from then on nothing is done, and what is read is zeros */
    size_t at, end; /* in the buffer */
    uint64_t buffer[STREAM_BUFFER / sizeof(uint64_t)];
};

/* Against accidents, not against people. CHECKSUM is that of what came before, 0 at first; where
 * LEN is no multiple of 8, it is as if zeros followed. */
uint64_t stream_checksum(uint64_t checksum, const void *bytes, size_t len);

void stream_begin_write(struct stream *stream, int fd, uint64_t offset);
void stream_write(struct stream *stream, const void *bytes, size_t len);
/* What is still in the buffer; then WRITTEN, CHECKSUM and ERROR are final. */
void stream_end_write(struct stream *stream);

/* LEN bytes at OFFSET. */
void stream_begin_read(struct stream *stream, int fd, uint64_t offset, uint64_t len);
/* -ENODATA is the error if there are not so many. */
void stream_read(struct stream *stream, void *bytes, size_t len);
/* How many are left; 0 after an error. */
uint64_t stream_left(const struct stream *stream);

#endif
