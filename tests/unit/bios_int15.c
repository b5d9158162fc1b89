/* INT 15h against Ralf Brown's interrupt list, and INT 12h, which must agree with it. */
#include "bios_machine.h"

#define SMAP 0x534d4150u

static void int15(struct machine *m, uint16_t ax)
{
    machine_call(m, 0x15, ax);
}

static bool carry(const struct machine *m)
{
    return m->cpu.rflags & CPU_FLAG_CF;
}

/* A BIOS of a machine that says it has SIZE bytes; the memory behind it stays small. */
static struct machine *machine_of_size(uint64_t size)
{
    struct error error;
    struct machine *m = machine_new(NULL);
    bios_free(m->bios);
    m->config.ram_size = size;
    m->bios = bios_new(&m->config);
    CHECK_EQ(bios_reset(m->bios, &error), 0);
    return m;
}

struct range {
    uint64_t base, size;
    uint32_t type, attributes;
} __attribute__((packed));

/* Reads the whole map as a loader does, with entries of SIZE bytes; the number of entries. */
static unsigned read_map(struct machine *m, struct range *map, unsigned max, uint32_t size)
{
    unsigned n = 0;
    m->cpu.gpr[CPU_RBX] = 0;
    do {
        struct range blank = {.attributes = 0xeeeeeeee};
        memory_write(m->memory, 0x24000, &blank, sizeof blank);
        machine_set16(m, CPU_RDI, 0x4000);
        m->cpu.gpr[CPU_RAX] = 0xe820;
        m->cpu.gpr[CPU_RCX] = size;
        m->cpu.gpr[CPU_RDX] = SMAP;
        struct cpu_state s = m->cpu;
        CHECK(machine_int(m, 0x15));
        s.rip += 2;
        s.rflags &= ~(uint64_t)CPU_FLAG_CF;
        s.gpr[CPU_RAX] = SMAP;
        s.gpr[CPU_RBX] = m->cpu.gpr[CPU_RBX];
        s.gpr[CPU_RCX] = size < 24 ? 20 : 24;
        CHECK_CPU(m, &s);
        memory_read(m->memory, 0x24000, &map[n++], sizeof *map);
    } while (m->cpu.gpr[CPU_RBX] && n < max);
    return n;
}

static void check_map(uint64_t ram, const struct range *expected, unsigned n)
{
    struct machine *m = machine_of_size(ram);
    struct range map[16];
    CHECK_EQ(read_map(m, map, 16, 24), n);
    for (unsigned i = 0; i < n; i++) {
        CHECK_EQ(map[i].base, expected[i].base);
        CHECK_EQ(map[i].size, expected[i].size);
        CHECK_EQ(map[i].type, expected[i].type);
        CHECK_EQ(map[i].attributes, 1);
    }
    machine_free(m);
}

static void maps_memory(void)
{
    static const struct range small[] = {
        {0, 0x3fc00, 1, 0},
        {0x3fc00, 0x400, 2, 0},
        {0xe0000, 0x20000, 2, 0},
        {0xfec00000, 0x1400000, 2, 0},
    };
    static const struct range usual[] = {
        {0, 0x9fc00, 1, 0},          {0x9fc00, 0x400, 2, 0},        {0xe0000, 0x20000, 2, 0},
        {0x100000, 0x7f00000, 1, 0}, {0xfec00000, 0x1400000, 2, 0},
    };
    static const struct range large[] = {
        {0, 0x9fc00, 1, 0},
        {0x9fc00, 0x400, 2, 0},
        {0xe0000, 0x20000, 2, 0},
        {0x100000, 0xbff00000, 1, 0},
        {0xfec00000, 0x1400000, 2, 0},
        {0x100000000, 0x40000000, 1, 0},
    };
    check_map(256 * KiB, small, 4);
    check_map(1 * MiB, (const struct range[]){usual[0], usual[1], usual[2], usual[4]}, 4);
    check_map(128 * MiB, usual, 5);
    check_map(4 * GiB, large, 6);
}

static void maps_memory_in_short_entries(void)
{
    struct machine *m = machine_of_size(128 * MiB);
    struct range map[16];
    CHECK_EQ(read_map(m, map, 16, 20), 5);
    CHECK_EQ(map[3].size, 0x7f00000);
    CHECK_EQ(map[3].attributes, 0xeeeeeeee); /* not touched */
    CHECK_EQ(read_map(m, map, 16, 0xffffffff), 5);
    machine_free(m);
}

