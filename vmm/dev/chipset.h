/* The PCI functions of a PC's chipset, as Intel's 82441FX (PMC) and 82371SB (PIIX3) have them: what
 * firmware and kernels look for to know the board. They hold registers and do nothing: what those
 * would switch is fixed in this machine. Sources: Intel datasheets 290549 and 290550. */
#ifndef VMM_DEV_CHIPSET_H
#define VMM_DEV_CHIPSET_H

#include "dev/pci.h"

struct chipset {
    /* 8086:1237, with QEMU's subsystem id, by which SeaBIOS knows such a machine. The programmable
     * attribute map (PAM) is remembered. */
    struct pci_function host_bridge;
    /* 8086:7000. PIRQ routing is remembered: which line a device has is fixed. */
    struct pci_function isa_bridge;
    /* 8086:7010, both channels in compatibility mode, which is at the legacy ports, and no bus
     * mastering: drivers that look for PCI IDE find the ATA channels by it. */
    struct pci_function ide;
};

/* Puts them onto PCI: the bridge to the host is device 0, the others device 1. */
void chipset_init(struct chipset *chipset, struct pci *pci);
/* After pci_reset, what a BIOS does beside pci_assign: LINES are those of PIRQA# to PIRQD#. */
void chipset_assign(struct chipset *chipset, const uint8_t lines[4]);

#endif
