#include "dev/pci.h"

#include <assert.h>

#define ADDRESS_ENABLE   0x80000000u
#define ADDRESS_RESERVED 0x7f000003u /* read as 0 */

void pci_init(struct pci *pci, struct pci_window io, struct pci_window memory)
{
    *pci = (struct pci){.windows = {[BUS_PIO] = io, [BUS_MMIO] = memory}};
}

static struct pci_function *find(const struct pci *pci, unsigned address)
{
    for (size_t i = 0; i < pci->count; i++)
        if (pci->slots[i].address == address)
            return pci->slots[i].function;
    return NULL;
}

void pci_add(struct pci *pci, unsigned device, unsigned number, struct pci_function *function)
{
    assert(pci->count < PCI_MAX_FUNCTIONS && device < PCI_DEVICES && number < 8);
    const uint8_t address = (uint8_t)(device << 3 | number);
    assert(!find(pci, address) && (!number || find(pci, device << 3)));
    size_t at = pci->count++;
    for (; at && pci->slots[at - 1].address > address; at--)
        pci->slots[at] = pci->slots[at - 1];
    pci->slots[at] = (struct pci_slot){address, function};
    if (number) /* without it a guest looks at function 0 only (6.2.1) */
        pci_function_set(find(pci, device << 3), PCI_HEADER_TYPE, PCI_HEADER_MULTI, 1);
}

/* ---- Set-up */

void pci_reset(struct pci *pci)
{
    pci->state = (struct pci_state){0};
    for (size_t i = 0; i < pci->count; i++)
        pci_function_reset(pci->slots[i].function);
}

/* Takes SIZE bytes, a power of two, from the start of WINDOW on; false: they do not fit. */
static bool take(struct pci_window *window, uint32_t size, uint32_t *base)
{
    const uint32_t padding = -window->base & (size - 1);
    if (padding > window->size || size > window->size - padding)
        return false;
    *base = window->base + padding;
    window->base += padding + size;
    window->size -= padding + size;
    return true;
}

/* The bit of the command register that decodes SPACE. */
static uint32_t decode_bit(enum bus_space space)
{
    return space == BUS_PIO ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
}

static void assign_bars(struct pci_function *f, struct pci_window windows[2])
{
    uint32_t decode = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
    for (unsigned i = 0; i < PCI_BARS; i++) {
        const struct pci_bar *bar = &f->bars[i];
        uint32_t base = 0;
        if (!bar->size)
            continue;
        if (take(&windows[bar->space], bar->size, &base))
            pci_function_write(f, PCI_BAR0 + 4 * i, base, 4);
        else
            decode &= ~decode_bit(bar->space);
    }
    pci_function_write(f, PCI_COMMAND, decode | PCI_COMMAND_MASTER, 2);
}

void pci_assign(struct pci *pci, const uint8_t lines[PCI_DEVICES])
{
    struct pci_window windows[2] = {pci->windows[0], pci->windows[1]};
    for (size_t i = 0; i < pci->count; i++) {
        const struct pci_slot *slot = &pci->slots[i];
        assign_bars(slot->function, windows);
        if (pci_function_get(slot->function, PCI_INTERRUPT_PIN, 1))
            pci_function_write(slot->function, PCI_INTERRUPT_LINE, lines[slot->address >> 3], 1);
    }
}

/* ---- The address and the data port */

static uint64_t address_read(void *device, uint64_t offset, unsigned len)
{
    const struct pci *pci = device;
    return offset == 0 && len == 4 ? pci->state.address : UINT64_MAX;
}

static void address_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    struct pci *pci = device;
    if (offset == 0 && len == 4)
        pci->state.address = (uint32_t)value & ~ADDRESS_RESERVED;
}

const struct bus_ops pci_address_ops = {.read = address_read, .write = address_write};

/* The function that the address port selects, or NULL. */
static struct pci_function *selected(const struct pci *pci)
{
    const uint32_t address = pci->state.address;
    const bool bus_0 = !(address & 0xff0000);
    return (address & ADDRESS_ENABLE) && bus_0 ? find(pci, address >> 8 & 0xff) : NULL;
}

/* How many of LEN bytes at OFFSET are in the data port. */
static unsigned covered(uint64_t offset, unsigned len)
{
    if (offset >= 4)
        return 0;
    return len < 4 - offset ? len : 4 - (unsigned)offset;
}

static uint64_t data_read(void *device, uint64_t offset, unsigned len)
{
    const struct pci *pci = device;
    struct pci_function *f = selected(pci);
    const unsigned n = covered(offset, len);
    if (!f || !n)
        return UINT64_MAX;
    const uint64_t value = pci_function_read(f, (pci->state.address & 0xfc) + (unsigned)offset, n);
    return value | UINT64_MAX << (8 * n);
}

static void data_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    const struct pci *pci = device;
    struct pci_function *f = selected(pci);
    const unsigned n = covered(offset, len);
    if (f && n)
        pci_function_write(f, (pci->state.address & 0xfc) + (unsigned)offset, (uint32_t)value, n);
}

const struct bus_ops pci_data_ops = {.read = data_read, .write = data_write};

/* ---- The windows */

struct target {
    const struct bus_ops *ops; /* NULL: nobody answers */
    void *device;
    uint64_t offset;
};

static bool bar_holds(const struct pci_function *f, unsigned index, enum bus_space space,
                      uint32_t address)
{
    const struct pci_bar *bar = &f->bars[index];
    return bar->size && bar->space == space &&
           address - pci_function_bar_base(f, index) < bar->size;
}

static struct target find_bar(const struct pci *pci, enum bus_space space, uint64_t offset)
{
    if (offset >= pci->windows[space].size)
        return (struct target){0};
    const uint32_t address = pci->windows[space].base + (uint32_t)offset;
    for (size_t i = 0; i < pci->count; i++) {
        const struct pci_function *f = pci->slots[i].function;
        if (!pci_function_decodes(f, space))
            continue;
        for (unsigned bar = 0; bar < PCI_BARS; bar++)
            if (bar_holds(f, bar, space, address))
                return (struct target){f->bars[bar].ops, f->device,
                                       address - pci_function_bar_base(f, bar)};
    }
    return (struct target){0};
}

static uint64_t window_read(void *device, enum bus_space space, uint64_t offset, unsigned len)
{
    const struct target target = find_bar(device, space, offset);
    return target.ops && target.ops->read ? target.ops->read(target.device, target.offset, len)
                                          : UINT64_MAX;
}

static void window_write(void *device, enum bus_space space, uint64_t offset, uint64_t value,
                         unsigned len)
{
    const struct target target = find_bar(device, space, offset);
    if (target.ops && target.ops->write)
        target.ops->write(target.device, target.offset, value, len);
}

static uint64_t io_read(void *device, uint64_t offset, unsigned len)
{
    return window_read(device, BUS_PIO, offset, len);
}

static void io_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    window_write(device, BUS_PIO, offset, value, len);
}

static uint64_t memory_read(void *device, uint64_t offset, unsigned len)
{
    return window_read(device, BUS_MMIO, offset, len);
}

static void memory_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    window_write(device, BUS_MMIO, offset, value, len);
}

const struct bus_ops pci_io_ops = {.read = io_read, .write = io_write};
const struct bus_ops pci_memory_ops = {.read = memory_read, .write = memory_write};
