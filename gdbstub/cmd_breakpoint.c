/* Z and z: breakpoints and watchpoints, with their conditions and commands. */
#include <errno.h>
#include <stdlib.h>

#include "command.h"
#include "hit.h"

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

/* Puts B in the target, unless it is there. False if that failed: then the reply says why. */
static bool insert(struct gdb_session *s, struct inserted_breakpoint b)
{
    if (inserted_has(&s->inserted, b)) {
        inserted_renew(&s->inserted, b);
        return true;
    }
    int err = inserted_reserve(&s->inserted);
    if (err)
        reply_errno(&s->reply, err);
    if (err || !ask(s, s->ops->insert_breakpoint, b))
        return false;
    inserted_add(&s->inserted, b);
    return true;
}

/* The client sends a breakpoint anew when its conditions have changed: the last ones count. */
void cmd_insert_breakpoint(struct gdb_session *s, const struct command_args *args)
{
    struct inserted_breakpoint b = breakpoint_of(args);
    struct breakpoint_lists *lists;
    if (!s->ops->insert_breakpoint || args->number[0] > GDB_WATCH_ACCESS)
        return;
    int err = breakpoint_lists_parse(&lists, session_layout(s), args->data, args->len);
    if (!err && lists && !s->ops->set_hit_filter)
        err = -EOPNOTSUPP;
    if (err || !insert(s, b)) {
        free(lists);
        if (err)
            reply_errno(&s->reply, err);
        return;
    }
    inserted_set_lists(&s->inserted, b, lists);
    hit_update(s);
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
        hit_update(s);
    }
    reply_printf(&s->reply, "OK");
}
