/* The machine's devices: which there are, at which ports, on which lines. The one place that names
 * ports and interrupt lines; the devices themselves know neither (vmm/dev).
 *
 * All calls with the bus lock held, but init and add, which come before the first access. */
#ifndef VMM_DEVICES_H
#define VMM_DEVICES_H

#include "board/bus.h"
#include "board/fw_cfg_items.h"
#include "board/interrupts.h"
#include "board/irq_share.h"
#include "dev/acpi_pm.h"
#include "dev/ata.h"
#include "dev/chipset.h"
#include "dev/cmos.h"
#include "dev/debug_exit.h"
#include "dev/debugcon.h"
#include "dev/i8042.h"
#include "dev/pci.h"
#include "dev/reset_control.h"
#include "dev/system_control.h"
#include "dev/uart.h"
#include "dev/vga.h"
#include "error.h"
#include "platform/platform.h"

#include <stddef.h>
#include <stdint.h>

#define COM1_PORT      0x3f8
#define DEVICES_SERIAL 4 /* serial ports at most */

/* COM1 to COM4, as PCs have them. */
extern const struct devices_serial {
    uint16_t port;
    uint8_t irq; /* two of them have each */
    const char *name;
} devices_serial[DEVICES_SERIAL];

/* The interrupt line of pin INTA# of a PCI device, by its device number modulo 4: level-triggered,
 * active high at the controllers, shared. It is the one that SeaBIOS knows of such a board, and
 * that tables for guests must tell. */
extern const uint8_t devices_pci_irq[4];

/* What devices ask of the machine, from any vCPU's thread. */
struct devices_host {
    void (*reset)(void *context);
    void (*poweroff)(void *context);
    void (*exit)(void *context, uint32_t value);
    void *context; /* of these three */

    unsigned serial_count; /* of the ports that there are, from COM1 on */
    struct uart_host serial[DEVICES_SERIAL];
    struct i8042_host keyboard;
    /* Takes bytes of the debug console; returns how many fit. */
    size_t (*debug)(void *frontend, const uint8_t *bytes, size_t len);
    void *frontend;
    /* Port 0x402 is there, a debug console too: SeaBIOS then says there what it does. */
    bool firmware_log;
};

struct devices {
    struct uart serial[DEVICES_SERIAL];
    unsigned serial_count;
    struct irq_share serial_lines[2];
    struct debugcon debugcon;
    struct debug_exit debug_exit;
    struct system_control system_control;
    struct i8042 i8042;
    struct reset_control reset_control;
    struct acpi_pm acpi_pm;
    struct cmos cmos;
    struct ata ata[2];
    struct pci pci;
    struct chipset chipset;
    struct irq_share pci_lines[2]; /* in the order of devices.c's IRQ_PCI_A and B */
    unsigned plugged_in;           /* by devices_plug_in */
    struct vga vga;
    struct fw_cfg fw_cfg;
    struct fw_cfg_items fw_cfg_items;
    bool firmware_log;
};

/* RAM is --memory, CPUS --cpus. HOST's context and INTERRUPTS must outlive the devices, which may
 * not be moved.
 */
void devices_init(struct devices *devices, const struct devices_host *host, uint64_t ram,
                  unsigned cpus, struct interrupts *interrupts);
/* The disks are in their ATA channels: notes their sizes for firmware. */
void devices_note_disks(struct devices *devices);
/* Puts FUNCTION, which must outlive the devices, onto the PCI bus as a device with one function,
 * and its interrupt on that one's line. Its reset but for the configuration space is the caller's.
 */
void devices_plug_in(struct devices *devices, struct pci_function *function);
/* Puts them onto BUS. 0 or -errno with ERROR set. */
int devices_add(struct devices *devices, struct bus *bus, struct error *error);
/* What tables tell guests of a machine with these devices and CPUS vCPUs. */
void devices_describe(unsigned cpus, struct platform *platform);
/* Power-on. If SET_UP, then as BIOSes leave them: PCI's addresses and interrupts are assigned. */
void devices_reset(struct devices *devices, bool set_up);

#endif
