#include "dev/acpi_pm.h"

#include "dev/byte_registers.h"

#define NANOSECONDS 1000000000ull

/* 4.8.3.1: events, in the status and the enable register alike. */
enum {
    TIMER = 1 << 0,
    GLOBAL_LOCK = 1 << 5,
    POWER_BUTTON = 1 << 8,
    SLEEP_BUTTON = 1 << 9,
    RTC_ALARM = 1 << 10,
    WAKE = 1 << 15, /* status only */
};
#define STATUS (TIMER | GLOBAL_LOCK | POWER_BUTTON | SLEEP_BUTTON | RTC_ALARM | WAKE)
#define ENABLE (TIMER | GLOBAL_LOCK | POWER_BUTTON | SLEEP_BUTTON | RTC_ALARM)

/* 4.8.3.2.1 */
enum {
    SCI_EN = 1 << 0,
    GBL_RLS = 1 << 2,
    SLP_TYP = 7 << 10,
    SLP_EN = 1 << 13,
};

enum { AT_STATUS = 0, AT_ENABLE = 2, AT_CONTROL = 4, REGISTER_BYTES = 6 };

/* Since power-on. Seconds apart, so that it fits for 160 years. */
static uint64_t ticks(const struct acpi_pm *pm)
{
    const uint64_t ns = pm->host.clock(pm->host.context) - pm->state.power_on;
    return ns / NANOSECONDS * ACPI_PM_TIMER_HZ + ns % NANOSECONDS * ACPI_PM_TIMER_HZ / NANOSECONDS;
}

/* The timer's highest bit changes each time that the lower 31 overflow. */
static void look_at_timer(struct acpi_pm *pm)
{
    const uint64_t overflows = ticks(pm) >> 31;
    if (overflows != pm->state.seen_overflows)
        pm->state.status |= TIMER;
    pm->state.seen_overflows = overflows;
}

static void update_sci(const struct acpi_pm *pm)
{
    irq_set(&pm->sci, pm->state.status & pm->state.enable);
}

static uint8_t pm_read(void *device, unsigned offset)
{
    struct acpi_pm *pm = device;
    look_at_timer(pm);
    update_sci(pm);
    const uint16_t registers[] = {pm->state.status, pm->state.enable, pm->state.control | SCI_EN};
    return (uint8_t)(registers[offset / 2] >> (8 * (offset & 1)));
}

/* The register with one of its bytes written. */
static uint16_t with_byte(uint16_t old, unsigned offset, uint8_t value)
{
    const unsigned shift = 8 * (offset & 1);
    return (uint16_t)((old & ~(0xffu << shift)) | (unsigned)value << shift);
}

static void write_control(struct acpi_pm *pm, unsigned offset, uint8_t value)
{
    const uint16_t control = with_byte(pm->state.control, offset, value);
    pm->state.control = control & (uint16_t) ~(SCI_EN | GBL_RLS | SLP_EN);
    if ((control & (SLP_EN | SLP_TYP)) == SLP_EN)
        pm->host.poweroff(pm->host.context);
}

static void pm_write(void *device, unsigned offset, uint8_t value)
{
    struct acpi_pm *pm = device;
    look_at_timer(pm);
    if (offset < AT_ENABLE) /* a 1 clears */
        pm->state.status &= (uint16_t)~with_byte(0, offset, value);
    else if (offset < AT_CONTROL)
        pm->state.enable = with_byte(pm->state.enable, offset, value) & ENABLE;
    else
        write_control(pm, offset, value);
    update_sci(pm);
}

BYTE_REGISTER_OPS(acpi_pm_ops, REGISTER_BYTES, pm_read, pm_write);

static uint64_t timer_read(void *device, uint64_t offset, unsigned len)
{
    struct acpi_pm *pm = device;
    look_at_timer(pm);
    update_sci(pm);
    const uint64_t past = ~0ull << 32; /* what is behind the register */
    const uint64_t value = (past | (uint32_t)ticks(pm)) >> (8 * (offset & 3));
    return len == 8 ? value : value & ((1ull << (8 * len)) - 1);
}

const struct bus_ops acpi_pm_timer_ops = {.read = timer_read};

void acpi_pm_init(struct acpi_pm *pm, const struct acpi_pm_host *host, struct irq_line sci)
{
    *pm = (struct acpi_pm){.host = *host, .sci = sci};
    acpi_pm_reset(pm);
}

void acpi_pm_reset(struct acpi_pm *pm)
{
    pm->state = (struct acpi_pm_state){.power_on = pm->host.clock(pm->host.context)};
    update_sci(pm);
}
