/* Non-stop mode: of the vCPUs that were set going each stops by itself. All are parked for a moment
 * whenever one stops or the client wants to look or to change something; then those with nothing to
 * tell go on.
 *
 * A vCPU that goes has an action, one that is held has RUN_HOLD. What one that goes was about to do
 * is kept over such a moment: an unfinished step begins anew, and so does the leaving of a
 * breakpoint that was told of. */
#include "debug/run/run_state.h"

#include <string.h>

static void tell(struct run_control *rc, unsigned index)
{
    rc->cpus[index].action = RUN_HOLD;
    rc->told[rc->told_count++] = index;
    if (!rc->pausing)
        run_event_signal(rc);
}

static void tell_kind(struct run_control *rc, unsigned index, enum run_event_kind kind)
{
    rc->cpus[index].event = (struct run_event){.kind = kind, .cpu = index};
    tell(rc, index);
}

/* What it has stopped for by itself. */
static void tell_stop(struct run_control *rc, unsigned index)
{
    struct run_cpu *cpu = &rc->cpus[index];
    cpu->keeps_request = rc->request && cpu->why[0];
    run_event_of_cpu(rc, index, &cpu->event);
    tell(rc, index);
}

static bool is_told(const struct run_control *rc, unsigned index)
{
    for (unsigned i = 0; i < rc->told_count; i++)
        if (rc->told[i] == index)
            return true;
    return false;
}

bool run_non_stop_take(struct run_control *rc, struct run_event *event)
{
    if (rc->pausing || !rc->told_count)
        return false;
    *event = rc->cpus[rc->told[0]].event;
    memmove(rc->told, rc->told + 1, --rc->told_count * sizeof rc->told[0]);
    return true;
}

void run_non_stop_collect(struct run_control *rc)
{
    const unsigned before = rc->told_count;
    for (unsigned n = 0; n < rc->count; n++) {
        const unsigned i = (rc->first + n) % rc->count;
        if (rc->cpus[i].action != RUN_HOLD && run_event_still_holds(rc, &rc->cpus[i]))
            tell_stop(rc, i);
    }
    if (rc->told_count > before)
        run_event_remark(rc, &rc->cpus[rc->told[before]].event);
}

/* The access that made the request was itself asked for: it waits until that vCPU is resumed. */
static bool request_waits(const struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].action == RUN_HOLD && rc->cpus[i].keeps_request)
            return true;
    return false;
}

/* With nobody to go, nothing may be planted: no stop would follow that lifts it again. */
static void go(struct run_control *rc)
{
    bool any = false;
    for (unsigned i = 0; i < rc->count; i++) {
        struct run_cpu *cpu = &rc->cpus[i];
        cpu->again = AGAIN_NO;
        cpu->opened = false;
        cpu->leaving = cpu->leaving && run_cpu_at_breakpoint(rc, cpu);
        cpu->over = cpu->action != RUN_HOLD && run_alone_first(rc, cpu);
        any = any || cpu->action != RUN_HOLD;
    }
    if (!any)
        return;
    rc->stopped = false;
    rc->stop_wanted = false;
    run_proceed(rc);
    rc->stopped = !rc->running;
}

void run_non_stop_go(struct run_control *rc)
{
    if (rc->pausing || rc->serving)
        return;
    run_plan(rc);
    /* Also at breakpoints that were inserted while they were parked there: what carries one may
     * not stop them before the very first instruction. */
    run_note_arrivals(rc);
    run_non_stop_collect(rc);
    if (rc->request && !request_waits(rc)) {
        run_event_of_request(rc);
        rc->serving = true;
        run_event_post(rc);
        return;
    }
    go(rc);
}

/* One that goes is to stop where it stands, and may have hit what was inserted there. */
static void hold(struct run_control *rc, unsigned index)
{
    struct run_cpu *cpu = &rc->cpus[index];
    run_note_arrival(rc, cpu);
    if (cpu->unasked && run_hit_ask_now(rc, index))
        run_note_stop(rc, cpu, false);
    if (run_event_still_holds(rc, cpu))
        tell_stop(rc, index);
    else
        tell_kind(rc, index, RUN_EVENT_HELD);
}

void run_non_stop_resume(struct run_control *rc, const struct run_order *orders)
{
    for (unsigned i = 0; i < rc->count; i++) {
        struct run_cpu *cpu = &rc->cpus[i];
        const enum run_action action = orders[i].action;
        const bool going = cpu->action != RUN_HOLD;
        if (action == RUN_STOP && going)
            hold(rc, i);
        if (action == RUN_HOLD || action == RUN_STOP || going || is_told(rc, i))
            continue;
        cpu->stepped = false;
        if (run_event_still_holds(rc, cpu)) /* unheard of since before this mode */
            cpu->action = action;
        else
            run_prepare(rc, cpu, &orders[i]);
    }
    run_non_stop_go(rc);
}

void run_control_unpause(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    rc->pausing = false;
    if (rc->told_count || rc->posted)
        run_event_signal(rc);
    if (rc->non_stop)
        run_non_stop_go(rc);
    pthread_mutex_unlock(&rc->lock);
}

/* A request that nobody has taken yet is one again that waits for the machine to run. */
static void take_back_request(struct run_control *rc)
{
    if (!rc->posted || rc->event.kind != RUN_EVENT_REQUEST)
        return;
    rc->posted = false;
    rc->request = rc->event.request;
    rc->value = rc->event.value;
}

void run_control_set_non_stop(struct run_control *rc, bool on)
{
    pthread_mutex_lock(&rc->lock);
    for (unsigned i = 0; i < rc->count && rc->non_stop != on; i++)
        rc->cpus[i].action = RUN_HOLD;
    if (rc->non_stop != on) {
        rc->told_count = 0;
        rc->pausing = rc->serving = false;
        take_back_request(rc);
    }
    rc->non_stop = on;
    pthread_mutex_unlock(&rc->lock);
}

void run_non_stop_forget(struct run_control *rc)
{
    for (unsigned i = 0; i < rc->told_count; i++)
        rc->cpus[rc->told[i]].event =
            (struct run_event){.kind = RUN_EVENT_RESET, .cpu = rc->told[i]};
}

void run_non_stop_restart(struct run_control *rc)
{
    rc->serving = false;
    bool tells = catches_reset(rc->catches);
    for (unsigned i = 0; i < rc->count; i++) {
        const enum run_action action = rc->cpus[i].action;
        if (action == RUN_STEP || (tells && action == RUN_CONTINUE)) {
            tell_kind(rc, i, RUN_EVENT_RESET);
            tells = false;
        }
    }
    run_non_stop_go(rc);
}
