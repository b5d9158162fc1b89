#include "debug/run_state.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct run_control *run_control_new(struct memory *memory, struct breakpoints *breakpoints,
                                    const struct host_debug *host)
{
    struct run_control *rc = calloc(1, sizeof *rc);
    if (!rc)
        return NULL;
    rc->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (rc->fd < 0) {
        free(rc);
        return NULL;
    }
    pthread_mutex_init(&rc->lock, NULL);
    pthread_cond_init(&rc->all_parked, NULL);
    rc->memory = memory;
    rc->breakpoints = breakpoints;
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
    pthread_cond_destroy(&rc->all_parked);
    pthread_mutex_destroy(&rc->lock);
    free(rc);
}

int run_control_fd(const struct run_control *rc)
{
    return rc->fd;
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
        };
    }
}

/* ---- Running */

/* The last vCPU has parked and all shall stay so. */
static void finish_stop(struct run_control *rc)
{
    breakpoints_lift(rc->breakpoints);
    rc->stopped = true;
    rc->stop_wanted = false;
    if (run_event_make(rc))
        run_event_post(rc);
    pthread_cond_broadcast(&rc->all_parked);
}

static void start(struct run_control *rc, struct run_cpu *cpu, enum step_action action)
{
    step_begin(&cpu->step, action);
    cpu->running = true;
    rc->running++;
    vcpu_resume(cpu->vcpu);
}

static void kick_all(struct run_control *rc)
{
    rc->stop_wanted = true;
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].running)
            vcpu_kick(rc->cpus[i].vcpu);
}

/* The next thing to run: first the vCPUs that stand on a breakpoint, each alone so that no other
 * can slip past the lifted one, then everyone. */
static void proceed(struct run_control *rc)
{
    uint64_t stepping_at[RUN_MAX_CPUS];
    unsigned stepping = 0;
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].over) {
            start(rc, &rc->cpus[i], STEP_ONE);
            return;
        }
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].action == RUN_STEP &&
            !vcpu_linear_pc(rc->cpus[i].vcpu, &stepping_at[stepping]))
            stepping++;
    breakpoints_plant(rc->breakpoints, stepping_at, stepping);
    for (unsigned i = 0; i < rc->count; i++)
        if (rc->cpus[i].action != RUN_HOLD)
            start(rc, &rc->cpus[i], rc->cpus[i].action == RUN_STEP ? STEP_ONE : STEP_FREE);
}

/* A vCPU that only stepped off its breakpoint: true if the run goes on, false if the step itself
 * ended at a reason to stop. */
static bool stepped_off(struct run_control *rc, struct run_cpu *cpu, const struct vcpu_stop *stop)
{
    uint64_t pc;
    cpu->over = false;
    if (stop->kind != VCPU_STOP_DEBUG)
        return stop->kind == VCPU_STOP_KICKED;
    return vcpu_linear_pc(cpu->vcpu, &pc) || !breakpoints_at(rc->breakpoints, pc);
}

static void on_parked(void *context, struct vcpu *vcpu, const struct vcpu_stop *stop)
{
    struct run_control *rc = context;
    pthread_mutex_lock(&rc->lock);
    const unsigned index = vcpu_index(vcpu);
    struct run_cpu *cpu = &rc->cpus[index];
    cpu->running = false;
    rc->running--;
    const bool goes_on = cpu->over ? stepped_off(rc, cpu, stop) : stop->kind == VCPU_STOP_KICKED;
    if (!goes_on) {
        bool is_first = true;
        for (unsigned i = 0; i < rc->count; i++)
            is_first = is_first && !rc->cpus[i].pending;
        if (is_first)
            rc->first = index;
        cpu->pending = true;
        cpu->stop = *stop;
        kick_all(rc);
    }
    if (!rc->running) {
        if (rc->stop_wanted)
            finish_stop(rc);
        else
            proceed(rc);
    }
    pthread_mutex_unlock(&rc->lock);
}

static int on_before_run(void *context, struct vcpu *vcpu)
{
    struct run_control *rc = context;
    return step_before_run(&rc->cpus[vcpu_index(vcpu)].step, vcpu);
}

static bool on_debug(void *context, struct vcpu *vcpu, const struct vcpu_debug_exit *exit)
{
    struct run_control *rc = context;
    return step_debug_exit(&rc->cpus[vcpu_index(vcpu)].step, vcpu, exit);
}

void run_control_hooks(struct run_control *rc, struct vcpu_hooks *hooks)
{
    hooks->context = rc;
    hooks->before_run = on_before_run;
    hooks->debug = on_debug;
    hooks->parked = on_parked;
}

/* ---- Asking */

