/* QTDP, QTDPsrc, QTEnable, QTDisable, qTP, qTfP, QTDV, qTV, qTfV: what a trace is made of (GDB
 * manual, "Tracepoint Packets"). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "trace_client.h"

void cmd_trace_define(struct gdb_session *s, const struct command_args *args)
{
    char buf[256];
    struct gdb_text why;
    struct trace *t = s->tracing;
    struct trace_point *point = NULL;
    gdb_text_init(&why, buf, sizeof(buf));
    int err =
        trace_points_define(&t->points, args->data, args->len, session_layout(s), &point, &why);
    if (!err)
        err = trace_place_point(t, point, &why);
    trace_reply(s, err, &why);
}

void cmd_trace_source(struct gdb_session *s, const struct command_args *args)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    trace_reply(s, trace_points_source(&s->tracing->points, args->data, args->len, &why), &why);
}

static void enable(struct gdb_session *s, const struct command_args *args, bool on)
{
    char buf[256];
    struct gdb_text why;
    struct trace *t = s->tracing;
    struct trace_point *p = trace_points_find(&t->points, args->number[0], args->number[1]);
    gdb_text_init(&why, buf, sizeof(buf));
    if (!p) {
        reply_printf(&s->reply, "E.there is no such tracepoint");
        return;
    }
    p->enabled = on;
    trace_reply(s, trace_place_point(t, p, &why), &why);
}

void cmd_trace_enable(struct gdb_session *s, const struct command_args *args)
{
    enable(s, args, true);
}

void cmd_trace_disable(struct gdb_session *s, const struct command_args *args)
{
    enable(s, args, false);
}

void cmd_trace_hits(struct gdb_session *s, const struct command_args *args)
{
    struct trace *t = s->tracing;
    const struct trace_point *p = trace_points_find(&t->points, args->number[0], args->number[1]);
    if (!p) {
        reply_printf(&s->reply, "E.there is no such tracepoint");
        return;
    }
    pthread_mutex_lock(&t->lock);
    reply_printf(&s->reply, "V%" PRIx64 ":%" PRIx64, p->hits, p->usage);
    pthread_mutex_unlock(&t->lock);
}

/* ---- What there is, line by line */

/* The line at the session's place in the definitions, which is moved behind it. */
static void reply_line(struct gdb_session *s)
{
    struct trace_listing *at = &s->trace_listing;
    const struct trace_points *set = &s->tracing->points;
    while (at->point < set->n) {
        const struct trace_point *p = set->list[at->point];
        if (!at->begun) {
            struct buffer line = {0};
            trace_point_tell(p, &line);
            reply_bytes(&s->reply, buffer_bytes(&line), line.len);
            buffer_free(&line);
            at->begun = true;
            return;
        }
        if (at->text < p->text.len) {
            const char *line = (const char *)buffer_bytes(&p->text) + at->text;
            reply_bytes(&s->reply, line, strlen(line));
            at->text += strlen(line) + 1;
            return;
        }
        *at = (struct trace_listing){.point = at->point + 1};
    }
    reply_printf(&s->reply, "l");
}

void cmd_trace_first_point(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    s->trace_listing = (struct trace_listing){0};
    reply_line(s);
}

void cmd_trace_next_point(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_line(s);
}

/* ---- Variables */

void cmd_trace_variable(struct gdb_session *s, const struct command_args *args)
{
    struct trace *t = s->tracing;
    pthread_mutex_lock(&t->lock);
    int err = trace_variables_define(&t->variables, args->data, args->len);
    pthread_mutex_unlock(&t->lock);
    if (err)
        reply_errno(&s->reply, err);
    else
        reply_printf(&s->reply, "OK");
}

void cmd_trace_value(struct gdb_session *s, const struct command_args *args)
{
    struct trace *t = s->tracing;
    uint64_t value;
    pthread_mutex_lock(&t->lock);
    bool known = s->frame.selected ? trace_frame_variable(&s->frame, args->number[0], &value)
                                   : !trace_variable_read(&t->variables, args->number[0], &value);
    pthread_mutex_unlock(&t->lock);
    if (known)
        reply_printf(&s->reply, "V%" PRIx64, value);
    else
        reply_printf(&s->reply, "U");
}

static void reply_variable(struct gdb_session *s)
{
    const struct trace_variables *set = &s->tracing->variables;
    if (s->trace_variables_told >= set->n) {
        reply_printf(&s->reply, "l");
        return;
    }
    const struct trace_variable *v = &set->list[s->trace_variables_told++];
    reply_printf(&s->reply, "%x:%" PRIx64 ":%d:", v->number, v->initial, v->builtin);
    reply_bytes(&s->reply, v->name, strlen(v->name));
}

void cmd_trace_first_variable(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    s->trace_variables_told = 0;
    reply_variable(s);
}

void cmd_trace_next_variable(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_variable(s);
}
