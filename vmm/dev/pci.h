/* A PCI bus behind a host bridge with configuration mechanism 1 (PCI Local Bus Specification 3.0,
 * 3.2.2.3.2): an address and a data port, one bus, and a window in each space for what its
 * functions decode.
 *
 * A guest can put BARs where it likes. Those that overlap: the first in the order of device and
 * function answers. Those outside the windows: nobody does. */
#ifndef VMM_DEV_PCI_H
#define VMM_DEV_PCI_H

#include "board/bus.h"
#include "dev/pci_function.h"

#include <stddef.h>
#include <stdint.h>

#define PCI_MAX_FUNCTIONS 16
#define PCI_DEVICES       32 /* device numbers on a bus */

struct pci_window {
    uint32_t base, size; /* bytes; the size may be 0 */
};

struct pci_state {
    uint32_t address; /* as written to the address port */
};

struct pci {
    struct pci_state state;
    struct pci_window windows[2]; /* by enum bus_space */
    struct pci_slot {
        uint8_t address; /* device << 3 | function number, as in the address port */
        struct pci_function *function;
    } slots[PCI_MAX_FUNCTIONS]; /* in ascending order */
    size_t count;
};

extern const struct bus_ops pci_address_ops; /* 1 port: doubleword accesses begin there only */
extern const struct bus_ops pci_data_ops;    /* 4 ports */
/* The windows: a range on the bus of each window's base and size. */
extern const struct bus_ops pci_io_ops, pci_memory_ops;

/* No functions yet. */
void pci_init(struct pci *pci, struct pci_window io, struct pci_window memory);
/* Puts FUNCTION, which must outlive PCI, at DEVICE and function NUMBER: a free place; number 0 of a
 * device comes first. */
void pci_add(struct pci *pci, unsigned device, unsigned number, struct pci_function *function);

/* Reset: all functions as at power-on, nothing assigned or decoded. */
void pci_reset(struct pci *pci);
/* What a PC's BIOS does next: BARs get addresses in the windows, in order, aligned to their size;
 * functions decode them and may be bus masters; the interrupt line registers of those with a pin
 * say LINES[device]. A BAR for which no room is left stays 0 and its space undecoded. */
void pci_assign(struct pci *pci, const uint8_t lines[PCI_DEVICES]);

#endif
