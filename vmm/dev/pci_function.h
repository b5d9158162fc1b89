/* One function of a PCI device: its configuration space and base address registers (PCI Local Bus
 * Specification 3.0, chapter 6; section numbers below are its).
 *
 * All that a guest can change is in the 256 bytes; where a BAR is now, and whether it is decoded,
 * is read from there at each access. */
#ifndef VMM_DEV_PCI_FUNCTION_H
#define VMM_DEV_PCI_FUNCTION_H

#include "board/bus.h"
#include "board/irq.h"

#include <stdbool.h>
#include <stdint.h>

#define PCI_CONFIG_SIZE 256
#define PCI_BARS        6

/* The type 00h header (6.1). */
enum pci_config_offset {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08,
    PCI_CLASS = 0x09, /* programming interface, subclass, class */
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2c,
    PCI_SUBSYSTEM_ID = 0x2e,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    PCI_DEVICE_SPECIFIC = 0x40, /* where the standard header ends */
};

#define PCI_COMMAND_IO        0x0001
#define PCI_COMMAND_MEMORY    0x0002
#define PCI_COMMAND_MASTER    0x0004
#define PCI_COMMAND_INTX_OFF  0x0400
#define PCI_STATUS_INTERRUPT  0x0008
#define PCI_STATUS_CAPABILITY 0x0010
#define PCI_HEADER_MULTI      0x80
#define PCI_PIN_NONE          0
#define PCI_PIN_A             1

struct pci_identity {
    uint16_t vendor, device;
    uint32_t class_code; /* class << 16 | subclass << 8 | programming interface */
    uint8_t revision;
    uint16_t subsystem_vendor, subsystem;
    uint8_t pin; /* PCI_PIN_A, or PCI_PIN_NONE for a function that never interrupts */
};

struct pci_bar {
    uint32_t size; /* bytes, a power of two, at least 16 (memory) or 4 (I/O); 0: no such BAR */
    enum bus_space space;
    const struct bus_ops *ops; /* offsets from where the BAR is */
};

struct pci_function_state {
    uint8_t config[PCI_CONFIG_SIZE];
};

/* What a device may want to know of accesses to the function's configuration space, LEN bytes
 * (1 to 4) at OFFSET that lie in one doubleword. Either may be NULL. */
struct pci_config_hooks {
    void (*before_read)(void *device, unsigned offset, unsigned len);
    void (*after_write)(void *device, unsigned offset, unsigned len);
};

struct pci_function {
    struct pci_function_state state;
    uint8_t power_on[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE]; /* the bits that a guest's writes change */
    struct pci_bar bars[PCI_BARS];
    const struct pci_config_hooks *hooks; /* may be NULL */
    void *device;                         /* for the BARs' operations and the hooks */
    struct irq_line irq;
    unsigned capability; /* offset of the last capability, 0: none */
    unsigned room;       /* where the next one goes */
};

/* A function without BARs and capabilities, as after reset. */
void pci_function_init(struct pci_function *function, const struct pci_identity *identity,
                       void *device);

/* Set-up, before the first access. Values are little-endian, LEN 1 to 4 bytes within the space. */
void pci_function_set(struct pci_function *function, unsigned offset, uint32_t value, unsigned len);
/* Lets a guest change the bits of MASK. */
void pci_function_allow(struct pci_function *function, unsigned offset, uint32_t mask,
                        unsigned len);
void pci_function_add_bar(struct pci_function *function, unsigned index, struct pci_bar bar);
/* Appends a capability (6.7) of LEN bytes, of which the first two, the id and the link, are filled
 * in here. Returns its offset. The caller knows that there is room: the space is constant. */
unsigned pci_function_add_capability(struct pci_function *function, uint8_t id, const void *bytes,
                                     unsigned len);

/* The RST# pin: configuration as at power-on (BARs and command 0), interrupt lowered. */
void pci_function_reset(struct pci_function *function);

/* An access by the guest; LEN bytes (1 to 4) from OFFSET on, within one doubleword. */
uint32_t pci_function_read(struct pci_function *function, unsigned offset, unsigned len);
void pci_function_write(struct pci_function *function, unsigned offset, uint32_t value,
                        unsigned len);

/* As it is now, with no hook called. */
uint32_t pci_function_get(const struct pci_function *function, unsigned offset, unsigned len);
/* Where BAR INDEX (one that exists) is now, decoded or not. */
uint32_t pci_function_bar_base(const struct pci_function *function, unsigned index);
/* Whether the command register has accesses to SPACE decoded. */
bool pci_function_decodes(const struct pci_function *function, enum bus_space space);

/* The device's interrupt: shown in the status register, and on the line unless the guest has
 * disabled that (6.2.2, 6.2.3). */
void pci_function_interrupt(struct pci_function *function, bool level);

#endif