static bool is_dead(const struct run_cpu *cpu)
{
    return cpu->stop.kind == VCPU_STOP_SHUTDOWN;
}

static bool at_breakpoint(struct run_control *rc, struct run_cpu *cpu)
{
    uint64_t pc;
    return !vcpu_linear_pc(cpu->vcpu, &pc) && breakpoints_at(rc->breakpoints, pc);
}

/* A CPU that is halted or waits to be started does not step: it would keep the others waiting, and
 * one of those may be who wakes it. It is not at its breakpoint either before it wakes. */
static bool is_awake(const struct run_cpu *cpu)
{
    struct kvm_mp_state mp;
    return kvm_get_mp_state(vcpu_kvm(cpu->vcpu), &mp) || mp.mp_state == KVM_MP_STATE_RUNNABLE;
}

static void prepare(struct run_control *rc, struct run_cpu *cpu, enum run_action action)
{
    cpu->action = action;
    cpu->over = action == RUN_CONTINUE && at_breakpoint(rc, cpu) && is_awake(cpu);
    cpu->pending = action != RUN_HOLD && is_dead(cpu);
}

/* All is prepared: goes, or tells at once what there is to tell. */
static void set_going(struct run_control *rc, bool any_pending)
{
    rc->stopped = false;
    rc->stop_wanted = false;
    if (any_pending || rc->request || rc->interrupted)
        finish_stop(rc);
    else
        proceed(rc);
}

void run_control_resume(struct run_control *rc, const enum run_action *actions)
{
    pthread_mutex_lock(&rc->lock);
    bool any_pending = false;
    breakpoints_plan(rc->breakpoints);
    for (unsigned i = 0; i < rc->count; i++)
        any_pending = run_event_still_holds(rc, &rc->cpus[i]) || any_pending;
    if (!any_pending) {
        for (unsigned i = 0; i < rc->count; i++)
            prepare(rc, &rc->cpus[i], actions[i]);
        for (unsigned i = 0; i < rc->count; i++)
            any_pending = any_pending || rc->cpus[i].pending;
    }
    set_going(rc, any_pending);
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
void run_control_restart(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    const bool stepped = any_steps(rc);
    breakpoints_plan(rc->breakpoints);
    for (unsigned i = 0; i < rc->count; i++) {
        struct run_cpu *cpu = &rc->cpus[i];
        cpu->action = RUN_CONTINUE;
        cpu->over = false;
    }
    if (stepped) {
        rc->event = (struct run_event){.kind = RUN_EVENT_RESET};
        run_event_post(rc);
    } else {
        rc->cpus[0].pending = at_breakpoint(rc, &rc->cpus[0]);
        if (rc->cpus[0].pending)
            rc->cpus[0].stop = (struct vcpu_stop){.kind = VCPU_STOP_DEBUG};
        set_going(rc, rc->cpus[0].pending);
    }
    pthread_mutex_unlock(&rc->lock);
}

void run_control_interrupt(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    rc->interrupted = true;
    if (rc->stopped && !rc->posted)
        run_event_post(rc);
    else if (!rc->stopped)
        kick_all(rc);
    pthread_mutex_unlock(&rc->lock);
}

bool run_control_pause(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    rc->pausing = true;
    if (!rc->stopped)
        kick_all(rc);
    while (!rc->stopped)
        pthread_cond_wait(&rc->all_parked, &rc->lock);
    rc->pausing = false;
    rc->interrupted = false;
    const bool posted = rc->posted;
    pthread_mutex_unlock(&rc->lock);
    return posted;
}

void run_control_memory_begin(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    breakpoints_hide(rc->breakpoints);
    pthread_mutex_unlock(&rc->lock);
}

void run_control_memory_end(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    breakpoints_show(rc->breakpoints);
    pthread_mutex_unlock(&rc->lock);
}

void run_control_request(struct run_control *rc, enum run_request request, uint32_t value)
{
    pthread_mutex_lock(&rc->lock);
    if (!rc->request) {
        rc->request = request;
        rc->value = value;
    }
    if (!rc->stopped)
        kick_all(rc);
    else if (run_event_make(rc))
        run_event_post(rc);
    pthread_mutex_unlock(&rc->lock);
}

void run_control_forget(struct run_control *rc)
{
    pthread_mutex_lock(&rc->lock);
    for (unsigned i = 0; i < rc->count; i++) {
        rc->cpus[i].pending = false;
        rc->cpus[i].stop = (struct vcpu_stop){.kind = VCPU_STOP_KICKED};
        rc->cpus[i].step.inject = 0;
    }
    rc->first = 0;
    pthread_mutex_unlock(&rc->lock);
}
