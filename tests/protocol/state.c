/* Memory, registers and breakpoints: the packets that show and change a stopped target. */
#include "gdbstub/x86_regs.h"
#include "peer.h"

static void reads_memory(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    memcpy(p->fake.memory + 0x500, "\x01\x23\xab\xff", 4);
    ASK(p, "m500,4", "0123abff");
    ASK(p, "m0000000000000500,0001", "01");
    ASK(p, "x500,4", "b\\01#\\ab\\ff");
    ASK(p, "x500,0", "b");
    ASK(p, "mfffe,4", "9090"); /* short: the rest is not there */
    ASK(p, "xfffe,4", "b\\90\\90");
    ASK(p, "m10000,1", "E0e");
    ASK(p, "x10000,1", "E0e");
    ASK(p, "mffffffffffffffff,2", "E0e");
    ASK(p, "m500,0", "E16");
    free_peer(p);
}

static void refuses_malformed_reads(void)
{
    static const char *const packets[] = {
        "m",    "m500",   "m500,",    "m,4",   "m500,4,", "m500,4 ", "m 500,4",
        "mg,4", "m500,g", "m0x500,4", "m-1,4", "m500;4",  "m500,-1", "m10000000000000000,1",
        "x500", "x,",     "m500,4:",
    };
    struct peer *p = new_peer(GDB_ARCH_I8086);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "E16");
    free_peer(p);
}

static int64_t all_zero(void *target, int thread, uint64_t addr, void *buf, size_t len)
{
    (void)target;
    (void)thread;
    CHECK(len - 1 <= UINT64_MAX - addr);
    memset(buf, 0x5c, len);
    return (int64_t)len;
}

/* A huge read is answered short, within the size of a packet. */
static void bounds_reads(void)
{
    static const char *const packets[] = {"m0,ffffffffffffffff", "m0,80000", "x0,ffffffffffffffff",
                                          "x0,80000"};
    struct peer *p = new_peer(GDB_ARCH_I8086);
    p->ops.read_memory = all_zero;
    for (size_t i = 0; i < 4; i++) {
        size_t len = strlen(ask(p, packets[i]));
        CHECK(len > 0x80000 - 64);
        CHECK(p->wire_len <= PACKET_SIZE);
    }
    ASK(p, "mfffffffffffffffe,9", "5c5c"); /* does not wrap */
    free_peer(p);
}

static void writes_memory(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "M500,3:0aFF7d", "OK");
    CHECK_MEM(p->fake.memory + 0x4ff, "\x90\x0a\xff\x7d\x90", 5);
    ASK(p, "M500,0:", "OK");
    ASK(p, "X500,0:", "OK"); /* gdb's question whether X is known */
    ASK(p, "X500,3:abc", "OK");
    CHECK_MEM(p->fake.memory + 0x4ff,
              "\x90"
              "abc\x90",
              5);
    free_peer(p);
}

static void x_counts_decoded_bytes(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    /* '#' escaped, '*' bare, as some clients send it */
    CHECK_STR(ask_bytes(p, "X500,4:a}\003*\003", 12), "OK");
    CHECK_MEM(p->fake.memory + 0x500, "a#*\003\x90", 5);
    CHECK_STR(ask_bytes(p, "X500,3:a}\003*\003", 12), "E16");
    CHECK_STR(ask_bytes(p, "X500,4:a}\003*", 11), "E16");
    CHECK_EQ(p->fake.interrupts, 0); /* a 3 in the data interrupts nothing */
    free_peer(p);
}

static void refuses_malformed_writes(void)
{
    static const char *const packets[] = {
        "M500,2:0a", "M500,1:0a0b", "M500,1:0g", "M500,1:0",   "M500,1",
        "M500:0a",   "M,1:0a",      "X500,1:",   "X500,1:abc", "Mffffffffffffffff,2:0a0b"};
    struct peer *p = new_peer(GDB_ARCH_I8086);
    uint8_t before[FAKE_MEMORY];
    memcpy(before, p->fake.memory, sizeof(before));
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "E16");
    CHECK_MEM(p->fake.memory, before, sizeof(before));
    ASK(p, "M10000,1:00", "E0e");
    ASK(p, "Mffff,2:0000", "E0e"); /* half of it */
    free_peer(p);
}

