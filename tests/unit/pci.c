/* PCI as a guest meets it: configuration mechanism 1, the headers, BARs that are sized and moved,
 * and what firmware leaves behind. */
#include "vmm/dev/pci.h"
#include "vmm/board/irq_share.h"
#include "vmm/dev/chipset.h"

#include "tests/check.h"

#define IO_BASE     0xc000
#define IO_SIZE     0x4000
#define MEMORY_BASE 0xe0000000u
#define MEMORY_SIZE 0x10000u

/* A device with a BAR in each space: it notes the last access and reads as its id and offset. */
struct card {
    struct pci_function function;
    uint8_t id;
    uint64_t offset, value;
    unsigned len, writes;
};

static uint64_t card_read(void *device, uint64_t offset, unsigned len)
{
    struct card *card = device;
    card->len = len;
    return (uint64_t)card->id << 24 | offset;
}

static void card_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    struct card *card = device;
    card->offset = offset;
    card->value = value;
    card->len = len;
    card->writes++;
}

static const struct bus_ops card_ops = {.read = card_read, .write = card_write};

struct bench {
    struct pci pci;
    struct card a, b;
    bool line;
    unsigned changes;
};

static void set_line(void *context, bool level)
{
    struct bench *bench = context;
    bench->line = level;
    bench->changes++;
}

static void make_card(struct bench *bench, struct card *card, uint8_t id, unsigned device)
{
    const struct pci_identity identity = {.vendor = 0x1234,
                                          .device = id,
                                          .class_code = 0x018003,
                                          .revision = 7,
                                          .subsystem_vendor = 0x5678,
                                          .subsystem = 0x9abc,
                                          .pin = PCI_PIN_A};
    card->id = id;
    pci_function_init(&card->function, &identity, card);
    pci_function_add_bar(&card->function, 0, (struct pci_bar){0x1000, BUS_MMIO, &card_ops});
    pci_function_add_bar(&card->function, 3, (struct pci_bar){0x20, BUS_PIO, &card_ops});
    card->function.irq = (struct irq_line){set_line, bench};
    pci_add(&bench->pci, device, 0, &card->function);
}

static void start(struct bench *bench)
{
    *bench = (struct bench){0};
    pci_init(&bench->pci, (struct pci_window){IO_BASE, IO_SIZE},
             (struct pci_window){MEMORY_BASE, MEMORY_SIZE});
    make_card(bench, &bench->b, 0xbb, 5); /* the order of adding is not that of the bus */
    make_card(bench, &bench->a, 0xaa, 4);
}

/* The firmware's lines: device N has line 100 + N. */
static void assign(struct bench *bench)
{
    uint8_t lines[PCI_DEVICES];
    for (unsigned i = 0; i < PCI_DEVICES; i++)
        lines[i] = (uint8_t)(100 + i);
    pci_assign(&bench->pci, lines);
}

static void select(struct bench *b, unsigned device, unsigned function, unsigned offset)
{
    pci_address_ops.write(&b->pci, 0, 0x80000000u | device << 11 | function << 8 | (offset & 0xfc),
                          4);
}

static uint64_t config(struct bench *b, unsigned device, unsigned offset, unsigned len)
{
    select(b, device, 0, offset);
    uint64_t value = pci_data_ops.read(&b->pci, offset & 3, len);
    return len == 8 ? value : value & ((1ull << (8 * len)) - 1);
}

static void set_config(struct bench *b, unsigned device, unsigned offset, uint32_t value,
                       unsigned len)
{
    select(b, device, 0, offset);
    pci_data_ops.write(&b->pci, offset & 3, value, len);
}

static uint32_t memory(struct bench *b, uint32_t address)
{
    return (uint32_t)pci_memory_ops.read(&b->pci, address - MEMORY_BASE, 4);
}

static uint32_t io(struct bench *b, uint32_t port)
{
    return (uint32_t)pci_io_ops.read(&b->pci, port - IO_BASE, 4);
}

static void the_address_port_takes_doublewords_only(void)
{
    struct bench b;
    start(&b);
    pci_address_ops.write(&b.pci, 0, 0xffffffff, 4);
    CHECK_EQ(pci_address_ops.read(&b.pci, 0, 4), 0x80fffffc);
    pci_address_ops.write(&b.pci, 0, 0, 1);
    pci_address_ops.write(&b.pci, 0, 0, 2);
    CHECK_EQ(pci_address_ops.read(&b.pci, 0, 4), 0x80fffffc);
    CHECK_EQ(pci_address_ops.read(&b.pci, 0, 1), UINT64_MAX);
    pci_reset(&b.pci);
    CHECK_EQ(pci_address_ops.read(&b.pci, 0, 4), 0);
}

