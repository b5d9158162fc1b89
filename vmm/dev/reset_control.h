/* The chipset's reset control register (port 0xcf9; Intel ICH datasheets, "RST_CNT").
 *
 * Bit 2 going from 0 to 1 resets; bit 1 chooses between the whole system (1) and the processor
 * alone (0). Both end in the same callback, because this machine has one kind of reset. */
#ifndef VMM_DEV_RESET_CONTROL_H
#define VMM_DEV_RESET_CONTROL_H

#include "board/bus.h"

#include <stdint.h>

struct reset_control_state {
    uint8_t value; /* bits 1-3 are stored */
};

struct reset_control {
    struct reset_control_state state;
    void (*reset)(void *context);
    void *context;
};

extern const struct bus_ops reset_control_ops; /* 1 port */

void reset_control_init(struct reset_control *device, void (*reset)(void *context), void *context);
void reset_control_reset(struct reset_control *device);

#endif
