/* Whose thread runs the loop (loop.h), while the client steps.
 *
 * The loop's thread waits for packets, a vCPU's thread steps. To hand each step over, and its end
 * back, costs more than the step (docs/PERFORMANCE.md, "The path of a step"). So once a step is on
 * its way the loop's thread lends the loop and sleeps; the thread on which the stop becomes
 * complete takes it, answers the client, and looks for the next packet, for which it need not wait
 * long. If that steps again, the loop is lent anew, and a step costs no change of threads at all.
 *
 *     HOME     the loop's thread has it
 *     LENT     nobody has it: a step is under way. Whoever ends the step may take it
 *     TAKEN    a thread of a vCPU, which is parked, has it
 *
 * What belongs to the loop's thread belongs to whoever has the loop. */
#ifndef VMM_RELAY_H
#define VMM_RELAY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct relay {
    pthread_mutex_t lock; /* the last one in the order of locks */
    pthread_cond_t home;
    enum { RELAY_HOME, RELAY_LENT, RELAY_TAKEN } state; /* under lock */
    atomic_bool wanted; /* the loop's thread waits for it to come back: set and cleared by that */
};

void relay_init(struct relay *relay);
void relay_destroy(struct relay *relay);

/* By the loop's thread: lends it, unless IS_STEPPING, asked when it could be taken already, says
 * that nobody would. Returns when the loop is back, which takes RELAY_MS and one packet at most: a
 * step can last, and there is more to wait for than the client. True if it was still in use then:
 * it is to be lent again as soon as those others have had their turn. */
#define RELAY_MS 20
bool relay_lend(struct relay *relay, bool (*is_stepping)(void *context), void *context);

/* By a vCPU's thread: whether it has the loop now. With a lock held or none. */
bool relay_take(struct relay *relay);
/* By who has taken it: whether it shall come home at once. */
bool relay_is_wanted(const struct relay *relay);
/* By the same: it is lent again, for a step is under way, or else goes home. */
void relay_give(struct relay *relay, bool is_stepping);

#endif
