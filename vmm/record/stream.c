#include "record/stream.h"

#include "file.h"

#include <errno.h>
#include <string.h>

/* Each word is mixed in by a multiplication, of which the high bits are turned to the low end. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
    const uint64_t product = (sum ^ word) * 0xd6e8feb86659fd93u;
    return (product << 29 | product >> 35) + 0x2545f4914f6cdd1du;
}

uint64_t stream_checksum(uint64_t sum, const void *bytes, size_t len)
{
    const char *from = bytes;
    uint64_t word;
    for (; len >= sizeof word; len -= sizeof word, from += sizeof word) {
        memcpy(&word, from, sizeof word);
        sum = mix(sum, word);
    }
    if (len) {
        word = 0;
        memcpy(&word, from, len);
        sum = mix(sum, word);
    }
    return sum;
}

static void begin(struct stream *s, int fd, uint64_t offset)
{
    s->fd = fd;
    s->offset = offset;
    s->left = s->checksum = s->written = 0;
    s->error = 0;
    s->at = s->end = 0;
}

/* ---- Writing */

void stream_begin_write(struct stream *s, int fd, uint64_t offset)
{
    begin(s, fd, offset);
}

void stream_end_write(struct stream *s)
{
    if (!s->error && s->at)
        s->error = file_write(s->fd, s->offset, s->buffer, s->at);
    s->checksum = stream_checksum(s->checksum, s->buffer, s->at);
    s->offset += s->at;
    s->written += s->at;
    s->at = 0;
}

void stream_write(struct stream *s, const void *bytes, size_t len)
{
    const char *from = bytes;
    while (len && !s->error) {
        const size_t room = sizeof s->buffer - s->at, n = len < room ? len : room;
        memcpy((char *)s->buffer + s->at, from, n);
        s->at += n;
        from += n;
        len -= n;
        if (s->at == sizeof s->buffer)
            stream_end_write(s);
    }
}

/* ---- Reading */

void stream_begin_read(struct stream *s, int fd, uint64_t offset, uint64_t len)
{
    begin(s, fd, offset);
    s->left = len;
}

static void fill(struct stream *s)
{
    const size_t want = s->left < sizeof s->buffer ? (size_t)s->left : sizeof s->buffer;
    const ssize_t n = want ? file_read(s->fd, s->offset, s->buffer, want) : 0;
    if (n < 0 || (size_t)n < want || !want) {
        s->error = n < 0 ? (int)n : -ENODATA;
        return;
    }
    s->checksum = stream_checksum(s->checksum, s->buffer, want);
    s->offset += want;
    s->left -= want;
    s->at = 0;
    s->end = want;
}

void stream_read(struct stream *s, void *bytes, size_t len)
{
    char *to = bytes;
    while (len) {
        if (!s->error && s->at == s->end)
            fill(s);
        if (s->error) {
            memset(to, 0, len);
            return;
        }
        const size_t there = s->end - s->at, n = len < there ? len : there;
        memcpy(to, (char *)s->buffer + s->at, n);
        s->at += n;
        to += n;
        len -= n;
    }
}

uint64_t stream_left(const struct stream *s)
{
    return s->error ? 0 : s->left + (s->end - s->at);
}
