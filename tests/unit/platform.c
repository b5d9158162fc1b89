/* ACPI and MP tables: whole structures, as their specifications say. */
#include "vmm/platform/platform.h"
#include "vmm/memory/layout.h"
#include "vmm/platform/acpi.h"
#include "vmm/platform/aml.h"
#include "vmm/platform/mp.h"

#include "tests/check.h"

#define BASE LAYOUT_TABLES
#define FACS 0x9fc40

static const struct platform two_cpus = {
    .cpus = 2,
    .lapic = 0xfee00000,
    .ioapic = 0xfec00000,
    .pm_event = 0x600,
    .pm_control = 0x604,
    .pm_timer = 0x608,
    .sci = 9,
    .reset = {0xcf9, 6},
    .uarts = {{0x3f8, 4}},
    .level_irqs = 0x0e00,
    .pci_irq = {11, 10, 10, 11},
    .pci_memory = {0xe0000000, 0x1ec00000},
    .pci_ports = {0xc000, 0x4000},
};

struct tables {
    uint8_t bytes[LAYOUT_TABLES_SIZE];
    size_t size;
    struct platform_places places;
};

static void build(struct tables *t, const struct platform *platform)
{
    memset(t, 0, sizeof *t);
    t->size = platform_write_tables(platform, BASE, FACS, t->bytes, sizeof t->bytes, &t->places);
}

static const uint8_t *at(const struct tables *t, uint32_t place)
{
    return t->bytes + (place - BASE);
}

static uint64_t get(const uint8_t *bytes, unsigned len)
{
    uint64_t value = 0;
    while (len--)
        value = value << 8 | bytes[len];
    return value;
}

static uint8_t sum(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;
    while (len--)
        all = (uint8_t)(all + *bytes++);
    return all;
}

/* ACPI 6.4, 5.2.6 */
static void check_header(const uint8_t *table, const char *signature, uint64_t length,
                         uint8_t revision)
{
    CHECK_MEM(table, signature, 4);
    CHECK_EQ(get(table + 4, 4), length);
    CHECK_EQ(table[8], revision);
    CHECK_EQ(sum(table, get(table + 4, 4)), 0);
    CHECK_MEM(table + 10, "STEPVMSTEPVM  \1\0\0\0STVM\1\0\0\0", 26);
}

static void root_pointer_leads_to_all(void)
{
    struct tables t;
    build(&t, &two_cpus);
    CHECK_MEM(t.bytes, "RSD PTR ", 8);
    CHECK_EQ(sum(t.bytes, 20), 0);
    CHECK_EQ(sum(t.bytes, 36), 0);
    CHECK_MEM(t.bytes + 9, "STEPVM\2", 7);
    CHECK_EQ(get(t.bytes + 16, 4), t.places.rsdt);
    CHECK_EQ(get(t.bytes + 20, 4), 36);
    CHECK_EQ(get(t.bytes + 24, 8), t.places.xsdt);
    CHECK_EQ(get(t.bytes + 33, 3), 0);

    const uint8_t *rsdt = at(&t, t.places.rsdt), *xsdt = at(&t, t.places.xsdt);
    check_header(rsdt, "RSDT", 44, 1);
    CHECK_EQ(get(rsdt + 36, 4), t.places.fadt);
    CHECK_EQ(get(rsdt + 40, 4), t.places.madt);
    check_header(xsdt, "XSDT", 52, 1);
    CHECK_EQ(get(xsdt + 36, 8), t.places.fadt);
    CHECK_EQ(get(xsdt + 44, 8), t.places.madt);
}

