/* A machine for the BIOS's unit tests: memory without KVM, and a CPU that can do nothing but INT,
 * a handler's OUT, and IRET. */
#ifndef TESTS_UNIT_BIOS_MACHINE_H
#define TESTS_UNIT_BIOS_MACHINE_H

#include "../check.h"
#include "bios/bios.h"
#include "bios/rom.h"
#include "board/bus.h"
#include "dev/vga.h"
#include "input/typing.h"
#include "memory/layout.h"
#include "memory/memory.h"

#include <stdlib.h>
#include <unistd.h>

#define MACHINE_RAM   (4 * MiB)
#define MACHINE_CODE  0x0600 /* segment and offset of the INT instruction that the CPU is at */
#define MACHINE_IP    0x0100
#define MACHINE_STACK 0x7000 /* SS = 0 */
#define MACHINE_FLAGS (CPU_FLAG_IF | CPU_FLAG_ZF | 2)
#define MACHINE_NOON  1714567890 /* 2024-05-01 12:51:30 UTC */

struct machine {
    struct memory *memory;
    struct bios *bios;
    struct bus *bus; /* the devices that the BIOS drives */
    struct vga vga;
    struct system_control system;
    struct i8042 i8042;
    struct typing typing;
    bool irq1;
    struct bios_config config;
    struct cpu_state cpu; /* before INT, and after IRET */
    bool poweroff;
    bool waits;          /* the CPU is in the ROM and has not come back */
    bool rip_after_out;  /* as KVM reports it: behind the OUT instead of at it */
    char console[65536]; /* what the console was given */
    size_t console_len;
};

static inline int machine_slot(void *context, const struct memory_slot *slot, bool present)
{
    (void)context, (void)slot, (void)present;
    return 0;
}

static inline void machine_console(void *context, const char *bytes, size_t len)
{
    struct machine *m = context;
    if (len > sizeof m->console - 1 - m->console_len)
        len = sizeof m->console - 1 - m->console_len;
    memcpy(m->console + m->console_len, bytes, len);
    m->console_len += len;
    m->console[m->console_len] = 0;
}

static inline int64_t machine_clock(void *context)
{
    (void)context;
    return MACHINE_NOON;
}

static inline uint8_t machine_in(void *context, uint16_t port)
{
    struct machine *m = context;
    return (uint8_t)bus_read(m->bus, BUS_PIO, port, 1);
}

static inline void machine_out(void *context, uint16_t port, uint8_t value)
{
    struct machine *m = context;
    bus_write(m->bus, BUS_PIO, port, value, 1);
}

static inline void machine_irq1(void *context, bool level)
{
    ((struct machine *)context)->irq1 = level;
}

static inline void machine_keyboard_idle(void *context)
{
    typing_feed(&((struct machine *)context)->typing);
}

static inline void machine_no_reset(void *context)
{
    (void)context;
}

static inline void machine_devices(struct machine *m)
{
    struct error error;
    m->bus = bus_new();
    vga_init(&m->vga);
    system_control_init(&m->system, machine_no_reset, m);
    i8042_init(&m->i8042, &m->system, (struct irq_line){machine_irq1, m},
               (struct irq_line){NULL, NULL}, &(struct i8042_host){machine_keyboard_idle, m});
    typing_init(&m->typing, NULL, &m->i8042);
    bus_add(m->bus, BUS_PIO, 0x60, 1, &i8042_data_ops, &m->i8042, "data", &error);
    bus_add(m->bus, BUS_PIO, 0x64, 1, &i8042_command_ops, &m->i8042, "command", &error);
    bus_add(m->bus, BUS_PIO, 0x3c0, 16, &vga_ops, &m->vga, "VGA", &error);
    bus_add(m->bus, BUS_PIO, 0x3d0, 12, &vga_colour_ops, &m->vga, "CRT", &error);
}

static inline void machine_segment(struct machine *m, int seg, uint16_t selector)
{
    m->cpu.seg[seg] = (struct cpu_segment){.base = (uint64_t)selector << 4,
                                           .limit = 0xffff,
                                           .selector = selector,
                                           .type = 3,
                                           .s = true,
                                           .present = true};
}

/* Registers with values that show when a half too much is changed. */
static inline void machine_registers(struct machine *m)
{
    m->cpu = (struct cpu_state){.rip = MACHINE_IP, .rflags = MACHINE_FLAGS};
    for (unsigned i = 0; i < 8; i++)
        m->cpu.gpr[i] = 0xa1a2a3a4a5a60000ull + 0x1111 * i;
    for (int i = 0; i < CPU_SEGS; i++)
        machine_segment(m, i, 0x2000);
    machine_segment(m, CPU_CS, MACHINE_CODE);
    machine_segment(m, CPU_SS, 0);
    m->cpu.gpr[CPU_RSP] = MACHINE_STACK;
}

