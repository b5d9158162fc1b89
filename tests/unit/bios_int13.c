/* INT 13h against Ralf Brown's interrupt list and the EDD-3 specification: whole CPU states, the
 * bytes in memory and in the image. */
#include "bios_machine.h"

#define SECTORS 2016 /* 2 cylinders of 16 heads and 63 sectors */

static struct disk image;

/* A fresh machine, its drive, and what its CPU is to look like after a call that says AH, carry. */
static struct cpu_state after(const struct machine *m, uint8_t ah, bool carry)
{
    struct cpu_state s = m->cpu;
    s.gpr[CPU_RAX] = (s.gpr[CPU_RAX] & ~0xff00ull) | (uint64_t)ah << 8;
    s.rflags = carry ? s.rflags | CPU_FLAG_CF : s.rflags & ~(uint64_t)CPU_FLAG_CF;
    s.rip += 2;
    return s;
}

static void set_chs(struct machine *m, uint16_t cylinder, uint8_t head, uint8_t sector)
{
    machine_set16(m, CPU_RCX, (uint16_t)(cylinder << 8 | (cylinder >> 2 & 0xc0) | sector));
    machine_set16(m, CPU_RDX, (uint16_t)(head << 8 | 0x80));
}

static void call_with(struct machine *m, uint16_t ax)
{
    machine_call(m, 0x13, ax);
}

static void set_ax(struct machine *m, uint16_t ax)
{
    machine_set16(m, CPU_RAX, ax);
}

static void reads_by_cylinder_head_and_sector(void)
{
    struct machine *m = machine_new(&image);
    uint8_t buf[2 * DISK_SECTOR + 2], expected[2 * DISK_SECTOR + 2];
    set_chs(m, 1, 2, 3);
    machine_set16(m, CPU_RBX, 0x0400);
    set_ax(m, 0x0202);
    m->cpu.rflags |= CPU_FLAG_CF;
    struct cpu_state s = after(m, 0, false);
    call_with(m, 0x0202);
    CHECK_CPU(m, &s);
    unsigned first = (1 * 16 + 2) * 63 + 2;
    memset(expected, 0, sizeof expected);
    memset(expected + 1, first & 0xff, DISK_SECTOR);
    memset(expected + 1 + DISK_SECTOR, (first + 1) & 0xff, DISK_SECTOR);
    memory_read(m->memory, 0x203ff, buf, sizeof buf);
    CHECK_MEM(buf, expected, sizeof buf);
    CHECK_EQ(machine_byte(m, 0x474), 0);
    machine_free(m);
}

static void refuses_bad_chs(void)
{
    static const struct {
        uint16_t cylinder;
        uint8_t head, sector, al, status;
    } cases[] = {
        {0, 0, 0, 1, 0x04},                         /* sectors count from 1 */
        {1, 0, 0, 1, 0x04},     {2, 0, 1, 1, 0x04}, /* cylinders 0 and 1 */
        {1023, 0, 1, 1, 0x04},  {0, 16, 1, 1, 0x04},
        {0, 255, 1, 1, 0x04},   {0, 0, 1, 0, 0x01}, /* nothing */
        {1, 15, 63, 2, 0x04},                       /* past the end */
        {1, 15, 63, 255, 0x04},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_new(&image);
        set_chs(m, cases[i].cylinder, cases[i].head, cases[i].sector);
        machine_set16(m, CPU_RBX, 0);
        set_ax(m, 0x0200);
        struct cpu_state s = after(m, cases[i].status, true);
        call_with(m, 0x0200 | cases[i].al);
        CHECK_CPU(m, &s);
        CHECK_EQ(machine_byte(m, 0x20000), 0);
        CHECK_EQ(machine_byte(m, 0x474), cases[i].status);
        machine_free(m);
    }
}

static void refuses_drives_that_are_not_there(void)
{
    static const struct {
        uint8_t drive, status;
    } cases[] = {{0x00, 0x80}, {0x01, 0x80}, {0x7f, 0x80},
                 {0x81, 0x01}, {0x84, 0x01}, {0xff, 0x01}};
    static const uint8_t functions[] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x08, 0x15,
                                        0x41, 0x42, 0x43, 0x44, 0x47, 0x48};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned j = 0; j < sizeof functions; j++) {
            struct machine *m = machine_new(&image);
            set_chs(m, 0, 0, 1);
            machine_set16(m, CPU_RDX, cases[i].drive);
            set_ax(m, (uint16_t)(functions[j] << 8));
            struct cpu_state s = after(m, cases[i].status, true);
            call_with(m, (uint16_t)(functions[j] << 8));

            CHECK_CPU(m, &s);
            machine_free(m);
        }
}

