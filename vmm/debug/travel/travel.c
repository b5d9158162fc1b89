#include "debug/travel/travel.h"

#include "debug/travel/travel_access.h"
#include "record/record_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SLICE_NS    10000000u
#define SLICE_STEPS 4096 /* between two looks at the clock */

/* ---- Recording */

int travel_record(struct travel *t, size_t limit, struct error *error)
{
    travel_forget(t);
    const int err = recorder_new(&t->recorder, t->machine, limit, error);
    if (!err)
        run_control_set_recorder(t->run_control, t->recorder);
    return err;
}

void travel_forget(struct travel *t)
{
    run_control_set_recorder(t->run_control, NULL);
    recorder_free(t->recorder);
    t->recorder = NULL;
    t->under_way = false;
    t->end = RUN_REQUEST_NONE;
    t->told_unsaid = false;
}

/* ---- What a place is */

static bool touched(void *context, uint64_t gpa, uint64_t len)
{
    const struct travel *t = context;
    return recorder_touched(t->recorder, gpa, len);
}

/* Whether the client wants to hear of what was hit here. It looks at the machine, and mostly at the
 * few registers that travel_state has: nothing is settled for that. */
static bool is_wanted(struct travel *t, struct gdb_hit *hit)
{
    if (!run_control_has_filter(t->run_control))
        return true;
    hit->replayed = true;
    t->asks = t->has_asked = true;
    const bool stops = run_control_ask(t->run_control, hit) == GDB_HIT_STOP;
    t->asks = false;
    return stops;
}

const struct vcpu_snapshot *travel_state(const struct travel *t, unsigned cpu)
{
    return t->asks ? recorder_cpu(t->recorder, cpu) : NULL;
}

void travel_settle(struct travel *t)
{
    recorder_settle(t->recorder);
    t->asks = false;
}

/* Somewhere to stop at: an instruction's begin or end. One that killed the guest has the former. */
static bool is_place(const struct recorder_place *place)
{
    return place->flags & (RECORD_INSN | RECORD_DEATH);
}

/* Whether the entry just gone over has made the access that WATCH tells of, or has changed what is
 * watched, and the client wants to hear of it. */
static bool has_accessed(struct travel *t, const struct recorder_place *place,
                         struct watch_hit watch, struct run_event *event)
{
    struct gdb_hit hit = {.kind = GDB_HIT_WATCH, .thread = (int)place->cpu + 1};
    struct watch_hit changed;
    if ((!watch.is_hit || watch.type == WATCH_READ) && /* a write tells more than a read */
        breakpoints_watch_touched(t->breakpoints, touched, t, &changed))
        watch = changed;
    if (!watch.is_hit)
        return false;
    hit.watch = run_client_type(watch.type);
    hit.addr = watch.addr;
    hit.pc = recorder_pc(t->recorder, place->cpu);
    *event = (struct run_event){.kind = RUN_EVENT_WATCH, .cpu = place->cpu, .watch = watch};
    return is_wanted(t, &hit);
}

static bool has_come_to_breakpoint(struct travel *t, const struct recorder_place *place,
                                   struct run_event *event)
{
    struct gdb_hit hit = {.kind = GDB_HIT_BREAKPOINT, .thread = (int)place->cpu + 1};
    hit.pc = recorder_pc(t->recorder, place->cpu);
    const struct breakpoint *b = breakpoints_clients_at(t->breakpoints, hit.pc);
    if (!b)
        return false;
    *event =
        (struct run_event){.kind = RUN_EVENT_BREAKPOINT, .cpu = place->cpu, .breakpoint = b->type};
    return is_wanted(t, &hit);
}

/* What the entry just gone over has come to that the client has inserted: fills EVENT. */
static bool has_hit(struct travel *t, const struct recorder_place *place,
                    const struct watch_hit *watch, struct run_event *event)
{
    return (t->watches && has_accessed(t, place, *watch, event)) ||
           (t->breaks && is_place(place) && has_come_to_breakpoint(t, place, event));
}

