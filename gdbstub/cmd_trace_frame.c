/* QTFrame, qXfer:traceframe-info, qTBuffer: looking at what was recorded (GDB manual, "Tracepoint
 * Packets", "Traceframe Info Format"). */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "hex.h"
#include "target_xml.h"
#include "trace_client.h"

static const struct {
    const char *words;
    enum trace_find_kind kind;
    bool is_range;
} searches[] = {
    {"tdp:", TRACE_FIND_POINT, false},  {"pc:", TRACE_FIND_RANGE, false},
    {"range:", TRACE_FIND_RANGE, true}, {"outside:", TRACE_FIND_OUTSIDE, true},
    {"", TRACE_FIND_NUMBER, false},
};

static bool parse_numbers(const char *at, const char *end, bool two, struct trace_find *find)
{
    size_t n = hex_number(at, (size_t)(end - at), &find->first);
    at += n;
    find->number = find->last = find->first;
    if (!n || !two)
        return n && at == end;
    if (at == end || *at++ != ':')
        return false;
    n = hex_number(at, (size_t)(end - at), &find->last);
    return n && at + n == end;
}

static bool parse_find(const struct command_args *args, struct trace_find *find)
{
    size_t i = 0, n;
    while ((n = strlen(searches[i].words)) > args->len || memcmp(args->data, searches[i].words, n))
        i++;
    find->kind = searches[i].kind;
    return parse_numbers(args->data + n, args->data + args->len, searches[i].is_range, find);
}

/* gdb leaves the frames with number -1. */
void cmd_trace_find(struct gdb_session *s, const struct command_args *args)
{
    struct trace_find find;
    uint64_t number;
    if (!parse_find(args, &find)) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    if (find.kind == TRACE_FIND_NUMBER && find.number == UINT32_MAX)
        trace_frame_leave(&s->frame);
    else if (!trace_frame_find(&s->frame, s->tracing, &find, session_layout(s).has, &number)) {
        reply_printf(&s->reply, "F%" PRIx64 "T%x", number, s->frame.head.tracepoint);
        return;
    }
    reply_printf(&s->reply, "F-1");
}

/* What was collected beside registers; gdb tells by it what it can show. */
void cmd_trace_info(struct gdb_session *s, const struct command_args *args)
{
    struct buffer xml = {0};
    struct trace_block block;
    if (!s->frame.selected) {
        reply_printf(&s->reply, "E.no trace frame is selected");
        return;
    }
    buffer_printf(&xml, "<?xml version=\"1.0\"?>\n<!DOCTYPE traceframe-info SYSTEM "
                        "\"traceframe-info.dtd\">\n<traceframe-info>\n");
    for (size_t at = 0; trace_frame_block(&s->frame, &at, &block);)
        if (block.kind == TRACE_MEMORY)
            buffer_printf(&xml, "<memory start=\"0x%" PRIx64 "\" length=\"0x%zx\"/>\n", block.addr,
                          block.len);
        else if (block.kind == TRACE_VARIABLE)
            buffer_printf(&xml, "<tvar id=\"0x%" PRIx32 "\"/>\n", block.number);
    buffer_printf(&xml, "</traceframe-info>\n");
    if (xml.failed)
        reply_errno(&s->reply, ENOMEM);
    else
        reply_part(&s->reply, buffer_bytes(&xml), xml.len, args->number[0], args->number[1]);
    buffer_free(&xml);
}

void cmd_trace_buffer(struct gdb_session *s, const struct command_args *args)
{
    enum { MOST = PACKET_SIZE / 2 - 8 };
    struct buffer bytes = {0};
    size_t len = args->number[1] < MOST ? args->number[1] : MOST;
    struct trace_file_registers file = {.layout = session_layout(s)};
    file.size = s->files_have_all ? x86_regs_size(file.layout) : x86_regs_g_size(file.layout);
    int err = trace_upload_read(&s->upload, s->tracing, file, args->number[0], len, &bytes);
    if (err == -ESTALE)
        reply_printf(&s->reply, "E.frames have fallen out meanwhile (stop the trace first)");
    else if (err)
        reply_errno(&s->reply, err);
    else if (bytes.len)
        reply_hex(&s->reply, buffer_bytes(&bytes), bytes.len);
    else
        reply_printf(&s->reply, "l");
    buffer_free(&bytes);
}