static void a_header_reads_in_every_width(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(config(&b, 4, 0x00, 4), 0x00aa1234);
    CHECK_EQ(config(&b, 4, 0x02, 2), 0x00aa);
    CHECK_EQ(config(&b, 4, 0x01, 1), 0x12);
    CHECK_EQ(config(&b, 4, 0x01, 4), 0xff00aa12); /* the fourth byte is past the port */
    CHECK_EQ(config(&b, 4, 0x03, 2), 0xff00);
    CHECK_EQ(config(&b, 4, 0x00, 8), 0xffffffff00aa1234);
    CHECK_EQ(config(&b, 4, 0x08, 4), 0x01800307);
    CHECK_EQ(config(&b, 4, 0x2c, 4), 0x9abc5678);
    CHECK_EQ(config(&b, 4, 0x3c, 4), 0x00000100);
    CHECK_EQ(config(&b, 5, 0x00, 4), 0x00bb1234);
}

static void nothing_is_all_ones(void)
{
    struct bench b;
    start(&b);
    static const uint32_t addresses[] = {
        0x80000000 | 3 << 11,           /* no such device */
        0x80000000 | 4 << 11 | 1 << 8,  /* no such function */
        0x80000000 | 4 << 11 | 1 << 16, /* another bus */
        4 << 11,                        /* not enabled */
    };
    for (unsigned i = 0; i < 4; i++) {
        pci_address_ops.write(&b.pci, 0, addresses[i], 4);
        CHECK_EQ(pci_data_ops.read(&b.pci, 0, 4), UINT64_MAX);
        pci_data_ops.write(&b.pci, 0, 0, 4);
    }
    select(&b, 4, 0, 0);
    CHECK_EQ(pci_data_ops.read(&b.pci, 4, 4), UINT64_MAX);
    CHECK_EQ(pci_data_ops.read(&b.pci, UINT64_MAX, 4), UINT64_MAX);
    pci_data_ops.write(&b.pci, 4, 0, 4);
}

static void what_is_read_only_stays(void)
{
    struct bench b;
    start(&b);
    pci_function_set(&b.a.function, PCI_STATUS, PCI_STATUS_CAPABILITY, 2);
    for (unsigned offset = 0; offset < PCI_CONFIG_SIZE; offset += 4)
        set_config(&b, 4, offset, UINT32_MAX, 4);
    uint8_t expected[PCI_CONFIG_SIZE] = {0x34, 0x12, 0xaa, 0x00, 0x47, 0x05,
                                         0x10, 0x00, 0x07, 0x03, 0x80, 0x01};
    expected[0x11] = 0xf0;
    expected[0x12] = expected[0x13] = 0xff; /* BAR 0: 4 KiB of memory */
    expected[0x1c] = 0xe1;
    expected[0x1d] = expected[0x1e] = expected[0x1f] = 0xff; /* BAR 3: 32 ports */
    memcpy(expected + 0x2c, "\x78\x56\xbc\x9a", 4);
    expected[0x3c] = 0xff;
    expected[0x3d] = 1;
    CHECK_MEM(b.a.function.state.config, expected, sizeof expected);
    pci_reset(&b.pci);
    CHECK_EQ(config(&b, 4, 0x04, 4), 0x00100000);
    CHECK_EQ(config(&b, 4, 0x10, 4), 0);
    CHECK_EQ(config(&b, 4, 0x1c, 4), 1);
}

static void a_byte_write_changes_a_byte(void)
{
    struct bench b;
    start(&b);
    set_config(&b, 4, 0x13, 0xe0, 1);
    set_config(&b, 4, 0x11, 0x55, 1);
    CHECK_EQ(config(&b, 4, 0x10, 4), 0xe0005000);
    set_config(&b, 4, 0x3f, 0x12345678, 4); /* one byte of it is in the port */
    CHECK_EQ(config(&b, 4, 0x3c, 4), 0x00000100);
}

