/* The ROM's entries, what power-on leaves in memory, booting, faults, and INT 11h, 14h, 17h, 1Ah.
 */
#include "bios_machine.h"

static uint16_t vector(const struct machine *m, uint8_t n)
{
    CHECK_EQ(machine_word(m, 4u * n + 2), 0xf000);
    return machine_word(m, 4u * n);
}

static void lays_out_the_rom(void)
{
    static const uint8_t reset[16] = {0xea, 0,   0,   0x00, 0xf0, '0', '1', '/',
                                      '0',  '1', '/', '2',  '6',  0,   0xfc};
    struct machine *m = machine_new(NULL);
    uint8_t end[16];
    memory_read(m->memory, 0xffff0, end, sizeof end);
    CHECK_EQ(end[0], 0xea); /* ljmp 0xf000:... */
    CHECK_MEM(end + 3, reset + 3, 13);
    CHECK_EQ(machine_byte(m, 0xf0000 + (end[1] | end[2] << 8)), 0xfa); /* cli */
    machine_free(m);
}

static void points_the_vectors(void)
{
    struct machine *m = machine_new(NULL);
    for (uint8_t n = 0x10; n <= 0x1a; n++) {
        CHECK_EQ(machine_word(m, 0xf0000 + vector(m, n)), 0xe6 | BIOS_TRAP_PORT << 8);
        for (uint8_t other = 0x10; other < n; other++)
            CHECK(vector(m, other) != vector(m, n));
    }
    CHECK_EQ(machine_byte(m, 0xf0000 + vector(m, 0x1c)), 0xcf); /* iret */
    CHECK_EQ(vector(m, 0x1e), 0xefc7); /* the diskette parameters, where they always were */
    CHECK_EQ(machine_byte(m, 0xf0000 + vector(m, 0x08)), 0x50); /* push %ax */
    CHECK_EQ(vector(m, 0x21), vector(m, 0xff));
    for (unsigned n = 0x60; n < 0x68; n++)
        CHECK_EQ(machine_word(m, 4 * n) | machine_word(m, 4 * n + 2), 0);
    machine_free(m);
}

static void fills_the_data_area(void)
{
    struct disk disk = {.fd = -1, .sectors = 1};
    struct machine *m = machine_new(&disk);
    CHECK_EQ(machine_word(m, 0x400), 0x3f8);
    CHECK_EQ(machine_word(m, 0x402), 0);
    CHECK_EQ(machine_word(m, 0x40e), 0x9fc0);
    CHECK_EQ(machine_word(m, 0x410), 0x0222); /* one serial port, 80x25, coprocessor */
    CHECK_EQ(machine_word(m, 0x413), 639);
    CHECK_EQ(machine_word(m, 0x41a), 0x1e);
    CHECK_EQ(machine_word(m, 0x41c), 0x1e);
    CHECK_EQ(machine_byte(m, 0x475), 1);
    CHECK_EQ(machine_word(m, 0x480), 0x1e);
    CHECK_EQ(machine_word(m, 0x482), 0x3e);
    machine_call(m, 0x11, 0);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0222);
    machine_free(m);
}

static uint8_t no_in(void *context, uint16_t port)
{
    (void)context, (void)port;
    return 0xff;
}

static void no_out(void *context, uint16_t port, uint8_t value)
{
    (void)context, (void)port, (void)value;
}

static void needs_its_memory(void)
{
    static const struct memory_backend backend = {.set_slot = machine_slot, .max_slots = 32};
    struct error error;
    struct bios_config config = {
        .memory = memory_new(&backend), .ram_size = 1 * MiB, .in = no_in, .out = no_out};
    struct bios *bios = bios_new(&config);
    CHECK(bios_reset(bios, &error) < 0);
    CHECK(strstr(error.text, "0xb8000") != NULL);
    memory_add(config.memory, 0, 0xc0000, MEMORY_RAM, "RAM", &error);
    CHECK(bios_reset(bios, &error) < 0);
    CHECK(strstr(error.text, "0xf0000") != NULL);
    memory_add(config.memory, LAYOUT_ROM, LAYOUT_ROM_SIZE, MEMORY_ROM, "ROM", &error);
    CHECK_EQ(bios_reset(bios, &error), 0);
    bios_free(bios);
    memory_free(config.memory);
}

/* ---- Where a trap comes from */

static void serves_with_rip_at_or_after_the_out(void)
{
    for (int after_out = 0; after_out < 2; after_out++) {
        struct machine *m = machine_new(NULL);
        m->rip_after_out = after_out;
        machine_set16(m, CPU_RAX, 0xffff);
        struct cpu_state s = m->cpu;
        s.gpr[CPU_RAX] = (s.gpr[CPU_RAX] & ~0xffffull) | 639;
        s.rip += 2;
        machine_call(m, 0x12, 0xffff);
        CHECK_CPU(m, &s);
        machine_free(m);
    }
}

