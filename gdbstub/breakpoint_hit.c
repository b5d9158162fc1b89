#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "breakpoint_hit.h"
#include "breakpoint_lists.h"
#include "hit_view.h"

/* ---- What the expressions can reach */

struct view {
    struct gdb_session *s;
    struct hit_view cpu;
};

static int read_register(void *context, unsigned number, uint64_t *value)
{
    struct view *v = context;
    return hit_view_register(&v->cpu, number, value);
}

static int read_memory(void *context, uint64_t addr, void *buf, size_t len)
{
    const struct view *v = context;
    return hit_view_memory(&v->cpu, addr, buf, len) == (int64_t)len ? 0 : -EFAULT;
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
    v->cpu.layout = lists->layout;
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
    for (size_t place = SIZE_MAX;
         (entry = inserted_code_at(&v->s->inserted, v->cpu.hit->pc, &place)); any = true)
        stop |= stops(v, entry);
    return stop || !any;
}

static bool watch_stops(struct view *v)
{
    const struct inserted_entry *entry;
    bool any = false, stop = false;
    for (size_t i = 0; (entry = inserted_watch_over(&v->s->inserted, v->cpu.hit->addr, &i));) {
        const bool hit = entry->b.type == v->cpu.hit->watch;
        any |= hit;
        stop |= hit && stops(v, entry);
    }
    return stop || !any;
}

bool breakpoint_is_stop(struct gdb_session *s, const struct gdb_hit *hit)
{
    struct view view;
    view.s = s;
    hit_view_init(&view.cpu, s->ops, s->target, hit);
    return hit->kind == GDB_HIT_WATCH ? watch_stops(&view) : code_stops(&view);
}
