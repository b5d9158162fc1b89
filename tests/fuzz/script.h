/* A conversation with the stub, written down: records, each ended by a line's end. All bytes are
 * one, so that fuzzers can change it as they like.
 *
 *     qSupported:swbreak+      a packet, which gets its frame and its checksum here
 *     ;info cpus               the packet of a `monitor` command
 *     <+$g#67                  bytes as they are
 *     >s5 1 2                  something that the target does: see conversation.h
 *
 * In a packet a line's end is }*, as the protocol escapes it. */
#ifndef TESTS_FUZZ_SCRIPT_H
#define TESTS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORD_MAX = 16 * 1024 };

struct record {
    const char *text; /* without its line's end */
    size_t len;
};

/* Takes the next record off the LEN bytes at *SCRIPT. False at their end. */
static inline bool script_next(const char **script, size_t *len, struct record *record)
{
    if (!*len)
        return false;
    const char *end = memchr(*script, '\n', *len);
    *record = (struct record){*script, end ? (size_t)(end - *script) : *len};
    const size_t taken = record->len + (end != NULL);
    *script += taken;
    *len -= taken;
    if (record->len > RECORD_MAX)
        record->len = RECORD_MAX;
    return true;
}

static inline bool record_is_event(const struct record *record)
{
    return record->len && record->text[0] == '>';
}

/* The bytes that a client sends for RECORD, which is no event; the caller frees them. */
static inline char *record_bytes(const struct record *record, size_t *len)
{
    const char kind = record->len ? record->text[0] : 0;
    char *bytes = malloc(2 * record->len + 16), *at = bytes;
    unsigned sum = 0;
    if (kind == '<') {
        *len = record->len - 1;
        memcpy(bytes, record->text + 1, *len);
        return bytes;
    }
    *at++ = '$';
    if (kind == ';') {
        at += sprintf(at, "qRcmd,");
        for (size_t i = 1; i < record->len; i++)
            at += sprintf(at, "%02x", (uint8_t)record->text[i]);
    } else {
        memcpy(at, record->text, record->len);
        at += record->len;
    }
    for (const char *c = bytes + 1; c < at; c++)
        sum += (uint8_t)*c;
    at += sprintf(at, "#%02x", sum & 0xff);
    *len = (size_t)(at - bytes);
    return bytes;
}

/* The next number of an event's, hexadecimal; 0 if there is none. */
static inline uint64_t record_number(struct record *record)
{
    uint64_t value = 0;
    while (record->len && record->text[0] == ' ') {
        record->text++;
        record->len--;
    }
    for (; record->len && record->text[0] != ' '; record->text++, record->len--) {
        const uint8_t c = (uint8_t)record->text[0];
        value = value << 4 | ((c & 0xf) + (c > '9' ? 9 : 0));
    }
    return value;
}

#endif