static void refuses_bad_map_calls(void)
{
    static const struct {
        uint32_t ebx, ecx, edx;
        uint16_t es, di;
    } cases[] = {
        {0, 20, 0x12345678, 0x2000, 0}, {0, 19, SMAP, 0x2000, 0},          {0, 0, SMAP, 0x2000, 0},
        {6, 20, SMAP, 0x2000, 0},       {0xffffffff, 20, SMAP, 0x2000, 0}, {0, 20, SMAP, 0xf000, 0},
        {0, 20, SMAP, 0xc000, 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_of_size(128 * MiB);
        machine_segment(m, CPU_ES, cases[i].es);
        machine_set16(m, CPU_RDI, cases[i].di);
        m->cpu.gpr[CPU_RAX] = 0xe820;
        m->cpu.gpr[CPU_RBX] = cases[i].ebx;
        m->cpu.gpr[CPU_RCX] = cases[i].ecx;
        m->cpu.gpr[CPU_RDX] = cases[i].edx;
        struct cpu_state s = m->cpu;
        CHECK(machine_int(m, 0x15));
        s.gpr[CPU_RAX] = 0x8620;
        s.rip += 2;
        s.rflags |= CPU_FLAG_CF;
        CHECK_CPU(m, &s);
        machine_free(m);
    }
}

static void tells_sizes(void)
{
    static const struct {
        uint64_t ram;
        uint16_t low_kib, extended_kib, below_16m, blocks;
    } cases[] = {
        {256 * KiB, 255, 0, 0, 0},
        {1 * MiB, 639, 0, 0, 0},
        {4 * MiB, 639, 3072, 3072, 0},
        {16 * MiB, 639, 15360, 15360, 0},
        {17 * MiB, 639, 16384, 15360, 16},
        {64 * MiB, 639, 64512, 15360, 768},
        {128 * MiB, 639, 64512, 15360, 1792},
        {8 * GiB, 639, 64512, 15360, 48896},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_of_size(cases[i].ram);
        machine_call(m, 0x12, 0);
        CHECK_EQ(machine_get16(m, CPU_RAX), cases[i].low_kib);
        CHECK_EQ(machine_word(m, 0x40e), cases[i].low_kib * 64); /* segment of the EBDA */
        int15(m, 0x8800);
        CHECK_EQ(machine_get16(m, CPU_RAX), cases[i].extended_kib);
        CHECK(!carry(m));
        int15(m, 0xe801);
        CHECK_EQ(machine_get16(m, CPU_RAX), cases[i].below_16m);
        CHECK_EQ(machine_get16(m, CPU_RBX), cases[i].blocks);
        CHECK_EQ(machine_get16(m, CPU_RCX), cases[i].below_16m);
        CHECK_EQ(machine_get16(m, CPU_RDX), cases[i].blocks);
        CHECK(!carry(m));
        machine_free(m);
    }
}

/* ---- Block move */

static void set_descriptor(struct machine *m, unsigned n, uint32_t base, uint32_t limit)
{
    uint8_t d[8] = {
        (uint8_t)limit,
        (uint8_t)(limit >> 8),
        (uint8_t)base,
        (uint8_t)(base >> 8),
        (uint8_t)(base >> 16),
        0x93,
        (uint8_t)(limit >> 16 & 0xf),
        (uint8_t)(base >> 24),
    };
    memory_write(m->memory, 0x26000 + 8 * n, d, sizeof d);
}

static void move(struct machine *m, uint16_t words)
{
    machine_set16(m, CPU_RSI, 0x6000);
    machine_set16(m, CPU_RCX, words);
    int15(m, 0x8700);
}

static void moves_blocks(void)
{
    struct machine *m = machine_new(NULL);
    memory_write(m->memory, 0x30001, "0123456789", 10);
    set_descriptor(m, 2, 0x30001, 0xffff);
    set_descriptor(m, 3, 0x3ffff6, 0xffff);
    machine_set16(m, CPU_RSI, 0x6000);
    machine_set16(m, CPU_RCX, 5);
    machine_set16(m, CPU_RAX, 0x8700);
    struct cpu_state s = m->cpu;
    s.gpr[CPU_RAX] &= ~0xffffull;
    s.rip += 2;
    s.rflags |= CPU_FLAG_ZF;
    move(m, 5);
    CHECK_CPU(m, &s);
    char buf[10];
    memory_read(m->memory, 0x3ffff6, buf, sizeof buf);
    CHECK_MEM(buf, "0123456789", 10);
    machine_free(m);
}

static void refuses_bad_moves(void)
{
    static const struct {
        uint32_t from, from_limit, to, to_limit;
        uint16_t words;
    } cases[] = {
        {0x30000, 9, 0x100000, 8, 5}, /* past a limit */
        {0x30000, 8, 0x100000, 9, 5},
        {0x30000, 0xffff, 0xf0000, 0xffff, 1},  /* to ROM */
        {0x30000, 0xffff, 0x3fffff, 0xffff, 1}, /* half of it behind RAM */
        {0x3fffff, 0xffff, 0x30000, 0xffff, 1},
        {0xffffffff, 0xfffff, 0x30000, 0xfffff, 0xffff},
        {0x30000, 0xfffff, 0xffffffff, 0xfffff, 0xffff},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_new(NULL);
        machine_set_word(m, 0x30000, 0x1234);
        machine_set_word(m, 0x3ffffe, 0xabcd);
        set_descriptor(m, 2, cases[i].from, cases[i].from_limit);
        set_descriptor(m, 3, cases[i].to, cases[i].to_limit);
        move(m, cases[i].words);
        CHECK_EQ(machine_get16(m, CPU_RAX), 0x0200);
        CHECK(carry(m));
        CHECK_EQ(machine_word(m, 0x30000), 0x1234);
        CHECK_EQ(machine_word(m, 0x3ffffe), 0xabcd);
        CHECK_EQ(machine_word(m, 0x100000), 0);
        machine_free(m);
    }
}

static void moves_from_rom_and_nothing(void)
{
    struct machine *m = machine_new(NULL);
    set_descriptor(m, 2, 0xffff0, 0xffff);
    set_descriptor(m, 3, 0x30000, 0xffff);
    move(m, 8);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0);
    CHECK_EQ(machine_word(m, 0x3000e), 0x00fc); /* the model byte */
    set_descriptor(m, 3, 0xc0000, 0);
    move(m, 0);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0);
    machine_segment(m, CPU_ES, 0xc800); /* a table where no memory is */
    move(m, 1);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0200);
    machine_free(m);
}

