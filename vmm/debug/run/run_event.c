/* What a stop becomes: the one event that is told of it. */
#include "debug/run/run_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void run_event_signal(struct run_control *rc)
{
    const uint64_t one = 1;
    rc->signalled = true;
    /* It cannot fail: the counter is read long before it could overflow. */
    (void)!write(rc->fd, &one, sizeof one);
}

/* A request is the polling thread's own. */
void run_event_post(struct run_control *rc)
{
    const struct run_taker *taker = rc->event.kind == RUN_EVENT_REQUEST ? NULL : rc->taker;
    rc->posted = true;
    if (taker && taker->take(taker->context))
        rc->served = true;
    else
        run_event_signal(rc);
}

static void unsignal(struct run_control *rc)
{
    uint64_t count;
    if (rc->signalled)
        (void)!read(rc->fd, &count, sizeof count);
    rc->signalled = false;
}

static bool take_posted(struct run_control *rc, struct run_event *event)
{
    if (!rc->posted || (rc->non_stop && rc->pausing))
        return false;
    rc->posted = false;
    memcpy(event, &rc->event, offsetof(struct run_event, text) + strlen(rc->event.text) + 1);
    event->interrupted = rc->interrupted;
    if (event->kind != RUN_EVENT_REQUEST)
        rc->interrupted = false;
    return true;
}

bool run_control_take(struct run_control *rc, struct run_event *event)
{
    pthread_mutex_lock(&rc->lock);
    unsignal(rc);
    const bool taken = take_posted(rc, event) || run_non_stop_take(rc, event);
    if (taken && rc->told_count)
        run_event_signal(rc);
    pthread_mutex_unlock(&rc->lock);
    return taken;
}

void run_event_note(const struct run_control *rc, struct run_cpu *cpu)
{
    uint64_t pc;
    cpu->pending = true;
    cpu->came_to_one = !vcpu_linear_pc(cpu->vcpu, &pc) && run_clients_at(rc, pc) &&
                       !(rc->own.is_alone && run_own_at(rc, pc));
}

/* What it stands at now it may not have come to: a step has ended there, or next16's breakpoint was
 * there, and the client has set its own since, with a condition perhaps that nobody has asked. */
bool run_event_still_holds(struct run_control *rc, struct run_cpu *cpu)
{
    uint64_t pc;
    if (!cpu->pending)
        return false;
    struct watch_hit *hit = &cpu->step.hit;
    if (cpu->stop.kind != VCPU_STOP_DEBUG || cpu->stepped || cpu->why[0])
        return true;
    if (hit->is_hit && breakpoints_watches(rc->breakpoints, hit->type, hit->addr))
        return true;
    hit->is_hit = false; /* nor is it told as one if a breakpoint keeps it */
    const bool at = !vcpu_linear_pc(cpu->vcpu, &pc) && run_clients_at(rc, pc);
    cpu->pending = at && (run_own_at(rc, pc) || (cpu->came_to_one && !cpu->passed));
    return cpu->pending;
}

void run_event_of_cpu(struct run_control *rc, unsigned index, struct run_event *event)
{
    struct run_cpu *cpu = &rc->cpus[index];
    const struct breakpoint *breakpoint = NULL;
    uint64_t pc;
    memset(event, 0, offsetof(struct run_event, text)); /* most steps have none */
    event->text[0] = 0;
    event->kind = RUN_EVENT_DIED;
    event->cpu = index;
    event->stop = cpu->stop;
    cpu->pending = false;
    if (cpu->stop.kind != VCPU_STOP_DEBUG)
        return;
    event->kind = RUN_EVENT_STEPPED;
    event->passed = cpu->passed;
    if (cpu->step.hit.is_hit) {
        event->kind = RUN_EVENT_WATCH;
        event->watch = cpu->step.hit;
        return;
    }
    if (cpu->why[0]) {
        event->kind = RUN_EVENT_CAUGHT;
        snprintf(event->text, sizeof event->text, "%s", cpu->why);
    }
    if (!cpu->stepped && !cpu->passed && !vcpu_linear_pc(cpu->vcpu, &pc))
        breakpoint = run_clients_at(rc, pc);
    if (breakpoint) {
        event->kind = RUN_EVENT_BREAKPOINT;
        event->breakpoint = breakpoint->type;
    }
}

/* After what the text says already; cut if it is too long. */
__attribute__((format(printf, 2, 3))) static void add_text(struct run_event *event,
                                                           const char *format, ...)
{
    const size_t used = strlen(event->text);
    va_list args;
    va_start(args, format);
    vsnprintf(event->text + used, sizeof event->text - used, format, args);
    va_end(args);
}

void run_event_remark(struct run_control *rc, struct run_event *event)
{
    if (rc->overwritten)
        add_text(event,
                 "The guest has overwritten the breakpoint at 0x%" PRIx64
                 "%s while it ran. It is set anew when it runs on.\n",
                 rc->overwritten_at, rc->overwritten > 1 ? " and others" : "");
    rc->overwritten = 0;
}

void run_event_of_request(struct run_control *rc)
{
    rc->event = (struct run_event){
        .kind = RUN_EVENT_REQUEST,
        .cpu = rc->first,
        .request = rc->request,
        .value = rc->value,
    };
    rc->request = RUN_REQUEST_NONE;
}

/* The event of a vCPU that has one to tell, beginning with the first to stop; of those that were
 * caught only, if CAUGHT. One that takes no part in the run keeps it to itself until it does: the
 * client may be stepping another one over the very breakpoint, which is not set meanwhile. */
static bool event_of_any(struct run_control *rc, bool caught)
{
    for (unsigned n = 0; n < rc->count; n++) {
        const unsigned i = (rc->first + n) % rc->count;
        struct run_cpu *cpu = &rc->cpus[i];
        if (cpu->action != RUN_HOLD && (!caught || cpu->why[0]) && run_event_still_holds(rc, cpu)) {
            rc->first = i;
            run_event_of_cpu(rc, i, &rc->event);
            return true;
        }
    }
    return false;
}

/* A request ends the run that it came in, whatever else has happened; but the access that made it
 * may itself have been asked for. Then it waits for the next resume. */
bool run_event_make(struct run_control *rc)
{
    if (rc->request && event_of_any(rc, true))
        return true;
    if (rc->request) {
        run_event_of_request(rc);
        return true;
    }
    if (event_of_any(rc, false))
        return true;
    if (rc->pausing)
        return false;
    rc->event = (struct run_event){.kind = RUN_EVENT_INTERRUPTED, .cpu = rc->first};
    return true;
}
