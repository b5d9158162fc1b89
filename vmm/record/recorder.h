/* The recorder: keeps what each step of the machine has changed, and takes it back.
 *
 *     recorder_enter -> recorder_stepped -> recorder_stepped ... (vCPUs' threads, one at a time)
 *     recorder_sync -> recorder_back, recorder_forward ... -> recorder_settle (all vCPUs parked)
 *
 * It has an image of all that an instruction can change: each vCPU's state, RAM, devices, the
 * interrupt controllers and the timer that KVM has. What differs from the image goes as exclusive
 * ors into the log (delta.h), and into the image; so to go back is to apply the same once more, and
 * nothing is ever executed again. Guest RAM and disks go back in place as the log is walked; vCPUs
 * and devices get their state when the journey ends, by recorder_settle.
 *
 * Clocks go on: the TSC, the timers' counts, the host's time as devices tell it. Interrupts that
 * KVM's own timer raises are seen when an instruction reaches the controllers or one is delivered:
 * until then they have not come in, as far as the log knows. */
#ifndef VMM_RECORD_RECORDER_H
#define VMM_RECORD_RECORDER_H

#include "error.h"
#include "record/machine_state.h"
#include "vcpu/vcpu_snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recorder;

/* Begins to record what MACHINE does, into a log of LIMIT bytes. All vCPUs are parked. 0 or -errno
 * with ERROR set and *OUT NULL. */
int recorder_new(struct recorder **out, const struct machine_parts *machine, size_t limit,
                 struct error *error);
/* All vCPUs are parked, and the machine is left as it is now. NULL is fine. */
void recorder_free(struct recorder *recorder);

/* ---- While vCPUs run, each on its own thread */

/* The vCPU of index CPU is about to enter the guest. One at a time does, so that the changes of
 * each step are its own: waits for its turn, unless it waits to be started. */
void recorder_enter(struct recorder *recorder, unsigned cpu);
/* It is not going to execute anything for a while, in the guest (hlt) or parked: the others go on.
 * Parked by what shall stop those too, also by its death: after they are kicked. */
void recorder_leave(struct recorder *recorder, unsigned cpu);

/* What an instruction was. */
struct recorder_step {
    unsigned parts; /* VCPU_PART_* beyond RUN that it can have changed */
    bool chips;     /* and KVM's interrupt controllers and timer */
    bool no_memory; /* it can't have written to memory, unless there are page tables */
    int vector;     /* whose handler it has ended in, or -1 */
};
/* It has taken a step: its state is the guest's own, with nothing of a debugger's in it. */
void recorder_stepped(struct recorder *recorder, unsigned cpu, const struct recorder_step *step);
/* It could not, and the guest's end is this. If KVM has LOST its state by that, it is given the one
 * from before the instruction. */
void recorder_died(struct recorder *recorder, unsigned cpu, bool lost);

/* ---- With all vCPUs parked */

/* Notes what has changed from outside, before the guest runs on or a journey begins. In the past
 * that drops the future: true. ALL: the machine has been reset, and nothing is as it was. */
bool recorder_sync(struct recorder *recorder, bool all);
/* Everything is new, as after a reset or a change of the memory map: the history is forgotten. 0 or
 * -errno, and then nothing more is recorded until this succeeds. */
int recorder_restart(struct recorder *recorder);

/* Where an entry of the log has led. */
struct recorder_place {
    unsigned cpu;
    unsigned flags; /* RECORD_* of the entry */
    int vector;
};
/* Goes over one entry. False: there is none. After sync; until settle only what is below, and
 * memory, show where it is. */
bool recorder_back(struct recorder *recorder, struct recorder_place *place);
bool recorder_forward(struct recorder *recorder, struct recorder_place *place);
/* The entry after this place, which stays. False: there is none. */
bool recorder_next(struct recorder *recorder, struct recorder_place *place);
/* The state of a vCPU there. */
const struct vcpu_snapshot *recorder_cpu(const struct recorder *recorder, unsigned cpu);
/* Its linear pc. While it runs: for its own thread, as of its last step. */
uint64_t recorder_pc(const struct recorder *recorder, unsigned cpu);
/* A word that the last entry has changed: see delta.h. */
struct recorder_change {
    unsigned space;
    uint64_t word;
    uint64_t was,
        now; /* going forward; 0 and the difference where the words are not kept (disks) */
};
void recorder_each_change(const struct recorder *recorder,
                          void (*visit)(void *context, const struct recorder_change *change),
                          void *context);
/* Whether the last entry has changed some of the LEN bytes at GPA. */
bool recorder_touched(const struct recorder *recorder, uint64_t gpa, uint64_t len);
/* Makes the machine be there. 0, or what KVM said first; all is tried. */
int recorder_settle(struct recorder *recorder);

/* The vCPUs are about to execute, after journeys perhaps. */
void recorder_run(struct recorder *recorder);

/* Instructions executed since it began: before here, and before the first and last place that can
 * be reached. */
struct recorder_status {
    uint64_t here, first, last;
    uint64_t entries;
    size_t used, limit;   /* bytes of the log */
    uint64_t lost;        /* times that the history had to be given up */
    const char *lost_why; /* the last time, or NULL */
};
struct recorder_status recorder_status(const struct recorder *recorder);
bool recorder_at_end(const struct recorder *recorder);

#endif
