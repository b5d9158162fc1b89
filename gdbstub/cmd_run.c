/* ?, c, s, C, S, vCont, vCtrlC, D, k, vKill: run control. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "hex.h"
#include "non_stop.h"
#include "stop_reply.h"

/* `?` is answered with the stop itself, whatever change of architecture came with it. No text may
 * be printed here; it waits for the next chance. */
void cmd_stop_reason(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    s->crossing.phase = CROSSING_NONE;
    if (s->non_stop)
        non_stop_status(s);
    else if (s->state == SESSION_IDLE)
        reply_printf(&s->reply, "W00");
    else
        stop_reply(s, &s->stop, &s->reply);
}

/* ---- vCont */

enum {
    ACTIONS_MAX = 256,
    THREADS_MOSTLY = 16, /* a target with more costs an allocation */
};

struct action {
    enum gdb_resume_kind kind;
    int thread;          /* -1 and 0 mean each */
    uint64_t start, end; /* as in struct gdb_resume */
};

static const struct action_kind {
    char letter;
    enum gdb_resume_kind kind;
    enum { PLAIN, WITH_SIGNAL, WITH_RANGE } shape;
    bool non_stop;
} action_kinds[] = {
    {'c', GDB_RESUME_CONTINUE, PLAIN, false},  {'C', GDB_RESUME_CONTINUE, WITH_SIGNAL, false},
    {'s', GDB_RESUME_STEP, PLAIN, false},      {'S', GDB_RESUME_STEP, WITH_SIGNAL, false},
    {'r', GDB_RESUME_STEP, WITH_RANGE, false}, {'t', GDB_RESUME_STOP, PLAIN, true},
};

static const struct action_kind *action_kind(const struct gdb_session *s, char letter)
{
    for (size_t i = 0; i < sizeof(action_kinds) / sizeof(action_kinds[0]); i++)
        if (action_kinds[i].letter == letter && (s->non_stop || !action_kinds[i].non_stop))
            return &action_kinds[i];
    return NULL;
}

/* START,END; how many characters, or 0. */
static size_t parse_range(const char *p, size_t len, struct action *action)
{
    size_t n = hex_number(p, len, &action->start);
    if (!n || n == len || p[n] != ',')
        return 0;
    size_t m = hex_number(p + n + 1, len - n - 1, &action->end);
    return m && action->start <= action->end ? n + 1 + m : 0;
}

/* What follows the letter of a KIND; how many characters, or 0 if it is not there. A machine knows
 * no signals: theirs are read and dropped. */
static size_t parse_operand(const struct action_kind *kind, const char *p, size_t len,
                            struct action *action)
{
    uint64_t signal;
    return kind->shape == WITH_RANGE ? parse_range(p, len, action) : hex_number(p, len, &signal);
}

/* Reads one action that starts at *AT, a letter with an optional ":thread", and moves past it. */
static bool parse_action(const struct gdb_session *s, const char **at, const char *end,
                         struct action *action)
{
    const char *p = *at;
    const struct action_kind *kind = p < end ? action_kind(s, *p++) : NULL;
    if (!kind)
        return false;
    *action = (struct action){.kind = kind->kind, .thread = -1};
    if (kind->shape != PLAIN) {
        size_t n = parse_operand(kind, p, (size_t)(end - p), action);
        if (!n)
            return false;
        p += n;
    }
    if (p < end && *p == ':') {
        size_t n = command_thread_id(p + 1, (size_t)(end - p - 1), &action->thread);
        if (!n)
            return false;
        p += 1 + n;
    }
    *at = p;
    return true;
}

/* Reads actions separated by ';'. Returns how many, 0 if they are malformed or too many. */
static size_t parse_actions(const struct gdb_session *s, const struct command_args *args,
                            struct action actions[ACTIONS_MAX])
{
    const char *p = args->data, *end = p + args->len;
    for (size_t n = 0; n < ACTIONS_MAX;) {
        struct action *action = &actions[n++];
        if (!parse_action(s, &p, end, action))
            return 0;
        if (action->thread > 0 && !session_thread_exists(s, action->thread))
            return 0;
        if (p == end)
            return n;
        if (*p++ != ';')
            return 0;
    }
    return 0;
}

/* What the first of ACTIONS that is for THREAD says, or NULL: it stays stopped. */
static const struct action *action_for(int thread, const struct action *actions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (actions[i].thread <= 0 || actions[i].thread == thread)
            return &actions[i];
    return NULL;
}

