/* struct debug for the files of this folder that fill the table of target operations. */
#ifndef VMM_DEBUG_DEBUG_STATE_H
#define VMM_DEBUG_DEBUG_STATE_H

#include "debug/catch.h"
#include "debug/debug.h"

struct debug {
    struct debug_config config;
    struct host_debug host;
    struct breakpoints *breakpoints;
    struct catches *catches;
    struct run_control *run_control;
    struct vcpu *cpus[RUN_MAX_CPUS];
    unsigned count;
    unsigned current; /* the vCPU that stopped last */
};

/* monitor.c */
int debug_monitor(void *target, const char *command, struct gdb_text *out);

#endif
