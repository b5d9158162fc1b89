#include "board/devices.h"

#include "memory/layout.h"

#include <string.h>
#include <time.h>

#define IRQ_KEYBOARD 1
#define IRQ_COM2     3 /* and COM4's */
#define IRQ_COM1     4 /* and COM3's */
#define IRQ_SCI      9
#define IRQ_PCI_A    10
#define IRQ_PCI_B    11
#define IRQ_AUX      12
#define IRQ_ATA_0    14
#define IRQ_ATA_1    15

/* As on QEMU's q35; guests without ACPI tables know the control register's. */
#define PM_EVENT   0x600
#define PM_CONTROL 0x604
#define PM_TIMER   0x608

#define RESET_PORT  0xcf9
#define RESET_VALUE 0x06

/* Device numbers: 0 and 1 are the board's, 2 is where a PC has its display. */
#define PCI_FIRST_FREE 3

const struct devices_serial devices_serial[DEVICES_SERIAL] = {
    {COM1_PORT, IRQ_COM1, "COM1"},
    {0x2f8, IRQ_COM2, "COM2"},
    {0x3e8, IRQ_COM1, "COM3"},
    {0x2e8, IRQ_COM2, "COM4"},
};

const uint8_t devices_pci_irq[4] = {IRQ_PCI_B, IRQ_PCI_A, IRQ_PCI_A, IRQ_PCI_B};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static int64_t wall_clock(void *context)
{
    (void)context;
    return time(NULL);
}