static void refuses_buffers_that_are_no_ram(void)
{
    static const struct {
        uint16_t segment, offset;
        uint8_t count;
    } cases[] = {
        {0xf000, 0x0000, 1}, /* ROM */
        {0xefe0, 0x0000, 1}, /* nothing, then ROM */
        {0xc000, 0x0000, 1}, /* nothing */
        {0xb800, 0x7f00, 1}, /* text memory's end */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_new(&image);
        uint8_t rom[DISK_SECTOR], now[DISK_SECTOR];
        memory_read(m->memory, LAYOUT_ROM, rom, sizeof rom);
        set_chs(m, 0, 0, 2);
        machine_segment(m, CPU_ES, cases[i].segment);
        machine_set16(m, CPU_RBX, cases[i].offset);
        set_ax(m, 0x0200);
        struct cpu_state s = after(m, 0x09, true);
        call_with(m, 0x0200 | cases[i].count);
        CHECK_CPU(m, &s);
        memory_read(m->memory, LAYOUT_ROM, now, sizeof now);
        CHECK_MEM(now, rom, sizeof now);
        machine_free(m);
    }
}

/* 127 sectors to 0x7000:0000, as GRUB does; an offset that goes past 64 KiB simply goes on. */
static void reads_large_and_over_a_64k_boundary(void)
{
    struct machine *m = machine_new(&image);
    set_chs(m, 0, 0, 1);
    machine_segment(m, CPU_ES, 0x7000);
    machine_set16(m, CPU_RBX, 0xfe00);
    call_with(m, 0x0202);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0002);
    CHECK_EQ(machine_byte(m, 0x7fe00 + 511), 0);
    CHECK_EQ(machine_byte(m, 0x80000), 1);
    machine_set16(m, CPU_RBX, 0);
    machine_segment(m, CPU_ES, 0x8000);
    call_with(m, 0x027f);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x007f);
    CHECK_EQ(machine_byte(m, 0x80000 + 127 * 512 - 1), 126);
    CHECK_EQ(machine_byte(m, 0x80000 + 127 * 512), 0);
    machine_free(m);
}

static void writes_only_where_it_may(void)
{
    struct disk copy = machine_disk(SECTORS, true);
    struct machine *m = machine_new(&copy);
    uint8_t data[DISK_SECTOR], back[DISK_SECTOR];
    memset(data, 0x5a, sizeof data);
    memory_write(m->memory, 0x20000, data, sizeof data);
    set_chs(m, 0, 0, 5);
    machine_set16(m, CPU_RBX, 0);
    set_ax(m, 0x0301);
    struct cpu_state s = after(m, 0, false);
    call_with(m, 0x0301);
    CHECK_CPU(m, &s);
    CHECK_EQ(pread(copy.fd, back, sizeof back, 4 * DISK_SECTOR), sizeof back);
    CHECK_MEM(back, data, sizeof back);
    machine_free(m);
    close(copy.fd);

    m = machine_new(&image); /* opened read-only */
    set_chs(m, 0, 0, 5);
    machine_set16(m, CPU_RBX, 0);
    set_ax(m, 0x0300);
    s = after(m, 0x03, true);
    call_with(m, 0x0301);
    CHECK_CPU(m, &s);
    machine_free(m);
}

static void verifies_without_touching_memory(void)
{
    struct machine *m = machine_new(&image);
    set_chs(m, 0, 0, 63);
    machine_set16(m, CPU_RBX, 0);
    set_ax(m, 0x0401);
    struct cpu_state s = after(m, 0, false);
    call_with(m, 0x0401);
    CHECK_CPU(m, &s);
    CHECK_EQ(machine_byte(m, 0x20000), 0);
    machine_free(m);
}

static void tells_geometry(void)
{
    struct machine *m = machine_new(&image);
    machine_set16(m, CPU_RDX, 0x0080);
    set_ax(m, 0x0800);
    struct cpu_state s = after(m, 0, false);
    s.gpr[CPU_RBX] &= ~0xffull;
    s.gpr[CPU_RCX] = (s.gpr[CPU_RCX] & ~0xffffull) | 0x013f; /* last cylinder 1, 63 sectors */
    s.gpr[CPU_RDX] = (s.gpr[CPU_RDX] & ~0xffffull) | 0x0f01; /* last head 15, 1 drive */
    call_with(m, 0x0800);
    CHECK_CPU(m, &s);
    machine_free(m);
}

