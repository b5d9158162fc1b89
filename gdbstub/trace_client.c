#include <errno.h>
#include <string.h>

#include "hit.h"
#include "trace_client.h"

bool trace_offered(const struct gdb_session *s)
{
    return s->tracing && s->ops->set_hit_filter && s->ops->insert_breakpoint &&
           s->ops->remove_breakpoint && s->ops->read_memory;
}

void trace_client_stopped(struct gdb_session *s)
{
    if (!s->tracing)
        return;
    if (s->tracing->left)
        s->ops->set_hit_filter(s->target, NULL, NULL); /* that of no client */
    s->tracing->left = false;
    trace_interrupt(s->tracing);
    hit_update(s);
}

void trace_client_leave(struct gdb_session *s)
{
    trace_frame_leave(&s->frame);
    trace_upload_end(&s->upload);
}

bool trace_refuses_write(struct gdb_session *s)
{
    if (s->frame.selected)
        reply_printf(&s->reply, "E.what a trace frame shows can't be changed (tfind none first)");
    return s->frame.selected;
}

/* ---- Registers */

static void reply_register(struct gdb_session *s, const struct x86_reg *reg,
                           const struct gdb_x86_regs *regs, const struct gdb_x86_regs *known)
{
    uint8_t bytes[X86_REG_MAX];
    x86_reg_get(reg, known, bytes);
    bool there = bytes[0];
    x86_reg_get(reg, regs, bytes);
    if (there)
        reply_hex(&s->reply, bytes, reg->bits / 8);
    else
        memset(reply_extend(&s->reply, reg->bits / 4), 'x', reg->bits / 4);
}

void trace_reply_registers(struct gdb_session *s, struct x86_layout layout, size_t size)
{
    struct gdb_x86_regs regs, known;
    trace_frame_registers(&s->frame, &regs, &known);
    for (size_t row = 0, at = 0; row < x86_reg_rows; row++) {
        const struct x86_reg *reg = &x86_regs[row];
        if (!x86_reg_belongs(reg, layout))
            continue;
        at += reg->bits / 8;
        if (at > size)
            return;
        reply_register(s, reg, &regs, &known);
    }
}

void trace_reply_register(struct gdb_session *s, const struct x86_reg *reg)
{
    struct gdb_x86_regs regs, known;
    trace_frame_registers(&s->frame, &regs, &known);
    reply_register(s, reg, &regs, &known);
}

/* ---- Memory */

/* How many bytes from ADDR on need not have been collected. */
static size_t constant(const struct trace *t, uint64_t addr, size_t len)
{
    for (size_t i = 0; i < t->readonly_count; i++) {
        const struct trace_range *range = &t->readonly[i];
        if (addr >= range->start && addr < range->end)
            return len < range->end - addr ? len : range->end - addr;
    }
    return 0;
}

int64_t trace_read_memory(struct gdb_session *s, uint64_t addr, void *buf, size_t len)
{
    size_t n = trace_frame_memory(&s->frame, addr, buf, len);
    if (n)
        return (int64_t)n;
    n = constant(s->tracing, addr, len);
    return n ? s->ops->read_memory(s->target, session_thread(s), addr, buf, n) : -EFAULT;
}
