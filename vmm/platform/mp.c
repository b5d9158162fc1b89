#include "platform/mp.h"

#define REVISION     4 /* of 1.4 */
#define POINTER_SIZE 16

enum { PROCESSOR = 0, BUS = 1, IO_APIC = 2, IO_INTERRUPT = 3, LOCAL_INTERRUPT = 4 };
enum { BUS_ID_PCI = 0, BUS_ID_ISA = 1 }; /* a PCI bus has its own number */
enum { CPU_ENABLED = 1, CPU_BOOT = 2 };
enum { APIC_VERSION = 0x14, IOAPIC_VERSION = 0x11 }; /* as KVM's say in their registers */
enum { CPU_SIGNATURE = 0x600 };                      /* family 6; CPUID has the truth */
enum { CPU_FEATURES = 1 << 0 | 1 << 9 };             /* FPU, APIC */
enum { IOAPIC_ID = 0, IOAPIC_ENABLED = 1 };
enum { INT = 0, NMI = 1, EXTINT = 3 };
enum { CONFORMING = 0, ACTIVE_HIGH = 1, LEVEL = 3 << 2 };
enum { IRQ_CASCADE = 2 };
enum { BOOT_APIC = 0, ALL_APICS = 0xff };
enum { LINT0 = 0, LINT1 = 1 };

/* Table 4-4 */
static void put_processor(struct writer *w, unsigned index)
{
    put8(w, PROCESSOR);
    put8(w, (uint8_t)index);
    put8(w, APIC_VERSION);
    put8(w, CPU_ENABLED | (index ? 0 : CPU_BOOT));
    put32(w, CPU_SIGNATURE);
    put32(w, CPU_FEATURES);
    put_zeros(w, 8);
}

static void put_bus(struct writer *w, uint8_t id, const char *name)
{
    put8(w, BUS);
    put8(w, id);
    put_text(w, name, 6);
}

/* Tables 4-10 and 4-11: IO_INTERRUPT or LOCAL_INTERRUPT. */
static void put_interrupt(struct writer *w, uint8_t entry, uint8_t type, uint16_t flags,
                          uint8_t bus, uint8_t bus_irq, uint8_t apic, uint8_t input)
{
    put8(w, entry);
    put8(w, type);
    put16(w, flags);
    put8(w, bus);
    put8(w, bus_irq);
    put8(w, apic);
    put8(w, input);
}

static uint16_t isa_irqs(const struct platform *p)
{
    uint16_t irqs = (uint16_t) ~(1u << IRQ_CASCADE);
    for (unsigned pin = 0; pin < PLATFORM_PCI_PINS; pin++)
        irqs &= (uint16_t) ~(1u << p->pci_irq[pin]);
    return irqs;
}

/* Returns how many. */
static unsigned put_isa_interrupts(struct writer *w, const struct platform *p)
{
    unsigned count = 0;
    for (unsigned irq = 0; irq < PLATFORM_ISA_IRQS; irq++)
        if (isa_irqs(p) & 1u << irq) {
            const bool level = p->level_irqs & 1u << irq;
            put_interrupt(w, IO_INTERRUPT, INT, level ? ACTIVE_HIGH | LEVEL : CONFORMING,
                          BUS_ID_ISA, (uint8_t)irq, IOAPIC_ID, (uint8_t)irq);
            count++;
        }
    return count;
}

/* Appendix D.3: a PCI interrupt's number is the slot's, and in the lowest two bits the pin's. */
static unsigned put_pci_interrupts(struct writer *w, const struct platform *p)
{
    for (unsigned slot = 0; slot < PLATFORM_PCI_SLOTS; slot++)
        for (unsigned pin = 0; pin < PLATFORM_PCI_PINS; pin++)
            put_interrupt(w, IO_INTERRUPT, INT, ACTIVE_HIGH | LEVEL, BUS_ID_PCI,
                          (uint8_t)(slot << 2 | pin), IOAPIC_ID, platform_pci_irq(p, slot, pin));
    return PLATFORM_PCI_SLOTS * PLATFORM_PCI_PINS;
}

static void put_io_apic(struct writer *w, uint32_t address)
{
    put8(w, IO_APIC);
    put8(w, IOAPIC_ID);
    put8(w, IOAPIC_VERSION);
    put8(w, IOAPIC_ENABLED);
    put32(w, address);
}

/* Returns how many. */
static unsigned put_entries(struct writer *w, const struct platform *p)
{
    for (unsigned i = 0; i < p->cpus; i++)
        put_processor(w, i);
    put_bus(w, BUS_ID_PCI, "PCI");
    put_bus(w, BUS_ID_ISA, "ISA");
    put_io_apic(w, p->ioapic);
    unsigned count = p->cpus + 3;
    count += put_isa_interrupts(w, p);
    count += put_pci_interrupts(w, p);
    put_interrupt(w, LOCAL_INTERRUPT, EXTINT, CONFORMING, BUS_ID_ISA, 0, BOOT_APIC, LINT0);
    put_interrupt(w, LOCAL_INTERRUPT, NMI, CONFORMING, BUS_ID_ISA, 0, ALL_APICS, LINT1);
    return count + 2;
}

/* Table 4-2 */
size_t mp_write(struct writer *w, const struct platform *p)
{
    enum { AT_LENGTH = 4, AT_CHECKSUM = 7, AT_COUNT = 34 };
    put_align(w, 16);
    const size_t begin = w->size;
    put_text(w, "PCMP", 4);
    put16(w, 0); /* length */
    put8(w, REVISION);
    put8(w, 0); /* checksum */
    put_text(w, "STEPVM", 8);
    put_text(w, "VIRTUAL PC", 12);
    put_zeros(w, 6); /* OEM table: none */
    put16(w, 0);     /* number of entries */
    put32(w, p->lapic);
    put_zeros(w, 4); /* extended table: none */
    patch16(w, begin + AT_COUNT, (uint16_t)put_entries(w, p));
    patch16(w, begin + AT_LENGTH, (uint16_t)(w->size - begin));
    patch8(w, begin + AT_CHECKSUM, checksum(w->bytes + begin, w->size - begin));
    return begin;
}

/* Table 4-1. Feature bytes of 0: a configuration table is there, and PICs are wired to the boot
 * CPU's local APIC (virtual wire mode). */
void platform_write_mp_pointer(uint8_t bytes[POINTER_SIZE], uint32_t mp)
{
    struct writer w = {bytes, 0, POINTER_SIZE};
    put_text(&w, "_MP_", 4);
    put32(&w, mp);
    put8(&w, POINTER_SIZE / 16);
    put8(&w, REVISION);
    put8(&w, 0); /* checksum */
    put_zeros(&w, POINTER_SIZE - w.size);
    patch8(&w, 10, checksum(bytes, POINTER_SIZE));
}