static void packs_large_cylinder_numbers(void)
{
    struct disk large = {.fd = -1, .sectors = 1024ull * 255 * 63};
    struct machine *m = machine_new(&large);
    machine_set16(m, CPU_RDX, 0x0080);
    call_with(m, 0x0800);
    CHECK_EQ(machine_get16(m, CPU_RCX), 0xffff); /* cylinder 1023: 0xff and the two high bits */
    CHECK_EQ(machine_get16(m, CPU_RDX), 0xfe01);
    machine_free(m);
}

static void tells_type_and_size(void)
{
    struct disk large = {.fd = -1, .sectors = 0x123456};
    struct machine *m = machine_new(&large);
    machine_set16(m, CPU_RDX, 0x0080);
    set_ax(m, 0x1500);
    struct cpu_state s = after(m, 0x03, false); /* a hard disk */
    s.gpr[CPU_RCX] = (s.gpr[CPU_RCX] & ~0xffffull) | 0x0012;
    s.gpr[CPU_RDX] = (s.gpr[CPU_RDX] & ~0xffffull) | 0x3456;
    call_with(m, 0x1500);
    CHECK_CPU(m, &s);
    machine_free(m);
}

static void keeps_the_last_status(void)
{
    struct machine *m = machine_new(&image);
    set_chs(m, 0, 0, 0);
    call_with(m, 0x0201);
    CHECK_EQ(machine_get16(m, CPU_RAX) >> 8, 0x04);
    call_with(m, 0x0100);
    CHECK_EQ(machine_get16(m, CPU_RAX) >> 8, 0x04);
    CHECK_EQ(m->cpu.rflags & CPU_FLAG_CF, CPU_FLAG_CF);
    call_with(m, 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RAX) >> 8, 0x00);
    call_with(m, 0x0100);
    CHECK_EQ(machine_get16(m, CPU_RAX) >> 8, 0x00);
    CHECK_EQ(m->cpu.rflags & CPU_FLAG_CF, 0);
    machine_free(m);
}

/* ---- Extensions */

static void announces_extensions(void)
{
    struct machine *m = machine_new(&image);
    machine_set16(m, CPU_RDX, 0x0080);
    machine_set16(m, CPU_RBX, 0x55aa);
    set_ax(m, 0x4100);
    struct cpu_state s = after(m, 0x30, false); /* EDD-3 */
    s.gpr[CPU_RBX] = (s.gpr[CPU_RBX] & ~0xffffull) | 0xaa55;
    s.gpr[CPU_RCX] = (s.gpr[CPU_RCX] & ~0xffffull) | 0x0009;
    call_with(m, 0x4100);
    CHECK_CPU(m, &s);
    machine_set16(m, CPU_RBX, 0x1234);
    call_with(m, 0x4100);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0100);
    CHECK_EQ(machine_get16(m, CPU_RBX), 0x1234);
    machine_free(m);
}

struct packet {
    uint8_t size, reserved;
    uint16_t count, offset, segment;
    uint64_t sector, flat;
} __attribute__((packed));

/* At DS:SI = 0x2000:0x8000. */
static void set_packet(struct machine *m, const struct packet *packet)
{
    memory_write(m->memory, 0x28000, packet, sizeof *packet);
    machine_set16(m, CPU_RSI, 0x8000);
    machine_set16(m, CPU_RDX, 0x0080);
}

static void reads_by_lba(void)
{
    struct machine *m = machine_new(&image);
    struct packet packet = {0x10, 0, 3, 0x0123, 0x3000, 2013, 0};
    uint8_t expected[3 * DISK_SECTOR], buf[3 * DISK_SECTOR];
    set_packet(m, &packet);
    set_ax(m, 0x4200);
    struct cpu_state s = after(m, 0, false);
    call_with(m, 0x4200);
    CHECK_CPU(m, &s);
    for (unsigned i = 0; i < 3; i++)
        memset(expected + i * DISK_SECTOR, (2013 + i) & 0xff, DISK_SECTOR);
    memory_read(m->memory, 0x30123, buf, sizeof buf);
    CHECK_MEM(buf, expected, sizeof buf);
    CHECK_EQ(machine_word(m, 0x28002), 3);
    machine_free(m);
}

