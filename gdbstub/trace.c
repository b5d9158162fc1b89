#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace.h"

int trace_init(struct trace *t)
{
    pthread_mutex_init(&t->lock, NULL);
    return trace_variables_reset(&t->variables);
}

static void forget_words(struct trace *t)
{
    free(t->user);
    free(t->notes);
    free(t->stop_notes);
    free(t->readonly);
    t->user = t->notes = t->stop_notes = NULL;
    t->readonly = NULL;
    t->readonly_count = 0;
}

void trace_free(struct trace *t)
{
    forget_words(t);
    trace_points_clear(&t->points);
    trace_variables_free(&t->variables);
    trace_buffer_free(&t->buffer);
    buffer_free(&t->scratch);
    free(t->stepping);
    pthread_mutex_destroy(&t->lock);
}

/* ---- In the target */

/* Whether another one is in the target at P's address: two need it there once. */
static bool is_shared(const struct trace *t, const struct trace_point *p)
{
    const struct trace_points *set = &t->points;
    for (size_t i = trace_points_from(set, p->addr); i < set->n && set->list[i]->addr == p->addr;
         i++)
        if (set->list[i] != p && set->list[i]->inserted)
            return true;
    return false;
}

static void take_out(struct trace *t, struct trace_point *p)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    if (!p->inserted)
        return;
    if (!is_shared(t, p))
        t->ops->remove_breakpoint(t->target, GDB_TRACEPOINT, p->addr, 1, &why);
    p->inserted = false;
    t->inserted--;
}

static int put_in(struct trace *t, struct trace_point *p, struct gdb_text *why)
{
    int err = 0;
    if (p->inserted)
        return 0;
    if (!is_shared(t, p))
        err = t->ops->insert_breakpoint(t->target, GDB_TRACEPOINT, p->addr, 1, why);
    p->inserted = !err;
    t->inserted += p->inserted;
    return err;
}

int trace_place_point(struct trace *t, struct trace_point *point, struct gdb_text *why)
{
    if (trace_is_running(t) && point->whole && point->enabled)
        return put_in(t, point, why);
    take_out(t, point);
    return 0;
}

static void take_all_out(struct trace *t)
{
    for (size_t i = 0; i < t->points.n; i++)
        take_out(t, t->points.list[i]);
}

static int put_all_in(struct trace *t, struct gdb_text *why)
{
    int err = 0;
    for (size_t i = 0; i < t->points.n && !err; i++)
        err = trace_place_point(t, t->points.list[i], why);
    return err;
}

/* ---- Start and end */

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

bool trace_is_running(const struct trace *t)
{
    return t->running;
}

void trace_end(struct trace *t, enum trace_end end, unsigned point, const char *text)
{
    t->running = false;
    t->end = end;
    t->end_point = point;
    t->end_text = text;
    t->stop_time = now();
}

void trace_stop(struct trace *t, enum trace_end end)
{
    pthread_mutex_lock(&t->lock);
    if (t->running)
        trace_end(t, end, 0, NULL);
    pthread_mutex_unlock(&t->lock);
    trace_settle(t);
}

/* For whom the last pass has been stepped, the trace ends; so it does where those steps are given
 * up.
 */
static void give_up_steps(struct trace *t)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; t->running && i < t->threads; i++)
        trace_give_up_steps(t, &t->stepping[i]);
    pthread_mutex_unlock(&t->lock);
}

void trace_interrupt(struct trace *t)
{
    if (trace_is_running(t))
        give_up_steps(t);
    trace_settle(t);
}

void trace_settle(struct trace *t)
{
    if (t->inserted && !trace_is_running(t))
        take_all_out(t);
}

bool trace_outlives_client(struct trace *t)
{
    pthread_mutex_lock(&t->lock);
    if (t->running && !t->disconnected)
        trace_end(t, TRACE_DISCONNECTED, 0, NULL);
    bool running = t->running;
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; !running && i < t->points.n; i++)
        t->points.list[i]->inserted = false;
    t->inserted = running ? t->inserted : 0;
    t->left = running;
    return running;
}

int trace_reset(struct trace *t)
{
    trace_stop(t, TRACE_STOPPED);
    trace_points_clear(&t->points);
    forget_words(t);
    trace_buffer_clear(&t->buffer);
    t->end = TRACE_NOT_RUN;
    t->start_time = t->stop_time = 0;
    return trace_variables_reset(&t->variables);
}

/* Memory for a trace of the wanted size. */
static int make_buffer(struct trace *t)
{
    size_t size = t->wanted_size ? t->wanted_size : TRACE_BUFFER_DEFAULT;
    trace_buffer_clear(&t->buffer);
    return t->buffer.size == size ? 0 : trace_buffer_make(&t->buffer, size);
}

static int make_stepping(struct trace *t)
{
    free(t->stepping);
    t->threads = t->ops->thread_count(t->target);
    t->stepping = calloc(t->threads, sizeof(*t->stepping));
    return t->stepping ? 0 : -ENOMEM;
}

static void begin(struct trace *t)
{
    for (size_t i = 0; i < t->points.n; i++)
        t->points.list[i]->hits = t->points.list[i]->usage = 0;
    trace_variables_restart(&t->variables);
    t->start_time = now();
    t->stop_time = 0;
    t->running = true;
}

int trace_start(struct trace *t)
{
    trace_stop(t, TRACE_STOPPED);
    int err = make_buffer(t);
    if (!err)
        err = make_stepping(t);
    if (!err)
        begin(t);
    return err;
}

int trace_insert(struct trace *t, struct gdb_text *why)
{
    int err = put_all_in(t, why);
    if (err) {
        trace_stop(t, TRACE_NOT_RUN);
        t->start_time = t->stop_time = 0;
    }
    return err;
}

int trace_set_size(struct trace *t, uint64_t size)
{
    if (size > TRACE_BUFFER_MAX)
        return -EINVAL;
    t->wanted_size = size;
    return 0;
}

void trace_set_circular(struct trace *t, bool circular)
{
    pthread_mutex_lock(&t->lock);
    t->buffer.circular = circular;
    pthread_mutex_unlock(&t->lock);
}
