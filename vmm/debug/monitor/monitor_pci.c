/* `monitor info pci`: the functions on the PCI bus, as their configuration space has them now. */
#include "debug/monitor/monitor.h"

#include "dev/pci.h"

#include <inttypes.h>

/* The class codes (PCI 3.0, appendix D) of what this machine has. */
static const char *class_name(uint32_t class_code)
{
    static const struct {
        uint32_t class_code;
        const char *name;
    } names[] = {
        {0x010000, "SCSI controller"},
        {0x010100, "IDE controller"},
        {0x060000, "host bridge"},
        {0x060100, "ISA bridge"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].class_code == class_code)
            return names[i].name;
    return "of another class";
}

static void print_bar(const struct pci_function *f, unsigned index, struct gdb_text *out)
{
    const struct pci_bar *bar = &f->bars[index];
    const uint32_t base = pci_function_bar_base(f, index);
    gdb_text_printf(out, "         BAR %u: %s 0x%08" PRIx32 "-0x%08" PRIx32 "%s\n", index,
                    bar->space == BUS_PIO ? "ports" : "memory", base, base + (bar->size - 1),
                    pci_function_decodes(f, bar->space) ? "" : ", not decoded");
}

static void print_interrupt(const struct pci_function *f, struct gdb_text *out)
{
    if (!pci_function_get(f, PCI_INTERRUPT_PIN, 1))
        return;
    const bool raised = pci_function_get(f, PCI_STATUS, 2) & PCI_STATUS_INTERRUPT;
    const bool off = pci_function_get(f, PCI_COMMAND, 2) & PCI_COMMAND_INTX_OFF;
    gdb_text_printf(out, "         INTA#: its register says IRQ %" PRIu32 "%s%s\n",
                    pci_function_get(f, PCI_INTERRUPT_LINE, 1), raised ? ", raised" : "",
                    off ? ", disabled" : "");
}

void monitor_info_pci(struct debug *d, const char *args, struct gdb_text *out)
{
    const struct pci *pci = d->config.pci;
    (void)args;
    for (size_t i = 0; i < pci->count; i++) {
        const struct pci_function *f = pci->slots[i].function;
        gdb_text_printf(
            out, "00:%02x.%x  %04" PRIx32 ":%04" PRIx32 "  %s\n", pci->slots[i].address >> 3,
            pci->slots[i].address & 7, pci_function_get(f, PCI_VENDOR_ID, 2),
            pci_function_get(f, PCI_DEVICE_ID, 2), class_name(pci_function_get(f, PCI_CLASS, 3)));
        for (unsigned bar = 0; bar < PCI_BARS; bar++)
            if (f->bars[bar].size)
                print_bar(f, bar, out);
        print_interrupt(f, out);
    }
}
