#include "board/interrupts.h"

#include <assert.h>
#include <string.h>

#define BIOS_MASTER_BASE 0x08
#define BIOS_SLAVE_BASE  0x70
#define BIOS_MASTER_MASK 0xf8 /* all but IRQ 0, 1, 2 */
#define BIOS_SLAVE_MASK  0xff

static int failed(struct error *error, int err, const char *what)
{
    return error_set(error, err, "%s: %s (the kernel's log may say more: dmesg)", what,
                     strerror(-err));
}

int interrupts_init(struct interrupts *in, struct kvm_vm *vm, struct error *error)
{
    in->vm = vm;
    for (unsigned i = 0; i < INTERRUPT_LINES; i++)
        in->lines[i] = (struct interrupts_line){.owner = in, .number = i};
    const int err = interrupts_read(in, &in->made);
    return err ? failed(error, err, "reading the interrupt controllers") : 0;
}

/* An 8259 after the ICW1-4 that every BIOS writes: 8086 mode, normal EOI; ELCR says
 * which lines are level-triggered. */
static void init_pic(struct kvm_irqchip *chip, uint8_t base, uint8_t mask, uint8_t elcr)
{
    chip->chip.pic.irq_base = base;
    chip->chip.pic.imr = mask;
    chip->chip.pic.init4 = 1;
    chip->chip.pic.elcr = elcr;
}

/* Mode 3 (square wave), reload value 0, which means 65536: 1193182 Hz / 65536. */
static void init_pit(struct kvm_pit_state2 *pit)
{
    pit->channels[0].mode = 3;
    pit->channels[0].count = 65536;
    pit->channels[0].rw_mode = 3;
    pit->channels[0].gate = 1;
}

int interrupts_power_on(struct interrupts *in, bool set_up, struct error *error)
{
    struct interrupts_kernel kernel = in->made;
    if (set_up) {
        init_pic(&kernel.chips[0], BIOS_MASTER_BASE, BIOS_MASTER_MASK, INTERRUPTS_LEVEL & 0xff);
        init_pic(&kernel.chips[1], BIOS_SLAVE_BASE, BIOS_SLAVE_MASK, INTERRUPTS_LEVEL >> 8);
        init_pit(&kernel.pit);
    }
    memset(in->state.raised, 0, sizeof in->state.raised);
    const int err = interrupts_write(in, &kernel);
    return err ? failed(error, err, "setting the interrupt controllers") : 0;
}

/* KVM_IRQ_LINE fails only for lines that do not exist. */
void interrupts_set(struct interrupts *in, unsigned irq, bool level)
{
    const struct kvm_irq_level line = {.irq = irq, .level = level};
    in->state.raised[irq] += level && !in->state.level[irq];
    in->state.level[irq] = level;
    kvm_irq_line(in->vm, &line);
}

static void set_line(void *context, bool level)
{
    const struct interrupts_line *line = context;
    interrupts_set(line->owner, line->number, level);
}

struct irq_line interrupts_line(struct interrupts *in, unsigned irq, const char *device)
{
    assert(irq < INTERRUPT_LINES);
    in->lines[irq].device = device;
    return (struct irq_line){set_line, &in->lines[irq]};
}

int interrupts_read(const struct interrupts *in, struct interrupts_kernel *kernel)
{
    int err = 0;
    for (unsigned i = 0; !err && i < 3; i++) {
        kernel->chips[i] = (struct kvm_irqchip){.chip_id = i}; /* _PIC_MASTER, _SLAVE, _IOAPIC */
        err = kvm_get_irqchip(in->vm, &kernel->chips[i]);
    }
    return err ? err : kvm_get_pit2(in->vm, &kernel->pit);
}

int interrupts_write(const struct interrupts *in, const struct interrupts_kernel *kernel)
{
    int err = 0;
    for (unsigned i = 0; !err && i < 3; i++)
        err = kvm_set_irqchip(in->vm, &kernel->chips[i]);
    return err ? err : kvm_set_pit2(in->vm, &kernel->pit);
}

/* Where KVM puts them (arch/x86/kvm: i8259.c, i8254.c). */
const char *interrupts_port(uint16_t port)
{
    static const struct {
        uint16_t first, last;
        const char *name;
    } ports[] = {
        {0x20, 0x21, "master PIC"}, {0xa0, 0xa1, "slave PIC"},    {0x4d0, 0x4d1, "PICs' ELCR"},
        {0x40, 0x43, "PIT"},        {0x61, 0x61, "PIT's port B"},
    };
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (port >= ports[i].first && port <= ports[i].last)
            return ports[i].name;
    return NULL;
}
