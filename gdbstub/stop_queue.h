/* Non-stop mode as the client sees it: which threads run, and the stops that it has still to take.
 *
 *     a thread RUNS -> UNTOLD: its stop is queued -> STOPPED: the client has taken it -> RUNS
 *
 * The first of the queue is on its way to the client, as a notification or as an answer, and leaves
 * the queue when the client says that it has it. A thread has at most one stop in it, so its length
 * is bounded, whatever the client does. */
#ifndef GDBSTUB_STOP_QUEUE_H
#define GDBSTUB_STOP_QUEUE_H

#include "gdbstub.h"

struct queued_thread;

/* All zero: no threads. */
struct stop_queue {
    struct queued_thread *threads; /* the one numbered 1 first */
    size_t count, running;
    int *waiting; /* the queue: threads, and what is not one (stop_queue.c) */
    size_t waiting_count;
    struct gdb_stop end;
};

/* COUNT threads, all of them stopped, which the client knows. 0 or -ENOMEM. */
int stop_queue_init(struct stop_queue *q, size_t count);
void stop_queue_free(struct stop_queue *q);

/* True until the thread has stopped; and from when on the client knows that. */
bool stop_queue_runs(const struct stop_queue *q, int thread);
bool stop_queue_stopped(const struct stop_queue *q, int thread);
/* A thread that runs, WISHED for if it does; 0 if none does. */
int stop_queue_running(const struct stop_queue *q, int wished);

/* The client sets THREAD going, which is stopped; or it did not go after all. */
void stop_queue_go(struct stop_queue *q, int thread);
void stop_queue_stay(struct stop_queue *q, int thread);
/* The client interrupts THREAD, which runs: if it stops just because it was told to, that is a
 * SIGINT. False if that has been done already. */
bool stop_queue_interrupt(struct stop_queue *q, int thread);

/* A thread has stopped: its stop is queued. False if it did not run. */
bool stop_queue_add(struct stop_queue *q, const struct gdb_stop *stop);
/* The last stop of a thread that is stopped. Those of which none is known stopped with signal 0. */
void stop_queue_note(struct stop_queue *q, const struct gdb_stop *stop);
/* Queues the last stop of one thread that is stopped, WISHED for if it is; that thread, or 0 if
 * none is. And of all but KNOWN. */
int stop_queue_add_one(struct stop_queue *q, int wished);
void stop_queue_add_others(struct stop_queue *q, int known);
/* There are no threads that run any more, nor stops but the one that is on its way: the client has
 * let go of them all. They count as stopped from here on. */
void stop_queue_close(struct stop_queue *q);
/* The machine has ended, by STOP: closed, and that is queued. */
void stop_queue_end(struct stop_queue *q, const struct gdb_stop *stop);
/* What is on its way is forgotten, too. */
void stop_queue_clear(struct stop_queue *q);

/* True if one is on its way. */
bool stop_queue_busy(const struct stop_queue *q);
/* The first of the queue; NULL if it is empty. */
const struct gdb_stop *stop_queue_first(const struct stop_queue *q);
/* The client has the first. True if that was the end. */
bool stop_queue_take(struct stop_queue *q);

#endif
