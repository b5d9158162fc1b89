/* What becomes of a vCPU that has come to something that is inserted: the filter is asked, on the
 * vCPU's own thread and before anyone hears of it (gdb_target_ops.set_hit_filter).
 *
 * Each hit is asked for once. So one that was kicked at a breakpoint is asked for at once, and has
 * then either stopped there, or has it to leave. */
#include "debug/run/run_state.h"

#define INT3 0xcc

void run_control_set_filter(struct run_control *rc, gdb_hit_filter *filter, void *context)
{
    pthread_mutex_lock(&rc->lock);
    rc->filter.ask = filter;
    rc->filter.context = context;
    for (unsigned i = 0; i < rc->count; i++)
        rc->cpus[i].asks = rc->cpus[i].unasked = false;
    pthread_mutex_unlock(&rc->lock);
}

void run_control_stop_at(struct run_control *rc, uint64_t addr, bool alone)
{
    pthread_mutex_lock(&rc->lock);
    rc->own.is_set = true;
    rc->own.is_alone = alone;
    rc->own.addr = addr;
    pthread_mutex_unlock(&rc->lock);
}

void run_control_stop_nowhere(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    rc->own.is_set = false;
    pthread_mutex_unlock(&rc->lock);
}

bool run_own_at(const struct run_control *rc, uint64_t pc)
{
    return rc->own.is_set && rc->own.addr == pc;
}

const struct breakpoint *run_clients_at(const struct run_control *rc, uint64_t pc)
{
    return breakpoints_clients_at(rc->breakpoints, pc);
}

/* ---- What the filter reads */

bool run_control_is_asked(const struct run_control *rc, unsigned cpu)
{
    return rc->cpus[cpu].asked;
}

static void uncover(struct run_control *rc, const struct gva_space *space, uint64_t addr,
                    uint8_t *byte)
{
    uint64_t gpa;
    if (!gva_translate(space, addr, &gpa))
        return;
    pthread_mutex_lock(&rc->lock);
    breakpoints_uncover(rc->breakpoints, gpa, byte);
    pthread_mutex_unlock(&rc->lock);
    temp_int3_uncover(rc->temp, gpa, byte);
}

size_t run_control_read(struct run_control *rc, const struct gva_space *space, uint64_t addr,
                        void *buf, size_t len)
{
    uint8_t *bytes = buf;
    const size_t n = gva_read(space, addr, bytes, len);
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == INT3)
            uncover(rc, space, addr + i, &bytes[i]);
    return n;
}

/* ---- Asking */

enum gdb_breakpoint_type run_client_type(enum breakpoint_type watch)
{
    if (watch == WATCH_WRITE)
        return GDB_WATCH_WRITE;
    return watch == WATCH_READ ? GDB_WATCH_READ : GDB_WATCH_ACCESS;
}

/* What was said of the hits of one moment. */
struct verdicts {
    bool stop, step;
};

/* Asks of a hit that without a filter STOPS or not. True: it does. */
static bool ask(const struct run_control *rc, struct run_cpu *cpu, const struct gdb_hit *hit,
                bool stops, struct verdicts *said)
{
    cpu->asked = true;
    const enum gdb_verdict verdict = rc->filter.ask(rc->filter.context, hit);
    cpu->asked = false;
    stops = stops && verdict == GDB_HIT_STOP;
    said->stop = said->stop || stops;
    said->step = said->step || verdict == GDB_HIT_STEP;
    return stops;
}

static void ask_watch(const struct run_control *rc, struct run_cpu *cpu, struct gdb_hit hit,
                      struct verdicts *said)
{
    hit.kind = GDB_HIT_WATCH;
    hit.watch = run_client_type(cpu->step.hit.type);
    hit.addr = cpu->step.hit.addr;
    cpu->step.hit.is_hit = ask(rc, cpu, &hit, true, said);
}

/* Whether it has parked at the end of something, and not in its midst. */
static bool has_come(const struct run_control *rc, struct run_cpu *cpu,
                     const struct vcpu_stop *stop)
{
    if (stop->kind == VCPU_STOP_KICKED)
        return run_cpu_arrived(rc, cpu);
    return stop->kind == VCPU_STOP_DEBUG &&
           (cpu->again == AGAIN_NO || cpu->step.hit.is_hit || cpu->why[0]);
}

static bool ask_all(const struct run_control *rc, struct run_cpu *cpu, struct gdb_hit *hit,
                    struct verdicts *said)
{
    const bool at = breakpoints_at(rc->breakpoints, hit->pc);
    if (cpu->step.hit.is_hit)
        ask_watch(rc, cpu, *hit, said);
    hit->kind = at ? GDB_HIT_BREAKPOINT : GDB_HIT_STEPPED;
    hit->traced_only = at && !run_clients_at(rc, hit->pc);
    if (at || cpu->asks)
        cpu->passed = !ask(rc, cpu, hit, at && !hit->traced_only, said) && at;
    said->stop = said->stop || (at && run_own_at(rc, hit->pc));
    return at;
}

void run_hit_judge(struct run_control *rc, struct run_cpu *cpu, struct vcpu_stop *stop)
{
    struct verdicts said = {false, false};
    struct gdb_hit hit = {.thread = (int)vcpu_index(cpu->vcpu) + 1};
    cpu->passed = false;
    if (!rc->filter.ask || !has_come(rc, cpu, stop) || vcpu_linear_pc(cpu->vcpu, &hit.pc))
        return;
    hit.asked = cpu->asks;
    hit.in_step = cpu->action == RUN_STEP && !run_range_holds(cpu);
    const bool was_hit = cpu->step.hit.is_hit || cpu->asks;
    const bool at = ask_all(rc, cpu, &hit, &said);
    cpu->asks = said.step && !said.stop;
    if (said.stop || hit.in_step || cpu->why[0]) {
        cpu->asks = false;
        stop->kind = VCPU_STOP_DEBUG; /* also for one that was kicked */
        stop->exit_reason = KVM_EXIT_DEBUG;
    } else if (at) {
        cpu->again = AGAIN_LEAVE;
    } else if (was_hit) {
        cpu->again = AGAIN_FREELY;
    }
}

bool run_hit_ask_now(struct run_control *rc, unsigned index)
{
    struct run_cpu *cpu = &rc->cpus[index];
    struct vcpu_stop stop = {.kind = VCPU_STOP_KICKED};
    cpu->unasked = false;
    pthread_mutex_unlock(&rc->lock);
    run_hit_judge(rc, cpu, &stop);
    pthread_mutex_lock(&rc->lock);
    cpu->again = AGAIN_NO;
    return stop.kind == VCPU_STOP_DEBUG;
}
