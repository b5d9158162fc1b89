/* The sandbox: what this process can do once the machine is set up, should a guest, a client or an
 * image take it over (SECURITY.md). From libc and the kernel's headers only.
 *
 *     file_helper_start      before anything is opened
 *     ...                    all that is opened, bound, mapped
 *     confine_rights         no privileges, no descriptors of others: the last one before threads
 *     ...                    the vCPUs' threads
 *     confine_calls          the filter of system calls, for all threads
 *
 * Nothing of it can be undone. What the host's kernel does not have is left out, and told. */
#ifndef VMM_CONFINE_CONFINE_H
#define VMM_CONFINE_CONFINE_H

#include "error.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* What confines the process, in words, for `monitor info host`. */
struct confinement {
    char text[200];
};

/* Notes that there is none, and WHY. */
void confine_not(struct confinement *confinement, const char *why);

/* Gives up privileges and closes what the process was started with. 0, or -errno with ERROR set to
 * what could not be given up. */
int confine_rights(struct error *error);

struct confine_config {
    const unsigned long *requests; /* ioctl(2)'s that are still made, the most frequent first */
    size_t request_count;
    /* SIGSYS's handler: calls confine_trapped, and does not return to what was trapped. */
    void (*trapped)(int signal, siginfo_t *info, void *context);
};

/* Lets all threads make the calls of allowed.h only. 0, or -errno with ERROR set: there is no
 * filter. */
int confine_calls(struct confinement *confinement, const struct confine_config *config,
                  struct error *error);

/* By the handler, on a thread that made a call which is not allowed: says so, and ends the process
 * by SIGSYS. */
__attribute__((noreturn)) void confine_trapped(const siginfo_t *info);

/* For the process of file_helper.h: it keeps CHANNEL, and what it takes to open files. */
void confine_helper(int channel);

#endif
