#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stop_queue.h"

/* In the queue, in place of a thread. */
enum {
    THE_END = 0,
    FORGOTTEN = -1, /* it is on its way, but its thread is not one any more */
    NOT_THREADS = 2,
};

struct queued_thread {
    enum { STOPPED, RUNS, UNTOLD } state;
    bool interrupted;
    struct gdb_stop stop; /* the last */
};

int stop_queue_init(struct stop_queue *q, size_t count)
{
    *q = (struct stop_queue){.count = count};
    q->threads = calloc(count, sizeof(*q->threads));
    q->waiting = calloc(count + NOT_THREADS, sizeof(*q->waiting));
    if (!q->threads || !q->waiting) {
        stop_queue_free(q);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        q->threads[i].stop = (struct gdb_stop){.thread = (int)i + 1};
    return 0;
}

void stop_queue_free(struct stop_queue *q)
{
    free(q->threads);
    free(q->waiting);
    *q = (struct stop_queue){0};
}

/* ---- The threads */

static struct queued_thread *at(const struct stop_queue *q, int thread)
{
    return thread >= 1 && (size_t)thread <= q->count ? &q->threads[thread - 1] : NULL;
}

bool stop_queue_runs(const struct stop_queue *q, int thread)
{
    const struct queued_thread *t = at(q, thread);
    return t && t->state == RUNS;
}

bool stop_queue_stopped(const struct stop_queue *q, int thread)
{
    const struct queued_thread *t = at(q, thread);
    return t && t->state == STOPPED;
}

int stop_queue_running(const struct stop_queue *q, int wished)
{
    if (!q->running || stop_queue_runs(q, wished))
        return q->running ? wished : 0;
    int thread = 1;
    while (!stop_queue_runs(q, thread))
        thread++;
    return thread;
}

void stop_queue_go(struct stop_queue *q, int thread)
{
    struct queued_thread *t = at(q, thread);
    t->state = RUNS;
    t->interrupted = false;
    q->running++;
}

void stop_queue_stay(struct stop_queue *q, int thread)
{
    if (!stop_queue_runs(q, thread))
        return;
    at(q, thread)->state = STOPPED;
    q->running--;
}

bool stop_queue_interrupt(struct stop_queue *q, int thread)
{
    struct queued_thread *t = at(q, thread);
    const bool again = t->interrupted;
    t->interrupted = true;
    return !again;
}

/* ---- The queue */

static void append(struct stop_queue *q, int thread)
{
    q->waiting[q->waiting_count++] = thread;
}

bool stop_queue_add(struct stop_queue *q, const struct gdb_stop *stop)
{
    struct queued_thread *t = at(q, stop->thread);
    if (!t || t->state != RUNS)
        return false;
    t->state = UNTOLD;
    t->stop = *stop;
    if (t->interrupted && !stop->code)
        t->stop.code = GDB_SIGINT;
    q->running--;
    append(q, stop->thread);
    return true;
}

static void add_stopped(struct stop_queue *q, int thread)
{
    if (!stop_queue_stopped(q, thread))
        return;
    at(q, thread)->state = UNTOLD;
    append(q, thread);
}

void stop_queue_note(struct stop_queue *q, const struct gdb_stop *stop)
{
    if (at(q, stop->thread))
        at(q, stop->thread)->stop = *stop;
}

void stop_queue_add_others(struct stop_queue *q, int known)
{
    for (int thread = 1; (size_t)thread <= q->count; thread++)
        if (thread != known)
            add_stopped(q, thread);
}

int stop_queue_add_one(struct stop_queue *q, int wished)
{
    int thread = wished;
    if (!stop_queue_stopped(q, wished))
        for (thread = 1; (size_t)thread <= q->count && !stop_queue_stopped(q, thread);)
            thread++;
    if (!at(q, thread))
        return 0;
    add_stopped(q, thread);
    return thread;
}

void stop_queue_close(struct stop_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        q->threads[i] = (struct queued_thread){.stop = {.thread = (int)i + 1}};
    q->running = 0;
    if (q->waiting_count) {
        q->waiting[0] = FORGOTTEN;
        q->waiting_count = 1;
    }
}

void stop_queue_end(struct stop_queue *q, const struct gdb_stop *stop)
{
    stop_queue_close(q);
    q->end = *stop;
    append(q, THE_END);
}

void stop_queue_clear(struct stop_queue *q)
{
    for (size_t i = 0; i < q->count; i++)
        if (q->threads[i].state == UNTOLD)
            q->threads[i].state = STOPPED;
    q->waiting_count = 0;
}

bool stop_queue_busy(const struct stop_queue *q)
{
    return q->waiting_count;
}

const struct gdb_stop *stop_queue_first(const struct stop_queue *q)
{
    if (!q->waiting_count)
        return NULL;
    const struct queued_thread *t = at(q, q->waiting[0]);
    return t ? &t->stop : &q->end;
}

bool stop_queue_take(struct stop_queue *q)
{
    if (!q->waiting_count)
        return false;
    int thread = q->waiting[0];
    memmove(q->waiting, q->waiting + 1, --q->waiting_count * sizeof(*q->waiting));
    if (at(q, thread))
        at(q, thread)->state = STOPPED;
    return thread == THE_END;
}
