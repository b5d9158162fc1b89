/* Run control: sets vCPUs going, and when one stops, stops the others before anyone hears of it.
 *
 *     run_control_resume -> [step each vCPU off its breakpoint, alone] -> plant -> all run
 *     a vCPU parks with a reason -> the others are kicked -> the last one to park lifts the planted
 *     bytes and posts one event -> the polling thread takes it
 *
 * Non-stop mode is the same but for the end: each vCPU that has something to tell gets an event of
 * its own and is held, and the others go on at once. So whatever is changed in either mode is
 * changed with every vCPU parked.
 *
 * The machine's own wishes (reset, power-off) go the same way, so that they too are served with
 * every vCPU parked. With no debugger there the machine runs through the very same calls. */
#ifndef VMM_DEBUG_RUN_CONTROL_H
#define VMM_DEBUG_RUN_CONTROL_H

#include "debug/breakpoint/breakpoints.h"
#include "debug/catch/catch.h"
#include "debug/host_probe.h"
#include "debug/step/step.h"
#include "gdbstub/gdbstub.h"
#include "memory/memory.h"
#include "record/recorder.h"
#include "vcpu/vcpu.h"

#include <stdbool.h>
#include <stdint.h>

#define RUN_MAX_CPUS 16

enum run_request { RUN_REQUEST_NONE, RUN_REQUEST_RESET, RUN_REQUEST_POWEROFF, RUN_REQUEST_EXIT };

enum run_action {
    RUN_HOLD, /* stays parked; in non-stop mode: stays as it is */
    RUN_CONTINUE,
    RUN_STEP,
    RUN_STOP, /* in non-stop mode: if it is going, it is held, with an event that says so */
};

/* What one vCPU is to do. */
struct run_order {
    enum run_action action;
    struct step_range range; /* RUN_STEP: where it steps on; empty: one instruction */
};

enum run_event_kind {
    RUN_EVENT_BREAKPOINT,  /* breakpoint is set */
    RUN_EVENT_WATCH,       /* watch is set; the instruction is done */
    RUN_EVENT_STEPPED,     /* RUN_STEP is done; also the stop before the first instruction */
    RUN_EVENT_INTERRUPTED, /* run_control_interrupt */
    RUN_EVENT_HELD,        /* RUN_STOP */
    RUN_EVENT_CAUGHT,  /* one of the machine's events that the client asked for: text says which */
    RUN_EVENT_DIED,    /* stop says how; the vCPU can't simply go on */
    RUN_EVENT_RESET,   /* the machine has been reset, by RUN_STEP or with that caught */
    RUN_EVENT_REQUEST, /* the machine's wish: request, value */
    RUN_EVENT_HISTORY_BEGIN, /* a journey through what was recorded has come to its begin */
    RUN_EVENT_HISTORY_END,   /* or to its end */
};

struct run_event {
    enum run_event_kind kind;
    unsigned cpu;
    enum breakpoint_type breakpoint;
    struct watch_hit watch;
    struct vcpu_stop stop;
    enum run_request request;
    uint32_t value;   /* RUN_REQUEST_EXIT: what the guest wrote */
    bool passed;      /* CAUGHT, STEPPED: at a breakpoint that is no stop, as the filter said */
    bool interrupted; /* run_control_interrupt was to make an event, and this one is it */
    char text[512];   /* what else the client's user should know, or ""; last, for most have none */
};

struct run_control;

/* NULL if memory is short. What is given must outlive it. */
struct run_control *run_control_new(struct memory *memory, struct breakpoints *breakpoints,
                                    const struct catches *catches, const struct host_debug *host);
void run_control_free(struct run_control *rc);
/* Fills the debugger's part of HOOKS, for vcpu_create; trap is left alone. */
void run_control_hooks(struct run_control *rc, struct vcpu_hooks *hooks);
/* The vCPUs in order of index, parked; called once, before anything below. */
void run_control_set_cpus(struct run_control *rc, struct vcpu *const *cpus, unsigned count);

/* Polls readable when run_control_take has something. */
int run_control_fd(const struct run_control *rc);
/* Who takes the event in the polling thread's place, on the vCPU's thread on which the stop became
 * complete: it need not wake anyone. */
struct run_taker {
    /* With run control's lock held, when the event (no request) has been made. True: SERVE is
     * called as soon as that is possible, and run_control_fd stays as it is. */
    bool (*take)(void *context);
    /* With nothing locked, in the place of the polling thread. The vCPU whose thread this is may be
     * set going meanwhile; it runs once this has returned. */
    void (*serve)(void *context);
    void *context;
};
/* TAKER must outlive it; NULL: none. Before anything runs. */
void run_control_set_taker(struct run_control *rc, const struct run_taker *taker);
/* The event that the last stop posted, once; in non-stop mode, one by one, each that stops have
 * posted. False if there is none. The polling thread or a run_taker. */
bool run_control_take(struct run_control *rc, struct run_event *event);

