/* INT 16h and the way of a typed byte there: the keyboard, INT 09h, the ring in the data area, the
 * wait. */
#include "bios_machine.h"

/* The ring's next entry as a guest that looks itself sees it, 0 for none; it is taken. */
static uint16_t ring_next(struct machine *m)
{
    uint16_t head = machine_word(m, 0x41a), key = machine_word(m, 0x400 + head);
    if (head == machine_word(m, 0x41c))
        return 0;
    machine_set_word(m, 0x41a, head + 2 == 0x3e ? 0x1e : head + 2);
    return key;
}

static void makes_keys_of_bytes(void)
{
    static const struct {
        const char *bytes;
        uint16_t key;
    } cases[] = {
        {"a", 0x1e61},
        {"A", 0x1e41},
        {"1", 0x0231},
        {"!", 0x0221},
        {" ", 0x3920},
        {"\r", 0x1c0d},
        {"\n", 0x1c0d},
        {"\t", 0x0f09},
        {"\x7f", 0x0e08},
        {"\b", 0x0e08},
        {"\x03", 0x2e03},
        {"~", 0x297e},
        {"\\", 0x2b5c},
        {"\033[A", 0x48e0},
        {"\033OA", 0x48e0},
        {"\033[B", 0x50e0},
        {"\033[C", 0x4de0},
        {"\033[D", 0x4be0},
        {"\033[H", 0x47e0},
        {"\033[F", 0x4fe0},
        {"\033[1~", 0x47e0},
        {"\033[2~", 0x52e0},
        {"\033[3~", 0x53e0},
        {"\033[5~", 0x49e0},
        {"\033[6~", 0x51e0},
        {"\033OP", 0x3b00},
        {"\033OS", 0x3e00},
        {"\033[15~", 0x3f00},
        {"\033[21~", 0x4400},
        {"\033[24~", 0x8600},
        {"\033[[B", 0x3c00},
        {"\033[1;5C", 0x74e0},
        {"\033[1;3D", 0x9b00},
        {"\033[1;2P", 0x5400},
        {"\033[15;5~", 0x6200},
        {"\033q", 0x1000},
        {"\0331", 0x7800},
        {"\033\r", 0x1c00},
        {"\033[3;2~", 0x53e0},
        {"\xc3\xbc", 0x0081},
        {"\xe2\x94\x80", 0x00c4},
        {"\033[99~", 0},
        {"\033[Z", 0x0f00},
        {"\033[255~", 0},
        {"\xe2\x82\xac", 0},
        {"\xf0\x9f\x98\x80", 0},
        {"\x80", 0},
        {"\xff\xbf\xbf\xbf", 0},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct machine *m = machine_new(NULL);
        machine_type(m, cases[i].bytes);
        CHECK_EQ(ring_next(m), cases[i].key);
        CHECK_EQ(ring_next(m), 0);
        machine_type(m, "x"); /* whatever it was, it is over */
        CHECK_EQ(ring_next(m), 0x2d78);
        machine_free(m);
    }
}

static void has_a_key_for_all_of_ascii(void)
{
    for (unsigned c = 0; c < 0x80; c++) {
        struct machine *m = machine_new(NULL);
        if (c != 0x1b) {
            typing_add(&m->typing, (const uint8_t[]){(uint8_t)c}, 1);
            machine_type(m, "");
            CHECK(ring_next(m) >> 8 != 0);
        }
        machine_free(m);
    }
}

static void reads_keys(void)
{
    struct machine *m = machine_new(NULL);
    machine_type(m, "g\r");
    machine_set16(m, CPU_RAX, 0x0000);
    struct cpu_state s = m->cpu;
    s.gpr[CPU_RAX] |= 0x2267;
    s.rip += 2;
    machine_call(m, 0x16, 0x0000);
    CHECK_CPU(m, &s);
    CHECK(!m->waits);
    machine_call(m, 0x16, 0x1000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x1c0d);
    CHECK_EQ(machine_word(m, 0x41a), machine_word(m, 0x41c));
    machine_free(m);
}

