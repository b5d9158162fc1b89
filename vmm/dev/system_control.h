/* System control port A (port 0x92 since the PS/2): the A20 gate and a fast reset, and the one
 * place where the state of A20 is kept, for the keyboard controller has a say in it too.
 *
 * KVM has no A20 mask: the guest's address line 20 works always. The gate is therefore on at reset,
 * and turning it off is only remembered. */
#ifndef VMM_DEV_SYSTEM_CONTROL_H
#define VMM_DEV_SYSTEM_CONTROL_H

#include "board/bus.h"

#include <stdbool.h>

struct system_control_state {
    bool a20;
};

struct system_control {
    struct system_control_state state;
    void (*reset)(void *context);
    void *context;
};

/* Port 0x92, 1 port: bit 1 is A20, writing 1 to bit 0 resets; the rest reads as 0. */
extern const struct bus_ops system_control_ops;

void system_control_init(struct system_control *control, void (*reset)(void *context),
                         void *context);
void system_control_reset(struct system_control *control);

/* For the other ways to the same gate and the same reset line. */
void system_control_set_a20(struct system_control *control, bool on);
void system_control_pulse_reset(struct system_control *control);

#endif
