/* What the machine itself wants, for which every vCPU must be parked, and what follows it. */
#include "debug/run/run_state.h"

void run_control_request(struct run_control *rc, enum run_request request, uint32_t value)
{
    pthread_mutex_lock(&rc->lock);
    if (!rc->request) {
        rc->request = request;
        rc->value = value;
    }
    if (!rc->stopped)
        run_kick_all(rc);
    else if (rc->non_stop)
        run_non_stop_go(rc);
    pthread_mutex_unlock(&rc->lock);
}

bool run_control_requested(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    const bool requested = rc->request != RUN_REQUEST_NONE;
    pthread_mutex_unlock(&rc->lock);
    return requested;
}

void run_control_forget(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    for (unsigned i = 0; i < rc->count; i++) {
        rc->cpus[i].pending = rc->cpus[i].leaving = rc->cpus[i].keeps_request = false;
        rc->cpus[i].asks = rc->cpus[i].unasked = false;
        rc->cpus[i].stop = (struct vcpu_stop){.kind = VCPU_STOP_KICKED};
        rc->cpus[i].step.inject = 0;
    }
    rc->first = 0;
    rc->request = RUN_REQUEST_NONE;
    run_non_stop_forget(rc);
    pthread_mutex_unlock(&rc->lock);
}

void run_control_forget_client(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].stop.kind == VCPU_STOP_DEBUG)
            rc->cpus[i].pending = false;
    pthread_mutex_unlock(&rc->lock);
}

static bool any_steps(const struct run_control *rc)
{
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].action == RUN_STEP)
            return true;
    return false;
}

/* Nobody has seen the CPUs where they are now: a breakpoint there is one to stop at, not one to
 * step off. */
static void restart_all(struct run_control *rc)
{
    const bool stepped = any_steps(rc);
    run_plan(rc);
    for (unsigned i = 0; i < rc->count; i++) {
        struct run_cpu *cpu = &rc->cpus[i];
        cpu->action = RUN_CONTINUE;
        cpu->over = cpu->leaving = false;
    }
    if (stepped || catches_reset(rc->catches)) {
        rc->event = (struct run_event){.kind = RUN_EVENT_RESET};
        run_event_post(rc);
    } else {
        run_note_arrivals(rc);
        run_set_going(rc, rc->cpus[0].pending);
    }
}

void run_control_restart(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    if (rc->non_stop)
        run_non_stop_restart(rc);
    else
        restart_all(rc);
    pthread_mutex_unlock(&rc->lock);
}
