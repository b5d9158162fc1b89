/* The interrupt controllers and the timer, which are in the kernel: their lines for devices, their
 * state at power-on as a PC's BIOS leaves it, and as it is for a debugger. */
#ifndef VMM_INTERRUPTS_H
#define VMM_INTERRUPTS_H

#include "board/irq.h"
#include "error.h"
#include "kvm/kvm.h"

#define INTERRUPT_LINES 24 /* the IOAPIC's; the first 16 are the PICs' too */

/* A bit for each line that is level-triggered: ACPI's and PCI's (devices.c). */
#define INTERRUPTS_LEVEL 0x0e00u

/* What KVM holds of them. */
struct interrupts_kernel {
    struct kvm_irqchip chips[3]; /* master PIC, slave PIC, IOAPIC */
    struct kvm_pit_state2 pit;
};

/* Of our side of the lines, under the bus lock. */
struct interrupts_state {
    uint64_t raised[INTERRUPT_LINES]; /* how often each went up since power-on */
    bool level[INTERRUPT_LINES];      /* as it was set last */
};

struct interrupts {
    struct interrupts_state state;
    struct kvm_vm *vm;
    struct interrupts_line {
        struct interrupts *owner;
        unsigned number;
        const char *device; /* NULL: none of ours */
    } lines[INTERRUPT_LINES];
    struct interrupts_kernel made; /* as KVM made them */
};

/* VM has its irqchip. 0 or -errno with ERROR set. */
int interrupts_init(struct interrupts *interrupts, struct kvm_vm *vm, struct error *error);

/* Back to the state of power-on. If SET_UP, then as BIOSes leave it: PICs at vectors 08h and 70h
 * with only timer, keyboard and cascade unmasked, PCI's lines level-triggered, PIT channel 0 at
 * 18.2 Hz. 0 or -errno with ERROR set. */
int interrupts_power_on(struct interrupts *interrupts, bool set_up, struct error *error);

/* The line of number IRQ (< INTERRUPT_LINES), for DEVICE, which is its name. INTERRUPTS must
 * outlive it, and the name both. */
struct irq_line interrupts_line(struct interrupts *interrupts, unsigned irq, const char *device);
/* The bus lock is held. */
void interrupts_set(struct interrupts *interrupts, unsigned irq, bool level);

/* As they are now. The vCPUs are parked; the timer counts on all the same. 0 or -errno. */
int interrupts_read(const struct interrupts *interrupts, struct interrupts_kernel *kernel);
/* Puts back what was read. The timer begins its period anew. LAPICs may get an interrupt by it: put
 * them back afterwards. 0 or -errno. */
int interrupts_write(const struct interrupts *interrupts, const struct interrupts_kernel *kernel);
/* Which of them serves PORT, so that the bus never sees an access to it; NULL: none. */
const char *interrupts_port(uint16_t port);

#endif
