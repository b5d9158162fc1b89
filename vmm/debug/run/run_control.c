#include "debug/run/run_state.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct run_control *run_control_new(struct memory *memory, struct breakpoints *breakpoints,
                                    const struct catches *catches, const struct host_debug *host)
{
    struct run_control *rc = calloc(1, sizeof *rc);
    if (!rc)
        return NULL;
    rc->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    rc->temp = temp_int3_new(memory);
    if (rc->fd < 0 || !rc->temp) {
        const int code = errno;
        if (rc->fd >= 0)
            close(rc->fd);
        temp_int3_free(rc->temp);
        free(rc);
        errno = code;
        return NULL;
    }
    pthread_mutex_init(&rc->lock, NULL);
    pthread_cond_init(&rc->all_parked, NULL);
    rc->memory = memory;
    rc->breakpoints = breakpoints;
    rc->catches = catches;
    rc->host = host;
    rc->stopped = true;
    rc->event.kind = RUN_EVENT_STEPPED; /* before the first instruction: a trap, not a Ctrl-C */
    return rc;
}

void run_control_free(struct run_control *rc)
{
    if (!rc)
        return;
    close(rc->fd);
    for (unsigned i = 0; i < rc->count; i++)
        step_memo_free(rc->cpus[i].step.memo);
    temp_int3_free(rc->temp);
    pthread_cond_destroy(&rc->all_parked);
    pthread_mutex_destroy(&rc->lock);
    free(rc);
}

int run_control_fd(const struct run_control *rc)
{
    return rc->fd;
}

void run_control_set_taker(struct run_control *rc, const struct run_taker *taker)
{
    rc->taker = taker;
}

void run_control_set_cpus(struct run_control *rc, struct vcpu *const *cpus, unsigned count)
{
    rc->count = count;
    for (unsigned i = 0; i < count; i++) {
        rc->cpus[i].vcpu = cpus[i];
        rc->cpus[i].step = (struct step){
            .memory = rc->memory,
            .breakpoints = rc->breakpoints,
            .host = rc->host,
            .temp = rc->temp,
            .memo = step_memo_new(),
        };
    }
}

/* ---- Running */

void run_finish_stop(struct run_control *rc)
{
    run_lift(rc);
    run_record_stopped(rc);
    rc->gathering = false;
    rc->stopped = true;
    rc->stop_wanted = false;
    if (rc->non_stop && rc->pausing) {
        run_non_stop_collect(rc);
    } else if (rc->non_stop) {
        run_non_stop_go(rc);
    } else if (run_event_make(rc)) {
        run_event_remark(rc, &rc->event);
        run_event_post(rc);
    }
    pthread_cond_broadcast(&rc->all_parked);
}

void run_note_stop(const struct run_control *rc, struct run_cpu *cpu, bool stepped)
{
    run_event_note(rc, cpu);
    cpu->stepped = stepped;
    cpu->passed = false;
    cpu->why[0] = 0;
    cpu->step.hit = (struct watch_hit){.is_hit = false};
    cpu->stop = (struct vcpu_stop){.kind = VCPU_STOP_DEBUG};
}

/* One was kicked because another had stopped, just when it stood at a breakpoint itself: it has hit
 * that one. Else the next run would begin by taking it off there, and nobody would ever hear. With
 * a filter that was asked for when it parked (run_hit.c); one that has not run since it was put
 * there has still to ask. */
void run_note_arrival(struct run_control *rc, struct run_cpu *cpu)
{
    if (cpu->pending || !run_cpu_arrived(rc, cpu))
        return;
    if (rc->filter.ask)
        cpu->unasked = true;
    else
        run_note_stop(rc, cpu, false);
}

void run_note_arrivals(struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        run_note_arrival(rc, &rc->cpus[i]);
}

/* Gathers all vCPUs; what follows is proceed, if no stop is wanted. */
static void kick_running(struct run_control *rc)
{
    rc->gathering = true;
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].running)
            vcpu_kick(rc->cpus[i].vcpu);
}

void run_kick_all(struct run_control *rc)
{
    rc->stop_wanted = true;
    kick_running(rc);
}

