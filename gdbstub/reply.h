/* The reply that a command's handler builds: bounded, one at a time. */
#ifndef GDBSTUB_REPLY_H
#define GDBSTUB_REPLY_H

#include "gdbstub.h"

struct reply {
    char *data;
    size_t len, max;
    bool none; /* the packet is not answered, or not now */
};

/* Makes a reply of up to MAX bytes. 0 or -ENOMEM. */
int reply_init(struct reply *r, size_t max);
void reply_free(struct reply *r);
/* Back to the empty reply, which says "not supported". */
void reply_clear(struct reply *r);

/* Add to the reply; what is longer than MAX is cut. */
void reply_bytes(struct reply *r, const void *bytes, size_t len);
void reply_hex(struct reply *r, const void *bytes, size_t len);
/* A text, and a number in an even number of hex digits: for what is written at each stop, where
 * reply_printf takes its time. */
void reply_text(struct reply *r, const char *text);
void reply_number(struct reply *r, unsigned number);
__attribute__((format(printf, 2, 3))) void reply_printf(struct reply *r, const char *format, ...);
/* LEN bytes at the end that the caller fills; LEN must fit. */
char *reply_extend(struct reply *r, size_t len);

/* Replace the reply: the two digits of an errno (either sign), or E.WHY where WHY is not empty. */
void reply_errno(struct reply *r, int err);
void reply_error(struct reply *r, int err, const struct gdb_text *why);

#endif
