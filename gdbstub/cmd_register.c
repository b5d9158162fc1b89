/* g, G, p, P: the selected thread's registers, in the layout of the description the client has. */
#include <errno.h>

#include "command.h"
#include "x86_regs.h"

static bool fetch(struct gdb_session *s, struct gdb_x86_regs *regs)
{
    int err = s->ops->read_registers(s->target, session_thread(s), GDB_PARTS_ALL, regs);
    if (err)
        reply_errno(&s->reply, err);
    return !err;
}

static void store(struct gdb_session *s, const struct gdb_x86_regs *regs)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    int err = s->ops->write_registers(s->target, session_thread(s), regs, &why);
    if (err)
        reply_error(&s->reply, err, &why);
    else
        reply_printf(&s->reply, "OK");
}

void cmd_read_registers(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    struct gdb_x86_regs regs;
    uint8_t bytes[X86_REGS_MAX];
    if (!fetch(s, &regs))
        return;
    x86_regs_get(s->arch, &regs, bytes);
    reply_hex(&s->reply, bytes, x86_regs_size(s->arch));
}

void cmd_write_registers(struct gdb_session *s, const struct command_args *args)
{
    struct gdb_x86_regs regs;
    if (!s->ops->write_registers)
        return;
    if (args->len != x86_regs_size(s->arch)) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    if (!fetch(s, &regs))
        return;
    x86_regs_put(s->arch, &regs, (const uint8_t *)args->data);
    store(s, &regs);
}

void cmd_read_register(struct gdb_session *s, const struct command_args *args)
{
    const struct x86_reg *reg = x86_reg_find(s->arch, args->number[0]);
    struct gdb_x86_regs regs;
    uint8_t bytes[16];
    if (!reg) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    if (!fetch(s, &regs))
        return;
    x86_reg_get(reg, &regs, bytes);
    reply_hex(&s->reply, bytes, reg->bits / 8);
}

void cmd_write_register(struct gdb_session *s, const struct command_args *args)
{
    const struct x86_reg *reg = x86_reg_find(s->arch, args->number[0]);
    struct gdb_x86_regs regs;
    if (!s->ops->write_registers)
        return;
    if (!reg || args->len != reg->bits / 8) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    if (!fetch(s, &regs))
        return;
    x86_reg_put(reg, &regs, (const uint8_t *)args->data);
    store(s, &regs);
}
