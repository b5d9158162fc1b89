#include "relay.h"

#include <errno.h>
#include <time.h>

void relay_init(struct relay *relay)
{
    pthread_condattr_t attributes;
    *relay = (struct relay){.state = RELAY_HOME};
    pthread_mutex_init(&relay->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&relay->home, &attributes);
    pthread_condattr_destroy(&attributes);
}

void relay_destroy(struct relay *relay)
{
    pthread_cond_destroy(&relay->home);
    pthread_mutex_destroy(&relay->lock);
}

static struct timespec end_of_wait(void)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += RELAY_MS * 1000000L;
    if (end.tv_nsec >= 1000000000) {
        end.tv_nsec -= 1000000000;
        end.tv_sec++;
    }
    return end;
}

/* With the lock held. Whether it had to be asked for. */
static bool wait_until_home(struct relay *relay)
{
    const struct timespec end = end_of_wait();
    int err = 0;
    while (relay->state != RELAY_HOME && err != ETIMEDOUT)
        err = pthread_cond_timedwait(&relay->home, &relay->lock, &end);
    if (relay->state == RELAY_LENT)
        relay->state = RELAY_HOME;
    const bool in_use = relay->state == RELAY_TAKEN;
    atomic_store(&relay->wanted, in_use);
    while (relay->state != RELAY_HOME)
        pthread_cond_wait(&relay->home, &relay->lock);
    atomic_store(&relay->wanted, false);
    return in_use;
}

/* Lent first, asked then: the step may end in between, and who ended it has either taken the loop
 * or been seen to have ended it. */
bool relay_lend(struct relay *relay, bool (*is_stepping)(void *context), void *context)
{
    pthread_mutex_lock(&relay->lock);
    relay->state = RELAY_LENT;
    pthread_mutex_unlock(&relay->lock);
    const bool stepping = is_stepping(context);
    pthread_mutex_lock(&relay->lock);
    if (!stepping && relay->state == RELAY_LENT)
        relay->state = RELAY_HOME;
    const bool in_use = wait_until_home(relay);
    pthread_mutex_unlock(&relay->lock);
    return in_use;
}

bool relay_take(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    const bool taken = relay->state == RELAY_LENT;
    if (taken)
        relay->state = RELAY_TAKEN;
    pthread_mutex_unlock(&relay->lock);
    return taken;
}

bool relay_is_wanted(const struct relay *relay)
{
    return atomic_load(&relay->wanted);
}

/* While the loop's thread waits for it, it goes nowhere else. It may end as soon as it has the
 * lock, and the relay with it: nothing is touched after that. */
void relay_give(struct relay *relay, bool is_stepping)
{
    pthread_mutex_lock(&relay->lock);
    relay->state = is_stepping && !atomic_load(&relay->wanted) ? RELAY_LENT : RELAY_HOME;
    if (relay->state == RELAY_HOME)
        pthread_cond_signal(&relay->home);
    pthread_mutex_unlock(&relay->lock);
}
