/* bs, bc: back in time (GDB manual, "Reverse Execution").
 *
 * What gdb 13 sends: Hc0, then `bc` for reverse-continue and `bs` for each instruction of the
 * others, which have no ranges and no signals. Its breakpoints stay inserted, that at the present
 * pc too, with their conditions and commands. Hc1 comes before a `bs` where thread 1 alone is
 * meant: to get past a breakpoint, out while that lasts, whose condition gdb itself has found
 * false. */
#include <errno.h>

#include "command.h"
#include "non_stop.h"

/* gdb takes an error for a stop without a reason, and may go on from it; the beginning of what was
 * recorded ends each of its commands. */
static struct gdb_stop refusal(int thread, const char *why)
{
    struct gdb_stop stop = {
        .code = GDB_SIGTRAP, .thread = thread, .reason = GDB_REASON_HISTORY_BEGIN};
    struct gdb_text message;
    gdb_text_init(&message, stop.message, sizeof(stop.message));
    gdb_text_printf(&message, "Can't go back: %s\n", why);
    return stop;
}

static void travel(struct gdb_session *s, int thread, enum gdb_travel how, enum resume_shape shape)
{
    char buf[512];
    struct gdb_text why;
    struct gdb_resume meant = {.thread = thread};
    gdb_text_init(&why, buf, sizeof(buf));
    s->back = true;
    if (!session_begin_run(s, &meant, 1, shape) ||
        !s->ops->travel_back(s->target, thread, how, &why))
        return;
    struct gdb_stop stop = refusal(thread, why.buf);
    session_stopped(s, &stop);
}

/* There is one past for all CPUs, and others may run. gdb 13 does not wait for an OK here, as it
 * does for that of a vCont, but for a stop. */
static void refuse_in_non_stop(struct gdb_session *s, int thread)
{
    struct gdb_stop stop =
        refusal(thread, "not in non-stop mode (start gdb with: set non-stop off)");
    if (non_stop_concerns(s, thread, GDB_RESUME_STEP)) {
        s->reply.none = true;
        stop_queue_go(&s->stops, thread);
        non_stop_on_stop(s, &stop);
    } else {
        reply_errno(&s->reply, EBUSY);
    }
}

static void go_back(struct gdb_session *s, enum gdb_travel how, enum resume_shape shape)
{
    bool chosen = s->resume_thread > 0;
    int thread = chosen ? s->resume_thread : session_thread(s);
    if (chosen && shape == RESUME_STEPS)
        shape = RESUME_STEPS_ALONE;
    if (s->non_stop && s->ops->travel_back)
        refuse_in_non_stop(s, thread);
    else if (s->ops->travel_back)
        travel(s, thread, how, shape);
}

void cmd_reverse_step(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    go_back(s, GDB_TRAVEL_STEP, RESUME_STEPS);
}

void cmd_reverse_continue(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    go_back(s, GDB_TRAVEL_CONTINUE, RESUME_CONTINUES);
}
