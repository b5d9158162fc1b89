/* What the program may still ask of the kernel once it is set up: each system call with the reason.
 * Pure. */
#ifndef VMM_CONFINE_ALLOWED_H
#define VMM_CONFINE_ALLOWED_H

#include "confine/filter.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What the table can't know. */
struct allowed_config {
    const unsigned long *requests; /* ioctl(2)'s, the most frequent first, beside a terminal's */
    size_t request_count;
    pid_t pid; /* the process, the only one that may be sent a signal */
};

/* At most so many rules. */
#define ALLOWED_MAX 192

/* The rules of the running machine into RULES, of ALLOWED_MAX, the most frequent calls first. How
 * many, or 0: too many. All else is to be trapped (SECCOMP_RET_TRAP). */
size_t allowed_to_run(struct filter_rule *rules, const struct allowed_config *config);

/* The same for the process that opens files for it (file_helper.h). */
size_t allowed_to_help(struct filter_rule *rules);

/* The name of system call NUMBER if it is in a table, or NULL. */
const char *allowed_name(int number);

#endif
