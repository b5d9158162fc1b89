/* What becomes of a CPU that has come to a tracepoint, or has ended a step of while-stepping: on
 * the CPU's own thread, with the trace's lock. */
#include <errno.h>

#include "hit_view.h"
#include "trace.h"

/* One frame in the making. */
struct frame {
    struct trace *t;
    const struct trace_point *point;
    struct hit_view cpu;
    uint8_t arch;
    bool too_large;         /* for the whole of the buffer */
    enum agent_error error; /* that ends the trace */
};

static void frame_begin(struct frame *f, struct trace *t, const struct trace_point *p,
                        const struct gdb_hit *hit)
{
    f->t = t;
    f->point = p;
    hit_view_init(&f->cpu, t->ops, t->target, hit);
    f->cpu.layout = p->layout;
    f->arch = 0;
    f->too_large = false;
    f->error = AGENT_OK;
}

/* ---- What the bytecode machine can reach */

static int read_register(void *context, unsigned number, uint64_t *value)
{
    struct frame *f = context;
    return hit_view_register(&f->cpu, number, value);
}

static int read_memory(void *context, uint64_t addr, void *buf, size_t len)
{
    const struct frame *f = context;
    return hit_view_memory(&f->cpu, addr, buf, len) == (int64_t)len ? 0 : -EFAULT;
}

static int read_variable(void *context, unsigned number, uint64_t *value)
{
    struct frame *f = context;
    return trace_variable_read(&f->t->variables, number, value);
}

static int write_variable(void *context, unsigned number, uint64_t value)
{
    struct frame *f = context;
    return trace_variable_write(&f->t->variables, number, value);
}

/* Whether SIZE more bytes leave the frame small enough for the buffer. */
static bool has_room(struct frame *f, size_t size)
{
    size_t used = sizeof(struct trace_frame_head) + f->t->scratch.len;
    if (used > f->t->buffer.size || size > f->t->buffer.size - used)
        f->too_large = true;
    return !f->too_large;
}

/* Up to the first byte that can't be read: gdb shows the rest as <unavailable>. */
static int trace_memory(void *context, uint64_t addr, size_t len)
{
    struct frame *f = context;
    struct buffer *frame = &f->t->scratch;
    addr = hit_view_address(&f->cpu, addr);
    while (len) {
        size_t n = len < TRACE_MEMORY_MAX ? len : TRACE_MEMORY_MAX;
        uint8_t *to = has_room(f, n) ? trace_block_memory(frame, addr, n) : NULL;
        if (!to)
            return -ENOMEM;
        int64_t got = hit_view_memory(&f->cpu, addr, to, n);
        size_t read = got < 0 ? 0 : (size_t)got;
        if (read < n) {
            trace_block_cut(frame, n, n - read);
            break;
        }
        addr += n;
        len -= n;
    }
    return 0;
}

static int trace_variable(void *context, unsigned number)
{
    struct frame *f = context;
    uint64_t value;
    int err = trace_variable_read(&f->t->variables, number, &value);
    if (!err && has_room(f, 16))
        trace_block_variable(&f->t->scratch, number, value);
    return err;
}

static enum agent_error evaluate(struct frame *f, const struct agent_expr *expr, uint64_t *value)
{
    const struct agent_host host = {
        .context = f,
        .read_register = read_register,
        .read_memory = read_memory,
        .read_variable = read_variable,
        .write_variable = write_variable,
        .trace_memory = trace_memory,
        .trace_variable = trace_variable,
    };
    return agent_expr_run(expr, &host, value);
}

/* ---- Actions */

static void collect_registers(struct frame *f)
{
    struct trace *t = f->t;
    const uint8_t *bytes = buffer_bytes(&t->scratch);
    if ((bytes && t->scratch.len && *bytes == TRACE_REGISTERS) ||
        hit_view_fetch(&f->cpu, X86_REGS_G_PARTS))
        return;
    f->arch = (uint8_t)t->ops->arch(t->target, f->cpu.hit->thread);
    struct x86_layout layout = {.arch = f->arch, .has = f->point->layout.has};
    x86_g_for(&t->g, layout);
    const size_t size = t->g.size;
    uint8_t *to = has_room(f, 1 + size) ? trace_block_registers(&t->scratch, size) : NULL;
    if (to)
        x86_g_get(&t->g, &f->cpu.regs, to);
}

static void collect_memory(struct frame *f, const struct trace_action *action)
{
    uint64_t base = 0;
    if (action->based && hit_view_register(&f->cpu, action->base, &base))
        return;
    trace_memory(f, base + action->addr, action->len);
}

/* Memory that isn't there is not collected, as with `collect` of memory itself: a pointer may be
 * null at some hits. Any other error is one of the expression's, and would come again. */
static void evaluate_action(struct frame *f, const struct trace_action *action)
{
    uint64_t value;
    enum agent_error error = evaluate(f, &action->expr, &value);
    if (error != AGENT_NO_MEMORY)
        f->error = error;
}

static bool wants_registers(const struct trace_actions *actions)
{
    for (size_t i = 0; i < actions->n; i++)
        if (actions->list[i].kind == TRACE_COLLECT_REGISTERS)
            return true;
    return false;
}