static void serves_through_another_segment(void)
{
    struct machine *m = machine_new(NULL);
    uint16_t offset = vector(m, 0x12);
    machine_segment(m, CPU_CS, 0xfe00);
    m->cpu.rip = offset - 0xe000u;
    CHECK(bios_call(m->bios, &m->cpu, &m->poweroff));
    CHECK_EQ(m->cpu.rip, offset - 0xe000u + 2);
    CHECK_EQ(machine_get16(m, CPU_RAX), 639);
    machine_free(m);
}

static void leaves_other_outs_alone(void)
{
    struct machine *m = machine_new(NULL);
    const struct {
        uint16_t cs;
        uint64_t rip;
        uint64_t cr0;
    } cases[] = {
        {0x0000, 0x7c00, 0},
        {0xf000, 0x0000, 0},
        {0xf000, vector(m, 0x12) + 1u, 0},
        {0xf000, vector(m, 0x08), 0},
        {0xffff, 0xfff0, 0},
        {0x0000, UINT64_MAX, 0},
        {0xf000, 0x10000ull + vector(m, 0x12), 0},
        {0xf000, vector(m, 0x12), CPU_CR0_PE},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        machine_registers(m);
        machine_segment(m, CPU_CS, cases[i].cs);
        m->cpu.rip = cases[i].rip;
        m->cpu.cr0 = cases[i].cr0;
        struct cpu_state s = m->cpu;
        CHECK(!bios_call(m->bios, &m->cpu, &m->poweroff));
        CHECK_CPU(m, &s);
    }
    machine_free(m);
}

/* ---- Booting and failing */

static void loads_the_boot_sector(void)
{
    struct disk disk = machine_disk(2, false);
    struct machine *m = machine_new(&disk);
    memory_write(m->memory, 0x7c00, "xx", 2);
    struct cpu_state s = m->cpu;
    s.gpr[CPU_RSP] = (s.gpr[CPU_RSP] & ~0xffffull) | 0x7c00;
    s.gpr[CPU_RDX] = (s.gpr[CPU_RDX] & ~0xffull) | 0x80;
    s.rip = 0x7c00;
    static const int zero[] = {CPU_CS, CPU_DS, CPU_ES, CPU_SS};
    for (unsigned i = 0; i < 4; i++)
        s.seg[zero[i]].selector = 0, s.seg[zero[i]].base = 0;
    m->cpu.rflags |= CPU_FLAG_DF;
    machine_call(m, 0x19, machine_get16(m, CPU_RAX));
    CHECK_CPU(m, &s);
    CHECK_EQ(machine_word(m, 0x7c00), 0);
    machine_free(m);
    close(disk.fd);
}

static void check_halted(struct machine *m, const char *message)
{
    CHECK_CONSOLE(m, message);
    CHECK_EQ(machine_opcode(m), 0xf4);                           /* hlt */
    CHECK_EQ(machine_word(m, 0xf0000 + m->cpu.rip + 1), 0xfdeb); /* jmp back to it */
}

static void halts_without_a_boot_device(void)
{
    struct machine *m = machine_new(NULL);
    machine_call(m, 0x19, 0);
    check_halted(m, "stepvm: no bootable device: there is no disk; the guest is halted\r\n");
    machine_registers(m);
    machine_call(m, 0x18, 0);
    check_halted(m, "stepvm: no bootable device: the guest called INT 18h; it is halted now\r\n");
    machine_free(m);
    struct disk broken = {.fd = -1, .sectors = 1};
    m = machine_new(&broken);
    machine_call(m, 0x19, 0);
    check_halted(m, "stepvm: no bootable device: the disk's first sector can't be read; the guest "
                    "is halted\r\n");
    machine_free(m);
}

/* Where the far jump at the reset vector ends up traps for a whole new start. */
static void starts_over(void)
{
    struct disk disk = machine_disk(1, false);
    struct machine *m = machine_new(&disk);
    uint16_t at = machine_word(m, 0xffff1);
    machine_set_word(m, 4 * 0x13, 0x1234);
    machine_call(m, 0x10, 0x0e41);
    while (machine_word(m, 0xf0000 + at) != (0xe6 | BIOS_TRAP_PORT << 8))
        at++;
    machine_segment(m, CPU_CS, 0xf000);
    m->cpu.rip = at;
    CHECK(bios_call(m->bios, &m->cpu, &m->poweroff));
    CHECK_EQ(m->cpu.rip, 0x7c00);
    CHECK_EQ(m->cpu.seg[CPU_CS].base, 0);
    CHECK(machine_word(m, 4 * 0x13) != 0x1234);
    CHECK_EQ(machine_word(m, 0xb8000), 0x0720);
    machine_free(m);
    close(disk.fd);
}

static void explains_faults(void)
{
    struct machine *m = machine_new(NULL);
    machine_push(m, 0x0202);
    machine_push(m, 0x1234);
    machine_push(m, 0x5678);
    machine_segment(m, CPU_CS, 0xf000);
    m->cpu.rip = vector(m, 0x06);
    CHECK(bios_call(m->bios, &m->cpu, &m->poweroff));
    check_halted(m, "stepvm: invalid opcode (#UD) at 1234:5678, and the guest has no handler for "
                    "it: it is halted now\r\n");
    machine_free(m);
}

