#include <errno.h>

#include "non_stop.h"
#include "stop_reply.h"

bool non_stop_offered(const struct gdb_session *s)
{
    return s->ops->set_non_stop && s->ops->pause && s->ops->unpause;
}

static int turn_on(struct gdb_session *s)
{
    int err = stop_queue_init(&s->stops, s->ops->thread_count(s->target));
    if (!err && s->state == SESSION_STOPPED)
        err = s->ops->set_non_stop(s->target, true);
    if (err) {
        stop_queue_free(&s->stops);
        return err;
    }
    stop_queue_note(&s->stops, &s->stop);
    s->crossing.phase = CROSSING_NONE;
    s->non_stop = true;
    return 0;
}

static int turn_off(struct gdb_session *s)
{
    int err = 0;
    if (s->stops.running)
        return -EBUSY;
    if (s->state == SESSION_STOPPED)
        err = s->ops->set_non_stop(s->target, false);
    if (err)
        return err;
    stop_queue_free(&s->stops);
    s->non_stop = false;
    return 0;
}

int non_stop_set(struct gdb_session *s, bool on)
{
    if (on == s->non_stop)
        return 0;
    return on ? turn_on(s) : turn_off(s);
}

/* ---- Pausing */

bool non_stop_hold(struct gdb_session *s)
{
    if (s->held || !s->stops.running)
        return false;
    s->held = true;
    s->ops->pause(s->target);
    return true;
}

/* With the program the pause has ended. */
void non_stop_release(struct gdb_session *s)
{
    if (!s->held)
        return;
    s->held = false;
    s->ops->unpause(s->target);
}

/* ---- Running */

bool non_stop_runs(const struct gdb_session *s, int thread)
{
    return stop_queue_runs(&s->stops, thread);
}

bool non_stop_concerns(const struct gdb_session *s, int thread, enum gdb_resume_kind kind)
{
    return kind == GDB_RESUME_STOP ? stop_queue_runs(&s->stops, thread)
                                   : stop_queue_stopped(&s->stops, thread);
}

void non_stop_resume(struct gdb_session *s, const struct gdb_resume *actions, size_t n)
{
    for (size_t i = 0; i < n; i++) /* first, as a stop may come while resume is called */
        if (actions[i].kind != GDB_RESUME_STOP)
            stop_queue_go(&s->stops, actions[i].thread);
    int err = n ? s->ops->resume(s->target, actions, n) : 0;
    for (size_t i = 0; err && i < n; i++)
        if (actions[i].kind != GDB_RESUME_STOP)
            stop_queue_stay(&s->stops, actions[i].thread);
    if (err)
        reply_errno(&s->reply, err);
    else
        reply_printf(&s->reply, "OK");
}

void non_stop_interrupt(struct gdb_session *s)
{
    struct gdb_resume stop = {.kind = GDB_RESUME_STOP};
    stop.thread = stop_queue_running(&s->stops, session_thread(s));
    if (!stop.thread || !stop_queue_interrupt(&s->stops, stop.thread))
        return;
    bool held = non_stop_hold(s);
    s->ops->resume(s->target, &stop, 1);
    if (held)
        non_stop_release(s);
}

/* ---- Telling */

/* Sends the first of the queue as a notification, but if one is under WAY already. */
static void announce(struct gdb_session *s, bool way)
{
    char data[1024] = "%Stop:";
    struct reply notification = {.data = data, .len = 6, .max = sizeof(data)};
    const struct gdb_stop *stop = stop_queue_first(&s->stops);
    if (way || !stop)
        return;
    bool held = non_stop_hold(s);
    stop_reply(s, stop, &notification);
    if (held)
        non_stop_release(s);
    session_notify(s, notification.data, notification.len);
}

/* What is printed is printed with the next monitor command: gdb takes no text at any time. */
void non_stop_on_stop(struct gdb_session *s, const struct gdb_stop *stop)
{
    bool way = stop_queue_busy(&s->stops);
    if (!stop_queue_add(&s->stops, stop))
        return;
    s->stop = *stop;
    session_remark(s, stop->message);
    announce(s, way);
}

void non_stop_on_end(struct gdb_session *s)
{
    bool way = stop_queue_busy(&s->stops);
    stop_queue_end(&s->stops, &s->stop);
    if (s->state == SESSION_CLOSED)
        s->state = SESSION_ENDED;
    announce(s, way);
}

void non_stop_on_attach(struct gdb_session *s)
{
    bool way = stop_queue_busy(&s->stops);
    if (s->ops->set_non_stop(s->target, true)) {
        session_detach(s);
        return;
    }
    stop_queue_note(&s->stops, &s->stop);
    stop_queue_add_one(&s->stops, s->stop.thread);
    stop_queue_add_others(&s->stops, s->stop.thread);
    announce(s, way);
}

static void go(struct gdb_session *s, int thread)
{
    struct gdb_resume action = {.thread = thread, .kind = GDB_RESUME_CONTINUE};
    bool held = non_stop_hold(s);
    stop_queue_go(&s->stops, thread);
    if (s->ops->resume(s->target, &action, 1))
        stop_queue_stay(&s->stops, thread);
    if (held)
        non_stop_release(s);
}

/* gdb takes threads for running that it finds later: so they shall. Else `run` would end at once
 * with one of them. Those that can't be set going are told of. */
void non_stop_on_start(struct gdb_session *s)
{
    bool way = stop_queue_busy(&s->stops);
    stop_queue_note(&s->stops, &s->stop);
    for (int thread = 1; session_thread_exists(s, thread); thread++)
        if (thread != s->stop.thread)
            go(s, thread);
    stop_queue_add_others(&s->stops, s->stop.thread);
    announce(s, way);
}

static void reply_first(struct gdb_session *s)
{
    const struct gdb_stop *stop = stop_queue_first(&s->stops);
    if (stop)
        stop_reply(s, stop, &s->reply);
    else
        reply_printf(&s->reply, "OK");
}

void non_stop_status(struct gdb_session *s)
{
    stop_queue_clear(&s->stops);
    s->shown_first = 0;
    if (s->state != SESSION_IDLE)
        s->shown_first = stop_queue_add_one(&s->stops, s->stop.thread);
    reply_first(s);
}

/* `?` would be answered with one stop after the other. But gdb 13 fails an assertion of its own if
 * there are two while it connects: the others are told as if they had stopped just now. */
static void tell_others(struct gdb_session *s)
{
    int first = s->shown_first;
    s->shown_first = 0;
    if (!first)
        return;
    session_send(s, s->reply.data, s->reply.len);
    s->reply.none = true;
    stop_queue_add_others(&s->stops, first);
    announce(s, false);
}

void non_stop_taken(struct gdb_session *s)
{
    bool ended = stop_queue_take(&s->stops);
    reply_first(s);
    if (ended && s->state == SESSION_ENDED)
        s->state = SESSION_CLOSED;
    if (!stop_queue_busy(&s->stops))
        tell_others(s);
}
