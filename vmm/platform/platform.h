/* What tells a kernel of the machine: ACPI tables, and the MultiProcessor table for kernels that
 * know no ACPI. Both are written at power-on from one description and never change afterwards.
 *
 * ACPI 6.4 (chapter and section given in each file); MultiProcessor Specification 1.4. */
#ifndef VMM_PLATFORM_PLATFORM_H
#define VMM_PLATFORM_PLATFORM_H

#include "error.h"
#include "memory/memory.h"

#include <stddef.h>
#include <stdint.h>

#define PLATFORM_MAX_UARTS 4
#define PLATFORM_PCI_SLOTS 32
#define PLATFORM_PCI_PINS  4
#define PLATFORM_ISA_IRQS  16 /* each arrives at the IOAPIC's input of its own number */

struct platform {
    unsigned cpus;          /* their APIC ids are 0 to cpus - 1, the first is the boot CPU's */
    uint32_t lapic, ioapic; /* guest-physical */

    /* Ports of ACPI's fixed hardware, and the line of its interrupt. */
    uint16_t pm_event, pm_control, pm_timer;
    uint8_t sci;
    /* Writing VALUE to PORT resets. */
    struct {
        uint16_t port;
        uint8_t value;
    } reset;

    struct platform_uart {
        uint16_t port; /* 8 of them; 0: there is none */
        uint8_t irq;
    } uarts[PLATFORM_MAX_UARTS];

    /* A bit for each ISA interrupt that is level-triggered, active high; the rest are edges. */
    uint16_t level_irqs;
    /* Of bus 0: pin P (INTA# is 0) of slot S is wired to pci_irq[(S + P) % 4]. */
    uint8_t pci_irq[PLATFORM_PCI_PINS];
    struct platform_window {
        uint32_t base, size;
    } pci_memory, pci_ports; /* where BARs may be put */
};

/* Writes all tables into MEMORY: those of the read-only region at LAYOUT_TABLES, with the RSDP at
 * LAYOUT_RSDP; and what must lie elsewhere into the extended BIOS data area at EBDA, in which a
 * guest looks for it (PLATFORM_EBDA_*). 0, or -EFAULT with ERROR set if there is no memory. */
int platform_install(const struct platform *platform, struct memory *memory, uint64_t ebda,
                     struct error *error);

/* Offsets in the extended BIOS data area. */
#define PLATFORM_EBDA_MP   0x10 /* MP floating pointer structure, 16 bytes */
#define PLATFORM_EBDA_FACS 0x40 /* 64 bytes, written by the guest: its lock with the firmware */

static inline uint8_t platform_pci_irq(const struct platform *platform, unsigned slot, unsigned pin)
{
    return platform->pci_irq[(slot + pin) % PLATFORM_PCI_PINS];
}

/* ---- The parts; pure */

/* Where the tables came to lie, guest-physical. */
struct platform_places {
    uint32_t mp; /* the MP configuration table */
    uint32_t dsdt, madt, fadt, rsdt, xsdt;
};

/* The tables as they are at guest-physical address BASE, a multiple of 16, RSDP first: into BYTES,
 * which are zero, and SIZE of which are enough for any PLATFORM (64 KiB are). FACS is that
 * structure's address. Returns how many bytes they are. */
size_t platform_write_tables(const struct platform *platform, uint32_t base, uint32_t facs,
                             uint8_t *bytes, size_t size, struct platform_places *places);
void platform_write_facs(uint8_t bytes[64]);
/* MP is the configuration table's address. */
void platform_write_mp_pointer(uint8_t bytes[16], uint32_t mp);

#endif