static void peeks(void)
{
    struct machine *m = machine_new(NULL);
    m->cpu.rflags &= ~(uint64_t)CPU_FLAG_ZF;
    machine_set16(m, CPU_RAX, 0x0100);
    struct cpu_state s = m->cpu;
    s.rip += 2;
    s.rflags |= CPU_FLAG_ZF; /* no key; AX stays */
    machine_call(m, 0x16, 0x0100);
    CHECK_CPU(m, &s);
    machine_type(m, "q");
    for (unsigned i = 0; i < 2; i++) { /* the key stays */
        s.rip += 2;
        s.rflags &= ~(uint64_t)CPU_FLAG_ZF;
        s.gpr[CPU_RAX] = (s.gpr[CPU_RAX] & ~0xffffull) | 0x1071;
        machine_call(m, 0x16, 0x1100);
        CHECK_CPU(m, &s);
    }
    machine_free(m);
}

static void hides_new_keys_from_old_functions(void)
{
    struct machine *m = machine_new(NULL);
    machine_type(m, "\033[A");
    machine_call(m, 0x16, 0x1100);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x48e0);
    machine_call(m, 0x16, 0x0100);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x4800);
    machine_call(m, 0x16, 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x4800);
    machine_type(m, "\033[24~z"); /* F12 */
    machine_call(m, 0x16, 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x2c7a);
    machine_type(m, "\xce\xb1"); /* alpha is code E0h, and no grey key */
    machine_call(m, 0x16, 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x00e0);
    machine_free(m);
}

/* sti, hlt, and the trap again; only the IRET at the end gives the caller its flags back. */
static void waits_in_the_rom(void)
{
    for (int after_out = 0; after_out < 2; after_out++) {
        struct machine *m = machine_new(NULL);
        m->rip_after_out = after_out;
        m->cpu.rflags &= ~(uint64_t)CPU_FLAG_IF;
        machine_set16(m, CPU_RAX, 0x1000);
        struct cpu_state s = m->cpu;
        machine_call(m, 0x16, 0x1000);
        for (unsigned i = 0; i < 3; i++) {
            CHECK(m->waits);
            CHECK_EQ(m->cpu.seg[CPU_CS].base, 0xf0000);
            CHECK_EQ(machine_word(m, 0xf0000 + m->cpu.rip), 0xf4fb); /* sti, hlt */
            CHECK_EQ(machine_get16(m, CPU_RAX), 0x1000);
            CHECK_EQ(machine_get16(m, CPU_RSP), MACHINE_STACK - 6);
            if (i == 2)
                machine_type(m, "k");
            m->cpu.rip += 2;
            CHECK(machine_trap(m));
        }
        CHECK(!m->waits);
        s.gpr[CPU_RAX] = (s.gpr[CPU_RAX] & ~0xffffull) | 0x256b;
        s.rip += 2;
        CHECK_CPU(m, &s);
        machine_free(m);
    }
}

static void shows_the_cursor_while_it_waits(void)
{
    struct machine *m = machine_new(NULL);
    machine_set16(m, CPU_RBX, 0);
    machine_set16(m, CPU_RDX, 0x0004);
    machine_call(m, 0x10, 0x0e3e);
    machine_call(m, 0x10, 0x0200);
    CHECK_CONSOLE(m, ">");
    machine_call(m, 0x16, 0x0000);
    CHECK_CONSOLE(m, "\033[3C");
    machine_free(m);
}

/* What the ring has no room for waits in the keyboard, whose interface is disabled meanwhile. */
static void fills_up(void)
{
    struct machine *m = machine_new(NULL);
    machine_type(m, "abcdefghijklmno");
    CHECK_EQ(m->i8042.state.ram[0] & 0x10, 0x10);
    machine_type(m, "PQ\033[A");
    CHECK_EQ(machine_word(m, 0x41a), 0x1e);
    CHECK_EQ(machine_word(m, 0x41c), 0x3c);
    for (unsigned i = 0; i < 15; i++) {
        machine_call(m, 0x16, 0x0000);
        machine_type(m, "");
        CHECK_EQ(machine_get16(m, CPU_RAX) & 0xff, 'a' + i);
    }
    CHECK_EQ(m->i8042.state.ram[0] & 0x10, 0);
    CHECK_EQ(ring_next(m), 0x1950);
    CHECK_EQ(ring_next(m), 0x1051);
    CHECK_EQ(ring_next(m), 0x48e0);
    CHECK_EQ(ring_next(m), 0);
    CHECK_EQ(machine_word(m, 0x417), 0); /* no shift is left held */
    machine_free(m);
}