/* Sets each vCPU I going by ORDERS[I]; all are parked. If stops of some of these were not yet
 * reported and still hold, they are posted instead, at once. (A step that has ended unreported is
 * one that nobody waits for any more.)
 * In non-stop mode: those that are going already go on with what they were doing; one with an event
 * that is not yet taken stays held. Nobody runs before run_control_unpause. */
void run_control_resume(struct run_control *rc, const struct run_order *orders);
/* What the last resume has come to. In non-stop mode it is not said: GOING. */
enum run_phase { RUN_STOPPED, RUN_STEPPING, RUN_GOING };
enum run_phase run_control_phase(struct run_control *rc);
/* The client has been told of the stop. If it was the end of one vCPU's step, by whose thread this
 * is called, KVM is made ready for the next one meanwhile. */
void run_control_ready(struct run_control *rc);
/* Who is asked what becomes of a vCPU that has hit something: see gdb_target_ops.set_hit_filter.
 * NULL: each hit is a stop, and nothing may be inserted that is only traced. All parked. */
void run_control_set_filter(struct run_control *rc, gdb_hit_filter *filter, void *context);
/* Whoever comes to the breakpoint at linear ADDR stops there, also where the filter lets it go on:
 * that is RUN_EVENT_STEPPED with `passed`. ALONE: the client has none there. All parked. */
void run_control_stop_at(struct run_control *rc, uint64_t addr, bool alone);
/* No more. */
void run_control_stop_nowhere(struct run_control *rc);
/* Whether the vCPU of index CPU has hit something and waits for the filter. On its thread, or with
 * all parked. */
bool run_control_is_asked(const struct run_control *rc, unsigned cpu);
/* On the thread of a vCPU that does: as gva_read, with the guest's bytes in the place of ours. */
size_t run_control_read(struct run_control *rc, const struct gva_space *space, uint64_t addr,
                        void *buf, size_t len);
/* Whether interrupts come in during RUN_STEP; at first they don't. All parked. */
void run_control_let_interrupts_in(struct run_control *rc, bool let_in);
/* From now on all vCPUs go by steps, and RECORDER hears of each; NULL: no longer. All parked. */
void run_control_set_recorder(struct run_control *rc, struct recorder *recorder);
/* The vCPUs' state has been changed while all were parked, as in a journey through what was
 * recorded: forgets what stops were pending, and posts EVENT in their place. */
void run_control_tell(struct run_control *rc, const struct run_event *event);
/* WATCH_* as the client knows it. */
enum gdb_breakpoint_type run_client_type(enum breakpoint_type watch);
bool run_control_has_filter(const struct run_control *rc);
/* What the filter says of HIT, with all parked. */
enum gdb_verdict run_control_ask(struct run_control *rc, const struct gdb_hit *hit);
/* Asks for a stop and returns. Stopped already: the last event is posted once more. A request that
 * wins the race is served first; then the stop comes from run_control_restart. */
void run_control_interrupt(struct run_control *rc);
/* Stops every vCPU and waits for it. An event that this caused is not posted; one that came first
 * is, and true is returned. For the polling thread, which holds no lock that a device needs.
 * In non-stop mode no event can be taken until run_control_unpause, by which those that were going,
 * and those that were resumed in between, go. */
bool run_control_pause(struct run_control *rc);
void run_control_unpause(struct run_control *rc);
/* Non-stop mode on or off; all are parked. On: all are held. Off: events not yet taken are dropped,
 * but a request is served when the machine is to run; what runs next is for run_control_resume to
 * say. */
void run_control_set_non_stop(struct run_control *rc, bool on);
/* Around what the machine does to guest memory in the place of a vCPU's instruction (a BIOS call, a
 * device's DMA), on its thread: between the two no breakpoint's byte is in it, so that none goes to
 * a disk and none is lost under what comes from there. Another vCPU may slip past a breakpoint
 * meanwhile. What changes a watched value stops the vCPU. On any other thread, which has all vCPUs
 * parked (the debugger's hand on a device), memory is the guest's own: they do nothing. */
void run_control_memory_begin(struct run_control *rc);
void run_control_memory_end(struct run_control *rc);
/* Chooses what carries each breakpoint, as the next run would. All parked. */
void run_control_plan(struct run_control *rc);
/* Asks for all vCPUs to be parked to serve REQUEST. Any thread. The first request wins. Stopped
 * already, as when the debugger has written to a device: it is served when the guest is to run on,
 * before it does. */
void run_control_request(struct run_control *rc, enum run_request request, uint32_t value);
/* Whether one waits for that. */
bool run_control_requested(struct run_control *rc);
/* The CPUs' state is new: forgets what stops were pending. All parked. */
void run_control_forget(struct run_control *rc);
/* The client has gone: forgets the stops that it asked for and has not heard of. All parked. */
void run_control_forget_client(struct run_control *rc);
/* RUN_REQUEST_RESET is served: all go on, from their first instruction. Instead an event is posted
 * at once if a step was under way, if a breakpoint stands there, or if run_control_interrupt came
 * in between. In non-stop mode those go on that were going, but for the ones that stepped. */
void run_control_restart(struct run_control *rc);

#endif
