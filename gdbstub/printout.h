/* What breakpoints' commands print, on its way from the threads of CPUs to the client.
 *
 * A client can take text only while it waits for a stop (GDB manual, "Stop Reply Packets", O). So
 * long text is kept for it, and who prints more than it reads waits. Otherwise, in non-stop mode or
 * with no client there, it goes elsewhere at once. */
#ifndef GDBSTUB_PRINTOUT_H
#define GDBSTUB_PRINTOUT_H

#include <pthread.h>

#include "buffer.h"

enum {
    PRINTOUT_ROOM = 64 * 1024,  /* who prints waits if there would be more */
    PRINTOUT_MAX = 1024 * 1024, /* and nobody waits: more is lost */
};

struct printout {
    /* Where text goes that no client can take; called with the lock held, by any thread. NULL:
     * nowhere. */
    void (*elsewhere)(void *context, const char *text, size_t len);
    void *context;
    int fd; /* an eventfd: can be read while there is text */

    pthread_mutex_t lock; /* for the following; nothing is locked under it */
    pthread_cond_t room;
    enum { PRINTOUT_ELSEWHERE, PRINTOUT_KEPT, PRINTOUT_HURRIED } state;
    struct buffer text;
    uint64_t lost; /* bytes */
};

/* Makes P, in which elsewhere and context are set, one that keeps nothing. 0 or -errno. */
int printout_init(struct printout *p);
void printout_free(struct printout *p);

/* By any thread; TEXT is not torn apart by another's. May wait for the thread that polls. */
void printout_write(struct printout *p, const char *text, size_t len);

/* By the thread that polls. From now on: text is kept for the client; the same, but nobody waits
 * for room, so that CPUs can be waited for; text goes elsewhere, also what was kept. */
void printout_keep(struct printout *p);
void printout_hurry(struct printout *p);
void printout_release(struct printout *p);
/* Takes at most SIZE bytes of what is kept, in BUF; how many. */
size_t printout_take(struct printout *p, char *buf, size_t size);

#endif
