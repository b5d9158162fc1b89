#include "dev/pci_function.h"

#include <assert.h>
#include <string.h>

#define COMMAND_WRITABLE                                                                           \
    (PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_OFF |             \
     0x0140 /* parity and system errors, which never come */)
#define BAR_IS_IO 0x1

static uint32_t load(const uint8_t *bytes, unsigned len)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < len; i++)
        value |= (uint32_t)bytes[i] << (8 * i);
    return value;
}

static void store(uint8_t *bytes, uint32_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
}

void pci_function_set(struct pci_function *f, unsigned offset, uint32_t value, unsigned len)
{
    assert(len <= 4 && offset + len <= PCI_CONFIG_SIZE);
    store(f->power_on + offset, value, len);
    store(f->state.config + offset, value, len);
}

void pci_function_allow(struct pci_function *f, unsigned offset, uint32_t mask, unsigned len)
{
    assert(len <= 4 && offset + len <= PCI_CONFIG_SIZE);
    store(f->writable + offset, mask, len);
}

void pci_function_init(struct pci_function *f, const struct pci_identity *id, void *device)
{
    *f = (struct pci_function){.device = device, .room = PCI_DEVICE_SPECIFIC};
    pci_function_set(f, PCI_VENDOR_ID, id->vendor, 2);
    pci_function_set(f, PCI_DEVICE_ID, id->device, 2);
    pci_function_set(f, PCI_REVISION, id->revision, 1);
    pci_function_set(f, PCI_CLASS, id->class_code, 3);
    pci_function_set(f, PCI_SUBSYSTEM_VENDOR_ID, id->subsystem_vendor, 2);
    pci_function_set(f, PCI_SUBSYSTEM_ID, id->subsystem, 2);
    pci_function_set(f, PCI_INTERRUPT_PIN, id->pin, 1);
    pci_function_allow(f, PCI_COMMAND, COMMAND_WRITABLE, 2);
    pci_function_allow(f, PCI_INTERRUPT_LINE, 0xff, 1);
}

static unsigned bar_offset(unsigned index)
{
    assert(index < PCI_BARS);
    return PCI_BAR0 + 4 * index;
}

/* The bits of an address below the BAR's size can't be set: that is how a guest finds the size
 * (6.2.5.1). */
void pci_function_add_bar(struct pci_function *f, unsigned index, struct pci_bar bar)
{
    assert(!(bar.size & (bar.size - 1)) && bar.size >= (bar.space == BUS_PIO ? 4 : 16));
    f->bars[index] = bar;
    pci_function_set(f, bar_offset(index), bar.space == BUS_PIO ? BAR_IS_IO : 0, 4);
    pci_function_allow(f, bar_offset(index), ~(bar.size - 1), 4);
}

unsigned pci_function_add_capability(struct pci_function *f, uint8_t id, const void *bytes,
                                     unsigned len)
{
    const unsigned at = f->room;
    assert(len >= 2 && at + len <= PCI_CONFIG_SIZE);
    memcpy(f->power_on + at, bytes, len);
    memcpy(f->state.config + at, bytes, len);
    pci_function_set(f, at, id, 1);
    pci_function_set(f, at + 1, 0, 1);
    pci_function_set(f, f->capability ? f->capability + 1 : PCI_CAPABILITIES, at, 1);
    pci_function_set(f, PCI_STATUS, PCI_STATUS_CAPABILITY, 2);
    f->capability = at;
    f->room = (at + len + 3) & ~3u;
    return at;
}

/* ---- Interrupt */

static void update_line(const struct pci_function *f)
{
    const bool raised = pci_function_get(f, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT;
    const bool off = pci_function_get(f, PCI_COMMAND, 2) & PCI_COMMAND_INTX_OFF;
    irq_set(&f->irq, raised && !off);
}

void pci_function_interrupt(struct pci_function *f, bool level)
{
    uint8_t *status = &f->state.config[PCI_STATUS];
    *status = (uint8_t)(level ? *status | PCI_STATUS_INTERRUPT : *status & ~PCI_STATUS_INTERRUPT);
    update_line(f);
}

void pci_function_reset(struct pci_function *f)
{
    memcpy(f->state.config, f->power_on, sizeof f->power_on);
    update_line(f);
}

/* ---- Configuration space */

uint32_t pci_function_get(const struct pci_function *f, unsigned offset, unsigned len)
{
    assert(len <= 4 && offset + len <= PCI_CONFIG_SIZE);
    return load(f->state.config + offset, len);
}

uint32_t pci_function_read(struct pci_function *f, unsigned offset, unsigned len)
{
    if (f->hooks && f->hooks->before_read)
        f->hooks->before_read(f->device, offset, len);
    return pci_function_get(f, offset, len);
}

void pci_function_write(struct pci_function *f, unsigned offset, uint32_t value, unsigned len)
{
    const uint32_t mask = load(f->writable + offset, len);
    const uint32_t old = pci_function_get(f, offset, len);
    store(f->state.config + offset, (old & ~mask) | (value & mask), len);
    update_line(f);
    if (f->hooks && f->hooks->after_write)
        f->hooks->after_write(f->device, offset, len);
}

uint32_t pci_function_bar_base(const struct pci_function *f, unsigned index)
{
    return pci_function_get(f, bar_offset(index), 4) & ~(f->bars[index].size - 1);
}

bool pci_function_decodes(const struct pci_function *f, enum bus_space space)
{
    return pci_function_get(f, PCI_COMMAND, 2) &
           (space == BUS_PIO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY);
}