static void collect(struct frame *f, const struct trace_actions *actions)
{
    if (wants_registers(actions))
        collect_registers(f);
    for (size_t i = 0; i < actions->n && !f->error && !f->too_large; i++) {
        const struct trace_action *action = &actions->list[i];
        if (action->kind == TRACE_COLLECT_MEMORY)
            collect_memory(f, action);
        else if (action->kind == TRACE_EVALUATE)
            evaluate_action(f, action);
    }
}

static void keep(struct frame *f, struct trace_point *p)
{
    struct trace *t = f->t;
    struct trace_frame_head head = {
        .pc = f->cpu.hit->pc,
        .size = (uint32_t)t->scratch.len,
        .tracepoint = (uint16_t)p->number,
        .arch = f->arch,
    };
    if (f->too_large || t->scratch.failed ||
        !trace_buffer_add(&t->buffer, &head, buffer_bytes(&t->scratch)))
        trace_end(t, TRACE_FULL, 0, NULL);
    else
        p->usage += head.size;
}

/* Makes a frame of P's ACTIONS. */
static void record(struct trace *t, struct trace_point *p, const struct gdb_hit *hit,
                   const struct trace_actions *actions)
{
    struct frame f;
    frame_begin(&f, t, p, hit);
    t->scratch.len = t->scratch.start = 0;
    collect(&f, actions);
    keep(&f, p);
    if (f.error && t->running)
        trace_end(t, TRACE_ERROR, p->number, agent_error_text(f.error));
}

/* ---- Steps and passes */

static bool has_passed(const struct trace_point *p)
{
    return p->passes && p->hits >= p->passes;
}

static void pass(struct trace *t, const struct trace_point *p)
{
    if (t->running && has_passed(p))
        trace_end(t, TRACE_PASSED, p->number, NULL);
}

/* P, if it is stepped for already, has its steps before it anew. */
static bool begin_steps(struct trace_thread *thread, struct trace_point *p)
{
    size_t i = 0;
    while (i < thread->n && thread->stepping[i].point != p)
        i++;
    if (i == TRACE_STEPPING_MAX)
        return false;
    thread->stepping[i].point = p;
    thread->stepping[i].left = p->steps;
    if (i == thread->n)
        thread->n++;
    return true;
}

static void end_steps(struct trace *t, struct trace_thread *thread, size_t i)
{
    struct trace_point *p = thread->stepping[i].point;
    thread->stepping[i] = thread->stepping[--thread->n];
    pass(t, p);
}

void trace_give_up_steps(struct trace *t, struct trace_thread *thread)
{
    while (thread->n)
        end_steps(t, thread, thread->n - 1);
}

/* An instruction of while-stepping is over. */
static void stepped(struct trace *t, struct trace_thread *thread, const struct gdb_hit *hit)
{
    for (size_t i = thread->n; i-- && t->running;) {
        struct trace_point *p = thread->stepping[i].point;
        record(t, p, hit, &p->step_actions);
        if (!--thread->stepping[i].left)
            end_steps(t, thread, i);
    }
}

/* A condition that can't be evaluated must not pass for a false one. */
static bool is_met(struct trace *t, struct trace_point *p, const struct gdb_hit *hit)
{
    struct frame f;
    uint64_t value = 1;
    frame_begin(&f, t, p, hit);
    enum agent_error error = p->condition.code ? evaluate(&f, &p->condition, &value) : AGENT_OK;
    if (error)
        trace_end(t, TRACE_ERROR, p->number, agent_error_text(error));
    return !error && value;
}

static void arrived(struct trace *t, struct trace_thread *thread, struct trace_point *p,
                    const struct gdb_hit *hit)
{
    if (!p->inserted || has_passed(p) || !is_met(t, p, hit))
        return; /* after the last pass only its steps are due */
    p->hits++;
    record(t, p, hit, &p->actions);
    if (!p->steps || !begin_steps(thread, p))
        pass(t, p);
}

static void collect_at(struct trace *t, struct trace_thread *thread, const struct gdb_hit *hit)
{
    const struct trace_points *set = &t->points;
    if (hit->kind != GDB_HIT_WATCH && hit->asked)
        stepped(t, thread, hit);
    else if (hit->kind != GDB_HIT_WATCH)
        trace_give_up_steps(t, thread); /* a stop has come between */
    if (hit->kind == GDB_HIT_BREAKPOINT)
        for (size_t i = trace_points_from(set, hit->pc);
             t->running && i < set->n && set->list[i]->addr == hit->pc; i++)
            arrived(t, thread, set->list[i], hit);
    if (hit->in_step)
        trace_give_up_steps(t, thread);
}

enum gdb_verdict trace_hit(struct trace *t, const struct gdb_hit *hit)
{
    enum gdb_verdict verdict = GDB_HIT_GO_ON;
    pthread_mutex_lock(&t->lock);
    if (t->running && (size_t)hit->thread <= t->threads) {
        struct trace_thread *thread = &t->stepping[hit->thread - 1];
        collect_at(t, thread, hit);
        if (t->running && thread->n)
            verdict = GDB_HIT_STEP;
    }
    pthread_mutex_unlock(&t->lock);
    return verdict;
}
