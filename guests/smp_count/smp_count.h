/* A guest in which several CPUs count, under a lock and without one. */
#ifndef SMP_COUNT_H
#define SMP_COUNT_H

#include <stdint.h>

#define MAX_CPUS 16

/* For what is watched: its page may be fenced, where LOCK, by which others in it may be accessed,
 * is not atomic (docs/LIMITATIONS.md). */
#define ALONE_IN_ITS_PAGE __attribute__((section(".bss.page"), aligned(4096)))

static inline void out8(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

/* What the ACPI tables say (ACPI 6.4, 5.2). */
struct acpi {
    uint8_t apic_ids[MAX_CPUS]; /* of the enabled CPUs */
    unsigned cpus;              /* 0: no tables */
    volatile uint32_t *lapic;
    uint16_t pm_timer; /* port */
};
void acpi_read(struct acpi *acpi);

/* Starts all CPUs but this one; each comes to cpu_main. */
void cpus_start(const struct acpi *acpi);
/* The APIC id of the CPU that asks. */
uint8_t cpu_id(const volatile uint32_t *lapic);

/* count.c: where the first CPU begins, and where the others do, each on a stack of its own. */
void boot_main(void);
void cpu_main(void);

#endif
