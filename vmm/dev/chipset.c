#include "dev/chipset.h"

#define INTEL     0x8086
#define SUBSYSTEM .subsystem_vendor = 0x1af4, .subsystem = 0x1100 /* QEMU's */

#define PAM_FIRST  0x59 /* PAM0 to PAM6 (290549, 3.2.15) */
#define PAM_COUNT  7
#define PIRQ_FIRST 0x60 /* PIRQRCA to PIRQRCD (290550, 2.2.7) */
#define PIRQ_COUNT 4
#define PIRQ_OFF   0x80    /* bit 7: not routed */
#define IDE_TIMING 0x40    /* IDETIM, a word for each channel (290550, 2.3.9) */
#define IDE_DECODE 0x8000u /* its bit 15: the channel's ports are decoded */

static const struct pci_identity host_bridge = {
    .vendor = INTEL, .device = 0x1237, .class_code = 0x060000, .revision = 2, SUBSYSTEM};
static const struct pci_identity isa_bridge = {
    .vendor = INTEL, .device = 0x7000, .class_code = 0x060100, SUBSYSTEM};
static const struct pci_identity ide = {
    .vendor = INTEL, .device = 0x7010, .class_code = 0x010100, SUBSYSTEM};

void chipset_init(struct chipset *c, struct pci *pci)
{
    pci_function_init(&c->host_bridge, &host_bridge, NULL);
    for (unsigned i = 0; i < PAM_COUNT; i++)
        pci_function_allow(&c->host_bridge, PAM_FIRST + i, 0xff, 1);

    pci_function_init(&c->isa_bridge, &isa_bridge, NULL);
    for (unsigned i = 0; i < PIRQ_COUNT; i++) {
        pci_function_set(&c->isa_bridge, PIRQ_FIRST + i, PIRQ_OFF, 1);
        pci_function_allow(&c->isa_bridge, PIRQ_FIRST + i, 0x8f, 1);
    }

    pci_function_init(&c->ide, &ide, NULL);
    pci_function_allow(&c->ide, IDE_TIMING, UINT32_MAX, 4);

    pci_add(pci, 0, 0, &c->host_bridge);
    pci_add(pci, 1, 0, &c->isa_bridge);
    pci_add(pci, 1, 1, &c->ide);
}

void chipset_assign(struct chipset *c, const uint8_t lines[4])
{
    for (unsigned i = 0; i < PIRQ_COUNT; i++)
        pci_function_write(&c->isa_bridge, PIRQ_FIRST + i, lines[i], 1);
    pci_function_write(&c->ide, IDE_TIMING, (uint32_t)IDE_DECODE << 16 | IDE_DECODE, 4);
}
