/* Any guest can do any access to any device at any time, directly (any offset) and over a bus. What
 * must hold is that nothing runs past its buffers (the sanitizers look) and that each state stays
 * one that the device could be in. */
#include "fuzz.h"

#include "vmm/board/bus.h"
#include "vmm/dev/acpi_pm.h"
#include "vmm/dev/ata.h"
#include "vmm/dev/chipset.h"
#include "vmm/dev/cmos.h"
#include "vmm/dev/debug_exit.h"
#include "vmm/dev/debugcon.h"
#include "vmm/dev/fw_cfg.h"
#include "vmm/dev/i8042.h"
#include "vmm/dev/pci.h"
#include "vmm/dev/reset_control.h"
#include "vmm/dev/system_control.h"
#include "vmm/dev/uart.h"
#include "vmm/dev/vga.h"
#include "vmm/dev/virtio_blk.h"

const unsigned fuzz_rounds = 20000;
const char *const fuzz_goals[] = {"a reset", "an exit", "text", "a card", NULL};

struct machine {
    struct fuzz_input in;
    struct uart uart;
    struct i8042 i8042;
    struct system_control system;
    struct cmos cmos;
    struct debugcon debugcon;
    struct debug_exit debug_exit;
    struct acpi_pm acpi_pm;
    uint64_t now; /* by acpi_pm's clock */
    struct reset_control reset_control;
    struct pci pci;
    struct chipset chipset;
    struct pci_function card;
    struct virtio_blk blk; /* without memory: virtio.c has such */
    struct vga vga;
    struct fw_cfg fw_cfg;
    struct bus *bus;
    bool levels[4];
};

static uint64_t next(struct machine *m)
{
    return fuzz_number(&m->in, 8);
}

static void reset(void *context)
{
    struct machine *m = context;
    fuzz_reached("a reset");
    uart_reset(&m->uart);
    i8042_reset(&m->i8042);
    system_control_reset(&m->system);
    cmos_reset(&m->cmos);
    reset_control_reset(&m->reset_control);
    pci_reset(&m->pci);
    virtio_blk_reset(&m->blk);
    pci_assign(&m->pci, (const uint8_t[PCI_DEVICES]){0});
    vga_reset(&m->vga);
    fw_cfg_reset(&m->fw_cfg);
}

static void end(void *context)
{
    (void)context;
    fuzz_reached("an exit");
}

static void end_with(void *context, uint32_t value)
{
    (void)context, (void)value;
    fuzz_reached("an exit");
}

/* A host that is slow in an unforeseeable way. */
static size_t take_some(void *context, const uint8_t *bytes, size_t len)
{
    struct machine *m = context;
    (void)bytes;
    size_t n = next(m) % (len + 1);
    if (n)
        fuzz_reached("text");
    return n;
}

static int64_t some_time(void *context)
{
    struct machine *m = context;
    return (int64_t)(next(m) % 0x100000000);
}

/* Up to ten minutes. */
static uint64_t later(void *context)
{
    struct machine *m = context;
    return m->now += next(m) % 600000000000;
}

static void set_level(void *context, bool level)
{
    *(bool *)context = level;
}

struct target {
    const struct bus_ops *ops;
    void *device;
    uint64_t base, size;
};

#define TARGETS 19

/* A PCI card with the UART's registers. */
static uint64_t card_read(void *device, uint64_t offset, unsigned len)
{
    struct machine *m = device;
    CHECK(offset < 16);
    fuzz_reached("a card");
    return uart_ops.read(&m->uart, offset, len);
}

static void card_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    struct machine *m = device;
    CHECK(offset < 16);
    fuzz_reached("a card");
    uart_ops.write(&m->uart, offset, value, len);
}

static const struct bus_ops card_ops = {.read = card_read, .write = card_write};

static void *no_memory(void *context, uint64_t gpa, uint64_t len, bool write)
{
    (void)context, (void)gpa, (void)len, (void)write;
    return NULL;
}

static void nothing(void *context)
{
    (void)context;
}

