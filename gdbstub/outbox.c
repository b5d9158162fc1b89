#include <string.h>

#include "outbox.h"

/* Length of the frame that UNACKED begins with: '#' ends the data and occurs nowhere else. */
static size_t first_frame(const struct outbox *o)
{
    if (!o->unacked.len)
        return 0;
    const uint8_t *bytes = buffer_bytes(&o->unacked);
    const uint8_t *end = memchr(bytes, '#', o->unacked.len);
    return end ? (size_t)(end - bytes) + 3 : o->unacked.len;
}

static void transmit(struct outbox *o)
{
    buffer_append(&o->wire, buffer_bytes(&o->unacked), first_frame(o));
}

void outbox_packet(struct outbox *o, const void *data, size_t len)
{
    if (o->no_ack) {
        packet_frame(&o->wire, data, len);
        return;
    }
    bool idle = !o->unacked.len;
    packet_frame(&o->unacked, data, len);
    if (idle)
        transmit(o);
}

void outbox_notification(struct outbox *o, const void *data, size_t len)
{
    packet_frame_notification(&o->wire, data, len);
}

void outbox_answer(struct outbox *o, bool good)
{
    if (!o->no_ack)
        buffer_append(&o->wire, good ? "+" : "-", 1);
}

static void all_acked(struct outbox *o)
{
    if (o->no_ack_next)
        o->no_ack = true;
}

void outbox_acked(struct outbox *o)
{
    if (!o->unacked.len)
        return;
    buffer_consume(&o->unacked, first_frame(o));
    if (o->unacked.len)
        transmit(o);
    else
        all_acked(o);
}

void outbox_refused(struct outbox *o)
{
    transmit(o);
}

void outbox_passed_over(struct outbox *o)
{
    if (!o->unacked.len)
        return;
    buffer_consume(&o->unacked, first_frame(o));
    buffer_append(&o->wire, buffer_bytes(&o->unacked), o->unacked.len);
    buffer_consume(&o->unacked, o->unacked.len);
    all_acked(o);
}

void outbox_stop_acks(struct outbox *o)
{
    o->no_ack_next = true;
}

bool outbox_sent(const struct outbox *o)
{
    return !o->wire.len && o->unacked.len == first_frame(o);
}

void outbox_free(struct outbox *o)
{
    buffer_free(&o->wire);
    buffer_free(&o->unacked);
}