/* True if nobody needs to hear that CPU has parked. */
static bool goes_on(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop)
{
    const bool told = stop->kind != VCPU_STOP_ALONE && (cpu->step.hit.is_hit || cpu->why[0]);
    const enum run_again again = told ? AGAIN_NO : cpu->again;
    const bool among = cpu->among;
    cpu->again = AGAIN_NO;
    cpu->among = false;
    if (run_among_begin(rc, cpu, again))
        return true;
    if (again != AGAIN_NO) {
        cpu->opened = again == AGAIN_ALONE;
        cpu->leaving = again == AGAIN_LEAVE || (cpu->leaving && again != AGAIN_FREELY);
        cpu->over = cpu->opened || again == AGAIN_LEAVE || cpu->asks;
        rc->replan = rc->replan || again == AGAIN_REPLAN;
        kick_running(rc);
        return true;
    }
    if (among)
        return run_among_end(rc, cpu, stop);
    if (cpu->over || stop->kind != VCPU_STOP_DEBUG)
        return cpu->over ? run_alone_end(rc, cpu, stop) : stop->kind == VCPU_STOP_KICKED;
    if (!run_range_left_halt(rc, cpu))
        return false;
    kick_running(rc);
    return true;
}

/* Whether nobody in this run has stopped yet. */
static bool is_first(const struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].pending && rc->cpus[i].action != RUN_HOLD)
            return false;
    return true;
}

/* CPU has parked: what it had begun is ended, so that all it has hit is known. On its thread. */
static void end_entry(struct run_control *rc, struct run_cpu *cpu, struct vcpu_stop *stop)
{
    run_hooks_arrived(rc, cpu, stop);
    step_parked(&cpu->step, cpu->vcpu);
    if (stop->kind == VCPU_STOP_SHUTDOWN)
        run_hooks_undo_reset(cpu);
    run_record_parked(rc, cpu, stop);
    if (cpu->stepping_open || cpu->opened) {
        pthread_mutex_lock(&rc->lock);
        run_hooks_parked(rc, cpu);
        run_alone_close(rc, cpu);
        pthread_mutex_unlock(&rc->lock);
    }
    if (cpu->step.hit.is_hit && !cpu->over && cpu->action == RUN_CONTINUE &&
        stop->kind != VCPU_STOP_ALONE)
        run_hooks_leave_rep(rc, cpu);
}

static void on_parked(void *context, struct vcpu *vcpu, const struct vcpu_stop *reason)
{
    struct run_control *rc = context;
    const unsigned index = vcpu_index(vcpu);
    struct run_cpu *cpu = &rc->cpus[index];
    struct vcpu_stop stop = *reason;
    end_entry(rc, cpu, &stop);
    run_hit_judge(rc, cpu, &stop);
    pthread_mutex_lock(&rc->lock);
    cpu->running = false;
    rc->running--;
    if (!goes_on(rc, cpu, &stop)) {
        if (is_first(rc))
            rc->first = index;
        run_event_note(rc, cpu);
        cpu->stepped = cpu->action == RUN_STEP && !run_range_holds(cpu);
        cpu->stop = stop;
        run_kick_all(rc);
    }
    run_record_left(rc, cpu);
    if (!rc->running && rc->stop_wanted) {
        run_note_arrivals(rc);
        run_finish_stop(rc);
    } else if (!rc->running) {
        run_proceed(rc);
    }
    const struct run_taker *taker = rc->served ? rc->taker : NULL;
    rc->served = false;
    pthread_mutex_unlock(&rc->lock);
    if (taker)
        taker->serve(taker->context);
}

void run_control_hooks(struct run_control *rc, struct vcpu_hooks *hooks)
{
    run_hooks(rc, hooks);
    hooks->parked = on_parked;
}

/* ---- Asking */

static bool is_dead(const struct run_cpu *cpu)
{
    return cpu->stop.kind == VCPU_STOP_SHUTDOWN;
}