static void build_pci(struct machine *m)
{
    pci_init(&m->pci, (struct pci_window){0xc000, 0x4000}, (struct pci_window){0, 0x4000});
    chipset_init(&m->chipset, &m->pci);
    pci_function_init(&m->card, &(struct pci_identity){.vendor = 1, .pin = PCI_PIN_A}, m);
    pci_function_add_bar(&m->card, 0, (struct pci_bar){16, BUS_MMIO, &card_ops});
    pci_function_add_bar(&m->card, 5, (struct pci_bar){8, BUS_PIO, &card_ops});
    pci_add(&m->pci, 7, 0, &m->card);
    virtio_blk_init(&m->blk, &(struct virtio_blk_disk){.sectors = 1},
                    &(struct dma){no_memory, nothing, nothing, nothing, m});
    pci_add(&m->pci, 8, 0, &m->blk.pci.function);
}

static void build(struct machine *m, struct target targets[TARGETS])
{
    struct uart_host host = {take_some, NULL, m};
    uart_init(&m->uart, &host, (struct irq_line){set_level, &m->levels[0]});
    system_control_init(&m->system, reset, m);
    i8042_init(&m->i8042, &m->system, (struct irq_line){set_level, &m->levels[1]},
               (struct irq_line){set_level, &m->levels[2]}, &(struct i8042_host){NULL, NULL});
    cmos_init(&m->cmos, &(struct cmos_setup){.cpus = 1}, some_time, m);
    debugcon_init(&m->debugcon, take_some, m);
    debug_exit_init(&m->debug_exit, end_with, m);
    const struct acpi_pm_host pm = {later, end, m};
    acpi_pm_init(&m->acpi_pm, &pm, (struct irq_line){set_level, &m->levels[3]});
    reset_control_init(&m->reset_control, reset, m);
    build_pci(m);
    vga_init(&m->vga);
    fw_cfg_init(&m->fw_cfg);
    fw_cfg_add_file(&m->fw_cfg, "levels", m->levels, sizeof m->levels);
    memcpy(targets,
           (struct target[TARGETS]){{&uart_ops, &m->uart, 0x3f8, 8},
                                    {&i8042_data_ops, &m->i8042, 0x60, 1},
                                    {&i8042_command_ops, &m->i8042, 0x64, 1},
                                    {&system_control_ops, &m->system, 0x92, 1},
                                    {&cmos_ops, &m->cmos, 0x70, 2},
                                    {&debugcon_ops, &m->debugcon, 0xe9, 1},
                                    {&debug_exit_ops, &m->debug_exit, 0xf4, 4},
                                    {&acpi_pm_ops, &m->acpi_pm, 0x600, 6},
                                    {&acpi_pm_timer_ops, &m->acpi_pm, 0x608, 4},
                                    {&reset_control_ops, &m->reset_control, 0xcf9, 1},
                                    {&pci_address_ops, &m->pci, 0xcf8, 1},
                                    {&pci_data_ops, &m->pci, 0xcfc, 4},
                                    {&pci_io_ops, &m->pci, 0xc000, 0x4000},
                                    {&vga_mono_ops, &m->vga, 0x3b0, 12},
                                    {&vga_ops, &m->vga, 0x3c0, 16},
                                    {&vga_colour_ops, &m->vga, 0x3d0, 12},
                                    {&pci_memory_ops, &m->pci, 0x0, 0x40},
                                    {&fw_cfg_ops, &m->fw_cfg, 0x510, 2},
                                    {&virtio_pci_ops, &m->blk.pci, 0x2000, 0x4000}},
           TARGETS * sizeof *targets);
    m->bus = bus_new();
    struct error error;
    for (int i = 0; i < TARGETS; i++)
        CHECK_EQ(bus_add(m->bus, BUS_PIO, targets[i].base, targets[i].size, targets[i].ops,
                         targets[i].device, "device", &error),
                 0);
}

