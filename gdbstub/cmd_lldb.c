/* What lldb asks and gdb does not (LLDB's docs/lldb-gdb-remote.txt): what is debugged, all threads
 * at once, and the thread that a packet means at the packet's end. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "hex.h"
#include "stop_reply.h"
#include "target_xml.h"
#include "x86_regs.h"

/* The machine as LLVM calls it. Without an OS lldb looks for no dynamic loader in memory; code16
 * makes it disassemble 16-bit code. */
static const struct {
    const char *triple;
    unsigned pointer_size;
} machines[] = {
    [GDB_ARCH_I8086] = {"i386-unknown-none-code16", 4},
    [GDB_ARCH_I386] = {"i386-unknown-none", 4},
    [GDB_ARCH_X86_64] = {"x86_64-unknown-none", 8},
};

static void reply_machine(struct gdb_session *s)
{
    const char *triple = machines[s->arch].triple;
    reply_printf(&s->reply, "triple:");
    reply_hex(&s->reply, triple, strlen(triple));
    reply_printf(&s->reply, ";endian:little;ptrsize:%u;", machines[s->arch].pointer_size);
}

void cmd_host_info(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_machine(s);
    reply_printf(&s->reply, "watchpoint_exceptions_received:after;");
}

/* The machine is process 1. */
void cmd_process_info(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_printf(&s->reply, "pid:1;");
    reply_machine(s);
}

void cmd_thread_suffix(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    s->client.thread_suffix = true;
    reply_printf(&s->reply, "OK");
}

void cmd_list_threads(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    s->client.threads_in_stops = true;
    reply_printf(&s->reply, "OK");
}

/* The stop of one thread; those that did not stop by themselves have no signal. */
void cmd_thread_stop(struct gdb_session *s, const struct command_args *args)
{
    if (!session_thread_exists(s, args->thread))
        reply_errno(&s->reply, ESRCH);
    else if (args->thread == s->stop.thread)
        stop_reply(s, &s->stop, &s->reply);
    else
        reply_printf(&s->reply, "T00thread:%02x;", (unsigned)args->thread);
}

/* ---- jThreadsInfo */

static void json_text(struct buffer *json, const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || strchr("\"\\", *text))
            buffer_printf(json, "\\u%04x", (unsigned char)*text);
        else
            buffer_append(json, text, 1);
}

static const char *stop_reason_of(const struct gdb_session *s)
{
    switch (s->stop.reason) {
    case GDB_REASON_SWBREAK:
    case GDB_REASON_HWBREAK:
        return "breakpoint";
    case GDB_REASON_WATCH:
    case GDB_REASON_RWATCH:
    case GDB_REASON_AWATCH:
        return "watchpoint";
    case GDB_REASON_HISTORY_BEGIN:
    case GDB_REASON_HISTORY_END:
        return "history boundary";
    case GDB_REASON_NONE:
        break;
    }
    return "signal";
}

static void json_registers(struct gdb_session *s, int thread, struct buffer *json)
{
    const uint8_t *numbers = stop_registers(s->arch);
    struct gdb_x86_regs regs;
    char hex[2 * X86_REG_MAX + 1];
    uint8_t value[X86_REG_MAX];
    if (s->ops->read_registers(s->target, thread, GDB_PART_BASE, &regs))
        return;
    buffer_printf(json, ",\"registers\":{");
    for (size_t i = 0; i < STOP_REGISTERS; i++) {
        const struct x86_reg *reg = x86_reg_find(session_layout(s), numbers[i]);
        x86_reg_get(reg, &regs, value);
        hex_encode(hex, value, reg->bits / 8);
        buffer_printf(json, "%s\"%u\":\"%.*s\"", i ? "," : "", numbers[i], (int)reg->bits / 4, hex);
    }
    buffer_printf(json, "}");
}

static void json_thread(struct gdb_session *s, int thread, struct buffer *json)
{
    char name[128];
    bool stopped = thread == s->stop.thread;
    thread_name(s, thread, name, sizeof(name));
    buffer_printf(json, "{\"tid\":%d,\"name\":\"", thread);
    json_text(json, name);
    buffer_printf(json, "\",\"signal\":%d,\"reason\":\"%s\"", stopped ? s->stop.code : 0,
                  stopped ? stop_reason_of(s) : "none");
    if (stopped && !strcmp(stop_reason_of(s), "watchpoint"))
        buffer_printf(json, ",\"description\":\"%" PRIu64 " 0\"", s->stop.addr);
    json_registers(s, thread, json);
    buffer_printf(json, "}");
}

void cmd_threads_info(struct gdb_session *s, const struct command_args *args)
{
    struct buffer json = {0};
    size_t count = s->ops->thread_count(s->target);
    (void)args;
    for (size_t i = 1; i <= count; i++) {
        buffer_printf(&json, i == 1 ? "[" : ",");
        json_thread(s, (int)i, &json);
    }
    buffer_printf(&json, "]");
    if (json.failed || json.len > s->reply.max)
        reply_errno(&s->reply, json.failed ? ENOMEM : EMSGSIZE);
    else
        reply_bytes(&s->reply, buffer_bytes(&json), json.len);
    buffer_free(&json);
}
