/* A port that ends the machine: what a test guest writes to it becomes the exit status, as with
 * QEMU's isa-debug-exit, (value << 1) | 1. That sum is the callback's, which gets the value. */
#ifndef VMM_DEV_DEBUG_EXIT_H
#define VMM_DEV_DEBUG_EXIT_H

#include "board/bus.h"

#include <stdint.h>

/* It has no guest-visible state, and so no reset. */
struct debug_exit {
    void (*exit)(void *context, uint32_t value);
    void *context;
};

/* Any number of ports; a write at any offset counts, its low 32 bits are the value. Reads give 0.
 */
extern const struct bus_ops debug_exit_ops;

void debug_exit_init(struct debug_exit *debug_exit, void (*exit)(void *context, uint32_t value),
                     void *context);

#endif