static uint64_t monotonic_clock(void *context)
{
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct cmos_memory cmos_memory(uint64_t ram)
{
    const uint64_t below = min_u64(ram, LAYOUT_HOLE);
    return (struct cmos_memory){
        .base = min_u64(ram, LAYOUT_EBDA),
        .extended = below > LAYOUT_HIGH_RAM ? below - LAYOUT_HIGH_RAM : 0,
        .high = ram > LAYOUT_HOLE ? ram - LAYOUT_HOLE : 0,
    };
}

/* ---- PCI */

static void init_pci(struct devices *d, struct interrupts *in)
{
    irq_share_init(&d->pci_lines[0], interrupts_line(in, IRQ_PCI_A, "PCI"));
    irq_share_init(&d->pci_lines[1], interrupts_line(in, IRQ_PCI_B, "PCI"));
    pci_init(&d->pci, (struct pci_window){LAYOUT_PCI_IO, LAYOUT_PCI_IO_SIZE},
             (struct pci_window){LAYOUT_PCI, LAYOUT_PCI_SIZE});
    chipset_init(&d->chipset, &d->pci);
}

void devices_plug_in(struct devices *d, struct pci_function *f)
{
    const unsigned device = PCI_FIRST_FREE + d->plugged_in++;
    f->irq = irq_share_join(&d->pci_lines[devices_pci_irq[device % 4] != IRQ_PCI_A]);
    pci_add(&d->pci, device, 0, f);
}

/* What a PC's BIOS has done before it boots. */
static void assign_pci(struct devices *d)
{
    static const uint8_t pirq[4] = {IRQ_PCI_A, IRQ_PCI_A, IRQ_PCI_B, IRQ_PCI_B};
    uint8_t lines[PCI_DEVICES];
    for (unsigned i = 0; i < PCI_DEVICES; i++)
        lines[i] = devices_pci_irq[i % 4];
    pci_assign(&d->pci, lines);
    chipset_assign(&d->chipset, pirq);
}

/* Two ports have one line, as on an ISA bus. */
static void init_serial(struct devices *d, const struct devices_host *host, struct interrupts *in)
{
    d->serial_count = host->serial_count;
    irq_share_init(&d->serial_lines[0], interrupts_line(in, IRQ_COM1, "COM1"));
    if (d->serial_count > 1)
        irq_share_init(&d->serial_lines[1], interrupts_line(in, IRQ_COM2, "COM2"));
    for (unsigned i = 0; i < d->serial_count; i++)
        uart_init(&d->serial[i], &host->serial[i], irq_share_join(&d->serial_lines[i % 2]));
}

static int add_serial(struct devices *d, struct bus *bus, struct error *error)
{
    int err = 0;
    for (unsigned i = 0; !err && i < d->serial_count; i++)
        err = bus_add(bus, BUS_PIO, devices_serial[i].port, 8, &uart_ops, &d->serial[i],
                      devices_serial[i].name, error);
    return err;
}

/* ---- All of them */

void devices_init(struct devices *d, const struct devices_host *host, uint64_t ram, unsigned cpus,
                  struct interrupts *in)
{
    const struct acpi_pm_host pm = {monotonic_clock, host->poweroff, host->context};
    const struct cmos_setup setup = {cmos_memory(ram), cpus};
    d->firmware_log = host->firmware_log;
    init_serial(d, host, in);
    debugcon_init(&d->debugcon, host->debug, host->frontend);
    debug_exit_init(&d->debug_exit, host->exit, host->context);
    system_control_init(&d->system_control, host->reset, host->context);
    i8042_init(&d->i8042, &d->system_control, interrupts_line(in, IRQ_KEYBOARD, "keyboard"),
               interrupts_line(in, IRQ_AUX, "mouse"), &host->keyboard);
    reset_control_init(&d->reset_control, host->reset, host->context);
    acpi_pm_init(&d->acpi_pm, &pm, interrupts_line(in, IRQ_SCI, "ACPI"));
    cmos_init(&d->cmos, &setup, wall_clock, NULL);
    ata_init(&d->ata[0], interrupts_line(in, IRQ_ATA_0, "ATA 0"));
    ata_init(&d->ata[1], interrupts_line(in, IRQ_ATA_1, "ATA 1"));
    init_pci(d, in);
    vga_init(&d->vga);
    fw_cfg_init(&d->fw_cfg);
    struct platform platform;
    devices_describe(cpus, &platform);
    fw_cfg_items_init(&d->fw_cfg_items, &d->fw_cfg, ram, &platform);
}

void devices_note_disks(struct devices *d)
{
    for (unsigned i = 0; i < 4; i++)
        cmos_set_disk(&d->cmos, i, d->ata[i / 2].media[i % 2].sectors);
}

void devices_reset(struct devices *d, bool set_up)
{
    for (unsigned i = 0; i < d->serial_count; i++)
        uart_reset(&d->serial[i]);
    debugcon_reset(&d->debugcon);
    system_control_reset(&d->system_control);
    i8042_reset(&d->i8042);
    reset_control_reset(&d->reset_control);
    acpi_pm_reset(&d->acpi_pm);
    cmos_reset(&d->cmos);
    ata_reset(&d->ata[0]);
    ata_reset(&d->ata[1]);
    pci_reset(&d->pci);
    vga_reset(&d->vga);
    fw_cfg_reset(&d->fw_cfg);
    if (set_up)
        assign_pci(d);
}

int devices_add(struct devices *d, struct bus *bus, struct error *error)
{
    const struct {
        uint16_t port, count;
        const struct bus_ops *ops;
        void *device;
        const char *name;
    } ports[] = {
        {0x060, 1, &i8042_data_ops, &d->i8042, "i8042 data"},
        {0x064, 1, &i8042_command_ops, &d->i8042, "i8042 command"},
        {0x070, 2, &cmos_ops, &d->cmos, "CMOS and RTC"},
        {0x092, 1, &system_control_ops, &d->system_control, "system control A"},
        {0x0e9, 1, &debugcon_ops, &d->debugcon, "debug console"},
        {0x0f4, 4, &debug_exit_ops, &d->debug_exit, "debug exit"},
        {0x170, 1, &ata_data_ops, &d->ata[1], "ATA data 1"},
        {0x171, 7, &ata_command_ops, &d->ata[1], "ATA command 1"},
        {0x1f0, 1, &ata_data_ops, &d->ata[0], "ATA data 0"},
        {0x1f1, 7, &ata_command_ops, &d->ata[0], "ATA command 0"},
        {0x376, 1, &ata_control_ops, &d->ata[1], "ATA control 1"},
        {0x3f6, 1, &ata_control_ops, &d->ata[0], "ATA control 0"},
        {0x3b0, 12, &vga_mono_ops, &d->vga, "VGA, monochrome CRT"},
        {0x3c0, 16, &vga_ops, &d->vga, "VGA"},
        {0x3d0, 12, &vga_colour_ops, &d->vga, "VGA, colour CRT"},
        {0x402, d->firmware_log, &debugcon_ops, &d->debugcon, "debug console"},
        {0x510, 2, &fw_cfg_ops, &d->fw_cfg, "firmware configuration"},
        {PM_EVENT, 6, &acpi_pm_ops, &d->acpi_pm, "ACPI events and control"},
        {PM_TIMER, 4, &acpi_pm_timer_ops, &d->acpi_pm, "ACPI timer"},
        {0xcf8, 1, &pci_address_ops, &d->pci, "PCI address"},
        {RESET_PORT, 1, &reset_control_ops, &d->reset_control, "reset control"},
        {0xcfc, 4, &pci_data_ops, &d->pci, "PCI data"},
        {LAYOUT_PCI_IO, LAYOUT_PCI_IO_SIZE, &pci_io_ops, &d->pci, "PCI"},
    };
    int err = add_serial(d, bus, error);
    if (!err)
        err = bus_add(bus, BUS_MMIO, LAYOUT_PCI, LAYOUT_PCI_SIZE, &pci_memory_ops, &d->pci, "PCI",
                      error);
    for (size_t i = 0; !err && i < sizeof ports / sizeof ports[0]; i++)
        if (ports[i].count)
            err = bus_add(bus, BUS_PIO, ports[i].port, ports[i].count, ports[i].ops,
                          ports[i].device, ports[i].name, error);
    return err;
}

void devices_describe(unsigned cpus, struct platform *platform)
{
    *platform = (struct platform){
        .cpus = cpus,
        .lapic = LAYOUT_LAPIC,
        .ioapic = LAYOUT_IOAPIC,
        .pm_event = PM_EVENT,
        .pm_control = PM_CONTROL,
        .pm_timer = PM_TIMER,
        .sci = IRQ_SCI,
        .reset = {RESET_PORT, RESET_VALUE},
        .uarts = {{COM1_PORT, IRQ_COM1}},
        .level_irqs = INTERRUPTS_LEVEL,
        .pci_memory = {LAYOUT_PCI, LAYOUT_PCI_SIZE},
        .pci_ports = {LAYOUT_PCI_IO, LAYOUT_PCI_IO_SIZE},
    };
    memcpy(platform->pci_irq, devices_pci_irq, sizeof platform->pci_irq);
}