static void shows_all_registers(void)
{
    static const enum gdb_arch archs[] = {GDB_ARCH_I8086, GDB_ARCH_I386, GDB_ARCH_X86_64};
    for (size_t a = 0; a < 3; a++) {
        struct peer *p = new_peer(archs[a]);
        uint8_t bytes[X86_REGS_MAX];
        char hex[2 * X86_REGS_MAX + 1] = "";
        const struct x86_layout layout = {.arch = archs[a], .has = p->fake.features};
        size_t n = x86_regs_g_size(layout);
        x86_regs_get(layout, &p->fake.regs[0], bytes, n);
        for (size_t i = 0; i < n; i++)
            sprintf(hex + 2 * i, "%02x", bytes[i]);
        ASK(p, "g", hex);
        free_peer(p);
    }
}

static void takes_all_registers(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    struct gdb_x86_regs before = p->fake.regs[0];
    char packet[2 * X86_REGS_MAX + 2];
    snprintf(packet, sizeof(packet), "G%s", ask(p, "g"));
    ASK(p, packet, "OK");
    CHECK_MEM(&p->fake.regs[0], &before, sizeof(before)); /* the upper halves too */
    memcpy(packet + 1, "78563412", 8);
    ASK(p, packet, "OK");
    before.gpr[GDB_RAX] = (before.gpr[GDB_RAX] >> 32 << 32) | 0x12345678;
    CHECK_MEM(&p->fake.regs[0], &before, sizeof(before));
    packet[strlen(packet) - 2] = 0;
    ASK(p, packet, "E16"); /* a byte too few */
    strcat(packet, "0g");
    ASK(p, packet, "E16");
    ASK(p, "G", "E16");
    CHECK_MEM(&p->fake.regs[0], &before, sizeof(before));
    free_peer(p);
}

/* What lies behind the end of `g` may be sent, too; without it nothing there is changed. */
static void takes_the_msrs_too(void)
{
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    const struct x86_layout layout = {.arch = GDB_ARCH_X86_64, .has = p->fake.features};
    struct gdb_x86_regs before = p->fake.regs[0];
    uint8_t bytes[X86_REGS_MAX];
    char packet[2 * X86_REGS_MAX + 2] = "G";
    size_t size = x86_regs_size(layout), g_size = x86_regs_g_size(layout);
    CHECK_EQ(size - g_size, 4 + 8 * (GDB_MSRS + 1)); /* xcr0, and k_gs_base is one too */
    before.msr[GDB_MSRS - 1] = 0x1122334455667788;
    x86_regs_get(layout, &before, bytes, size);
    for (size_t i = 0; i < size; i++)
        sprintf(packet + 1 + 2 * i, "%02x", bytes[i]);
    ASK(p, packet, "OK");
    CHECK_MEM(&p->fake.regs[0], &before, sizeof(before));
    packet[1 + 2 * (size - 8)] = 0; /* one MSR too few */
    ASK(p, packet, "E16");
    packet[1 + 2 * g_size] = 0;
    ASK(p, packet, "OK");
    CHECK_MEM(&p->fake.regs[0], &before, sizeof(before));
    free_peer(p);
}

static void asks_the_target_for_what_it_needs(void)
{
    static const struct {
        const char *name;
        unsigned part;
    } rows[] = {{"rax", GDB_PART_BASE},   {"tr_attr", GDB_PART_BASE}, {"st7", GDB_PART_FPU},
                {"zmm31h", GDB_PART_FPU}, {"dr7", GDB_PART_DEBUG},    {"xcr0", GDB_PART_XCR0},
                {"lstar", GDB_PART_MSR},  {"k_gs_base", GDB_PART_MSR}};
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    const struct x86_layout layout = {.arch = GDB_ARCH_X86_64, .has = p->fake.features};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char packet[16];
        snprintf(packet, sizeof(packet), "p%x", x86_reg_number(layout, rows[i].name));
        ask(p, packet);
        CHECK_EQ(p->fake.parts, rows[i].part);
    }
    ask(p, "g");
    CHECK_EQ(p->fake.parts, GDB_PART_BASE | GDB_PART_FPU | GDB_PART_DEBUG);
    free_peer(p);
}

