/* All devices on one bus: what board_state.h lists is all that accesses change in them. On the real
 * /dev/kvm, for the interrupt controllers. */
#include "board/board_state.h"
#include "bios/state.h"
#include "memory/layout.h"
#include "tests/check.h"
#include "tests/unit/ram.h"

#include <stdlib.h>
#include <unistd.h>

#define RAM_SIZE 0x10000

struct board {
    struct kvm_host host;
    struct kvm_vm vm;
    struct bus *bus;
    struct interrupts interrupts;
    struct devices devices;
    struct virtio_disks virtio;
    struct drives drives;
    struct memory *memory;
    struct bios bios; /* its state only */
    struct board_parts parts;
};

static void ignore(void *context)
{
    (void)context;
}

static void ignore_value(void *context, uint32_t value)
{
    (void)context, (void)value;
}

static size_t swallow(void *context, const uint8_t *bytes, size_t len)
{
    (void)context, (void)bytes;
    return len / 2 + len % 2;
}

static int medium_read(void *context, uint64_t sector, void *buf, uint32_t count)
{
    (void)context;
    memset(buf, (int)sector, (size_t)count * ATA_SECTOR);
    return 0;
}

static int medium_write(void *context, uint64_t sector, const void *buf, uint32_t count)
{
    (void)context, (void)sector, (void)buf, (void)count;
    return 0;
}

static int medium_flush(void *context)
{
    (void)context;
    return 0;
}

static void *ram_at(void *context, uint64_t gpa, uint64_t len, bool write)
{
    const struct board *b = context;
    return write ? memory_ram_at(b->memory, gpa, len) : memory_at(b->memory, gpa, len);
}

/* All bytes of it are compared: between its fields there are zeros. */
static void set_medium(struct ata_medium *medium, enum ata_kind kind, uint64_t sectors,
                       void *context)
{
    memset(medium, 0, sizeof *medium);
    medium->kind = kind;
    medium->writable = kind == ATA_DISK;
    medium->sectors = sectors;
    medium->serial = "TEST";
    medium->read = medium_read;
    medium->write = medium_write;
    medium->flush = medium_flush;
    medium->context = context;
}

static void add_disks(struct board *b)
{
    static struct ata_medium disk, cd;
    const struct dma dma = {ram_at, ignore, ignore, ignore, b};
    set_medium(&disk, ATA_DISK, 5000, b);
    set_medium(&cd, ATA_CD, 4000, b);
    ata_attach(&b->devices.ata[0], 0, &disk);
    ata_attach(&b->devices.ata[1], 0, &cd);
    b->drives.count = 1;
    b->drives.on_virtio[0] = true;
    b->drives.disks[0] = (struct disk){.fd = -1, .sectors = 64, .path = "none"};
    virtio_disks_init(&b->virtio, &b->drives, &dma);
    devices_plug_in(&b->devices, &b->virtio.blk[0].pci.function);
}

/* False, with the test skipped or failed, if there is no such machine. */
static bool start(struct board *b)
{
    struct error error;
    memset(b, 0, sizeof *b);
    if (access("/dev/kvm", R_OK | W_OK)) {
        SKIP("no /dev/kvm that this user may open");
        return false;
    }
    struct devices_host host = {
        .reset = ignore,
        .poweroff = ignore,
        .exit = ignore_value,
        .serial_count = DEVICES_SERIAL,
        .keyboard = {ignore, NULL},
        .debug = swallow,
        .firmware_log = true,
    };
    for (unsigned i = 0; i < DEVICES_SERIAL; i++)
        host.serial[i] = (struct uart_host){swallow, ignore, NULL};
    b->memory = ram_new(RAM_SIZE);
    b->bus = bus_new();
    int rc = kvm_host_open(&b->host, "/dev/kvm", NULL, &error);
    if (!rc)
        rc = kvm_vm_create(&b->vm, &b->host, &error);
    if (!rc)
        rc = kvm_vm_create_irqchip(&b->vm, &error);
    if (!rc)
        rc = interrupts_init(&b->interrupts, &b->vm, &error);
    CHECK_EQ(rc, 0);
    devices_init(&b->devices, &host, RAM_SIZE, 1, &b->interrupts);
    add_disks(b);
    CHECK_EQ(devices_add(&b->devices, b->bus, &error), 0);
    devices_reset(&b->devices, true);
    board_state_parts(&b->parts, &b->devices, &b->interrupts, &b->virtio, &b->bios);
    return rc == 0;
}

static void stop(struct board *b)
{
    bus_free(b->bus);
    memory_free(b->memory);
    kvm_vm_close(&b->vm);
    kvm_host_close(&b->host);
    free(b);
}

/* ---- Accesses */

struct range {
    enum bus_space space;
    uint64_t base, size;
};

struct ranges {
    struct range list[80];
    size_t count;
};

static void note_range(void *context, enum bus_space space, uint64_t base, uint64_t size,
                       const char *name)
{
    struct ranges *r = context;
    (void)name;
    r->list[r->count++] = (struct range){space, base, size};
}

static uint64_t pci_where(const struct board *b)
{
    const struct pci_function *f = &b->virtio.blk[0].pci.function;
    uint32_t bar;
    memcpy(&bar, f->state.config + 0x10, sizeof bar);
    return bar & ~15u;
}

/* Most accesses to the devices' ports, some to the virtio disk's registers, and the sources that
 * are not the guest. */
