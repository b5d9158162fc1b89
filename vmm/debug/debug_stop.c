/* What the client is told of a stop. */
#include "debug/catch/explain.h"
#include "debug/debug_state.h"

#include <stdio.h>

static enum gdb_stop_reason watch_reason(enum breakpoint_type type)
{
    if (type == WATCH_WRITE)
        return GDB_REASON_WATCH;
    return type == WATCH_READ ? GDB_REASON_RWATCH : GDB_REASON_AWATCH;
}

void debug_explain_death(struct debug *d, const struct run_event *event, char *buf, size_t size)
{
    explain_death(d->cpus[event->cpu], d->config.memory, &event->stop, buf, size);
}

void debug_stop_of(struct debug *d, const struct run_event *event, struct gdb_stop *stop)
{
    d->current = event->cpu;
    if (!d->non_stop)
        d->chosen = event->cpu;
    stop->kind = GDB_STOP_SIGNAL;
    stop->code = GDB_SIGTRAP;
    stop->thread = (int)event->cpu + 1;
    stop->reason = GDB_REASON_NONE;
    stop->addr = 0;
    if (event->text[0])
        snprintf(stop->message, sizeof stop->message, "%s", event->text);
    else
        stop->message[0] = 0;
    switch (event->kind) {
    case RUN_EVENT_BREAKPOINT:
        stop->reason =
            event->breakpoint == BREAKPOINT_SOFTWARE ? GDB_REASON_SWBREAK : GDB_REASON_HWBREAK;
        break;
    case RUN_EVENT_WATCH:
        stop->reason = watch_reason(event->watch.type);
        stop->addr = event->watch.addr;
        break;
    case RUN_EVENT_INTERRUPTED:
        stop->code = GDB_SIGINT;
        break;
    case RUN_EVENT_HELD:
        stop->code = 0;
        break;
    case RUN_EVENT_DIED:
        stop->code = explain_signal(&event->stop);
        debug_explain_death(d, event, stop->message, sizeof stop->message);
        break;
    case RUN_EVENT_RESET:
        snprintf(stop->message, sizeof stop->message, "The machine has been reset.\n");
        break;
    case RUN_EVENT_CAUGHT:
        /* gdb takes any trap at a breakpoint's address for that breakpoint (gdb 13), finds its
         * condition false and goes on. */
        if (event->passed)
            stop->code = GDB_SIGINT;
        break;
    case RUN_EVENT_HISTORY_BEGIN:
        stop->reason = GDB_REASON_HISTORY_BEGIN;
        break;
    case RUN_EVENT_HISTORY_END:
        stop->reason = GDB_REASON_HISTORY_END;
        break;
    case RUN_EVENT_STEPPED:
    case RUN_EVENT_REQUEST:
        break;
    }
}

bool debug_keeps_end(struct debug *d, const struct run_event *event, struct gdb_stop *stop)
{
    if (!travel_keeps_end(&d->travel, event->request, event->value))
        return false;
    debug_stop_of(d, &(struct run_event){.kind = RUN_EVENT_HISTORY_END, .cpu = event->cpu}, stop);
    snprintf(
        stop->message, sizeof stop->message,
        "The guest has ended by itself (%s). What it did is recorded: reverse-stepi leads back;"
        " continue lets it end.\n",
        event->request == RUN_REQUEST_EXIT ? "debug exit" : "power off");
    return true;
}
