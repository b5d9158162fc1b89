/* Going back and forth in what was recorded (record/recorder.h): where a journey stops, and who
 * hears of it.
 *
 *     travel_back or travel_resume -> travel_on, again and again -> one event from run control
 *
 * A journey goes in slices, so that the polling thread hears a Ctrl-C. All calls are that thread's,
 * with all vCPUs parked. */
#ifndef VMM_DEBUG_TRAVEL_H
#define VMM_DEBUG_TRAVEL_H

#include "debug/breakpoint/breakpoints.h"
#include "debug/run/run_control.h"
#include "error.h"
#include "gdbstub/gdbstub.h"
#include "record/recorder.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct travel {
    const struct machine_parts *machine;
    struct run_control *run_control;
    struct breakpoints *breakpoints;
    bool (*has_unsaid)(void *context); /* debug_config's */
    void *context;
    bool told_unsaid;
    struct recorder *recorder; /* NULL: nothing is recorded. Owned. */

    /* The journey. */
    bool under_way, back, interrupted;
    bool asks;                   /* the hit filter, about a place that is not settled */
    bool has_asked;              /* since the clock was looked at */
    bool breaks, watches, reads; /* the client has inserted some; READS: such watchpoints */
    bool steps;                  /* ends with an instruction of CPU */
    unsigned cpu;
    struct step_range range;            /* a step forward goes on while the pc is in it */
    struct run_order run[RUN_MAX_CPUS]; /* forward: what the client has ordered */

    /* The guest has ended by itself, and was kept: what it wanted, and where. */
    enum run_request end;
    uint32_t end_value;
    uint64_t end_at;
};

/* Begins and ends recording. 0 or -errno with ERROR set. */
int travel_record(struct travel *travel, size_t limit, struct error *error);
void travel_forget(struct travel *travel);

/* Begins a journey back, of one instruction of vCPU CPU, or until something is hit. 0, or -ENODATA
 * with WHY. */
int travel_back(struct travel *travel, unsigned cpu, enum gdb_travel how, struct gdb_text *why);
/* The vCPUs are to run as RUN says, of RUN_MAX_CPUS. True: they are in the past, a journey forward
 * has begun, and they must not run. */
bool travel_resume(struct travel *travel, const struct run_order *run);
/* Goes on for some milliseconds. */
void travel_on(struct travel *travel);
void travel_interrupt(struct travel *travel);
/* The vCPUs are to run from where they are, live, whatever was recorded after that. */
void travel_leave(struct travel *travel);
/* Ends a journey that nobody waits for any more, where it is. */
void travel_end(struct travel *travel);

/* While the hit filter is asked on a journey: what vCPU CPU holds there, which is not yet in KVM.
 * Guest memory is. NULL: KVM has it. */
const struct vcpu_snapshot *travel_state(const struct travel *travel, unsigned cpu);
/* Then, for what is not in that: makes all of the machine be there. It takes some 100 us. */
void travel_settle(struct travel *travel);

/* Goes to where NUMBER instructions were executed, at once. False: that can't be reached. */
bool travel_to(struct travel *travel, uint64_t number);

/* The guest has ended, by REQUEST, and someone may want to go back: true if it is kept for that.
 * Then it ends when it is resumed from there. */
bool travel_keeps_end(struct travel *travel, enum run_request request, uint32_t value);

/* The machine has been reset, in place of an instruction. */
void travel_note_reset(struct travel *travel);

#endif
