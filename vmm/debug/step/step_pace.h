/* When interrupts come in while the guest runs by steps. Its timers go on at their own speed, and
 * its instructions take a thousand times as long: each tick would find the handler of the one
 * before still running, and the guest would get no further. So after an interrupt others wait until
 * the guest has had STEP_PACE instructions with interrupts enabled, and STEP_PACE_SHARE for each of
 * the handler's: a kernel's tick has work of its own behind it. What waits stays pending, as behind
 * a long CLI. Pure. */
#ifndef VMM_DEBUG_STEP_PACE_H
#define VMM_DEBUG_STEP_PACE_H

#include <stdbool.h>

#define STEP_PACE       500u
#define STEP_PACE_SHARE 4u
#define STEP_PACE_MAX   100000u /* behind a handler however long */

/* Of one vCPU; all zero at first. */
struct step_pace {
    unsigned owed; /* instructions that are to run with interrupts enabled before the next one */
    bool handling; /* they have not been enabled again since the last one */
};

/* A step has ended: as it began, INTERRUPTED or not; with interrupts ENABLED behind it. */
void step_pace_count(struct step_pace *pace, bool interrupted, bool enabled);
/* It halts or has been halted: nobody is kept from anything. */
void step_pace_forget(struct step_pace *pace);
/* Whether the next one has to wait. */
bool step_pace_holds(const struct step_pace *pace);

#endif