/* Table 5.9: every field of revision 3 that is not 0, by its offset. */
static void fixed_hardware(void)
{
    static const struct {
        unsigned offset, len;
        uint64_t value;
    } fields[] = {
        {36, 4, FACS},        {45, 1, 1}, /* desktop */
        {46, 2, 9},           {56, 4, 0x600},  {64, 4, 0x604},       {76, 4, 0x608},
        {88, 1, 4},           {89, 1, 2},      {91, 1, 4},           {96, 2, 101},
        {98, 2, 1001},        {108, 1, 0x32},  {109, 2, 3},          {112, 4, 0x575},
        {116, 4, 0x01000801}, /* ports, 8 bits, by bytes */
        {120, 8, 0xcf9},      {128, 1, 6},     {148, 4, 0x02002001}, {152, 8, 0x600},
        {172, 4, 0x02001001}, {176, 8, 0x604}, {208, 4, 0x03002001}, {212, 8, 0x608},
    };
    struct tables t;
    build(&t, &two_cpus);
    const uint8_t *fadt = at(&t, t.places.fadt);
    check_header(fadt, "FACP", 244, 3);
    uint8_t expected[244] = {0};
    memcpy(expected, fadt, 36);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        memcpy(expected + fields[i].offset, &fields[i].value, fields[i].len);
    memcpy(expected + 40, &t.places.dsdt, 4);
    memcpy(expected + 140, &t.places.dsdt, 4);
    CHECK_MEM(fadt, expected, sizeof expected);
}

static void interrupt_controllers(void)
{
    static const uint8_t expected[] = {
        0, 0,  0xe0, 0xfe, 1,  0, 0,    0,                   /* LAPICs' address, PC-AT compatible */
        0, 8,  0,    0,    1,  0, 0,    0,                   /* LAPIC: UID, id, enabled */
        0, 8,  1,    1,    1,  0, 0,    0,                   /* */
        1, 12, 0,    0,    0,  0, 0xc0, 0xfe, 0,    0, 0, 0, /* IOAPIC: address, first interrupt */
        2, 10, 0,    9,    9,  0, 0,    0,    0x0d, 0,       /* IRQ 9: level, active high */
        2, 10, 0,    10,   10, 0, 0,    0,    0x0d, 0,       /* */
        2, 10, 0,    11,   11, 0, 0,    0,    0x0d, 0,       /* */
        4, 6,  0xff, 0,    0,  1,                            /* NMI: all CPUs' LINT1 */
    };
    struct tables t;
    build(&t, &two_cpus);
    const uint8_t *madt = at(&t, t.places.madt);
    check_header(madt, "APIC", 36 + sizeof expected, 3);
    CHECK_MEM(madt + 36, expected, sizeof expected);
}

static void lock_with_the_firmware(void)
{
    uint8_t facs[64], expected[64] = {'F', 'A', 'C', 'S', 64};
    expected[32] = 2;
    memset(facs, 0xee, sizeof facs);
    platform_write_facs(facs);
    CHECK_MEM(facs, expected, sizeof facs);
}

/* ---- MP specification 1.4, chapter 4 */

static void mp_pointer(void)
{
    const uint8_t expected[16] = {'_', 'M', 'P', '_', 0x40, 0x23, 0x0e, 0, 1, 4, 0};
    uint8_t pointer[16];
    memset(pointer, 0xee, sizeof pointer);
    platform_write_mp_pointer(pointer, 0xe2340);
    CHECK_EQ(sum(pointer, sizeof pointer), 0);
    pointer[10] = 0;
    CHECK_MEM(pointer, expected, sizeof pointer);
}