static void access_at_random(struct board *b, const struct ranges *r)
{
    const struct range *range = &r->list[(size_t)random() % r->count];
    uint64_t at = range->base + (uint64_t)random() % (range->size < 64 ? range->size : 64);
    if (range->space == BUS_MMIO)
        at = pci_where(b) + (uint64_t)random() % 0x40;
    const unsigned len = 1u << random() % 3;
    uint8_t byte = (uint8_t)random();
    if (random() % 3)
        bus_write(b->bus, range->space, at, (uint64_t)random(), len);
    else
        bus_read(b->bus, range->space, at, len);
    switch (random() % 16) {
    case 0:
        uart_receive(&b->devices.serial[byte % 4], &byte, 1);
        break;
    case 1:
        i8042_key(&b->devices.i8042, 1 + byte % 60, true);
        break;
    case 2: /* a command that is one more often */
        bus_write(b->bus, BUS_PIO, random() % 2 ? 0x1f7 : 0x177, 0x20 + 0x80u * (byte & 1), 1);
        break;
    case 3:
        b->bios.state.keyboard_held = byte & 1;
        break;
    default:
        break;
    }
}

static void run(struct board *b, const struct ranges *r, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        access_at_random(b, r);
}

static bool tells_time(uint64_t port)
{
    return port == 0x71 || (port >= 0x608 && port < 0x60c);
}

/* What reads of all ports give, one after the other, of which some change things. */
static size_t read_all(struct board *b, const struct ranges *r, uint8_t *to)
{
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++)
        for (uint64_t k = 0; r->list[i].space == BUS_PIO && k < r->list[i].size && k < 64; k++)
            if (!tells_time(r->list[i].base + k))
                to[n++] = (uint8_t)bus_read(b->bus, BUS_PIO, r->list[i].base + k, 1);
    for (uint64_t k = 0; k < 0x38; k++)
        to[n++] = (uint8_t)bus_read(b->bus, BUS_MMIO, pci_where(b) + k, 1);
    for (unsigned i = 0x0e; i < 0x80; i++) {
        bus_write(b->bus, BUS_PIO, 0x70, i, 1);
        to[n++] = (uint8_t)bus_read(b->bus, BUS_PIO, 0x71, 1);
    }
    return n;
}

static void registers_read_as_before(void)
{
    struct board *b = malloc(sizeof *b);
    struct ranges r = {.count = 0};
    static uint8_t before[4096], after[4096];
    if (!start(b))
        return;
    bus_each(b->bus, note_range, &r);
    srandom(8);
    const size_t size = board_parts_size(&b->parts);
    uint8_t *was = malloc(size), *now = malloc(size);
    for (unsigned round = 0; round < 200; round++) {
        run(b, &r, 200);
        board_parts_save(&b->parts, was);
        const size_t n = read_all(b, &r, before);
        run(b, &r, 200);
        board_parts_save(&b->parts, now);
        CHECK(memcmp(was, now, size));
        board_parts_restore(&b->parts, was);
        board_parts_save(&b->parts, now);
        CHECK_MEM(now, was, size);
        CHECK_EQ(read_all(b, &r, after), n);
        CHECK_MEM(after, before, n);
    }
    free(was);
    free(now);
    stop(b);
}

/* Nothing else in the devices has changed: what is not listed is as it was. */
static void nothing_is_forgotten(void)
{
    struct board *b = malloc(sizeof *b), *copy = malloc(sizeof *b);
    struct ranges r = {.count = 0};
    if (!start(b))
        return;
    bus_each(b->bus, note_range, &r);
    srandom(9);
    void *was = malloc(board_parts_size(&b->parts));
    for (unsigned round = 0; round < 50; round++) {
        run(b, &r, 300);
        board_parts_save(&b->parts, was);
        memcpy(copy, b, sizeof *b);
        run(b, &r, 300);
        board_parts_restore(&b->parts, was);
        CHECK_MEM(&b->devices, &copy->devices, sizeof b->devices);
        CHECK_MEM(&b->interrupts, &copy->interrupts, sizeof b->interrupts);
        CHECK_MEM(&b->virtio, &copy->virtio, sizeof b->virtio);
        CHECK_MEM(&b->bios, &copy->bios, sizeof b->bios);
        CHECK_MEM(&b->drives, &copy->drives, sizeof b->drives);
    }
    free(was);
    free(copy);
    stop(b);
}

/* As the lines that devices have raised lead to it. */
static void kernel_controllers_go_back(void)
{
    struct board *b = malloc(sizeof *b);
    struct interrupts_kernel was, now;
    struct error error;
    if (!start(b))
        return;
    CHECK_EQ(interrupts_power_on(&b->interrupts, true, &error), 0);
    interrupts_set(&b->interrupts, 4, true);
    interrupts_set(&b->interrupts, 10, true);
    CHECK_EQ(interrupts_read(&b->interrupts, &was), 0);
    CHECK_EQ(was.chips[0].chip.pic.irr >> 4 & 1, 1);
    CHECK_EQ(was.chips[1].chip.pic.irr >> 2 & 1, 1);
    CHECK_EQ(was.chips[2].chip.ioapic.irr >> 10 & 1, 1);
    interrupts_set(&b->interrupts, 4, false);
    interrupts_set(&b->interrupts, 10, false);
    interrupts_set(&b->interrupts, 5, true);
    CHECK_EQ(interrupts_read(&b->interrupts, &now), 0);
    CHECK(memcmp(&now, &was, sizeof now.chips));
    CHECK_EQ(interrupts_write(&b->interrupts, &was), 0);
    memset(&now, 0xee, sizeof now);
    CHECK_EQ(interrupts_read(&b->interrupts, &now), 0);
    CHECK_MEM(&now.chips, &was.chips, sizeof now.chips);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(now.pit.channels[i].count, was.pit.channels[i].count);
        CHECK_EQ(now.pit.channels[i].mode, was.pit.channels[i].mode);
    }
    stop(b);
}

int main(void)
{
    TEST(registers_read_as_before);
    TEST(nothing_is_forgotten);
    TEST(kernel_controllers_go_back);
    return check_done();
}