/* What the packet of these actions looks like to who tells steps from continues. gdb leaves a
 * breakpoint by one step, never by a range of them. */
static enum resume_shape shape_of(const struct action *actions, size_t n)
{
    bool alone = n == 1 && actions[0].thread > 0 && actions[0].start == actions[0].end;
    for (size_t i = 0; i < n; i++)
        if (actions[i].kind == GDB_RESUME_STEP)
            return alone ? RESUME_STEPS_ALONE : RESUME_STEPS;
    return RESUME_CONTINUES;
}

static void resume(struct gdb_session *s, const struct action *actions, size_t n)
{
    size_t threads = s->ops->thread_count(s->target), count = 0;
    struct gdb_resume few[THREADS_MOSTLY], *many = NULL, *resumed = few;
    if (threads > THREADS_MOSTLY)
        resumed = many = calloc(threads, sizeof(*many));
    if (!resumed) {
        reply_errno(&s->reply, ENOMEM);
        return;
    }
    for (size_t i = 0; i < threads; i++) {
        int thread = (int)i + 1;
        const struct action *action = action_for(thread, actions, n);
        if (action && (!s->non_stop || non_stop_concerns(s, thread, action->kind)))
            resumed[count++] =
                (struct gdb_resume){thread, action->kind, action->start, action->end};
    }
    session_resume(s, resumed, count, shape_of(actions, n));
    free(many);
}

void cmd_resume(struct gdb_session *s, const struct command_args *args)
{
    struct action actions[ACTIONS_MAX];
    size_t n = parse_actions(s, args, actions);
    if (n)
        resume(s, actions, n);
    else
        reply_errno(&s->reply, EINVAL);
}

/* Without S some clients turn a step into a continue; without C gdb uses the old packets. */
void cmd_resume_actions(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_printf(&s->reply, "vCont;c;C;s;S;r%s", non_stop_offered(s) ? ";t" : "");
}

/* ---- The older packets */

static bool set_pc(struct gdb_session *s, int thread, uint64_t pc)
{
    struct gdb_x86_regs was, regs;
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    int err = non_stop_runs(s, thread) ? -EBUSY
              : s->ops->write_registers
                  ? s->ops->read_registers(s->target, thread, GDB_PART_BASE, &was)
                  : -ENOTSUP;
    if (!err) {
        regs = was;
        regs.pc = pc;
        err = s->ops->write_registers(s->target, thread, &was, &regs, &why);
    }
    if (err)
        reply_error(&s->reply, err, &why);
    return !err;
}

/* `c` sets each thread going unless Hc chose one; `s` steps one alone. ADDR is where that one goes
 * on, or NULL. */
static void resume_old(struct gdb_session *s, enum gdb_resume_kind kind, const uint64_t *addr)
{
    int chosen = s->resume_thread > 0 ? s->resume_thread : session_thread(s);
    bool all = kind == GDB_RESUME_CONTINUE && s->resume_thread <= 0;
    struct action action = {.kind = kind, .thread = all ? -1 : chosen};
    if (addr && !set_pc(s, chosen, *addr))
        return;
    resume(s, &action, 1);
}

void cmd_continue(struct gdb_session *s, const struct command_args *args)
{
    resume_old(s, GDB_RESUME_CONTINUE, args->numbers ? &args->number[0] : NULL);
}

void cmd_continue_signal(struct gdb_session *s, const struct command_args *args)
{
    resume_old(s, GDB_RESUME_CONTINUE, args->numbers > 1 ? &args->number[1] : NULL);
}

void cmd_step(struct gdb_session *s, const struct command_args *args)
{
    resume_old(s, GDB_RESUME_STEP, args->numbers ? &args->number[0] : NULL);
}

void cmd_step_signal(struct gdb_session *s, const struct command_args *args)
{
    resume_old(s, GDB_RESUME_STEP, args->numbers > 1 ? &args->number[1] : NULL);
}

/* ---- Ends */

void cmd_interrupt(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    session_send(s, "OK", 2); /* before the stop that this may bring at once */
    s->reply.none = true;
    session_interrupt(s);
}

void cmd_detach(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    session_detach(s);
    reply_printf(&s->reply, "OK");
}

void cmd_kill(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    session_kill(s);
    s->reply.none = !s->client.thread_suffix; /* only lldb waits for an answer: ended by SIGKILL */
    reply_printf(&s->reply, "X09");
}

void cmd_kill_reply(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    session_kill(s);
    reply_printf(&s->reply, "OK");
}