static void reads_to_a_flat_address(void)
{
    struct machine *m = machine_new(&image);
    struct packet packet = {0x18, 0, 1, 0xffff, 0xffff, 7, 0x3ffe00};
    set_packet(m, &packet);
    call_with(m, 0x4200);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0000);
    CHECK_EQ(machine_word(m, 0x3ffe00), 0x0707);
    CHECK_EQ(machine_word(m, 0x3ffffe), 0x0707);
    machine_free(m);
}

static void refuses_bad_packets(void)
{
    static const struct {
        struct packet packet;
        uint8_t status;
    } cases[] = {
        {{0x0f, 0, 1, 0, 0x3000, 0, 0}, 0x01}, /* too short */
        {{0x00, 0, 1, 0, 0x3000, 0, 0}, 0x01},
        {{0x10, 0, 1, 0, 0x3000, SECTORS, 0}, 0x04}, /* past the end */
        {{0x10, 0, 2, 0, 0x3000, SECTORS - 1, 0}, 0x04},
        {{0x10, 0, 0xffff, 0, 0x3000, 1, 0}, 0x04},
        {{0x10, 0, 1, 0, 0x3000, UINT64_MAX, 0}, 0x04},
        {{0x10, 0, 2, 0, 0x3000, UINT64_MAX, 0}, 0x04},
        {{0x10, 0, 1, 0, 0xf000, 0, 0}, 0x09},             /* ROM */
        {{0x18, 0, 1, 0xffff, 0xffff, 0, 0x3fffff}, 0x09}, /* half of it behind RAM */
        {{0x18, 0, 1, 0xffff, 0xffff, 0, UINT64_MAX}, 0x09},
        {{0x18, 0, 1, 0xffff, 0xffff, 0, UINT64_MAX - 511}, 0x09},
        {{0x10, 0, 0x7ff, 0, 0x3000, 0, 0}, 0x04},
        {{0x10, 0, SECTORS, 0, 0x3000, 0, 0}, 0x09}, /* over the VGA and on */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_new(&image);
        set_packet(m, &cases[i].packet);
        set_ax(m, 0x4200);
        struct cpu_state s = after(m, cases[i].status, true);
        call_with(m, 0x4200);
        CHECK_CPU(m, &s);
        if (cases[i].packet.size >= 0x10)
            CHECK_EQ(machine_word(m, 0x28002), 0); /* none transferred */
        machine_free(m);
    }
}

static void survives_packets_at_the_edges(void)
{
    struct machine *m = machine_new(&image);
    struct packet packet = {0x10, 0, 1, 0, 0x3000, 9, 0};
    memory_write(m->memory, 0x2fffc, &packet, 4); /* it goes on at the segment's start */
    memory_write(m->memory, 0x20000, (const uint8_t *)&packet + 4, 12);
    machine_set16(m, CPU_RSI, 0xfffc);
    machine_set16(m, CPU_RDX, 0x0080);
    call_with(m, 0x4200);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0000);
    CHECK_EQ(machine_byte(m, 0x30000), 9);
    machine_segment(m, CPU_DS, 0xc800); /* no memory there */
    call_with(m, 0x4200);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0100);
    machine_free(m);
}

static void writes_verifies_and_seeks_by_lba(void)
{
    struct disk copy = machine_disk(16, true);
    struct machine *m = machine_new(&copy);
    struct packet packet = {0x10, 0, 1, 0, 0x3000, 15, 0};
    uint8_t back[2] = {0};
    set_packet(m, &packet);
    machine_set_word(m, 0x30000, 0xbeef);
    call_with(m, 0x4303);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0103); /* AL takes 0 to 2 */
    call_with(m, 0x4302);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0002);
    CHECK_EQ(pread(copy.fd, back, 2, 15 * DISK_SECTOR), 2);
    CHECK_MEM(back, "\xef\xbe", 2);
    call_with(m, 0x4400);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0000);
    call_with(m, 0x4700);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0000);
    packet.sector = 16;
    set_packet(m, &packet);
    call_with(m, 0x4700);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0400);
    machine_free(m);
    close(copy.fd);
}

