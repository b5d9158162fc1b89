/* qSupported, qXfer:features and other questions about the stub. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "non_stop.h"
#include "target_xml.h"
#include "trace_client.h"

static const struct {
    const char *name;
    size_t flag; /* in struct client_features */
} client_features[] = {
    {"swbreak+", offsetof(struct client_features, swbreak)},
    {"hwbreak+", offsetof(struct client_features, hwbreak)},
    {"exec-events+", offsetof(struct client_features, exec_events)},
};

static void note_feature(struct gdb_session *s, const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof(client_features) / sizeof(client_features[0]); i++)
        if (strlen(client_features[i].name) == len && !memcmp(client_features[i].name, name, len))
            *(bool *)((char *)&s->client + client_features[i].flag) = true;
}

/* Whether there is an image for what the CPU executes; that can be asked of a stopped one only. */
static bool names_image(struct gdb_session *s)
{
    if (!s->ops->image_name || s->state != SESSION_STOPPED)
        return false;
    bool held = non_stop_hold(s);
    bool named = s->ops->image_name(s->target, session_thread(s));
    if (held)
        non_stop_release(s);
    return named;
}

void cmd_supported(struct gdb_session *s, const struct command_args *args)
{
    s->client = (struct client_features){0};
    const char *p = args->data, *end = p + args->len;
    while (p < end) {
        const char *next = memchr(p, ';', (size_t)(end - p));
        if (!next)
            next = end;
        note_feature(s, p, (size_t)(next - p));
        p = next + (next < end);
    }
    reply_printf(&s->reply,
                 "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:threads:read+;"
                 "vContSupported+;binary-upload+",
                 (unsigned)PACKET_SIZE);
    if (trace_offered(s))
        reply_printf(&s->reply,
                     ";ConditionalTracepoints+;TracepointSource+;EnableDisableTracepoints+;"
                     "InstallInTrace+;DisconnectedTracing+;QTBuffer:size+;tracenz+;"
                     "qXfer:traceframe-info:read+");
    if (non_stop_offered(s))
        reply_printf(&s->reply, ";QNonStop+");
    if (s->ops->travel_back)
        reply_printf(&s->reply, ";ReverseStep+;ReverseContinue+");
    if (s->ops->set_hit_filter)
        reply_printf(&s->reply, ";ConditionalBreakpoints+;BreakpointCommands+");
    if (names_image(s))
        reply_printf(&s->reply, ";qXfer:exec-file:read+");
    if (memory_map_known(s))
        reply_printf(&s->reply, ";qXfer:memory-map:read+");
    for (size_t i = 0; i < sizeof(client_features) / sizeof(client_features[0]); i++)
        if (*(bool *)((char *)&s->client + client_features[i].flag))
            reply_printf(&s->reply, ";%s", client_features[i].name);
}

void cmd_no_ack(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_printf(&s->reply, "OK");
    outbox_stop_acks(&s->out);
}

/* 1: we were there before gdb came, so quitting gdb detaches instead of killing the machine. */
void cmd_attached(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_printf(&s->reply, "1");
}

void cmd_must_reply_empty(struct gdb_session *s, const struct command_args *args)
{
    (void)s;
    (void)args;
}

void reply_part(struct reply *r, const void *document, size_t size, uint64_t offset, uint64_t len)
{
    size_t start = offset < size ? offset : size;
    size_t most = PACKET_SIZE / 2 - 8; /* each byte may be escaped */
    size_t part = size - start;
    if (part > len)
        part = len;
    if (part > most)
        part = most;
    reply_printf(r, start + part < size ? "m" : "l");
    reply_bytes(r, (const char *)document + start, part);
}

void cmd_features(struct gdb_session *s, const struct command_args *args)
{
    static const char annex[] = "target.xml";
    if (args->word_len != strlen(annex) || memcmp(args->word, annex, args->word_len)) {
        reply_printf(&s->reply, "E00");
        return;
    }
    /* Who reads from the start wants the present description; its further parts must fit it. */
    s->description_due = false;
    if (args->number[0] == 0)
        s->arch = s->ops->arch(s->target, session_thread(s));
    struct buffer xml = {0};
    target_xml(session_layout(s), &xml);
    if (xml.failed)
        reply_errno(&s->reply, ENOMEM);
    else
        reply_part(&s->reply, buffer_bytes(&xml), xml.len, args->number[0], args->number[1]);
    buffer_free(&xml);
}
