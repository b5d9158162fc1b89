#include <inttypes.h>
#include <string.h>

#include "stop_reply.h"
#include "x86_regs.h"

const char *stop_arch_file(enum gdb_arch arch)
{
    static const char *const files[] = {
        [GDB_ARCH_I8086] = "/stepvm:i8086",
        [GDB_ARCH_I386] = "/stepvm:i386",
        [GDB_ARCH_X86_64] = "/stepvm:x86-64",
    };
    return files[arch];
}

static void reason(const struct gdb_session *s, const struct gdb_stop *stop, struct reply *r)
{
    switch (stop->reason) {
    case GDB_REASON_NONE:
        break;
    case GDB_REASON_SWBREAK:
        if (s->client.swbreak)
            reply_printf(r, "swbreak:;");
        break;
    case GDB_REASON_HWBREAK:
        if (s->client.hwbreak)
            reply_printf(r, "hwbreak:;");
        break;
    case GDB_REASON_WATCH:
        reply_printf(r, "watch:%" PRIx64 ";", stop->addr);
        break;
    case GDB_REASON_RWATCH:
        reply_printf(r, "rwatch:%" PRIx64 ";", stop->addr);
        break;
    case GDB_REASON_AWATCH:
        reply_printf(r, "awatch:%" PRIx64 ";", stop->addr);
        break;
    case GDB_REASON_HISTORY_BEGIN:
        reply_printf(r, "replaylog:begin;");
        break;
    case GDB_REASON_HISTORY_END:
        reply_printf(r, "replaylog:end;");
        break;
    }
}

const uint8_t *stop_registers(enum gdb_arch arch)
{
    static const uint8_t numbers[][STOP_REGISTERS] = {
        [GDB_ARCH_I8086] = {8, 4, 5},
        [GDB_ARCH_I386] = {8, 4, 5},
        [GDB_ARCH_X86_64] = {16, 7, 6},
    };
    return numbers[arch];
}

static void expedited(struct gdb_session *s, int thread, struct reply *r)
{
    const uint8_t *numbers = stop_registers(s->arch);
    const struct x86_layout layout = session_layout(s);
    struct gdb_x86_regs regs;
    if (s->ops->read_registers(s->target, thread, GDB_PART_GENERAL, &regs))
        return;
    for (size_t i = 0; i < STOP_REGISTERS; i++) {
        const struct x86_reg *reg = x86_reg_find(layout, numbers[i]);
        reply_number(r, numbers[i]);
        reply_text(r, ":");
        reply_hex(r, (const uint8_t *)&regs + reg->offset, reg->bits / 8);
        reply_text(r, ";");
    }
}

/* All of them, for lldb, which would ask else. */
static void threads(struct gdb_session *s, struct reply *r)
{
    size_t count = s->ops->thread_count(s->target);
    for (size_t i = 1; i <= count; i++)
        reply_printf(r, "%s%zx", i == 1 ? "threads:" : ",", i);
    reply_printf(r, ";");
}

void stop_reply(struct gdb_session *s, const struct gdb_stop *stop, struct reply *r)
{
    unsigned code = (unsigned)stop->code & 0xff;
    switch (stop->kind) {
    case GDB_STOP_EXITED:
        reply_printf(r, "W%02x", code);
        break;
    case GDB_STOP_KILLED:
        reply_printf(r, "X%02x", code);
        break;
    case GDB_STOP_SIGNAL:
        reply_text(r, "T");
        reply_number(r, code);
        reply_text(r, "thread:");
        reply_number(r, (unsigned)stop->thread);
        reply_text(r, ";");
        reason(s, stop, r);
        expedited(s, stop->thread, r);
        if (s->client.threads_in_stops)
            threads(s, r);
        break;
    }
}

void stop_reply_exec(struct gdb_session *s, const char *file, struct reply *r)
{
    reply_printf(r, "T%02xexec:", GDB_SIGTRAP);
    reply_hex(r, file, strlen(file));
    reply_printf(r, ";thread:%02x;", (unsigned)s->stop.thread);
}
