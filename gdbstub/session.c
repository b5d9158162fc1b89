#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arch_change.h"
#include "command.h"
#include "hex.h"
#include "hit.h"
#include "non_stop.h"
#include "program.h"
#include "session.h"
#include "stop_reply.h"
#include "trace_client.h"

enum { OUTPUT_HIGH = 64 * 1024 }; /* with this much unread nothing more is taken from the client */

int session_init(struct gdb_session *s)
{
    s->state = SESSION_STOPPING;
    s->interrupt.shown = true;
    command_index_init(&s->commands);
    if (packet_reader_init(&s->in, PACKET_SIZE) || reply_init(&s->reply, PACKET_SIZE)) {
        session_free(s);
        return -ENOMEM;
    }
    return 0;
}

void session_free(struct gdb_session *s)
{
    packet_reader_free(&s->in);
    reply_free(&s->reply);
    outbox_free(&s->out);
    inserted_free(&s->inserted);
    stop_queue_free(&s->stops);
    trace_client_leave(s);
}

/* ---- Bytes in, bytes out */

static void trace(const struct gdb_session *s, bool from_client, const char *packet, size_t len)
{
    if (s->trace)
        s->trace(s->trace_context, from_client, packet, len);
}

void session_send(struct gdb_session *s, const char *data, size_t len)
{
    trace(s, false, data, len);
    outbox_packet(&s->out, data, len);
}

void session_notify(struct gdb_session *s, const char *data, size_t len)
{
    trace(s, false, data, len);
    outbox_notification(&s->out, data + 1, len - 1);
}

static void answer(struct gdb_session *s)
{
    if (!s->reply.none)
        session_send(s, s->reply.data, s->reply.len);
}

static void on_packet(struct gdb_session *s)
{
    outbox_passed_over(&s->out);
    outbox_answer(&s->out, true);
    trace(s, true, s->in.data, s->in.len);
    reply_clear(&s->reply);
    command_run(s, s->in.data, s->in.len);
    answer(s);
}

/* A packet that could not be taken for what it says. In no-ack mode a garbled one can't be asked
 * for again; an error is better than a client that waits for ever. */
static void on_bad_packet(struct gdb_session *s, int err)
{
    bool again = err == EBADMSG && !s->out.no_ack;
    outbox_answer(&s->out, !again);
    if (again || s->waited_for)
        return;
    reply_errno(&s->reply, err);
    answer(s);
}

static void on_event(struct gdb_session *s, enum packet_event event)
{
    bool open = s->state != SESSION_CLOSED;
    switch (event) {
    case PACKET_NOTHING:
        break;
    case PACKET_ACK:
        outbox_acked(&s->out);
        break;
    case PACKET_NAK:
        outbox_refused(&s->out);
        break;
    case PACKET_INTERRUPT:
        trace(s, true, "\003", 1);
        if (open)
            session_interrupt(s);
        break;
    case PACKET_COMPLETE:
        if (open)
            on_packet(s);
        else
            outbox_passed_over(&s->out);
        break;
    case PACKET_GARBLED:
        if (open)
            on_bad_packet(s, EBADMSG);
        break;
    case PACKET_TOO_LONG:
        if (open)
            on_bad_packet(s, EMSGSIZE);
        break;
    }
}

bool session_takes_input(const struct gdb_session *s)
{
    bool attaching = s->state == SESSION_STOPPING && !s->waited_for;
    return !attaching && s->out.wire.len < OUTPUT_HIGH;
}

size_t session_feed(struct gdb_session *s, const void *bytes, size_t len)
{
    const uint8_t *in = bytes;
    enum packet_event event = PACKET_NOTHING;
    size_t i = 0;
    while (i < len && event != PACKET_COMPLETE && session_takes_input(s)) {
        i += packet_feed(&s->in, in + i, len - i, &event);
        on_event(s, event);
    }
    return i;
}

const void *session_output(const struct gdb_session *s, size_t *len)
{
    *len = s->out.wire.len;
    return buffer_bytes(&s->out.wire);
}

void session_written(struct gdb_session *s, size_t n)
{
    buffer_consume(&s->out.wire, n);
}

bool session_over(const struct gdb_session *s)
{
    bool broken = s->out.wire.failed || s->out.unacked.failed;
    return broken || (s->state == SESSION_CLOSED && outbox_sent(&s->out));
}

/* ---- Threads */

struct x86_layout session_layout(const struct gdb_session *s)
{
    return (struct x86_layout){
        .arch = s->arch,
        .has = s->ops->features ? s->ops->features(s->target) : 0,
    };
}

int session_thread(const struct gdb_session *s)
{
    if (s->packet_thread)
        return s->packet_thread;
    return s->general_thread > 0 ? s->general_thread : s->stop.thread;
}

size_t session_thread_count(const struct gdb_session *s)
{
    bool none = s->state & (SESSION_IDLE | SESSION_ENDED);
    return none ? 0 : s->ops->thread_count(s->target);
}

bool session_thread_exists(const struct gdb_session *s, int64_t thread)
{
    return thread >= 1 && (uint64_t)thread <= session_thread_count(s);
}

/* ---- Stops */

void session_shown(struct gdb_session *s)
{
    crossing_shown(&s->crossing);
    s->interrupt.shown = true;
    s->interrupt.due = false;
}

void session_tell_stop(struct gdb_session *s)
{
    s->waited_for = false;
    s->interrupt.shown = false;
    if (s->stop.kind != GDB_STOP_SIGNAL || s->stop.code == GDB_SIGINT)
        s->interrupt.due = false;
    if (s->stop.kind == GDB_STOP_SIGNAL)
        arch_change_mention_others(s);
    session_print_pending(s);
    reply_clear(&s->reply);
    stop_reply(s, &s->stop, &s->reply);
    answer(s);
    s->reply.none = true;
}

