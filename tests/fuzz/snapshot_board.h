/* A machine's board with disks of each kind, on a KVM without a processor (fake_kvm.h), each of
 * its devices in the middle of something. */
#ifndef TESTS_FUZZ_SNAPSHOT_BOARD_H
#define TESTS_FUZZ_SNAPSHOT_BOARD_H

#include "fuzz.h"

#include "fake_kvm.h"
#include "tests/unit/ram.h"
#include "vmm/bios/state.h"
#include "vmm/disks/ata_disks.h"
#include "vmm/record/machine_state.h"

enum {
    RAM_SIZE = 0x4000,
    RING = 0x1000, /* descriptors, at 0x1100 the available ring, at 0x1200 the used one */
    DATA = 0x2000,
    SECTORS = 64,
    RANGES = 80
};

struct board {
    struct kvm_host host;
    struct kvm_vm vm;
    struct bus *bus;
    struct interrupts interrupts;
    struct devices devices;
    struct virtio_disks virtio;
    struct drives drives;
    struct bios bios; /* its state only */
    struct vcpu_hooks hooks;
    struct vcpu *cpu;
    struct machine_parts parts;
    int files[5]; /* three disks, a CD, the snapshot */
    char paths[5][32];
    struct range {
        enum bus_space space;
        uint64_t base, size;
    } ranges[RANGES];
    size_t range_count;
};

/* ---- The machine */

static void ignore(void *context)
{
    (void)context;
}

static void ignore_value(void *context, uint32_t value)
{
    (void)context, (void)value;
}

static size_t swallow_some(void *context, const uint8_t *bytes, size_t len)
{
    (void)context, (void)bytes;
    return len / 2 + len % 2;
}

static void *ram_at(void *context, uint64_t gpa, uint64_t len, bool write)
{
    const struct board *b = context;
    return write ? memory_ram_at(b->parts.memory, gpa, len) : memory_at(b->parts.memory, gpa, len);
}

static void shift_time(void *context, int64_t ns)
{
    struct board *b = context;
    b->devices.acpi_pm.state.power_on += (uint64_t)ns;
}

static void make_files(struct board *b)
{
    for (unsigned i = 0; i < 5; i++) {
        b->files[i] = memfd_create("file", MFD_CLOEXEC);
        snprintf(b->paths[i], sizeof b->paths[i], "/proc/self/fd/%d", b->files[i]);
        CHECK(b->files[i] >= 0 && !ftruncate(b->files[i], i < 4 ? SECTORS * DISK_SECTOR : 0));
    }
}

/* On ATA a disk, one that is read-only, and a CD; on virtio a disk. */
static void add_disks(struct board *b)
{
    static const enum disk_access access[] = {DISK_WRITABLE, DISK_READ_ONLY, DISK_WRITABLE};
    const struct dma dma = {ram_at, ignore, ignore, ignore, b};
    struct error error;
    b->drives.count = 3;
    b->drives.on_virtio[2] = b->drives.has_cd = true;
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(disk_open(&b->drives.disks[i], b->paths[i], access[i], &error), 0);
    CHECK_EQ(disk_open(&b->drives.cd, b->paths[3], DISK_READ_ONLY, &error), 0);
    ata_disks_attach(b->devices.ata, &b->drives);
    virtio_disks_init(&b->virtio, &b->drives, &dma);
    devices_plug_in(&b->devices, &b->virtio.blk[0].pci.function);
}

static void note_range(void *context, enum bus_space space, uint64_t base, uint64_t size,
                       const char *name)
{
    struct board *b = context;
    (void)name;
    CHECK(b->range_count < RANGES);
    b->ranges[b->range_count++] = (struct range){space, base, size};
}

static void make_board(struct board *b)
{
    struct devices_host host = {
        .reset = ignore,
        .poweroff = ignore,
        .exit = ignore_value,
        .serial_count = DEVICES_SERIAL,
        .keyboard = {ignore, NULL},
        .debug = swallow_some,
        .firmware_log = true,
    };
    struct error error;
    for (unsigned i = 0; i < DEVICES_SERIAL; i++)
        host.serial[i] = (struct uart_host){swallow_some, ignore, NULL};
    b->bus = bus_new();
    CHECK_EQ(interrupts_init(&b->interrupts, &b->vm, &error), 0);
    devices_init(&b->devices, &host, RAM_SIZE, 1, &b->interrupts);
    add_disks(b);
    CHECK_EQ(devices_add(&b->devices, b->bus, &error), 0);
    devices_reset(&b->devices, true);
    bus_each(b->bus, note_range, b);
}