/* ---- The rest */

static void has_a20_on(void)
{
    struct machine *m = machine_new(NULL);
    int15(m, 0x2402);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0001);
    CHECK(!carry(m));
    int15(m, 0x2403);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0003);
    CHECK_EQ(machine_get16(m, CPU_RBX), 0x0003);
    int15(m, 0x2401);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0001);
    CHECK(!carry(m));
    int15(m, 0x2400);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x8600);
    CHECK(carry(m));
    machine_free(m);
}

static void switches_off(void)
{
    struct machine *m = machine_new(NULL);
    machine_set16(m, CPU_RBX, 0);
    int15(m, 0x5300);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0102);
    CHECK_EQ(machine_get16(m, CPU_RBX), 0x504d);
    CHECK_EQ(machine_get16(m, CPU_RCX), 0x0000);
    machine_set16(m, CPU_RBX, 0);
    int15(m, 0x5301);
    CHECK(!carry(m));
    machine_set16(m, CPU_RCX, 0x0102);
    int15(m, 0x530e);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0102);
    machine_set16(m, CPU_RBX, 1);
    machine_set16(m, CPU_RCX, 2); /* suspend */
    int15(m, 0x5307);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0a07);
    CHECK(carry(m));
    CHECK(!m->poweroff);
    int15(m, 0x5303);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x8603);
    CHECK(carry(m));
    machine_set16(m, CPU_RCX, 3);
    int15(m, 0x5307);
    CHECK(!carry(m));
    CHECK(m->poweroff);
    machine_free(m);
}

static void tells_configuration(void)
{
    static const uint8_t expected[10] = {8, 0, 0xfc, 0, 0, 0x70};
    struct machine *m = machine_new(NULL);
    uint8_t table[10];
    int15(m, 0xc000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0);
    CHECK(!carry(m));
    memory_read(m->memory, m->cpu.seg[CPU_ES].base + machine_get16(m, CPU_RBX), table, 10);
    CHECK_MEM(table, expected, 10);
    int15(m, 0xc100);
    CHECK_EQ(m->cpu.seg[CPU_ES].selector, 0x9fc0);
    CHECK_EQ(machine_byte(m, 0x9fc00), 1); /* KiB */
    machine_free(m);
}

static void waits_and_intercepts(void)
{
    struct machine *m = machine_new(NULL);
    int15(m, 0x8600);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0);
    CHECK(!carry(m));
    int15(m, 0x4f1e);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x4f1e);
    CHECK(carry(m));
    machine_free(m);
}

static void counts_what_is_not_there(void)
{
    static const uint16_t functions[] = {0xc200, 0xe881, 0xd800, 0x0000, 0x2404};
    struct machine *m = machine_new(NULL);
    struct bios_unknown unknown[8];
    for (unsigned i = 0; i < 5; i++) {
        machine_set16(m, CPU_RAX, functions[i]);
        struct cpu_state s = m->cpu;
        s.gpr[CPU_RAX] = (s.gpr[CPU_RAX] & ~0xff00ull) | 0x8600;
        s.rip += 2;
        s.rflags |= CPU_FLAG_CF;
        int15(m, functions[i]);
        CHECK_CPU(m, &s);
        CHECK_EQ(bios_unknown_calls(m->bios, unknown, 8), i + 1);
        CHECK_EQ(unknown[i].vector, 0x15);
        CHECK_EQ(unknown[i].ah, functions[i] >> 8);
    }
    machine_free(m);
}

int main(void)
{
    TEST(maps_memory);
    TEST(maps_memory_in_short_entries);
    TEST(refuses_bad_map_calls);
    TEST(tells_sizes);
    TEST(moves_blocks);
    TEST(refuses_bad_moves);
    TEST(moves_from_rom_and_nothing);
    TEST(has_a20_on);
    TEST(switches_off);
    TEST(tells_configuration);
    TEST(waits_and_intercepts);
    TEST(counts_what_is_not_there);
    return check_done();
}
