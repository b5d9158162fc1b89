/* ACPI's fixed hardware (ACPI 6.4, 4.8): power management events and control, and the timer.
 *
 * The machine is in ACPI mode from the start: SCI_EN reads as 1 always. Writing SLP_EN to the
 * control register with sleep type 0 is S5, "soft off", by the convention of QEMU's PC, where that
 * register is at port 0x604; guests without ACPI tables use that address as a constant. Other sleep
 * types are stored and do nothing.
 *
 * The timer counts at 3.579545 MHz in 32 bits. That its highest bit has changed is an event, seen
 * whenever the guest accesses a register, and not before: its interrupt waits until then. */
#ifndef VMM_DEV_ACPI_PM_H
#define VMM_DEV_ACPI_PM_H

#include "board/bus.h"
#include "board/irq.h"

#include <stdint.h>

#define ACPI_PM_TIMER_HZ 3579545

struct acpi_pm_state {
    uint16_t status, enable;
    uint16_t control;        /* without SCI_EN, and what is write-only: SLP_EN, GBL_RLS */
    uint64_t power_on;       /* by the clock, when the timer was 0 */
    uint64_t seen_overflows; /* of the timer's lower 31 bits */
};

/* What it asks of the machine. */
struct acpi_pm_host {
    uint64_t (*clock)(void *context); /* nanoseconds since whenever; never goes back */
    void (*poweroff)(void *context);
    void *context;
};

struct acpi_pm {
    struct acpi_pm_state state;
    struct acpi_pm_host host;
    struct irq_line sci; /* level-triggered */
};

/* PM1a's event block (status and enable, 4 ports) and behind it its control register (2). */
extern const struct bus_ops acpi_pm_ops;
/* The timer, 4 ports: read whole, or any part. */
extern const struct bus_ops acpi_pm_timer_ops;

void acpi_pm_init(struct acpi_pm *pm, const struct acpi_pm_host *host, struct irq_line sci);
void acpi_pm_reset(struct acpi_pm *pm);

#endif