static struct board *board_begin(void)
{
    struct board *b = calloc(1, sizeof *b);
    struct error error;
    fake_kvm_reset(false);
    make_files(b);
    CHECK_EQ(kvm_host_open(&b->host, "/dev/kvm", NULL, &error), 0);
    CHECK_EQ(kvm_vm_create(&b->vm, &b->host, &error), 0);
    CHECK_EQ(kvm_vm_create_irqchip(&b->vm, &error), 0);
    b->parts.memory = ram_new(RAM_SIZE);
    make_board(b);
    CHECK_EQ(vcpu_create(&b->cpu, &b->vm, 0, 1, b->bus, &b->hooks, &error), 0);
    b->parts = (struct machine_parts){
        .memory = b->parts.memory,
        .bus = b->bus,
        .interrupts = &b->interrupts,
        .cpus = &b->cpu,
        .count = 1,
        .drives = &b->drives,
        .shift_time = shift_time,
        .context = b,
    };
    board_state_parts(&b->parts.board, &b->devices, &b->interrupts, &b->virtio, &b->bios);
    return b;
}

static void board_end(struct board *b)
{
    vcpu_destroy(b->cpu);
    drives_close(&b->drives);
    bus_free(b->bus);
    kvm_vm_close(&b->vm);
    memory_free(b->parts.memory);
    kvm_host_close(&b->host);
    for (unsigned i = 0; i < 5; i++)
        close(b->files[i]);
    free(b);
}

/* ---- Before it is saved: each device in the middle of something */

static void out(struct board *b, uint64_t port, uint64_t value)
{
    bus_write(b->bus, BUS_PIO, port, value, 1);
}

static void use_ata(struct board *b)
{
    static const uint8_t inquiry[12] = {0x12, 0, 0, 0, 36};
    out(b, 0x1f6, 0xe0);
    out(b, 0x1f2, 8);
    out(b, 0x1f3, 4);
    out(b, 0x1f7, 0x20); /* READ SECTORS */
    bus_read(b->bus, BUS_PIO, 0x1f0, 2);
    out(b, 0x174, 16); /* bytes at a time */
    out(b, 0x177, 0xa0);
    bus_write_string(b->bus, BUS_PIO, 0x170, inquiry, 2, 6);
}

static uint64_t virtio_bar(const struct board *b)
{
    return pci_function_bar_base(&b->virtio.blk[0].pci.function, VIRTIO_PCI_BAR);
}

static void write_common(struct board *b, unsigned offset, uint64_t value, unsigned len)
{
    bus_write(b->bus, BUS_MMIO, virtio_bar(b) + VIRTIO_PCI_COMMON + offset, value, len);
}

/* A driver that has offered a read of two sectors and not yet rung. */
static void use_virtio(struct board *b)
{
    const struct {
        uint64_t addr;
        uint32_t len;
        uint16_t flags, next;
    } descriptors[] = {{DATA, 16, 1, 1}, {DATA + 64, 1024, 3, 2}, {DATA + 32, 1, 2, 0}};
    const uint16_t available[] = {0, 1, 0, 0};
    memory_poke(b->parts.memory, RING, descriptors, sizeof descriptors);
    memory_poke(b->parts.memory, RING + 0x100, available, sizeof available);
    write_common(b, 0x14, 3, 1);
    write_common(b, 0x08, 1, 4);
    write_common(b, 0x0c, 1, 4); /* VERSION_1 */
    write_common(b, 0x14, 11, 1);
    write_common(b, 0x18, 4, 2);
    write_common(b, 0x20, RING, 8);
    write_common(b, 0x28, RING + 0x100, 8);
    write_common(b, 0x30, RING + 0x200, 8);
    write_common(b, 0x1c, 1, 2);
    write_common(b, 0x14, 15, 1);
}

static void use_others(struct board *b)
{
    static const uint8_t typed[] = "typed";
    out(b, 0x3fa, 0xc7); /* FIFOs */
    uart_receive(&b->devices.serial[0], typed, sizeof typed);
    out(b, 0x3f8, 'x');
    i8042_key(&b->devices.i8042, 30, true);
    out(b, 0x64, 0x60); /* its data byte is to come */
    out(b, 0x70, 0);
    bus_read(b->bus, BUS_PIO, 0x71, 1);
    out(b, 0x3c8, 7);
    out(b, 0x3c9, 63);
    b->bios.state.unknown_count = 1;
}

static void board_use_devices(struct board *b)
{
    use_ata(b);
    use_virtio(b);
    use_others(b);
}

#endif