static void firmware_assigns_everything(void)
{
    struct bench b;
    start(&b);
    assign(&b);
    CHECK_EQ(config(&b, 4, 0x10, 4), MEMORY_BASE);
    CHECK_EQ(config(&b, 5, 0x10, 4), MEMORY_BASE + 0x1000);
    CHECK_EQ(config(&b, 4, 0x1c, 4), IO_BASE + 1);
    CHECK_EQ(config(&b, 5, 0x1c, 4), IO_BASE + 0x20 + 1);
    CHECK_EQ(config(&b, 4, 0x04, 2), 0x0007);
    CHECK_EQ(config(&b, 4, 0x3c, 1), 104);
    CHECK_EQ(config(&b, 5, 0x3c, 1), 105);
    CHECK_EQ(memory(&b, MEMORY_BASE + 0x123), 0xaa000123);
    CHECK_EQ(memory(&b, MEMORY_BASE + 0x1ffc), 0xbb000ffc);
    CHECK_EQ(memory(&b, MEMORY_BASE + 0x2000), UINT32_MAX);
    CHECK_EQ(io(&b, IO_BASE + 0x1f), 0xaa00001f);
    CHECK_EQ(io(&b, IO_BASE + 0x20), 0xbb000000);
    pci_memory_ops.write(&b.pci, 0x1008, 0x1122334455667788, 8);
    CHECK_EQ(b.b.offset, 8);
    CHECK_EQ(b.b.value, 0x1122334455667788);
    CHECK_EQ(b.b.len, 8);
    CHECK_EQ(b.a.writes, 0);
}

static void what_does_not_fit_is_left_alone(void)
{
    struct bench b;
    start(&b);
    b.pci.windows[BUS_MMIO].base += 0x800; /* where a BAR of 4 KiB can't be */
    b.pci.windows[BUS_MMIO].size = 0x1800;
    assign(&b);
    CHECK_EQ(config(&b, 4, 0x10, 4), MEMORY_BASE + 0x1000);
    CHECK_EQ(config(&b, 4, 0x04, 2), 0x0007);
    CHECK_EQ(config(&b, 5, 0x10, 4), 0);
    CHECK_EQ(config(&b, 5, 0x04, 2), 0x0005);
    CHECK_EQ(config(&b, 5, 0x1c, 4), IO_BASE + 0x20 + 1);
}

static void a_bar_is_where_it_is_now(void)
{
    struct bench b;
    start(&b);
    assign(&b);
    set_config(&b, 4, 0x10, MEMORY_BASE + 0xffff, 4); /* the low bits do not stick */
    CHECK_EQ(memory(&b, MEMORY_BASE), UINT32_MAX);
    CHECK_EQ(memory(&b, MEMORY_BASE + 0xf010), 0xaa000010);
    set_config(&b, 4, 0x04, PCI_COMMAND_IO, 2);
    CHECK_EQ(memory(&b, MEMORY_BASE + 0xf010), UINT32_MAX);
    CHECK_EQ(io(&b, IO_BASE), 0xaa000000);
    set_config(&b, 4, 0x04, PCI_COMMAND_MEMORY, 2);
    CHECK_EQ(memory(&b, MEMORY_BASE + 0xf010), 0xaa000010);
    CHECK_EQ(io(&b, IO_BASE), UINT32_MAX);
}

static void hostile_bars_hide_nothing_before_them(void)
{
    struct bench b;
    start(&b);
    assign(&b);
    set_config(&b, 5, 0x10, MEMORY_BASE, 4); /* over device 4's */
    CHECK_EQ(memory(&b, MEMORY_BASE + 4), 0xaa000004);
    set_config(&b, 4, 0x10, 0, 4); /* outside the window */
    CHECK_EQ(memory(&b, MEMORY_BASE + 4), 0xbb000004);
    set_config(&b, 5, 0x10, UINT32_MAX, 4);
    CHECK_EQ(memory(&b, MEMORY_BASE + 4), UINT32_MAX);
    CHECK_EQ(pci_memory_ops.read(&b.pci, MEMORY_SIZE, 4), UINT64_MAX);
    CHECK_EQ(pci_memory_ops.read(&b.pci, UINT64_MAX, 4), UINT64_MAX);
}

