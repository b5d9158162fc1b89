/* The Multiple APIC Description Table, 5.2.12.
 *
 * Each ISA interrupt arrives at the IOAPIC's input of its own number, the timer's at 0 too: so KVM
 * routes them if it is not told otherwise (arch/x86/kvm/irq_comm.c). No override says else; those
 * that are here say which are level-triggered. */
#include "platform/acpi.h"

#define REVISION 3

enum { PCAT_COMPAT = 1 }; /* there are two 8259 too */
enum { LOCAL_APIC = 0, IO_APIC = 1, SOURCE_OVERRIDE = 2, LOCAL_APIC_NMI = 4 };
enum { LAPIC_ENABLED = 1 };
enum { BUS_ISA = 0 };
enum { CONFORMING = 0, ACTIVE_HIGH = 1, LEVEL = 3 << 2 }; /* MPS INTI flags, table 5.26 */
enum { ALL_PROCESSORS = 0xff, LINT1 = 1 };

static void put_local_apics(struct writer *w, unsigned cpus)
{
    for (unsigned i = 0; i < cpus; i++) {
        put8(w, LOCAL_APIC);
        put8(w, 8);
        put8(w, (uint8_t)i); /* processor's UID */
        put8(w, (uint8_t)i); /* APIC id */
        put32(w, LAPIC_ENABLED);
    }
}

static void put_io_apic(struct writer *w, uint32_t address)
{
    put8(w, IO_APIC);
    put8(w, 12);
    put8(w, 0); /* id, as its register has it */
    put8(w, 0);
    put32(w, address);
    put32(w, 0); /* its first interrupt's number */
}

static void put_overrides(struct writer *w, uint16_t level_irqs)
{
    for (unsigned irq = 0; irq < PLATFORM_ISA_IRQS; irq++)
        if (level_irqs & 1u << irq) {
            put8(w, SOURCE_OVERRIDE);
            put8(w, 10);
            put8(w, BUS_ISA);
            put8(w, (uint8_t)irq);
            put32(w, irq);
            put16(w, ACTIVE_HIGH | LEVEL);
        }
}

static void put_nmi(struct writer *w)
{
    put8(w, LOCAL_APIC_NMI);
    put8(w, 6);
    put8(w, ALL_PROCESSORS);
    put16(w, CONFORMING);
    put8(w, LINT1);
}

void madt_write(struct writer *w, const struct platform *p)
{
    const size_t begin = acpi_begin(w, "APIC", REVISION);
    put32(w, p->lapic);
    put32(w, PCAT_COMPAT);
    put_local_apics(w, p->cpus);
    put_io_apic(w, p->ioapic);
    put_overrides(w, p->level_irqs);
    put_nmi(w);
    acpi_end(w, begin);
}