/* The entries up to the PCI interrupts. */
/* clang-format off */
static const uint8_t mp_entries[] = {
    0, 0, 0x14, 3, 0, 6, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* the boot CPU */
    0, 1, 0x14, 1, 0, 6, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    1, 0, 'P', 'C', 'I', ' ', ' ', ' ',
    1, 1, 'I', 'S', 'A', ' ', ' ', ' ',
    2, 0, 0x11, 1, 0, 0, 0xc0, 0xfe, /* the IOAPIC */
    3, 0, 0, 0, 1, 0, 0, 0,          /* ISA's interrupts: all but the cascade and PCI's */
    3, 0, 0, 0, 1, 1, 0, 1,
    3, 0, 0, 0, 1, 3, 0, 3,
    3, 0, 0, 0, 1, 4, 0, 4,
    3, 0, 0, 0, 1, 5, 0, 5,
    3, 0, 0, 0, 1, 6, 0, 6,
    3, 0, 0, 0, 1, 7, 0, 7,
    3, 0, 0, 0, 1, 8, 0, 8,
    3, 0, 0x0d, 0, 1, 9, 0, 9, /* ACPI's: level, active high */
    3, 0, 0, 0, 1, 12, 0, 12,
    3, 0, 0, 0, 1, 13, 0, 13,
    3, 0, 0, 0, 1, 14, 0, 14,
    3, 0, 0, 0, 1, 15, 0, 15,
};
static const uint8_t mp_local[] = {
    4, 3, 0, 0, 1, 0, 0, 0, /* ExtINT: the boot CPU's LINT0 */
    4, 1, 0, 0, 1, 0, 0xff, 1,
};
/* clang-format on */
#define PCI_INTERRUPTS 128

static void mp_configuration(void)
{
    const uint64_t length = 44 + sizeof mp_entries + 8 * PCI_INTERRUPTS + sizeof mp_local;
    struct tables t;
    build(&t, &two_cpus);
    const uint8_t *mp = at(&t, t.places.mp);
    CHECK_EQ(t.places.mp % 16, 0);
    CHECK_MEM(mp, "PCMP", 4);
    CHECK_EQ(get(mp + 4, 2), length);
    CHECK_EQ(mp[6], 4);
    CHECK_EQ(sum(mp, length), 0);
    CHECK_MEM(mp + 8, "STEPVM  VIRTUAL PC  \0\0\0\0\0\0", 26);
    CHECK_EQ(get(mp + 34, 2), 2 + 2 + 1 + 13 + PCI_INTERRUPTS + 2);
    CHECK_EQ(get(mp + 36, 4), 0xfee00000);
    CHECK_EQ(get(mp + 40, 4), 0);
    CHECK_MEM(mp + 44, mp_entries, sizeof mp_entries);
    const uint8_t *entry = mp + 44 + sizeof mp_entries;
    for (uint8_t i = 0; i < PCI_INTERRUPTS; i++, entry += 8) {
        const uint8_t irq = two_cpus.pci_irq[(i / 4 + i % 4) % 4];
        const uint8_t expected[8] = {3, 0, 0x0d, 0, 0, i, 0, irq};
        CHECK_MEM(entry, expected, 8);
    }
    CHECK_MEM(entry, mp_local, sizeof mp_local);
    CHECK_EQ(entry + sizeof mp_local - t.bytes, t.size);
}

/* ---- AML */

struct aml {
    uint8_t bytes[8192];
    struct writer w;
};

static void start(struct aml *aml)
{
    aml->w = (struct writer){aml->bytes, 0, sizeof aml->bytes};
}

