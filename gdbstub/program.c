#include "program.h"

#include "arch_change.h"
#include "non_stop.h"
#include "stop_reply.h"

static void lose(struct gdb_session *s)
{
    s->state = SESSION_IDLE;
    s->waited_for = s->run_wanted = s->held = s->interrupt.due = false;
    s->crossing.phase = CROSSING_NONE;
    s->shown_first = 0;
    stop_queue_close(&s->stops);
}

/* gdb takes its breakpoints for gone with the program, and sends no z. */
void program_hold(struct gdb_session *s)
{
    if (s->non_stop && s->state != SESSION_IDLE)
        s->ops->set_non_stop(s->target, false);
    lose(s);
    inserted_outdate(&s->inserted);
    arch_change_drop_stale(s);
}

void program_let_go(struct gdb_session *s)
{
    lose(s);
    s->left_in_peace = true;
}

bool program_is_held(const struct gdb_session *s)
{
    return s->state == SESSION_IDLE && !s->left_in_peace;
}

bool program_is_let_go(const struct gdb_session *s)
{
    return s->state == SESSION_IDLE && s->left_in_peace;
}

void program_seize(struct gdb_session *s, bool waits)
{
    s->left_in_peace = false;
    s->state = SESSION_STOPPING;
    s->waited_for = waits && (s->run_wanted || !s->non_stop);
    s->arch_known = s->arch_doubted = false; /* the client reads the description anew */
    if (waits && !s->waited_for)
        session_send(s, "OK", 2);
    s->reply.none = true;
    s->ops->interrupt(s->target);
}

/* As at power-on. */
static void begin(struct gdb_session *s)
{
    s->state = SESSION_STOPPED;
    s->stop = (struct gdb_stop){.code = GDB_SIGTRAP, .thread = 1};
    s->general_thread = 1;
    s->resume_thread = 0;
    s->arch = s->ops->arch(s->target, 1);
    s->arch_known = true;
    s->arch_doubted = false;
    s->others_mentioned = false;
}

static void restart(struct gdb_session *s, bool waits)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    program_hold(s);
    int err = s->ops->restart(s->target, &why);
    if (!err && s->non_stop)
        err = s->ops->set_non_stop(s->target, true);
    if (err) {
        reply_error(&s->reply, err, &why);
    } else {
        begin(s);
        stop_reply(s, &s->stop, &s->reply);
    }
    if (waits)
        session_send(s, s->reply.data, s->reply.len);
    s->reply.none = true;
    if (!err && s->non_stop)
        non_stop_on_start(s);
}

void program_run(struct gdb_session *s, bool waits)
{
    if (!program_is_let_go(s)) {
        restart(s, waits);
        return;
    }
    s->run_wanted = true;
    program_seize(s, waits);
}

void program_run_wanted(struct gdb_session *s)
{
    bool waits = s->waited_for;
    reply_clear(&s->reply);
    restart(s, waits);
}
