/* What goes to the client: acks, and packets one after the other, each kept until the client has
 * acknowledged it. Sending the next before that would put packets out of order when the client asks
 * for one again. In no-ack mode all go out at once. */
#ifndef GDBSTUB_OUTBOX_H
#define GDBSTUB_OUTBOX_H

#include <stdbool.h>

#include "packet.h"

/* All zero is an empty box in ack mode. */
struct outbox {
    struct buffer wire;    /* bytes to be written to the client */
    struct buffer unacked; /* whole frames; the first is on the wire already, the others wait */
    bool no_ack;           /* acks are neither sent nor heard */
    bool no_ack_next;      /* so it will be once all that is unacked has been acknowledged */
};

/* Sends one packet of LEN bytes. */
void outbox_packet(struct outbox *o, const void *data, size_t len);
/* Sends a notification, at once: they are not acknowledged (GDB manual, "Notification Packets"). */
void outbox_notification(struct outbox *o, const void *data, size_t len);
/* Answers a packet of the client's: '+' or '-'; nothing in no-ack mode. */
void outbox_answer(struct outbox *o, bool good);
/* The client sent '+': the next packet may go. */
void outbox_acked(struct outbox *o);
/* The client sent '-': the same packet again. */
void outbox_refused(struct outbox *o);
/* The client sent a packet without an ack before it: it has what it wanted. */
void outbox_passed_over(struct outbox *o);
/* No-ack mode from the acknowledgement of the packet just sent on. */
void outbox_stop_acks(struct outbox *o);
/* True when every packet has been written out, heard or not. */
bool outbox_sent(const struct outbox *o);
void outbox_free(struct outbox *o);

#endif