static bool is_step_done(const struct travel *t, const struct recorder_place *place)
{
    const uint64_t size = t->range.end - t->range.start;
    return t->steps && is_place(place) && place->cpu == t->cpu &&
           (t->back || place->vector >= 0 ||
            recorder_pc(t->recorder, t->cpu) - t->range.start >= size);
}

/* ---- A journey */

/* Where an instruction has ended, what came from outside before the next one belongs to the place:
 * going back arrives after it, so going forth does too, and a place has one state. */
static void take_outside(struct travel *t)
{
    struct recorder_place place;
    while (recorder_next(t->recorder, &place) && place.flags == RECORD_OUTSIDE)
        recorder_forward(t->recorder, &place);
}

/* Once in a recording. */
static void tell_unsaid(struct travel *t, struct run_event *event)
{
    const size_t used = strlen(event->text);
    if (!t->back || t->told_unsaid || !t->has_unsaid(t->context))
        return;
    t->told_unsaid = true;
    snprintf(event->text + used, sizeof event->text - used,
             "What the guest has printed since stays on the console; it will be printed again only "
             "if it is executed again.\n");
}

static void end_journey(struct travel *t, struct run_event *event)
{
    t->under_way = t->interrupted = false;
    if (!t->back || event->kind == RUN_EVENT_HISTORY_BEGIN)
        take_outside(t);
    recorder_settle(t->recorder);
    tell_unsaid(t, event);
    run_control_tell(t->run_control, event);
}

/* Nothing was found on the way to an end of the log. */
static void end_of_log(const struct travel *t, struct run_event *event)
{
    *event = (struct run_event){.kind = t->back ? RUN_EVENT_HISTORY_BEGIN : RUN_EVENT_HISTORY_END,
                                .cpu = t->cpu};
}

/* Over one entry, to PLACE; what WATCH tells is seen from before the instruction. */
static bool move(struct travel *t, struct recorder_place *place, struct watch_hit *watch)
{
    watch->is_hit = false;
    if (t->back) {
        if (!recorder_back(t->recorder, place))
            return false;
        if (t->reads && travel_is_whole(place))
            travel_will_access(t, place->cpu, watch);
        return true;
    }
    if (t->reads && recorder_next(t->recorder, place) && travel_is_whole(place))
        travel_will_access(t, place->cpu, watch);
    return recorder_forward(t->recorder, place);
}

