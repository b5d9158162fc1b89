/* QTinit, QTStart, QTStop, qTStatus and the trace's settings (GDB manual, "Tracepoint Packets"). */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "hex.h"
#include "hit.h"
#include "trace_client.h"

void trace_reply(struct gdb_session *s, int err, const struct gdb_text *why)
{
    if (err)
        reply_error(&s->reply, err, why);
    else
        reply_printf(&s->reply, "OK");
}

void cmd_trace_init(struct gdb_session *s, const struct command_args *args)
{
    int err = trace_reset(s->tracing);
    (void)args;
    trace_client_leave(s);
    if (err)
        reply_errno(&s->reply, err);
    else
        reply_printf(&s->reply, "OK");
}

void cmd_trace_start(struct gdb_session *s, const struct command_args *args)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    (void)args;
    trace_client_leave(s);
    int err = trace_start(s->tracing);
    if (err) {
        gdb_text_printf(&why, "no memory for the trace (set a smaller trace-buffer-size)");
    } else {
        hit_update(s); /* first, as the target needs to know whom to ask */
        err = trace_insert(s->tracing, &why);
    }
    trace_reply(s, err, &why);
}

void cmd_trace_stop(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    trace_stop(s->tracing, TRACE_STOPPED);
    reply_printf(&s->reply, "OK");
}

/* ---- Status */

static void reply_hex_text(struct gdb_session *s, const char *text)
{
    if (text)
        reply_hex(&s->reply, text, strlen(text));
}

/* Words that the client sent in hex. */
static void reply_words(struct gdb_session *s, const char *hex)
{
    if (hex)
        reply_bytes(&s->reply, hex, strlen(hex));
}

/* ";WHY:[TEXT:]NUMBER", the number being a tracepoint's or 0. After a tstop without notes the text
 * is empty, and gdb 13 shows "()": without any its tsave dereferences a null pointer. */
static void reply_end(struct gdb_session *s, const struct trace *t)
{
    static const char *const names[] = {
        [TRACE_NOT_RUN] = "tnotrun",   [TRACE_STOPPED] = "tstop",
        [TRACE_FULL] = "tfull",        [TRACE_DISCONNECTED] = "tdisconnected",
        [TRACE_PASSED] = "tpasscount", [TRACE_ERROR] = "terror",
    };
    reply_printf(&s->reply, ";%s:", names[t->end]);
    if (t->end == TRACE_STOPPED)
        reply_words(s, t->stop_notes);
    if (t->end == TRACE_ERROR)
        reply_hex_text(s, t->end_text);
    if (t->end == TRACE_ERROR || t->end == TRACE_STOPPED)
        reply_printf(&s->reply, ":");
    reply_printf(&s->reply, "%x", t->end_point);
}

static void reply_buffer(struct gdb_session *s, const struct trace *t)
{
    const struct trace_buffer *b = &t->buffer;
    size_t wanted = t->wanted_size ? t->wanted_size : TRACE_BUFFER_DEFAULT;
    reply_printf(&s->reply, ";tframes:%" PRIx64 ";tcreated:%" PRIx64, trace_buffer_frames(b),
                 b->created);
    reply_printf(&s->reply, ";tfree:%" PRIx64 ";tsize:%zx;circular:%d;disconn:%d",
                 b->size ? trace_buffer_room(b) : wanted, b->size ? b->size : wanted, b->circular,
                 t->disconnected);
}

void cmd_trace_status(struct gdb_session *s, const struct command_args *args)
{
    struct trace *t = s->tracing;
    (void)args;
    s->files_have_all = !s->g_told[s->arch];
    pthread_mutex_lock(&t->lock);
    reply_printf(&s->reply, "T%d", t->running);
    if (!t->running)
        reply_end(s, t);
    reply_buffer(s, t);
    reply_printf(&s->reply, ";starttime:%" PRIx64 ";stoptime:%" PRIx64, t->start_time,
                 t->stop_time);
    pthread_mutex_unlock(&t->lock);
    reply_printf(&s->reply, ";username:");
    reply_words(s, t->user);
    reply_printf(&s->reply, ";notes:");
    reply_words(s, t->notes);
}

/* ---- Settings */

/* "-1" is the default. */
void cmd_trace_size(struct gdb_session *s, const struct command_args *args)
{
    uint64_t size = 0;
    bool given = args->len != 2 || memcmp(args->data, "-1", 2);
    if (given && (hex_number(args->data, args->len, &size) != args->len || !size))
        reply_errno(&s->reply, EINVAL);
    else if (trace_set_size(s->tracing, size))
        reply_printf(&s->reply, "E.a trace buffer has at most %d MiB", TRACE_BUFFER_MAX >> 20);
    else
        reply_printf(&s->reply, "OK");
}

void cmd_trace_circular(struct gdb_session *s, const struct command_args *args)
{
    trace_set_circular(s->tracing, args->number[0]);
    reply_printf(&s->reply, "OK");
}

void cmd_trace_disconnected(struct gdb_session *s, const struct command_args *args)
{
    s->tracing->disconnected = args->number[0];
    reply_printf(&s->reply, "OK");
}

enum { WORDS_MAX = 4096 };

/* One "NAME:HEX". False if it is not that. */
static bool take_note(struct trace *t, const char *text, size_t len)
{
    const struct {
        const char *name;
        char **words;
    } notes[] = {{"user:", &t->user}, {"notes:", &t->notes}, {"tstop:", &t->stop_notes}};
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        size_t name = strlen(notes[i].name);
        if (len < name || memcmp(text, notes[i].name, name))
            continue;
        for (size_t c = name; c < len; c++)
            if (hex_digit(text[c]) < 0)
                return false;
        free(*notes[i].words);
        *notes[i].words = len - name <= WORDS_MAX ? strndup(text + name, len - name) : NULL;
        return *notes[i].words;
    }
    return false;
}

void cmd_trace_notes(struct gdb_session *s, const struct command_args *args)
{
    const char *at = args->data, *end = at + args->len;
    bool good = true;
    while (at < end && good) {
        const char *next = memchr(at, ';', (size_t)(end - at));
        next = next ? next : end;
        good = next == at || take_note(s->tracing, at, (size_t)(next - at));
        at = next + (next < end);
    }
    if (good)
        reply_printf(&s->reply, "OK");
    else
        reply_errno(&s->reply, EINVAL);
}

/* ---- Memory that need not be collected, as it never changes */

static bool take_range(const char **at, const char *end, struct trace_range *range)
{
    size_t n = hex_number(*at, (size_t)(end - *at), &range->start);
    *at += n;
    if (!n || *at == end || *(*at)++ != ',')
        return false;
    n = hex_number(*at, (size_t)(end - *at), &range->end);
    *at += n;
    return n && (*at == end || *(*at)++ == ':');
}

void cmd_trace_readonly(struct gdb_session *s, const struct command_args *args)
{
    const char *at = args->data, *end = at + args->len;
    struct trace_range *list = calloc(TRACE_READONLY_MAX, sizeof(*list));
    size_t n = 0;
    bool good = list;
    while (good && at < end)
        good = n < TRACE_READONLY_MAX && take_range(&at, end, &list[n++]);
    if (!good) {
        free(list);
        reply_errno(&s->reply, list ? EINVAL : ENOMEM);
        return;
    }
    free(s->tracing->readonly);
    s->tracing->readonly = list;
    s->tracing->readonly_count = n;
    reply_printf(&s->reply, "OK");
}
