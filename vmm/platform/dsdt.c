/* The Differentiated System Description Table: what can't be found by asking the hardware. All of
 * it is data, there are no methods. */
#include "memory/layout.h"
#include "platform/acpi.h"
#include "platform/aml.h"

#define REVISION        2 /* integers have 64 bits */
#define PCI_CONFIG_PORT 0xcf8
#define PCI_CONFIG_SIZE 8
#define IRQ_KEYBOARD    1
#define IRQ_RTC         8

/* Soft off is sleep type 0 (7.4.2): what is written to both control registers, and two reserved. */
static void put_s5(struct writer *w)
{
    aml_name(w, "_S5");
    const size_t package = aml_package(w, 4);
    for (unsigned i = 0; i < 4; i++)
        aml_integer(w, 0);
    aml_end(w, package);
}

/* The bus's windows: memory, and ports that are not the host bridge's own; ISA's are below those
 * for BARs. */
static void put_pci_windows(struct writer *w, const struct platform *p)
{
    aml_name(w, "_CRS");
    const size_t resources = aml_resources(w);
    aml_bus_window(w, 0, 0);
    aml_ports(w, PCI_CONFIG_PORT, PCI_CONFIG_SIZE);
    aml_port_window(w, 0, PCI_CONFIG_PORT - 1);
    aml_port_window(w, (uint16_t)p->pci_ports.base,
                    (uint16_t)(p->pci_ports.base + p->pci_ports.size - 1));
    aml_memory_window(w, LAYOUT_VGA, LAYOUT_VGA + LAYOUT_VGA_SIZE - 1);
    aml_memory_window(w, p->pci_memory.base, p->pci_memory.base + p->pci_memory.size - 1);
    aml_resources_end(w, resources);
}

/* 6.2.13: each slot's pins, any function's, and the interrupt that they are wired to. */
static void put_pci_routing(struct writer *w, const struct platform *p)
{
    aml_name(w, "_PRT");
    const size_t table = aml_package(w, PLATFORM_PCI_SLOTS * PLATFORM_PCI_PINS);
    for (unsigned slot = 0; slot < PLATFORM_PCI_SLOTS; slot++)
        for (unsigned pin = 0; pin < PLATFORM_PCI_PINS; pin++) {
            const size_t row = aml_package(w, 4);
            aml_integer(w, slot << 16 | 0xffff);
            aml_integer(w, pin);
            aml_integer(w, 0); /* no link device: the next one is a fixed interrupt */
            aml_integer(w, platform_pci_irq(p, slot, pin));
            aml_end(w, row);
        }
    aml_end(w, table);
}

struct isa_device {
    const char *name, *id;
    uint8_t uid;
    struct {
        uint16_t port;
        uint8_t size; /* 0: none */
    } ports[2];
    uint8_t irq;
};

static void put_isa_device(struct writer *w, const struct isa_device *isa)
{
    const size_t device = aml_device(w, isa->name);
    aml_name(w, "_HID");
    aml_eisa_id(w, isa->id);
    aml_name(w, "_UID");
    aml_integer(w, isa->uid);
    aml_name(w, "_CRS");
    const size_t resources = aml_resources(w);
    for (unsigned i = 0; i < 2; i++)
        if (isa->ports[i].size)
            aml_ports(w, isa->ports[i].port, isa->ports[i].size);
    aml_irq(w, isa->irq);
    aml_resources_end(w, resources);
    aml_end(w, device);
}

static void put_isa_devices(struct writer *w, const struct platform *p)
{
    static const struct isa_device fixed[] = {
        {"RTC", "PNP0B00", 0, {{0x70, 2}}, IRQ_RTC},
        {"KBD", "PNP0303", 0, {{0x60, 1}, {0x64, 1}}, IRQ_KEYBOARD},
    };
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        put_isa_device(w, &fixed[i]);
    for (unsigned i = 0; i < PLATFORM_MAX_UARTS; i++)
        if (p->uarts[i].port) {
            const char name[] = {'C', 'O', 'M', (char)('1' + i), 0};
            const struct isa_device uart = {
                name, "PNP0501", (uint8_t)(i + 1), {{p->uarts[i].port, 8}}, p->uarts[i].irq};
            put_isa_device(w, &uart);
        }
}

static void put_pci(struct writer *w, const struct platform *p)
{
    const size_t device = aml_device(w, "PCI0");
    aml_name(w, "_HID");
    aml_eisa_id(w, "PNP0A03");
    aml_name(w, "_UID");
    aml_integer(w, 0);
    put_pci_windows(w, p);
    put_pci_routing(w, p);
    put_isa_devices(w, p);
    aml_end(w, device);
}

void dsdt_write(struct writer *w, const struct platform *p)
{
    const size_t begin = acpi_begin(w, "DSDT", REVISION);
    put_s5(w);
    const size_t scope = aml_scope(w, "_SB");
    put_pci(w, p);
    aml_end(w, scope);
    acpi_end(w, begin);
}