/* The machine has ended. Who does not wait for a stop has no reply to come. */
static void on_end(struct gdb_session *s)
{
    bool notified = s->non_stop && s->state != SESSION_IDLE && !s->waited_for;
    if (s->waited_for)
        session_tell_stop(s);
    if (s->extended && s->stop.kind == GDB_STOP_EXITED) {
        program_hold(s);
    } else {
        s->left_in_peace = true;
        s->state = SESSION_CLOSED;
    }
    if (notified)
        non_stop_on_end(s);
}

static void on_stop(struct gdb_session *s)
{
    enum gdb_arch arch = s->ops->arch(s->target, s->stop.thread);
    s->state = SESSION_STOPPED;
    s->general_thread = s->stop.thread;
    trace_client_stopped(s);
    if (!s->arch_known) {
        s->arch = arch;
        s->arch_known = true;
    }
    if (s->run_wanted)
        program_run_wanted(s);
    else if (s->non_stop)
        non_stop_on_attach(s);
    else if (!s->waited_for)
        return;
    else if (s->client.exec_events && (arch != s->arch || s->arch_doubted))
        arch_change_tell(s, arch);
    else
        session_tell_stop(s);
}

void session_stopped(struct gdb_session *s, const struct gdb_stop *stop)
{
    bool ended = stop->kind != GDB_STOP_SIGNAL;
    /* A stopped target may report its stop once more, when an interrupt crossed it on the way. */
    bool unexpected = s->state & (SESSION_STOPPED | SESSION_IDLE);
    if (s->state == SESSION_STOPPED && s->non_stop && !ended) {
        non_stop_on_stop(s, stop);
        return;
    }
    if (s->state & (SESSION_ENDED | SESSION_CLOSED) || (unexpected && !ended))
        return;
    session_end_text(s);
    memcpy(&s->stop, stop, offsetof(struct gdb_stop, message)); /* that is printed once */
    s->stop.message[0] = 0;
    if (s->stop.thread < 1)
        s->stop.thread = 1;
    if (stop->message[0])
        snprintf(s->console, sizeof(s->console), "%.*s", (int)sizeof(stop->message) - 1,
                 stop->message);
    if (ended)
        on_end(s);
    else
        on_stop(s);
}

/* ---- Run control */

/* The resume's answer, instead of a run, is the interrupt that nobody has seen the end of: a stop
 * of the thread that stopped last, or if that was not to go on, of one that was. */
static void interrupt_at_once(struct gdb_session *s, const struct gdb_resume *actions, size_t n)
{
    struct gdb_stop stop = {.code = GDB_SIGINT, .thread = s->stop.thread};
    bool resumed = false;
    for (size_t i = 0; i < n; i++)
        resumed = resumed || actions[i].thread == stop.thread;
    if (n && !resumed)
        stop.thread = actions[0].thread;
    session_stopped(s, &stop);
}

bool session_begin_run(struct gdb_session *s, const struct gdb_resume *actions, size_t n,
                       enum resume_shape shape)
{
    s->reply.none = true;
    s->waited_for = true;
    if (arch_change_resume(s, shape))
        return false;
    s->resumed = shape;
    s->interrupt.shown = false;
    s->state = SESSION_RUNNING; /* first, as the stop may come while the target is told */
    if (s->interrupt.due) {
        interrupt_at_once(s, actions, n);
        return false;
    }
    session_begin_text(s);
    return true;
}

void session_resume(struct gdb_session *s, const struct gdb_resume *actions, size_t n,
                    enum resume_shape shape)
{
    if (s->non_stop) {
        non_stop_resume(s, actions, n);
        return;
    }
    s->back = false;
    if (!session_begin_run(s, actions, n, shape))
        return;
    int err = s->ops->resume(s->target, actions, n);
    if (!err || s->state != SESSION_RUNNING)
        return;
    session_end_text(s);
    s->state = SESSION_STOPPED;
    s->waited_for = false;
    s->interrupt.shown = true;
    reply_errno(&s->reply, err);
}

void session_interrupt(struct gdb_session *s)
{
    if (s->non_stop)
        non_stop_interrupt(s);
    else if (s->state != SESSION_IDLE)
        s->interrupt.due = !s->interrupt.shown && !s->client.thread_suffix;
    if (s->state != SESSION_RUNNING)
        return;
    s->state = SESSION_STOPPING;
    session_hurry_text(s);
    s->ops->interrupt(s->target);
}

static void leave(struct gdb_session *s)
{
    s->left_in_peace = true;
    s->state = SESSION_CLOSED;
    s->waited_for = s->held = false;
}

/* A trace may go on without a client. */
static void detach(struct gdb_session *s)
{
    bool traces = s->tracing && trace_outlives_client(s->tracing);
    s->filters = false;
    s->ops->detach(s->target, traces ? hit_filter_of_trace : NULL, s->tracing);
}

void session_detach(struct gdb_session *s)
{
    if (s->extended)
        program_let_go(s);
    else
        leave(s);
    session_end_text(s);
    detach(s);
    if (s->state == SESSION_IDLE)
        inserted_free(&s->inserted); /* not before: a hit may have been judged by it until now */
}

void session_kill(struct gdb_session *s)
{
    if (s->extended) {
        program_hold(s);
        return;
    }
    leave(s);
    s->ops->kill(s->target);
}

/* Whom nobody can start again has no more to do. */
void session_hang_up(struct gdb_session *s)
{
    bool held = program_is_held(s);
    if (s->left_in_peace)
        return;
    leave(s);
    session_end_text(s);
    if (held)
        s->ops->kill(s->target);
    else
        detach(s);
}
