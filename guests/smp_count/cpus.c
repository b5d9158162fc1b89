/* Other CPUs are started by INIT and SIPI (SDM vol. 3, 8.4.4). */
#include "smp_count.h"

#define SIPI_PAGE 8 /* the others begin at 0x8000 */
#define TIMER_KHZ 3580

/* The local APIC's registers, in words of 32 bits (SDM vol. 3, table 10-1). */
enum {
    LAPIC_ID = 0x20 / 4,
    LAPIC_SVR = 0xf0 / 4,
    LAPIC_ICR = 0x300 / 4,
    LAPIC_ICR_HIGH = 0x310 / 4
};
enum { SVR_ENABLE = 0x1ff };
enum { ICR_INIT = 0x4500, ICR_STARTUP = 0x4600, ICR_PENDING = 0x1000 };

extern const uint8_t start_other[], start_other_end[];

uint8_t cpu_id(const volatile uint32_t *lapic)
{
    return (uint8_t)(lapic[LAPIC_ID] >> 24);
}

static void wait_milliseconds(const struct acpi *acpi, uint32_t n)
{
    const uint32_t begin = in32(acpi->pm_timer);
    while (in32(acpi->pm_timer) - begin < n * TIMER_KHZ)
        asm volatile("pause");
}

static void send(const struct acpi *acpi, uint8_t id, uint32_t command)
{
    acpi->lapic[LAPIC_ICR_HIGH] = (uint32_t)id << 24;
    acpi->lapic[LAPIC_ICR] = command;
    while (acpi->lapic[LAPIC_ICR] & ICR_PENDING)
        asm volatile("pause");
}

void cpus_start(const struct acpi *acpi)
{
    uint8_t *page = (uint8_t *)(SIPI_PAGE << 12);
    for (const uint8_t *from = start_other; from < start_other_end; from++)
        *page++ = *from;
    acpi->lapic[LAPIC_SVR] = SVR_ENABLE;
    for (unsigned i = 0; i < acpi->cpus; i++)
        if (acpi->apic_ids[i] != cpu_id(acpi->lapic))
            send(acpi, acpi->apic_ids[i], ICR_INIT);
    wait_milliseconds(acpi, 10);
    for (unsigned i = 0; i < acpi->cpus; i++)
        if (acpi->apic_ids[i] != cpu_id(acpi->lapic))
            send(acpi, acpi->apic_ids[i], ICR_STARTUP | SIPI_PAGE);
}
