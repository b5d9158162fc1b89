/* vmm/platform/loader.c: the commands are executed as a firmware does, and what comes of it is
 * compared with the tables as they would have been written to that place. */
#include "vmm/platform/loader.h"

#include "tests/check.h"

#define RSDP_BASE   0xf5a00u
#define TABLES_BASE 0x07ff0000u
#define FACS_SIZE   64

static const struct platform description = {
    .cpus = 4,
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

struct file {
    const char *name;
    uint8_t *bytes;
    uint32_t size, base;
};

static struct file *file_of(struct file files[2], const char *name)
{
    for (int i = 0; i < 2; i++)
        if (!strcmp(files[i].name, name))
            return &files[i];
    check_fail(__FILE__, __LINE__, "there is no file \"%.55s\"", name);
    return NULL;
}

static bool inside(const struct file *file, uint32_t offset, uint32_t len)
{
    const bool in = file && offset <= file->size && len <= file->size - offset;
    CHECK(in);
    return in;
}

static void do_pointer(struct file files[2], const struct loader_command *c)
{
    const struct file *in = file_of(files, c->pointer.in), *to = file_of(files, c->pointer.to);
    uint64_t value = 0;
    if (!to || !inside(in, c->pointer.offset, c->pointer.size))
        return;
    memcpy(&value, in->bytes + c->pointer.offset, c->pointer.size);
    CHECK(value < to->size);
    value += to->base;
    memcpy(in->bytes + c->pointer.offset, &value, c->pointer.size);
}

/* What the byte was counts, too. */
static void do_checksum(struct file files[2], const struct loader_command *c)
{
    const struct file *file = file_of(files, c->checksum.file);
    uint8_t sum = 0;
    if (!inside(file, c->checksum.start, c->checksum.length) ||
        !inside(file, c->checksum.offset, 1))
        return;
    for (uint32_t i = 0; i < c->checksum.length; i++)
        sum = (uint8_t)(sum + file->bytes[c->checksum.start + i]);
    file->bytes[c->checksum.offset] = (uint8_t)(file->bytes[c->checksum.offset] - sum);
}

static void execute(struct loader *l)
{
    struct file files[2] = {
        {LOADER_RSDP_FILE, l->rsdp, sizeof l->rsdp, RSDP_BASE},
        {LOADER_TABLES_FILE, l->tables, l->tables_size, TABLES_BASE},
    };
    for (uint32_t i = 0; i < l->count; i++)
        switch (l->commands[i].operation) {
        case LOADER_ADD_POINTER:
            do_pointer(files, &l->commands[i]);
            break;
        case LOADER_ADD_CHECKSUM:
            do_checksum(files, &l->commands[i]);
            break;
        default:
            CHECK_EQ(l->commands[i].operation, LOADER_ALLOCATE);
            CHECK(i < 2);
        }
}

static void both_files_are_placed_first(void)
{
    static struct loader l;
    loader_fill(&l, &description);
    CHECK_EQ(l.commands[0].operation, 1);
    CHECK_STR(l.commands[0].allocate.file, "etc/acpi/rsdp");
    CHECK_EQ(l.commands[0].allocate.zone, 2); /* where kernels look for it */
    CHECK_EQ(l.commands[0].allocate.alignment, 16);
    CHECK_EQ(l.commands[1].operation, 1);
    CHECK_STR(l.commands[1].allocate.file, "etc/acpi/tables");
    CHECK_EQ(l.commands[1].allocate.zone, 1);
    CHECK_EQ(l.commands[1].allocate.alignment, 64); /* of the FACS */
}

static void linked_they_are_the_tables_of_that_place(void)
{
    static struct loader l;
    static uint8_t expected[LOADER_TABLES_MAX];
    struct platform_places places;
    loader_fill(&l, &description);
    execute(&l);

    platform_write_facs(expected);
    CHECK_MEM(l.tables, expected, FACS_SIZE);
    memset(expected, 0, sizeof expected);
    platform_write_tables(&description, TABLES_BASE + FACS_SIZE, TABLES_BASE, expected,
                          sizeof expected, &places);
    CHECK_EQ(l.tables_size, places.mp - TABLES_BASE);
    CHECK_MEM(l.rsdp, expected, sizeof l.rsdp);
    CHECK_MEM(l.tables + FACS_SIZE + sizeof l.rsdp, expected + sizeof l.rsdp,
              l.tables_size - FACS_SIZE - sizeof l.rsdp);
}

static void the_largest_machine_has_room(void)
{
    static struct loader l;
    struct platform platform = description;
    platform.cpus = 16;
    for (unsigned i = 0; i < PLATFORM_MAX_UARTS; i++)
        platform.uarts[i] = (struct platform_uart){(uint16_t)(0x2e8 + 8 * i), 3};
    loader_fill(&l, &platform);
    CHECK(l.tables_size > FACS_SIZE);
    CHECK(l.count < LOADER_COMMANDS_MAX);
}

int main(void)
{
    TEST(both_files_are_placed_first);
    TEST(linked_they_are_the_tables_of_that_place);
    TEST(the_largest_machine_has_room);
    return check_done();
}
