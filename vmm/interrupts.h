/* The interrupt controllers and the timer, which are in the kernel: their lines for devices, and
 * their state at power-on as a PC's BIOS leaves it. */
#ifndef VMM_INTERRUPTS_H
#define VMM_INTERRUPTS_H

#include "error.h"
#include "irq.h"
#include "kvm.h"

#define INTERRUPT_LINES 24 /* the IOAPIC's; the first 16 are the PICs' too */

struct interrupts {
    struct kvm_vm *vm;
    struct interrupts_line {
        struct interrupts *owner;
        unsigned number;
    } lines[INTERRUPT_LINES];
    struct kvm_irqchip chips[3]; /* both PICs and the IOAPIC as KVM made them */
    struct kvm_pit_state2 pit;
};

/* VM has its irqchip. 0 or -errno with ERROR set. */
int interrupts_init(struct interrupts *interrupts, struct kvm_vm *vm, struct error *error);

/* Back to the state of power-on, then as BIOSes leave it: PICs at vectors 08h and 70h with only
 * timer, keyboard and cascade unmasked, PIT channel 0 at 18.2 Hz. 0 or -errno with ERROR set. */
int interrupts_power_on(struct interrupts *interrupts, struct error *error);

/* The line of number IRQ (< INTERRUPT_LINES), for a device. INTERRUPTS must outlive it. */
struct irq_line interrupts_line(struct interrupts *interrupts, unsigned irq);
void interrupts_set(struct interrupts *interrupts, unsigned irq, bool level);

#endif