/* One entry. False: it has ended, and EVENT says how. */
static bool go(struct travel *t, struct run_event *event)
{
    struct recorder_place place;
    struct watch_hit watch;
    if (!move(t, &place, &watch)) {
        end_of_log(t, event);
        return false;
    }
    if (has_hit(t, &place, &watch, event))
        return false;
    if (!is_step_done(t, &place))
        return true;
    *event = (struct run_event){.kind = RUN_EVENT_STEPPED, .cpu = t->cpu};
    return false;
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The vCPUs are to run from here: after a journey, and if the guest has ended here by itself, to
 * that end. */
static void be_live(struct travel *t)
{
    recorder_run(t->recorder);
    if (t->end != RUN_REQUEST_NONE && recorder_at_end(t->recorder) &&
        recorder_status(t->recorder).here == t->end_at)
        run_control_request(t->run_control, t->end, t->end_value);
}

/* A step of a vCPU that did nothing more until the log's end is done live, from there: gdb 13 that
 * steps off a breakpoint so does not take the end of the log for an answer, and sends no resume any
 * more. */
static bool steps_on(const struct travel *t, const struct run_event *event)
{
    return event->kind == RUN_EVENT_HISTORY_END && t->steps && t->end == RUN_REQUEST_NONE;
}

static void step_live(struct travel *t)
{
    t->under_way = t->interrupted = false;
    recorder_settle(t->recorder);
    run_control_forget(t->run_control);
    be_live(t);
    run_control_resume(t->run_control, t->run);
}

void travel_on(struct travel *t)
{
    const uint64_t end = nanoseconds() + SLICE_NS;
    struct run_event event = {.kind = RUN_EVENT_INTERRUPTED, .cpu = t->cpu};
    if (!t->under_way)
        return;
    bool goes_on = !t->interrupted;
    while (goes_on && nanoseconds() < end) {
        t->has_asked = false; /* that may take as long as thousands of steps */
        for (unsigned i = 0; goes_on && !t->has_asked && i < SLICE_STEPS; i++)
            goes_on = go(t, &event);
    }
    if (!goes_on && steps_on(t, &event))
        step_live(t);
    else if (!goes_on)
        end_journey(t, &event);
}

static void begin(struct travel *t, bool back, bool steps, unsigned cpu)
{
    t->under_way = true;
    t->interrupted = false;
    t->back = back;
    t->steps = steps;
    t->cpu = cpu;
    t->range = (struct step_range){0, 0};
    t->breaks = breakpoints_any(t->breakpoints);
    t->watches = breakpoints_any_watch(t->breakpoints);
    t->reads = breakpoints_watch_reads(t->breakpoints);
}

int travel_back(struct travel *t, unsigned cpu, enum gdb_travel how, struct gdb_text *why)
{
    if (!t->recorder) {
        gdb_text_printf(why, "nothing is recorded: `monitor record on` begins to (or stepvm "
                             "--record, from the first instruction on)");
        return -ENODATA;
    }
    recorder_sync(t->recorder, false);
    begin(t, true, how == GDB_TRAVEL_STEP, cpu);
    travel_on(t);
    return 0;
}

/* Who steps; else any that is to run. */
static unsigned who_runs(const struct travel *t, const struct run_order *run, bool *steps)
{
    unsigned cpu = 0;
    *steps = false;
    for (unsigned i = t->machine->count; i-- > 0;) {
        if (run[i].action == RUN_CONTINUE && !*steps)
            cpu = i;
        if (run[i].action == RUN_STEP) {
            cpu = i;
            *steps = true;
        }
    }
    return cpu;
}

bool travel_resume(struct travel *t, const struct run_order *run)
{
    bool steps;
    if (!t->recorder)
        return false;
    if (recorder_sync(t->recorder, false))
        t->end = RUN_REQUEST_NONE; /* that future is gone */
    if (recorder_at_end(t->recorder)) {
        be_live(t);
        return false;
    }
    const unsigned cpu = who_runs(t, run, &steps);
    begin(t, false, steps, cpu);
    t->range = run[cpu].range;
    memcpy(t->run, run, sizeof t->run);
    travel_on(t);
    return true;
}

void travel_interrupt(struct travel *t)
{
    t->interrupted = true;
}

void travel_leave(struct travel *t)
{
    if (!t->recorder)
        return;
    if (recorder_sync(t->recorder, false))
        t->end = RUN_REQUEST_NONE;
    be_live(t);
}

void travel_end(struct travel *t)
{
    if (t->under_way)
        recorder_settle(t->recorder);
    t->under_way = t->interrupted = false;
}

bool travel_to(struct travel *t, uint64_t number)
{
    struct recorder_place place;
    recorder_sync(t->recorder, false);
    struct recorder_status s = recorder_status(t->recorder);
    if (number < s.first || number > s.last)
        return false;
    while (s.here > number && recorder_back(t->recorder, &place))
        s = recorder_status(t->recorder);
    while (s.here < number && recorder_forward(t->recorder, &place))
        s = recorder_status(t->recorder);
    take_outside(t);
    recorder_settle(t->recorder);
    run_control_forget(t->run_control);
    return true;
}

bool travel_keeps_end(struct travel *t, enum run_request request, uint32_t value)
{
    if (!t->recorder || t->end != RUN_REQUEST_NONE)
        return false;
    recorder_sync(t->recorder, false);
    t->end = request;
    t->end_value = value;
    t->end_at = recorder_status(t->recorder).here;
    return true;
}

void travel_note_reset(struct travel *t)
{
    t->end = RUN_REQUEST_NONE;
    if (t->recorder)
        recorder_sync(t->recorder, true);
}