static void check_states(const struct machine *m)
{
    const struct uart_state *u = &m->uart.state;
    unsigned depth = u->fcr & 1 ? UART_FIFO : 1;
    CHECK(u->rx.count <= depth && u->tx.count <= depth);
    CHECK(u->rx.head < UART_FIFO && u->tx.head < UART_FIFO);
    CHECK_EQ(u->irq, m->levels[0]);
    const struct i8042_state *k = &m->i8042.state;
    CHECK(k->head < I8042_QUEUE && k->count <= I8042_QUEUE);
    CHECK_EQ(k->keyboard_irq, m->levels[1]);
    CHECK_EQ(k->auxiliary_irq, m->levels[2]);
    CHECK(k->keyboard.scan_set >= 1 && k->keyboard.scan_set <= 2);
    CHECK(k->keyboard.head < PS2_KEYBOARD_BUFFER && k->keyboard.count <= PS2_KEYBOARD_BUFFER);
    const struct vga_text text = vga_text(&m->vga.state);
    CHECK(m->vga.state.dac_component < 3);
    CHECK(text.rows <= 1024 && text.columns <= 256);
    CHECK(text.size && text.window + text.size <= 0x20000);
    CHECK(m->cmos.state.index < 128);
    CHECK_EQ(m->cmos.state.ram[0x0d], 0x80);
    CHECK(m->fw_cfg.state.offset <= sizeof m->fw_cfg.directory);
    const struct acpi_pm_state *p = &m->acpi_pm.state;
    CHECK_EQ(p->control & 0x2005, 0);
    CHECK_EQ(p->enable & ~0x0721, 0);
    CHECK_EQ(m->levels[3], (p->status & p->enable) != 0);
}

static void access_directly(struct machine *m, const struct target *target)
{
    uint64_t dice = next(m), value = next(m);
    unsigned len = 1u << (dice & 3);
    uint64_t offset = dice & 0x70 ? (dice >> 8) % (target->size + 2) : value ^ dice;
    if ((dice & 4) && target->ops->write)
        target->ops->write(target->device, offset, len == 8 ? value : value >> (64 - 8 * len), len);
    else
        target->ops->read(target->device, offset, len);
}

static void access_by_bus(struct machine *m)
{
    uint64_t dice = next(m), value = next(m);
    unsigned len = 1u << (dice & 3);
    uint64_t port = (dice >> 8) % 0x1000;
    if (dice & 4)
        bus_write(m->bus, BUS_PIO, port, value, len);
    else if (len < 8)
        CHECK_EQ(bus_read(m->bus, BUS_PIO, port, len) >> (8 * len), 0);
}

/* A register of a function that is likely to be there. */
static void access_configuration(struct machine *m)
{
    static const uint8_t functions[] = {0x00, 0x08, 0x09, 0x38, 0x39, 0x40};
    uint64_t dice = next(m), value = next(m);
    uint64_t address =
        0x80000000 | (uint64_t)functions[dice % sizeof functions] << 8 | (dice >> 8 & 0xfc);
    bus_write(m->bus, BUS_PIO, 0xcf8, address, 4);
    if (dice & 0x10000)
        bus_write(m->bus, BUS_PIO, 0xcfc + (dice >> 20 & 3), value & value >> 32,
                  1u << (dice >> 24) % 3);
    else
        bus_read(m->bus, BUS_PIO, 0xcfc + (dice >> 20 & 3), 1u << (dice >> 24) % 3);
}

static void act_as_host(struct machine *m)
{
    uint8_t bytes[40];
    uint64_t dice = next(m);
    memset(bytes, (int)(dice & 0xff), sizeof bytes);
    size_t room = uart_room(&m->uart), len = (dice >> 8) % (sizeof bytes + 1);
    CHECK_EQ(uart_receive(&m->uart, bytes, len), len < room ? len : room);
    uart_drain(&m->uart);
    i8042_key(&m->i8042, (uint8_t)(dice >> 16), dice >> 24 & 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct machine *m = calloc(1, sizeof *m);
    struct target targets[TARGETS];
    m->in = (struct fuzz_input){data, size};
    build(m, targets);
    while (m->in.left && !check_failures) {
        const uint64_t dice = fuzz_number(&m->in, 1) % (TARGETS + 5);
        if (dice < TARGETS)
            access_directly(m, &targets[dice]);
        else if (dice < TARGETS + 2)
            access_by_bus(m);
        else if (dice < TARGETS + 4)
            access_configuration(m);
        else
            act_as_host(m);
        check_states(m);
    }
    bus_free(m->bus);
    free(m);
    return fuzz_verdict();
}
