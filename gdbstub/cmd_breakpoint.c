/* Z and z: breakpoints and watchpoints. */
#include <errno.h>

#include "command.h"

typedef int breakpoint_op(void *target, enum gdb_breakpoint_type type, uint64_t addr, uint64_t kind,
                          struct gdb_text *why);

/* Calls OP. True if the target did it; else the reply says why not, empty for a type it lacks. */
static bool ask(struct gdb_session *s, breakpoint_op *op, struct inserted_breakpoint b)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    int err = op(s->target, b.type, b.addr, b.kind, &why);
    if (err && err != -EOPNOTSUPP)
        reply_error(&s->reply, err, &why);
    return !err;
}

static struct inserted_breakpoint breakpoint_of(const struct command_args *args)
{
    return (struct inserted_breakpoint){(enum gdb_breakpoint_type)args->number[0], args->number[1],
                                        args->number[2]};
}

void cmd_insert_breakpoint(struct gdb_session *s, const struct command_args *args)
{
    struct inserted_breakpoint b = breakpoint_of(args);
    if (!s->ops->insert_breakpoint || args->number[0] > GDB_WATCH_ACCESS)
        return;
    if (!inserted_has(&s->inserted, b)) {
        int err = inserted_reserve(&s->inserted);
        if (err) {
            reply_errno(&s->reply, err);
            return;
        }
        if (!ask(s, s->ops->insert_breakpoint, b))
            return;
        inserted_add(&s->inserted, b);
    } else {
        inserted_renew(&s->inserted, b);
    }
    reply_printf(&s->reply, "OK");
}

void cmd_remove_breakpoint(struct gdb_session *s, const struct command_args *args)
{
    struct inserted_breakpoint b = breakpoint_of(args);
    if (!s->ops->remove_breakpoint || args->number[0] > GDB_WATCH_ACCESS)
        return;
    if (inserted_has(&s->inserted, b)) {
        if (!ask(s, s->ops->remove_breakpoint, b))
            return;
        inserted_remove(&s->inserted, b);
    }
    reply_printf(&s->reply, "OK");
}