static void reads_and_writes_one_register(void)
{
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    ASK(p, "p10", "007c000000000000"); /* rip */
    ASK(p, "P10=efcdab8967452301", "OK");
    CHECK_EQ(p->fake.regs[0].pc, 0x0123456789abcdef);
    p->fake.regs[0].gpr[15] = 0x1122334455667788;
    ASK(p, "pf", "8877665544332211"); /* r15, its own value */
    ASK(p, "P10=00", "E16");
    ASK(p, "P10=", "E16");
    ASK(p, "P10", "E16");
    ASK(p, "Pffff=00", "E16");
    ASK(p, "pffff", "E16");
    ASK(p, "pffffffffffffffff", "E16");
    ASK(p, "p", "E16");
    p->fake.refuse = EBUSY;
    ASK(p, "P10=0000000000000000", "E.the fake refuses");
    CHECK_EQ(p->fake.regs[0].pc, 0x0123456789abcdef);
    free_peer(p);
}

static void inserts_and_removes_breakpoints(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "Z0,7c00,1", "OK");
    ASK(p, "Z0,7c00,1", "OK"); /* again: nothing happens */
    ASK(p, "Z1,7c00,1", "OK");
    ASK(p, "Z2,500,4", "OK");
    ASK(p, "Z2,500,2", "OK");
    ASK(p, "z0,7c00,1", "OK");
    ASK(p, "z0,7c00,1", "OK");
    ASK(p, "z1,1234,1", "OK");
    ASK(p, "z2,500,4", "OK");
    CHECK_STR(p->fake.log, "insert 0 7c00 1\ninsert 1 7c00 1\ninsert 2 500 4\ninsert 2 500 2\n"
                           "remove 0 7c00 1\nremove 2 500 4\n");
    free_peer(p);
}

static void refuses_breakpoints(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "Z3,500,4", ""); /* the target has no read watch */
    ASK(p, "Z5,500,4", "");
    ASK(p, "Z100000000,500,4", "");
    ASK(p, "Z0,7c00", "E16");
    ASK(p, "Z0,7c00,1;X1,0", "E16"); /* conditions were not offered */
    ASK(p, "Zx,7c00,1", "E16");
    p->fake.refuse = ENOSPC;
    ASK(p, "Z1,7c00,1", "E.no room");
    p->fake.refuse = 0;
    ASK(p, "Z1,7c00,1", "OK"); /* the failed one was not remembered */
    p->ops.insert_breakpoint = NULL;
    ASK(p, "Z0,7c00,1", "");
    free_peer(p);
}

static int take_any(void *target, enum gdb_breakpoint_type type, uint64_t addr, uint64_t kind,
                    struct gdb_text *why)
{
    (void)target;
    (void)type;
    (void)addr;
    (void)kind;
    (void)why;
    return 0;
}

static void bounds_breakpoints(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    char packet[32];
    p->ops.insert_breakpoint = take_any;
    for (unsigned i = 0; i < INSERTED_MAX; i++) {
        snprintf(packet, sizeof(packet), "Z0,%x,1", i);
        ASK(p, packet, "OK");
    }
    ASK(p, "Z0,ffffff,1", "E1c");
    ASK(p, "z0,5,1", "E02"); /* the fake has not got it: an error, and it stays */
    free_peer(p);
}

static void lacks_what_the_target_lacks(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    p->ops.read_memory = NULL;
    p->ops.write_memory = NULL;
    p->ops.write_registers = NULL;
    p->ops.remove_breakpoint = NULL;
    p->ops.monitor = NULL;
    ASK(p, "m0,4", "");
    ASK(p, "x0,4", "");
    ASK(p, "M0,1:00", "");
    ASK(p, "X0,0:", "");
    ASK(p, "P0=00000000", "");
    ASK(p, "G00", "");
    ASK(p, "z0,0,1", "");
    ASK(p, "qRcmd,00", "");
    free_peer(p);
}

int main(void)
{
    TEST(reads_memory);
    TEST(refuses_malformed_reads);
    TEST(bounds_reads);
    TEST(writes_memory);
    TEST(x_counts_decoded_bytes);
    TEST(refuses_malformed_writes);
    TEST(shows_all_registers);
    TEST(takes_all_registers);
    TEST(takes_the_msrs_too);
    TEST(asks_the_target_for_what_it_needs);
    TEST(reads_and_writes_one_register);
    TEST(inserts_and_removes_breakpoints);
    TEST(refuses_breakpoints);
    TEST(bounds_breakpoints);
    TEST(lacks_what_the_target_lacks);
    return check_done();
}
