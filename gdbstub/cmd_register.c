/* g, G, p, P: the selected thread's registers, in the layout of the description the client has. */
#include <errno.h>

#include "command.h"
#include "trace_client.h"
#include "x86_regs.h"

static bool fetch(struct gdb_session *s, unsigned parts, struct gdb_x86_regs *regs)
{
    int err = s->ops->read_registers(s->target, session_thread(s), parts, regs);
    if (err)
        reply_errno(&s->reply, err);
    return !err;
}

static void store(struct gdb_session *s, const struct gdb_x86_regs *was,
                  const struct gdb_x86_regs *regs)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    int err = s->ops->write_registers(s->target, session_thread(s), was, regs, &why);
    if (err)
        reply_error(&s->reply, err, &why);
    else
        reply_printf(&s->reply, "OK");
}

/* What `g` sends. At an exec event gdb forgets the description, and its TUI shows registers before
 * it reads the new one: it takes them for those of an i386 without any, and prints the whole of a
 * longer packet as an error. So it gets what each i386 has: eax to gs, x87, SSE, which the layout
 * begins with. */
static struct x86_layout present_layout(struct gdb_session *s, size_t *size)
{
    enum { I386_PLAIN = 16 * 4 + 8 * 10 + 8 * 4 + 8 * 16 + 4 };
    struct x86_layout layout = session_layout(s);
    if (s->description_due)
        layout.arch = GDB_ARCH_I386;
    x86_g_for(&s->g, layout);
    *size = s->g.size;
    if (s->description_due && *size > I386_PLAIN)
        *size = I386_PLAIN;
    return layout;
}

void cmd_read_registers(struct gdb_session *s, const struct command_args *args)
{
    size_t size;
    const struct x86_layout layout = present_layout(s, &size);
    struct gdb_x86_regs regs;
    uint8_t bytes[X86_REGS_MAX];
    (void)args;
    s->g_told[layout.arch] = s->g_told[layout.arch] || !s->description_due;
    if (s->frame.selected) {
        trace_reply_registers(s, layout, size);
        return;
    }
    if (!fetch(s, X86_REGS_G_PARTS, &regs))
        return;
    x86_g_get(&s->g, &regs, bytes);
    reply_hex(&s->reply, bytes, size);
}

/* As many as `g` sends, or all. */
void cmd_write_registers(struct gdb_session *s, const struct command_args *args)
{
    const struct x86_layout layout = session_layout(s);
    struct gdb_x86_regs was, regs;
    if (!s->ops->write_registers || trace_refuses_write(s))
        return;
    if (args->len != x86_regs_g_size(layout) && args->len != x86_regs_size(layout)) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    if (!fetch(s, GDB_PARTS_ALL, &was))
        return;
    regs = was;
    x86_regs_put(layout, &regs, (const uint8_t *)args->data, args->len);
    store(s, &was, &regs);
}

void cmd_read_register(struct gdb_session *s, const struct command_args *args)
{
    const struct x86_reg *reg = x86_reg_find(session_layout(s), args->number[0]);
    struct gdb_x86_regs regs;
    uint8_t bytes[X86_REG_MAX];
    if (!reg) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    if (s->frame.selected) {
        trace_reply_register(s, reg);
        return;
    }
    if (!fetch(s, reg->part, &regs))
        return;
    x86_reg_get(reg, &regs, bytes);
    reply_hex(&s->reply, bytes, reg->bits / 8);
}

void cmd_write_register(struct gdb_session *s, const struct command_args *args)
{
    const struct x86_reg *reg = x86_reg_find(session_layout(s), args->number[0]);
    struct gdb_x86_regs was, regs;
    if (!s->ops->write_registers || trace_refuses_write(s))
        return;
    if (!reg || args->len != reg->bits / 8) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    if (!fetch(s, reg->part, &was))
        return;
    regs = was;
    x86_reg_put(reg, &regs, (const uint8_t *)args->data);
    store(s, &was, &regs);
}