void run_prepare(struct run_control *rc, struct run_cpu *cpu, const struct run_order *order)
{
    cpu->action = order->action;
    cpu->range = order->range;
    cpu->again = AGAIN_NO;
    cpu->over = cpu->opened = cpu->among = cpu->leaving = cpu->keeps_request = false;
    cpu->asks = cpu->unasked = false;
    if (cpu->action == RUN_HOLD)
        return;
    cpu->leaving = run_cpu_at_breakpoint(rc, cpu) && run_cpu_is_awake(cpu);
    cpu->over = run_alone_first(rc, cpu);
    cpu->pending = is_dead(cpu);
}

/* All is prepared: goes, or tells at once what there is to tell. */
void run_set_going(struct run_control *rc, bool any_pending)
{
    rc->stopped = false;
    rc->stop_wanted = false;
    if (any_pending || rc->request || rc->interrupted)
        run_finish_stop(rc);
    else
        run_proceed(rc);
}

/* Of those that ORDERS concern. */
static bool any_still_holds(struct run_control *rc, const struct run_order *orders)
{
    bool any = false;
    for (unsigned i = 0; i < rc->count; i++) {
        struct run_cpu *cpu = &rc->cpus[i];
        cpu->action = orders[i].action;
        if (cpu->action == RUN_HOLD)
            continue;
        cpu->stepped = false;
        any = run_event_still_holds(rc, cpu) || any;
    }
    return any;
}

void run_control_resume(struct run_control *rc, const struct run_order *orders)
{
    pthread_mutex_lock(&rc->lock);
    if (rc->non_stop) {
        run_non_stop_resume(rc, orders);
        pthread_mutex_unlock(&rc->lock);
        return;
    }
    run_plan(rc);
    bool any_pending = any_still_holds(rc, orders);
    for (unsigned i = 0; !any_pending && i < rc->count; i++)
        run_prepare(rc, &rc->cpus[i], &orders[i]);
    for (unsigned i = 0; i < rc->count; i++)
        any_pending = any_pending || (orders[i].action != RUN_HOLD && rc->cpus[i].pending);
    run_set_going(rc, any_pending);
    pthread_mutex_unlock(&rc->lock);
}

void run_control_ready(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    struct run_cpu *cpu = &rc->cpus[rc->first];
    if (rc->stopped && !rc->non_stop && cpu->stepped && run_is_alone(rc, cpu))
        step_ready(&cpu->step, cpu->vcpu);
    pthread_mutex_unlock(&rc->lock);
}

enum run_phase run_control_phase(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    enum run_phase phase = rc->stopped && !rc->posted && !rc->non_stop ? RUN_STOPPED : RUN_GOING;
    for (unsigned i = 0; phase == RUN_GOING && !rc->stopped && !rc->non_stop && i < rc->count; i++)
        if (rc->cpus[i].action == RUN_STEP)
            phase = RUN_STEPPING;
    pthread_mutex_unlock(&rc->lock);
    return phase;
}

void run_control_let_interrupts_in(struct run_control *rc, bool let_in)
{
    for (unsigned i = 0; i < rc->count; i++)
        rc->cpus[i].step.let_interrupts_in = let_in;
}

void run_control_interrupt(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    rc->interrupted = true;
    if (rc->stopped && !rc->posted)
        run_event_post(rc);
    else if (!rc->stopped)
        run_kick_all(rc);
    pthread_mutex_unlock(&rc->lock);
}

/* Who serves the client in the polling thread's place may have resumed its own vCPU before it came
 * here: then nobody else would ever park that. */
static void catch_up(struct run_control *rc)
{
    pthread_mutex_unlock(&rc->lock);
    for (unsigned i = 0; i < rc->count; i++)
        vcpu_catch_up(rc->cpus[i].vcpu);
    pthread_mutex_lock(&rc->lock);
}

bool run_control_pause(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    rc->pausing = true;
    if (!rc->stopped) {
        run_kick_all(rc);
        catch_up(rc);
    }
    while (!rc->stopped)
        pthread_cond_wait(&rc->all_parked, &rc->lock);
    rc->pausing = rc->non_stop;
    rc->interrupted = false;
    const bool posted = rc->posted;
    pthread_mutex_unlock(&rc->lock);
    return posted;
}

void run_control_plan(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    run_plan_carriers(rc);
    pthread_mutex_unlock(&rc->lock);
}