static void tells_parameters(void)
{
    static const uint8_t expected[30] = {
        30, 0, 2,    0, /* size, flags: the geometry is valid */
        2,  0, 0,    0,    16,   0,    0, 0, 63, 0, 0, 0, 0xe0, 7, 0, 0, 0, 0, 0, 0, /* 2016 */
        0,  2, 0xff, 0xff, 0xff, 0xff, /* 512, no further parameters */
    };
    struct machine *m = machine_new(&image);
    uint8_t buf[30], zero[4] = {0};
    machine_set16(m, CPU_RSI, 0x8000);
    machine_set16(m, CPU_RDX, 0x0080);
    machine_set_word(m, 0x28000, 25);
    call_with(m, 0x4800);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0100);
    machine_set_word(m, 0x28000, 29);
    call_with(m, 0x4800);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0000);
    memory_read(m->memory, 0x28000, buf, sizeof buf);
    CHECK_EQ(buf[0], 26);
    CHECK_MEM(buf + 1, expected + 1, 25);
    CHECK_MEM(buf + 26, zero, 4);
    machine_set_word(m, 0x28000, 66);
    call_with(m, 0x4800);
    memory_read(m->memory, 0x28000, buf, sizeof buf);
    CHECK_MEM(buf, expected, sizeof buf);
    machine_free(m);
}

static void counts_what_is_not_there(void)
{
    struct machine *m = machine_new(&image);
    struct bios_unknown unknown[4];
    machine_set16(m, CPU_RDX, 0x0080);
    set_ax(m, 0x4b01);
    struct cpu_state s = after(m, 0x01, true);
    call_with(m, 0x4b01);
    CHECK_CPU(m, &s);
    call_with(m, 0x4b01);
    call_with(m, 0xff00);
    CHECK_EQ(bios_unknown_calls(m->bios, unknown, 4), 2);
    CHECK_EQ(unknown[0].vector, 0x13);
    CHECK_EQ(unknown[0].ah, 0x4b);
    CHECK_EQ(unknown[0].count, 2);
    CHECK_EQ(unknown[1].ah, 0xff);
    CHECK_EQ(unknown[1].count, 1);
    machine_free(m);
}

/* A stack whose frame wraps, or lies where no memory is, is the guest's own trouble. */
static void survives_any_stack(void)
{
    static const struct {
        uint16_t ss, sp;
    } stacks[] = {{0x3000, 0x0000}, {0x3000, 0x0002}, {0x3000, 0x0004}, {0x3000, 0x0001}};
    for (unsigned i = 0; i < sizeof stacks / sizeof *stacks; i++) {
        struct machine *m = machine_new(&image);
        machine_segment(m, CPU_SS, stacks[i].ss);
        machine_set16(m, CPU_RSP, stacks[i].sp);
        machine_set16(m, CPU_RDX, 0x0081);
        set_ax(m, 0x0000);
        struct cpu_state s = after(m, 0x01, true);
        if (stacks[i].sp != 1) { /* a word over the segment's end faults on a CPU */
            call_with(m, 0x0000);
            CHECK_CPU(m, &s);
        }
        machine_free(m);
    }
    struct machine *m = machine_new(&image);
    machine_segment(m, CPU_SS, 0xc800);
    m->cpu.rip = machine_word(m, 4 * 0x13);
    machine_segment(m, CPU_CS, 0xf000);
    CHECK(bios_call(m->bios, &m->cpu, &m->poweroff));
    machine_free(m);
}

int main(void)
{
    image = machine_disk(SECTORS, false);
    TEST(reads_by_cylinder_head_and_sector);
    TEST(refuses_bad_chs);
    TEST(refuses_drives_that_are_not_there);
    TEST(refuses_buffers_that_are_no_ram);
    TEST(reads_large_and_over_a_64k_boundary);
    TEST(writes_only_where_it_may);
    TEST(verifies_without_touching_memory);
    TEST(tells_geometry);
    TEST(packs_large_cylinder_numbers);
    TEST(tells_type_and_size);
    TEST(keeps_the_last_status);
    TEST(announces_extensions);
    TEST(reads_by_lba);
    TEST(reads_to_a_flat_address);
    TEST(refuses_bad_packets);
    TEST(survives_packets_at_the_edges);
    TEST(writes_verifies_and_seeks_by_lba);
    TEST(tells_parameters);
    TEST(counts_what_is_not_there);
    TEST(survives_any_stack);
    return check_done();
}