static inline void machine_free(struct machine *m)
{
    bios_free(m->bios);
    bus_free(m->bus);
    memory_free(m->memory);
    free(m);
}

/* A machine after power-on; DRIVE may be NULL. Its owner calls machine_free. */
static inline struct machine *machine_new(const struct disk *drive)
{
    static const struct memory_backend backend = {.set_slot = machine_slot, .max_slots = 32};
    struct error error = {""};
    struct machine *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    m->memory = memory_new(&backend);
    memory_add(m->memory, 0, LAYOUT_LOW_RAM_END, MEMORY_RAM, "low", &error);
    memory_add(m->memory, LAYOUT_VGA, LAYOUT_VGA_SIZE, MEMORY_RAM, "VGA", &error);
    memory_add(m->memory, LAYOUT_ROM, LAYOUT_ROM_SIZE, MEMORY_ROM, "ROM", &error);
    memory_add(m->memory, LAYOUT_HIGH_RAM, MACHINE_RAM - LAYOUT_HIGH_RAM, MEMORY_RAM, "high",
               &error);
    machine_devices(m);
    m->config = (struct bios_config){
        .memory = m->memory,
        .drives = {drive},
        .ram_size = MACHINE_RAM,
        .serial_ports = {0x3f8},
        .in = machine_in,
        .out = machine_out,
        .ports_context = m,
        .console = machine_console,
        .console_context = m,
        .clock = machine_clock,
    };
    m->bios = bios_new(&m->config);
    int result = m->bios ? bios_reset(m->bios, &error) : -1;
    CHECK_EQ(result, 0);
    CHECK_STR(error.text, "");
    machine_registers(m);
    return m;
}

static inline uint16_t machine_word(const struct machine *m, uint64_t gpa)
{
    uint16_t word = 0xdead;
    memory_read(m->memory, gpa, &word, sizeof word);
    return word;
}

static inline uint8_t machine_byte(const struct machine *m, uint64_t gpa)
{
    return (uint8_t)machine_word(m, gpa);
}

static inline void machine_set_word(struct machine *m, uint64_t gpa, uint16_t word)
{
    memory_write(m->memory, gpa, &word, sizeof word);
}

static inline void machine_push(struct machine *m, uint16_t word)
{
    uint16_t sp = (uint16_t)(m->cpu.gpr[CPU_RSP] - 2);
    m->cpu.gpr[CPU_RSP] = (m->cpu.gpr[CPU_RSP] & ~0xffffull) | sp;
    machine_set_word(m, m->cpu.seg[CPU_SS].base + sp, word);
}

static inline uint16_t machine_pop(struct machine *m)
{
    uint16_t sp = (uint16_t)m->cpu.gpr[CPU_RSP];
    m->cpu.gpr[CPU_RSP] = (m->cpu.gpr[CPU_RSP] & ~0xffffull) | (uint16_t)(sp + 2);
    return machine_word(m, m->cpu.seg[CPU_SS].base + sp);
}

static inline uint8_t machine_opcode(const struct machine *m)
{
    return machine_byte(m, m->cpu.seg[CPU_CS].base + m->cpu.rip);
}

/* The CPU is at an OUT of the ROM: the VMM serves it; an IRET after it is executed. */
static inline bool machine_trap(struct machine *m)
{
    CHECK_EQ(machine_opcode(m), 0xe6); /* out %al, imm8 */
    CHECK_EQ(machine_byte(m, m->cpu.seg[CPU_CS].base + m->cpu.rip + 1), BIOS_TRAP_PORT);
    if (m->rip_after_out)
        m->cpu.rip += 2;
    bool served = bios_call(m->bios, &m->cpu, &m->poweroff);
    m->waits = machine_opcode(m) != 0xcf; /* iret */
    if (!m->waits) {
        m->cpu.rip = machine_pop(m);
        machine_segment(m, CPU_CS, machine_pop(m));
        m->cpu.rflags = (m->cpu.rflags & ~0xffffull) | machine_pop(m);
    }
    return served;
}