static void an_interrupt_can_be_disabled(void)
{
    struct bench b;
    start(&b);
    pci_function_interrupt(&b.a.function, true);
    CHECK_EQ(b.line, true);
    CHECK_EQ(config(&b, 4, 0x06, 2), PCI_STATUS_INTERRUPT);
    set_config(&b, 4, 0x04, PCI_COMMAND_INTX_OFF, 2);
    CHECK_EQ(b.line, false);
    CHECK_EQ(config(&b, 4, 0x06, 2), PCI_STATUS_INTERRUPT);
    set_config(&b, 4, 0x04, 0, 2);
    CHECK_EQ(b.line, true);
    pci_reset(&b.pci);
    CHECK_EQ(b.line, false);
    CHECK_EQ(config(&b, 4, 0x06, 2), 0);
}

static void capabilities_are_a_list(void)
{
    struct bench b;
    start(&b);
    const uint8_t five[5] = {0, 0, 1, 2, 3}, four[4] = {0, 0, 4, 5};
    CHECK_EQ(pci_function_add_capability(&b.a.function, 9, five, 5), 0x40);
    CHECK_EQ(pci_function_add_capability(&b.a.function, 5, four, 4), 0x48);
    pci_reset(&b.pci);
    CHECK_EQ(config(&b, 4, 0x06, 2), PCI_STATUS_CAPABILITY);
    CHECK_EQ(config(&b, 4, 0x34, 1), 0x40);
    CHECK_EQ(config(&b, 4, 0x40, 4), 0x02014809);
    CHECK_EQ(config(&b, 4, 0x44, 4), 0x00000003);
    CHECK_EQ(config(&b, 4, 0x48, 4), 0x05040005);
}

static void the_chipset_is_a_pc_s(void)
{
    struct pci pci;
    struct chipset chipset;
    struct bench b = {0};
    pci_init(&pci, (struct pci_window){0, 0}, (struct pci_window){0, 0});
    chipset_init(&chipset, &pci);
    pci_reset(&pci);
    b.pci = pci;
    CHECK_EQ(config(&b, 0, 0x00, 4), 0x12378086);
    CHECK_EQ(config(&b, 0, 0x2c, 4), 0x11001af4);
    CHECK_EQ(config(&b, 0, 0x08, 4), 0x06000002);
    CHECK_EQ(config(&b, 1, 0x00, 4), 0x70008086);
    CHECK_EQ(config(&b, 1, 0x0c, 4), 0x00800000); /* it has further functions */
    CHECK_EQ(config(&b, 1, 0x60, 4), 0x80808080);
    select(&b, 1, 1, 0);
    CHECK_EQ(pci_data_ops.read(&b.pci, 0, 4) & UINT32_MAX, 0x70108086);
    set_config(&b, 0, 0x59, 0x30, 1); /* shadow RAM at 0xf0000 */
    CHECK_EQ(config(&b, 0, 0x58, 4), 0x00003000);
    const uint8_t lines[4] = {10, 10, 11, 11};
    chipset_assign(&chipset, lines);
    CHECK_EQ(config(&b, 1, 0x60, 4), 0x0b0b0a0a);
    select(&b, 1, 1, 0x40);
    CHECK_EQ(pci_data_ops.read(&b.pci, 0, 4) & UINT32_MAX, 0x80008000);
}

static void a_shared_line_is_the_or_of_its_holders(void)
{
    struct bench b = {0};
    struct irq_share share;
    irq_share_init(&share, (struct irq_line){set_line, &b});
    struct irq_line x = irq_share_join(&share), y = irq_share_join(&share);
    CHECK_EQ(b.changes, 0);
    irq_set(&x, false);
    CHECK_EQ(b.changes, 0);
    irq_set(&x, true);
    irq_set(&x, true);
    CHECK_EQ(b.line, true);
    irq_set(&y, true);
    irq_set(&x, false);
    CHECK_EQ(b.line, true);
    CHECK_EQ(b.changes, 1);
    irq_set(&y, false);
    CHECK_EQ(b.line, false);
    CHECK_EQ(b.changes, 2);
}

int main(void)
{
    TEST(the_address_port_takes_doublewords_only);
    TEST(a_header_reads_in_every_width);
    TEST(nothing_is_all_ones);
    TEST(what_is_read_only_stays);
    TEST(a_byte_write_changes_a_byte);
    TEST(firmware_assigns_everything);
    TEST(what_does_not_fit_is_left_alone);
    TEST(a_bar_is_where_it_is_now);
    TEST(hostile_bars_hide_nothing_before_them);
    TEST(an_interrupt_can_be_disabled);
    TEST(capabilities_are_a_list);
    TEST(the_chipset_is_a_pc_s);
    TEST(a_shared_line_is_the_or_of_its_holders);
    return check_done();
}
