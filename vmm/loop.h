/* The thread that waits: for the debugger, the console, signals, and the machine's own events. */
#ifndef VMM_LOOP_H
#define VMM_LOOP_H

#include "gdbstub/gdbstub.h"
#include "machine.h"

struct loop_config {
    struct machine *machine;
    struct gdb_server *server; /* NULL: no debugger can come */
    int signals;               /* of loop_signals; closed at the end */
    bool stop;                 /* wait for the debugger before the first instruction */
    bool verbose;
};

/* Blocks the signals that loop_run takes, in this thread and those made after it, and ignores those
 * that say what the call that met it says too (a closed pipe, a file at its limit). Call first. */
void loop_block_signals(void);

/* A descriptor from which those signals are read, or -errno with ERROR set. */
int loop_signals(struct error *error);

/* Runs until the machine has ended; returns the program's exit status (stepvm(1), EXIT STATUS). */
int loop_run(const struct loop_config *config);

#endif