/* ---- Interrupts that nobody handles */

static void counts_calls_of_nobody(void)
{
    struct machine *m = machine_new(NULL);
    struct bios_unknown unknown[2] = {{0}};
    machine_set16(m, CPU_RAX, 0x4c00);
    struct cpu_state s = m->cpu;
    s.rip += 2;
    s.rflags |= CPU_FLAG_CF;
    machine_call(m, 0x21, 0x4c00);
    CHECK_CPU(m, &s);
    CHECK_EQ(bios_unknown_calls(m->bios, unknown, 2), 1);
    CHECK_EQ(unknown[0].vector, 0x21);
    CHECK_EQ(unknown[0].ah, 0x4c);
    CHECK_EQ(unknown[0].count, 1);
    machine_free(m);
}

/* An IRQ on a vector that nobody took must not change the program that it interrupts. */
static void leaves_an_interrupted_program_alone(void)
{
    struct machine *m = machine_new(NULL);
    struct bios_unknown unknown[2];
    struct cpu_state s = m->cpu;
    machine_push(m, (uint16_t)m->cpu.rflags);
    machine_push(m, MACHINE_CODE);
    machine_push(m, MACHINE_IP);
    machine_segment(m, CPU_CS, 0xf000);
    m->cpu.rip = vector(m, 0x28);
    CHECK(machine_trap(m));
    CHECK_CPU(m, &s);
    CHECK_EQ(bios_unknown_calls(m->bios, unknown, 2), 0);
    machine_free(m);
}

static void bounds_the_count_of_unknown_calls(void)
{
    struct machine *m = machine_new(NULL);
    struct bios_unknown unknown[100];
    for (unsigned i = 0; i < 0x100; i++)
        machine_call(m, 0x21, (uint16_t)(i << 8));
    CHECK_EQ(bios_unknown_calls(m->bios, unknown, 100), 64);
    CHECK_EQ(bios_unknown_calls(m->bios, unknown, 3), 3);
    CHECK_EQ(unknown[63].ah, 63);
    machine_free(m);
}

/* ---- Ports and time */

static void times_out_on_ports(void)
{
    struct machine *m = machine_new(NULL);
    machine_call(m, 0x14, 0x0141);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x8041);
    machine_call(m, 0x17, 0x0041);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0141);
    machine_free(m);
}

static void tells_ticks(void)
{
    struct machine *m = machine_new(NULL);
    const uint32_t noon = (uint32_t)((MACHINE_NOON % 86400) * 1193182ll / 65536);
    machine_call(m, 0x1a, 0x00ff);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RCX), noon >> 16);
    CHECK_EQ(machine_get16(m, CPU_RDX), noon & 0xffff);
    memory_write(m->memory, 0x470, "\1", 1); /* midnight went by */
    machine_set16(m, CPU_RCX, 0x0012);
    machine_set16(m, CPU_RDX, 0x3456);
    machine_call(m, 0x1a, 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0001);
    machine_call(m, 0x1a, 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0000);
    machine_set16(m, CPU_RCX, 0x0012);
    machine_set16(m, CPU_RDX, 0x3456);
    machine_call(m, 0x1a, 0x0100);
    CHECK_EQ(machine_word(m, 0x46c), 0x3456);
    CHECK_EQ(machine_word(m, 0x46e), 0x0012);
    machine_free(m);
}

static void tells_time_and_date(void)
{
    struct machine *m = machine_new(NULL);
    m->cpu.rflags |= CPU_FLAG_CF;
    machine_call(m, 0x1a, 0x0200);
    CHECK_EQ(machine_get16(m, CPU_RCX), 0x1251);
    CHECK_EQ(machine_get16(m, CPU_RDX), 0x3000);
    CHECK_EQ(m->cpu.rflags & CPU_FLAG_CF, 0);
    machine_call(m, 0x1a, 0x0400);
    CHECK_EQ(machine_get16(m, CPU_RCX), 0x2024);
    CHECK_EQ(machine_get16(m, CPU_RDX), 0x0501);
    machine_call(m, 0x1a, 0xb101);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x8101);
    CHECK_EQ(m->cpu.rflags & CPU_FLAG_CF, CPU_FLAG_CF);
    machine_free(m);
}

int main(void)
{
    TEST(lays_out_the_rom);
    TEST(points_the_vectors);
    TEST(fills_the_data_area);
    TEST(needs_its_memory);
    TEST(serves_with_rip_at_or_after_the_out);
    TEST(serves_through_another_segment);
    TEST(leaves_other_outs_alone);
    TEST(loads_the_boot_sector);
    TEST(halts_without_a_boot_device);
    TEST(starts_over);
    TEST(explains_faults);
    TEST(counts_calls_of_nobody);
    TEST(leaves_an_interrupted_program_alone);
    TEST(bounds_the_count_of_unknown_calls);
    TEST(times_out_on_ports);
    TEST(tells_ticks);
    TEST(tells_time_and_date);
    return check_done();
}
