/* Bytes <-> packets: $DATA#SUM framing, checksum, }-escapes, run-length encoding, the single bytes
 * '+', '-' and 0x03 between packets (GDB manual, "Remote Protocol", Overview and Interrupts). */
#ifndef GDBSTUB_PACKET_H
#define GDBSTUB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* What is promised to the client as PacketSize: no packet of either direction has more data. */
enum { PACKET_SIZE = 0x100000 };

enum {
    PACKET_ESCAPE_XOR = 0x20,
    PACKET_RUN_BIAS = 29, /* a run's count byte is 29 more than the further repeats ... */
    PACKET_RUN_MIN = 3,   /* ... of which fewer than 3 would not be printable */
    PACKET_RUN_MAX = '~' - PACKET_RUN_BIAS, /* '~' is the last printable character */
};

enum packet_event {
    PACKET_NOTHING,   /* more bytes are needed */
    PACKET_ACK,       /* '+' */
    PACKET_NAK,       /* '-' */
    PACKET_INTERRUPT, /* 0x03, seen only where no packet is under way */
    PACKET_COMPLETE,  /* reader->data holds reader->len decoded bytes and a 0 after them */
    PACKET_GARBLED,   /* wrong checksum, or an escape or run that can't be */
    PACKET_TOO_LONG,  /* whole, but longer than MAX: its data is gone */
};

struct packet_reader {
    char *data;
    size_t len, max;
    enum { PACKET_IDLE, PACKET_BODY, PACKET_ESCAPE, PACKET_RUN, PACKET_SUM1, PACKET_SUM2 } state;
    uint8_t sum, claimed;
    bool garbled, too_long;
};

/* Makes a reader of packets of up to MAX decoded bytes. 0 or -ENOMEM. */
int packet_reader_init(struct packet_reader *r, size_t max);
void packet_reader_free(struct packet_reader *r);

/* Takes bytes from the client up to the first that makes an event, *EVENT; returns how many, all
 * LEN of them if there was none (PACKET_NOTHING). A '$' always starts afresh. Runs are expanded
 * except in X packets: a client need not escape '*' in the binary data it sends (manual, "Binary
 * Data"). */
size_t packet_feed(struct packet_reader *r, const uint8_t *bytes, size_t len,
                   enum packet_event *event);

/* Appends DATA as a framed packet: '#', '$', '}' and '*' escaped, runs shortened. On the wire it is
 * at most 2 * LEN + 4 bytes. And as a notification, which begins with '%'. */
void packet_frame(struct buffer *out, const void *data, size_t len);
void packet_frame_notification(struct buffer *out, const void *data, size_t len);

#endif
