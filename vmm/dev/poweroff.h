/* The ACPI register that switches the machine off: PM1a_CNT, 16 bits (ACPI 6.5, 4.8.3.2.1).
 *
 * Writing SLP_EN (bit 13) with sleep type 0 (bits 12-10) is S5, "soft off", by the convention of
 * QEMU's PC, where the register is at port 0x604; guests without ACPI tables use that address as a
 * constant. Other sleep types are stored and do nothing. */
#ifndef VMM_DEV_POWEROFF_H
#define VMM_DEV_POWEROFF_H

#include "bus.h"

#include <stdint.h>

struct poweroff_state {
    uint8_t pm1_control[2]; /* low, high byte; SLP_EN is never stored: it reads as 0 */
};

struct poweroff {
    struct poweroff_state state;
    void (*poweroff)(void *context);
    void *context;
};

extern const struct bus_ops poweroff_ops; /* 2 ports */

void poweroff_init(struct poweroff *device, void (*poweroff)(void *context), void *context);
void poweroff_reset(struct poweroff *device);

#endif
