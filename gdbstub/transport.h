/* Where a client comes from: a TCP port, a Unix socket, or stdin and stdout. */
#ifndef GDBSTUB_TRANSPORT_H
#define GDBSTUB_TRANSPORT_H

#include <sys/types.h>

#include "gdbstub.h"

struct transport {
    int listener;      /* -1 on stdio */
    char address[256]; /* as gdb's `target remote` takes it */
    char path[108];    /* of a Unix socket, to be removed; else "" */
    dev_t dev;         /* which file that is */
    ino_t ino;
    int spare; /* held back so that a client can be turned away when no descriptor is left */
    uint64_t rest_until; /* CLOCK_MONOTONIC, in ms: nobody is accepted before that */
};

/* Listens at WHERE (see gdb_server_config). 0, or -errno with one line in WHY; then nothing is left
 * open. */
int transport_open(struct transport *t, const char *where, struct gdb_text *why);
/* Closes the listener and removes the socket, if it is still the one that was made. */
void transport_close(struct transport *t);

/* The next client, non-blocking, or -errno (-EAGAIN: there is none). With no descriptor left for it
 * it is turned away without a word. Where not even that is possible it stays in the queue, where
 * poll would report it again and again: so the listener rests for a while. */
int transport_accept(struct transport *t);
/* For how many ms from now on it is not to be polled; 0: it is. */
int transport_rest_ms(const struct transport *t);

/* Read or write what can be at once: -EAGAIN if nothing can, 0 from a read at the end. They never
 * block and never raise SIGPIPE. FD may be a socket, a pipe or a terminal in any mode. */
ssize_t transport_read(int fd, void *buf, size_t len);
ssize_t transport_write(int fd, const void *buf, size_t len);

#endif
