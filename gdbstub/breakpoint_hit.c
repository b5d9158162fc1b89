#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "breakpoint_hit.h"
#include "breakpoint_lists.h"

/* ---- What the expressions can reach */

/* The CPU as they find it; its registers are read once, when one is wanted. */
struct view {
    struct gdb_session *s;
    const struct gdb_hit *hit;
    struct x86_layout layout;
    unsigned parts; /* that REGS holds */
    struct gdb_x86_regs regs;
};

static int fetch(struct view *v, unsigned part)
{
    if (v->parts & part)
        return 0;
    const unsigned parts = v->parts | part;
    const int err = v->s->ops->read_registers(v->s->target, v->hit->thread, parts, &v->regs);
    v->parts = err ? 0 : parts;
    return err;
}

static int read_register(void *context, unsigned number, uint64_t *value)
{
    struct view *v = context;
    const struct x86_reg *reg = x86_reg_find(v->layout, number);
    uint8_t bytes[X86_REG_MAX] = {0};
    if (!reg || reg->bits > 64)
        return -EINVAL;
    const int err = fetch(v, reg->part);
    if (err)
        return err;
    x86_reg_get(reg, &v->regs, bytes);
    memcpy(value, bytes, sizeof(*value));
    return 0;
}

/* The stack's values are wider than the addresses of 16- and 32-bit code, and carry signs. */
static int read_memory(void *context, uint64_t addr, void *buf, size_t len)
{
    const struct view *v = context;
    if (v->layout.arch != GDB_ARCH_X86_64)
        addr = (uint32_t)addr;
    const int64_t n = v->s->ops->read_memory(v->s->target, v->hit->thread, addr, buf, len);
    return n == (int64_t)len ? 0 : -EFAULT;
}

static void print(void *context, const char *text, size_t len)
{
    const struct view *v = context;
    printout_write(v->s->printout, text, len);
}

static enum agent_error evaluate(struct view *v, const struct agent_expr *expr, uint64_t *value)
{
    const struct agent_host host = {
        .context = v,
        .read_register = read_register,
        .read_memory = read_memory,
        .print = v->s->printout ? print : NULL,
    };
    return agent_expr_run(expr, &host, value);
}

/* ---- One breakpoint */

enum truth { UNTRUE, TRUE, UNKNOWN };

/* Of the first condition that is not untrue. */
static enum truth judge(struct view *v, const struct breakpoint_lists *lists)
{
    for (size_t i = 0; i < lists->conditions; i++) {
        uint64_t value;
        if (evaluate(v, &lists->exprs[i], &value))
            return UNKNOWN;
        if (value)
            return TRUE;
    }
    return lists->conditions ? UNTRUE : TRUE;
}

static void run_commands(struct view *v, const struct inserted_entry *entry)
{
    const struct breakpoint_lists *lists = entry->lists;
    const struct agent_expr *commands = lists->exprs + lists->conditions;
    for (size_t i = 0; i < lists->commands; i++) {
        char text[160];
        uint64_t value;
        const enum agent_error error = evaluate(v, &commands[i], &value);
        if (!error)
            continue;
        const int len =
            snprintf(text, sizeof(text),
                     "stepvm: a command of the breakpoint at %#" PRIx64 " can't be run: %s\n",
                     entry->b.addr, agent_error_text(error));
        print(v, text, (size_t)len);
    }
}

static bool stops(struct view *v, const struct inserted_entry *entry)
{
    const struct breakpoint_lists *lists = entry->lists;
    if (!lists)
        return true;
    v->layout = lists->layout;
    const enum truth truth = judge(v, lists);
    if (truth == TRUE)
        run_commands(v, entry);
    return truth == UNKNOWN || (truth == TRUE && !lists->commands);
}

/* ---- All that are hit: each has its say, for its commands' sake. Where the client has none, it is
 * the target's own, as the end of a step over a call; or one that the client has forgotten. */

static bool code_stops(struct view *v)
{
    const struct inserted_entry *entry;
    bool any = false, stop = false;
    for (size_t place = SIZE_MAX; (entry = inserted_code_at(&v->s->inserted, v->hit->pc, &place));
         any = true)
        stop |= stops(v, entry);
    return stop || !any;
}

static bool watch_stops(struct view *v)
{
    const struct inserted_entry *entry;
    bool any = false, stop = false;
    for (size_t i = 0; (entry = inserted_watch_over(&v->s->inserted, v->hit->addr, &i));) {
        const bool hit = entry->b.type == v->hit->watch;
        any |= hit;
        stop |= hit && stops(v, entry);
    }
    return stop || !any;
}

bool breakpoint_is_stop(struct gdb_session *s, const struct gdb_hit *hit)
{
    struct view view; /* its registers are large, and mostly not needed */
    view.s = s;
    view.hit = hit;
    view.parts = 0;
    return hit->kind == GDB_HIT_WATCH ? watch_stops(&view) : code_stops(&view);
}