/* ACPI 6.4, 20.2.4: at the borders of one, two and three bytes, which count themselves. */
static void package_lengths(void)
{
    static const struct {
        size_t content;
        unsigned len;
        uint8_t length[3];
    } rows[] = {
        {1, 1, {2}},
        {62, 1, {63}},
        {63, 2, {0x41, 0x04}}, /* 65 */
        {4093, 2, {0x4f, 0xff}},
        {4094, 3, {0x81, 0x00, 0x01}}, /* 4097 */
        {8000, 3, {0x83, 0xf4, 0x01}}, /* 8003 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aml a;
        start(&a);
        const size_t package = aml_package(&a.w, 0xaa);
        for (size_t n = 1; n < rows[i].content; n++)
            put8(&a.w, 0xbb);
        aml_end(&a.w, package);
        CHECK_EQ(a.w.size, 1 + rows[i].len + rows[i].content);
        CHECK_EQ(a.bytes[0], 0x12);
        CHECK_MEM(a.bytes + 1, rows[i].length, rows[i].len);
        CHECK_EQ(a.bytes[1 + rows[i].len], 0xaa);
        CHECK(rows[i].content == 1 || a.bytes[a.w.size - 1] == 0xbb);
    }
}

static void integers_and_names(void)
{
    static const uint8_t expected[] = {
        0x00, 0x01, 0x0a, 2,    0x0a, 0xff, 0x0b, 0,   1,   0x0b, 0xff, 0xff, 0x0c, 0,    0, 1,
        0,    0x0c, 0xff, 0xff, 0xff, 0xff, 0x0e, 0,   0,   0,    0,    1,    0,    0,    0, 0x08,
        '_',  'S',  '5',  '_',  0x08, 'A',  '_',  '_', '_', 0x0c, 0x41, 0xd0, 0x0a, 0x03,
    };
    static const uint64_t values[] = {0,      1,       2,          0xff,       0x100,
                                      0xffff, 0x10000, 0xffffffff, 0x100000000};
    struct aml a;
    start(&a);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        aml_integer(&a.w, values[i]);
    aml_name(&a.w, "_S5");
    aml_name(&a.w, "A");
    aml_eisa_id(&a.w, "PNP0A03"); /* 6.1.5's example of how an id is packed */
    CHECK_EQ(a.w.size, sizeof expected);
    CHECK_MEM(a.bytes, expected, sizeof expected);
}

static void resources(void)
{
    static const uint8_t expected[] = {
        0x11, 0x4b, 0x04, 0x0a, 71,            /* buffer of 71 */
        0x47, 1,    0xf8, 3,    0xf8, 3, 1, 8, /* ports */
        0x22, 0x10, 0,                         /* IRQ 4 */
        0x88, 13,   0,    2,    0x0c, 0, 0, 0, 0, 0, 3,    0,    0, 0,    4,    0, /* buses 0-3 */
        0x88, 13,   0,    1,    0x0c, 3, 0, 0, 0, 0, 0xf7, 0x0c, 0, 0,    0xf8, 0x0c, /* ports */
        0x87, 23,   0,    0,    0x0c, 1, 0, 0, 0, 0, 0,    0,    0, 0xe0,             /* memory */
        0xff, 0xff, 0xff, 0xef, 0,    0, 0, 0, 0, 0, 0,    0x10,                      /* */
        0x79, 0,
    };
    struct aml a;
    start(&a);
    const size_t buffer = aml_resources(&a.w);
    aml_ports(&a.w, 0x3f8, 8);
    aml_irq(&a.w, 4);
    aml_bus_window(&a.w, 0, 3);
    aml_port_window(&a.w, 0, 0xcf7);
    aml_memory_window(&a.w, 0xe0000000, 0xefffffff);
    aml_resources_end(&a.w, buffer);
    CHECK_EQ(a.w.size, sizeof expected);
    CHECK_MEM(a.bytes, expected, sizeof expected);
}

/* ---- The whole */

static void any_number_of_cpus(void)
{
    struct platform platform = two_cpus;
    for (platform.cpus = 1; platform.cpus <= 16; platform.cpus++) {
        struct tables t;
        build(&t, &platform);
        CHECK(t.size < LAYOUT_TABLES_SIZE);
        const uint8_t *madt = at(&t, t.places.madt), *mp = at(&t, t.places.mp);
        CHECK_EQ(get(madt + 4, 4), 44 + 8 * platform.cpus + 12 + 3 * 10 + 6);
        CHECK_EQ(madt[44 + 8 * (platform.cpus - 1) + 3], platform.cpus - 1);
        CHECK_EQ(mp[44 + 20 * (platform.cpus - 1) + 1], platform.cpus - 1);
        CHECK_EQ(sum(madt, get(madt + 4, 4)), 0);
        CHECK_EQ(sum(mp, get(mp + 4, 2)), 0);
    }
}

int main(void)
{
    TEST(root_pointer_leads_to_all);
    TEST(fixed_hardware);
    TEST(interrupt_controllers);
    TEST(lock_with_the_firmware);
    TEST(mp_pointer);
    TEST(mp_configuration);
    TEST(package_lengths);
    TEST(integers_and_names);
    TEST(resources);
    TEST(any_number_of_cpus);
    return check_done();
}