/* Executes INT VECTOR (SDM vol. 2, INT n, real-address mode). */
static inline bool machine_int(struct machine *m, uint8_t vector)
{
    uint64_t at = m->cpu.seg[CPU_CS].base + m->cpu.rip;
    machine_set_word(m, at, (uint16_t)(0xcd | vector << 8));
    machine_push(m, (uint16_t)m->cpu.rflags);
    machine_push(m, m->cpu.seg[CPU_CS].selector);
    machine_push(m, (uint16_t)(m->cpu.rip + 2));
    m->cpu.rflags &= ~(uint64_t)(CPU_FLAG_IF | CPU_FLAG_TF);
    m->cpu.rip = machine_word(m, 4u * vector);
    machine_segment(m, CPU_CS, machine_word(m, 4u * vector + 2));
    return machine_trap(m);
}

/* INT VECTOR with AX; all else as machine_registers has it, or as it was left. */
static inline void machine_call(struct machine *m, uint8_t vector, uint16_t ax)
{
    m->cpu.gpr[CPU_RAX] = (m->cpu.gpr[CPU_RAX] & ~0xffffull) | ax;
    CHECK(machine_int(m, vector));
}

/* INT 09h, up to the ROM's trap with the scan code in AL; the interrupted program goes on as it
 * was. True if the machine starts anew instead. */
static inline bool machine_int09(struct machine *m, uint8_t code)
{
    const struct rom_header *rom = rom_header();
    const struct rom_entry *trap =
        (const struct rom_entry *)(const void *)((const uint8_t *)rom + rom->traps);
    const struct cpu_state interrupted = m->cpu;
    while (trap->number != 0x09)
        trap++;
    machine_push(m, (uint16_t)m->cpu.rflags);
    machine_push(m, m->cpu.seg[CPU_CS].selector);
    machine_push(m, (uint16_t)m->cpu.rip);
    machine_segment(m, CPU_CS, ROM_SEGMENT);
    m->cpu.rip = trap->offset;
    m->cpu.gpr[CPU_RAX] = 0x4f00 | code;
    CHECK(bios_call(m->bios, &m->cpu, &m->poweroff));
    const bool resets = m->cpu.rip == ROM_RESET;
    m->cpu = interrupted;
    return resets;
}

/* Types TEXT, and serves the keyboard's interrupts. */
static inline void machine_type(struct machine *m, const char *text)
{
    typing_add(&m->typing, (const uint8_t *)text, strlen(text));
    while (m->irq1)
        machine_int09(m, machine_in(m, 0x60));
}

static inline void machine_set16(struct machine *m, int reg, uint16_t value)
{
    m->cpu.gpr[reg] = (m->cpu.gpr[reg] & ~0xffffull) | value;
}

static inline uint16_t machine_get16(const struct machine *m, int reg)
{
    return (uint16_t)m->cpu.gpr[reg];
}

/* The CPU is as EXPECTED: general registers, flags, selectors and bases, rip. */
static inline void machine_check_state(const char *file, int line, const struct machine *m,
                                       const struct cpu_state *expected)
{
    static const char *const names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};
    for (unsigned i = 0; i < 8; i++)
        check_eq(file, line, names[i], m->cpu.gpr[i], expected->gpr[i]);
    for (int i = 0; i < CPU_SEGS; i++) {
        check_eq(file, line, "selector", m->cpu.seg[i].selector, expected->seg[i].selector);
        check_eq(file, line, "segment base", m->cpu.seg[i].base, expected->seg[i].base);
    }
    check_eq(file, line, "rip", m->cpu.rip, expected->rip);
    check_eq(file, line, "rflags", m->cpu.rflags, expected->rflags);
}

#define CHECK_CPU(m, expected) machine_check_state(__FILE__, __LINE__, m, expected)

/* What the console got since the last call of this. */
#define CHECK_CONSOLE(m, expected)                                                                 \
    do {                                                                                           \
        CHECK_STR((m)->console, expected);                                                         \
        (m)->console_len = 0;                                                                      \
        (m)->console[0] = 0;                                                                       \
    } while (0)

/* A temporary image of SECTORS sectors, each filled with its number; it has no name any more. */
static inline struct disk machine_disk(unsigned sectors, bool writable)
{
    char path[] = "/tmp/stepvm-bios-XXXXXX";
    uint8_t sector[DISK_SECTOR];
    struct disk disk = {.fd = mkstemp(path), .writable = writable, .sectors = sectors};
    unlink(path);
    for (unsigned i = 0; i < sectors; i++) {
        memset(sector, (int)(i & 0xff), sizeof sector);
        CHECK_EQ(pwrite(disk.fd, sector, sizeof sector, (off_t)i * DISK_SECTOR), sizeof sector);
    }
    return disk;
}

#endif