static void settle(struct machine *m)
{
    CHECK(typing_waits(&m->typing));
    typing_settle(&m->typing);
    CHECK(!typing_waits(&m->typing));
    machine_type(m, "");
}

static void settles_a_lone_escape(void)
{
    struct machine *m = machine_new(NULL);
    machine_type(m, "\033");
    CHECK_EQ(ring_next(m), 0);
    settle(m);
    CHECK_EQ(ring_next(m), 0x011b);
    machine_type(m, "\033[");
    settle(m);
    CHECK_EQ(ring_next(m), 0x1a00); /* Alt */
    machine_type(m, "\033[1;");
    settle(m);
    CHECK_EQ(ring_next(m), 0);
    machine_type(m, "\033\033[A");
    CHECK_EQ(ring_next(m), 0x011b);
    CHECK_EQ(ring_next(m), 0x48e0);
    machine_type(m, "\xc3");
    CHECK(!typing_waits(&m->typing));
    machine_free(m);
}

/* INT 16h need not wait for INT 09h, unless somebody has hooked that and can be called. */
static void polls_the_controller(void)
{
    for (unsigned hooked = 0; hooked < 2; hooked++)
        for (unsigned interrupts = 0; interrupts < 2; interrupts++) {
            struct machine *m = machine_new(NULL);
            const bool polls = !hooked || !interrupts;
            if (hooked)
                machine_set_word(m, 4 * 0x09, 0x1234);
            if (!interrupts)
                m->cpu.rflags &= ~(uint64_t)CPU_FLAG_IF;
            typing_add(&m->typing, (const uint8_t *)"Ab", 2);
            machine_call(m, 0x16, 0x0100);
            CHECK_EQ(m->cpu.rflags & CPU_FLAG_ZF, polls ? 0 : CPU_FLAG_ZF);
            CHECK_EQ(ring_next(m), polls ? 0x1e41 : 0);
            CHECK_EQ(ring_next(m), polls ? 0x3062 : 0);
            CHECK_EQ(m->irq1, !polls);
            machine_free(m);
        }
}

static void survives_a_bad_ring(void)
{
    static const uint16_t places[] = {0x0000, 0x001f, 0x003e, 0x1234, 0xffff};
    for (unsigned i = 0; i < 5; i++)
        for (unsigned which = 0; which < 2; which++) {
            struct machine *m = machine_new(NULL);
            machine_type(m, "abc");
            machine_set_word(m, which ? 0x41a : 0x41c, places[i]);
            machine_call(m, 0x16, 0x0100);
            CHECK_EQ(m->cpu.rflags & CPU_FLAG_ZF, CPU_FLAG_ZF);
            machine_type(m, "x");
            machine_call(m, 0x16, 0x0000);
            CHECK_EQ(machine_get16(m, CPU_RAX), 0x2d78);
            machine_free(m);
        }
}

static void pushes_and_tells_shift(void)
{
    struct machine *m = machine_new(NULL);
    struct bios_unknown unknown[2];
    machine_set16(m, CPU_RCX, 0x1234);
    machine_call(m, 0x16, 0x05ff);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0500);
    machine_call(m, 0x16, 0x0000);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x1234);
    for (unsigned i = 0; i < 15; i++)
        machine_call(m, 0x16, 0x0500);
    machine_call(m, 0x16, 0x0500);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0501);
    machine_set_word(m, 0x417, 0x8302);
    machine_call(m, 0x16, 0x02ff);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0202);
    machine_call(m, 0x16, 0x12ff);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0302);
    CHECK_EQ(m->cpu.rflags & CPU_FLAG_CF, 0);
    machine_call(m, 0x16, 0x2200);
    CHECK_EQ(m->cpu.rflags & CPU_FLAG_CF, CPU_FLAG_CF);
    CHECK_EQ(bios_unknown_calls(m->bios, unknown, 2), 1);
    machine_free(m);
}

int main(void)
{
    TEST(makes_keys_of_bytes);
    TEST(has_a_key_for_all_of_ascii);
    TEST(reads_keys);
    TEST(peeks);
    TEST(hides_new_keys_from_old_functions);
    TEST(waits_in_the_rom);
    TEST(shows_the_cursor_while_it_waits);
    TEST(fills_up);
    TEST(settles_a_lone_escape);
    TEST(polls_the_controller);
    TEST(survives_a_bad_ring);
    TEST(pushes_and_tells_shift);
    return check_done();
}
