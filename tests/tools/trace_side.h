/* The two machines that trace_compare steps: stepvm and QEMU's software CPU, each by its stub. */
#ifndef TESTS_TOOLS_TRACE_SIDE_H
#define TESTS_TOOLS_TRACE_SIDE_H

#include "tests/tools/rsp.h"

#include "gdbstub/x86_regs.h"

enum { SEGMENTS = 6, MEMORY_PIECE = 1024, FLAG_IF = 1 << 9, FLAG_RF = 1 << 16 };

/* A CPU as both can show it. ip and sp are offsets, not linear. */
struct state {
    uint64_t gpr[16], ip;
    uint32_t flags;
    uint16_t seg[SEGMENTS]; /* es, cs, ss, ds, fs, gs */
    uint64_t cr0, cr3, cr4, efer;
};

struct side {
    struct rsp rsp;
    size_t piece; /* of memory that it gives in one answer */
    char request[64 + 2 * MEMORY_PIECE];
};

static const char digits[] = "0123456789abcdef";

static int hex_value(char c)
{
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* The bytes of HEX, at most SIZE; returns how many there are. */
static size_t from_hex(const char *hex, uint8_t *bytes, size_t size)
{
    size_t n = 0;
    while (n < size && hex_value(hex[0]) >= 0 && hex_value(hex[1]) >= 0) {
        bytes[n++] = (uint8_t)(hex_value(hex[0]) << 4 | hex_value(hex[1]));
        hex += 2;
    }
    return n;
}

static void to_hex(const uint8_t *bytes, size_t n, char *hex)
{
    for (size_t i = 0; i < n; i++) {
        *hex++ = digits[bytes[i] >> 4];
        *hex++ = digits[bytes[i] & 15];
    }
    *hex = 0;
}

__attribute__((format(printf, 2, 3))) static void ask(struct side *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->request, sizeof s->request, format, args);
    va_end(args);
    rsp_send_packet(&s->rsp, s->request);
}

static void command(struct side *s, const char *packet)
{
    ask(s, "%s", packet);
    rsp_expect_ok(&s->rsp);
}

static void greet(struct side *s, const char *path)
{
    rsp_connect(&s->rsp, path);
    ask(s, "qSupported:swbreak+;hwbreak+;vContSupported+");
    rsp_answer(&s->rsp);
    ask(s, "QStartNoAckMode");
    rsp_answer(&s->rsp);
    s->rsp.acks = strcmp(s->rsp.packet, "OK") != 0;
    ask(s, "?");
    rsp_answer(&s->rsp);
}

/* ---- Memory, guest-linear, which both show alike */

static void read_memory(struct side *s, uint64_t addr, uint8_t *bytes, size_t n)
{
    while (n) {
        const size_t piece = n < s->piece ? n : s->piece;
        ask(s, "m%" PRIx64 ",%zx", addr, piece);
        rsp_answer(&s->rsp);
        if (from_hex(s->rsp.packet, bytes, piece) != piece)
            rsp_die(&s->rsp, "memory at 0x%" PRIx64 ": %.40s", addr, s->rsp.packet);
        addr += piece, bytes += piece, n -= piece;
    }
}

static void write_memory(struct side *s, uint64_t addr, const uint8_t *bytes, size_t n)
{
    char hex[2 * MEMORY_PIECE + 1];
    to_hex(bytes, n, hex);
    ask(s, "M%" PRIx64 ",%zx:%s", addr, n, hex);
    rsp_expect_ok(&s->rsp);
}

/* ---- stepvm's registers */

static enum gdb_arch described(struct side *s)
{
    ask(s, "qXfer:features:read:target.xml:0,400");
    rsp_answer(&s->rsp);
    if (strstr(s->rsp.packet, ">i386:x86-64<"))
        return GDB_ARCH_X86_64;
    return strstr(s->rsp.packet, ">i8086<") ? GDB_ARCH_I8086 : GDB_ARCH_I386;
}

/* What is described is what it was told last; ARCH is that. */
static void read_ours(struct side *s, enum gdb_arch arch, struct gdb_x86_regs *regs)
{
    uint8_t bytes[X86_REGS_MAX];
    const struct x86_layout layout = {.arch = arch}; /* what all CPUs have comes first */
    ask(s, "g");
    rsp_answer(&s->rsp);
    if (from_hex(s->rsp.packet, bytes, sizeof bytes) < x86_regs_g_size(layout))
        rsp_die(&s->rsp, "its registers: %zu digits", strlen(s->rsp.packet));
    memset(regs, 0, sizeof *regs);
    x86_regs_put(layout, regs, bytes, x86_regs_g_size(layout));
}

static void state_of_ours(const struct gdb_x86_regs *regs, struct state *state)
{
    memcpy(state->gpr, regs->gpr, sizeof state->gpr);
    state->gpr[GDB_RSP] = regs->raw_sp;
    state->ip = regs->raw_ip;
    state->flags = regs->eflags;
    for (int i = 0; i < SEGMENTS; i++)
        state->seg[i] = (uint16_t)regs->seg[i];
    state->cr0 = regs->cr0;
    state->cr3 = regs->cr3;
    state->cr4 = regs->cr4;
    state->efer = regs->efer;
}

/* ---- QEMU's: the layout of its i386-64bit.xml, the same in all modes; ip without CS's base */

enum { QEMU_IP = 16 * 8, QEMU_FLAGS = 17 * 8, QEMU_SEG = QEMU_FLAGS + 4, QEMU_CR0 = 188 };
enum { QEMU_IP_NUMBER = 16, QEMU_FLAGS_NUMBER = 17, QEMU_SEG_NUMBER = 18, QEMU_CR0_NUMBER = 27 };
enum { QEMU_CR3_NUMBER = 29, QEMU_CR4_NUMBER = 30, QEMU_EFER_NUMBER = 32 };
enum { QEMU_CR3 = QEMU_CR0 + 2 * 8, QEMU_CR4 = QEMU_CR0 + 3 * 8, QEMU_EFER = QEMU_CR0 + 5 * 8 };
enum { QEMU_SIZE = 608 };
static const uint8_t qemu_gpr[16] = {GDB_RAX, GDB_RBX, GDB_RCX, GDB_RDX, GDB_RSI, GDB_RDI,
                                     GDB_RBP, GDB_RSP, 8,       9,       10,      11,
                                     12,      13,      14,      15};
static const uint8_t qemu_seg[SEGMENTS] = {GDB_CS, GDB_SS, GDB_DS, GDB_ES, GDB_FS, GDB_GS};

/* `g` has been asked. */
static void receive_qemu(struct side *s, struct state *state)
{
    uint8_t block[QEMU_SIZE];
    uint32_t selector;
    rsp_answer(&s->rsp);
    if (from_hex(s->rsp.packet, block, QEMU_SIZE) != QEMU_SIZE)
        rsp_die(&s->rsp, "its registers: %zu digits", strlen(s->rsp.packet));
    for (int i = 0; i < 16; i++)
        memcpy(&state->gpr[qemu_gpr[i]], block + 8 * i, 8);
    memcpy(&state->ip, block + QEMU_IP, 8);
    memcpy(&state->flags, block + QEMU_FLAGS, 4);
    for (int i = 0; i < SEGMENTS; i++) {
        memcpy(&selector, block + QEMU_SEG + 4 * i, 4);
        state->seg[qemu_seg[i]] = (uint16_t)selector;
    }
    memcpy(&state->cr0, block + QEMU_CR0, 8);
    memcpy(&state->cr3, block + QEMU_CR3, 8);
    memcpy(&state->cr4, block + QEMU_CR4, 8);
    memcpy(&state->efer, block + QEMU_EFER, 8);
}

static void read_qemu(struct side *s, struct state *state)
{
    ask(s, "g");
    receive_qemu(s, state);
}

static void write_register(struct side *s, unsigned number, uint64_t value, size_t size)
{
    char hex[17];
    to_hex((const uint8_t *)&value, size, hex);
    ask(s, "P%x=%s", number, hex);
    rsp_expect_ok(&s->rsp);
}

/* What WAS must become what SHALL be. One by one: QEMU 7.2 takes a `G` apart at other places than
 * those where it puts a `g` together. In the order in which a mode is entered; selectors load their
 * descriptors. */
static void write_qemu(struct side *s, const struct state *was, const struct state *shall)
{
    for (unsigned i = 0; i < 16; i++)
        if (was->gpr[qemu_gpr[i]] != shall->gpr[qemu_gpr[i]])
            write_register(s, i, shall->gpr[qemu_gpr[i]], 8);
    if (was->cr4 != shall->cr4)
        write_register(s, QEMU_CR4_NUMBER, shall->cr4, 8);
    if (was->cr3 != shall->cr3)
        write_register(s, QEMU_CR3_NUMBER, shall->cr3, 8);
    if (was->efer != shall->efer)
        write_register(s, QEMU_EFER_NUMBER, shall->efer, 8);
    if (was->cr0 != shall->cr0)
        write_register(s, QEMU_CR0_NUMBER, shall->cr0, 8);
    for (unsigned i = 0; i < SEGMENTS; i++)
        if (was->seg[qemu_seg[i]] != shall->seg[qemu_seg[i]])
            write_register(s, QEMU_SEG_NUMBER + i, shall->seg[qemu_seg[i]], 4);
    if (was->flags != shall->flags)
        write_register(s, QEMU_FLAGS_NUMBER, shall->flags, 4);
    if (was->ip != shall->ip)
        write_register(s, QEMU_IP_NUMBER, shall->ip, 8);
}

/* Lets it run until linear address PC, without interrupts. */
static void run_qemu_to(struct side *s, const struct state *now, uint64_t pc)
{
    struct state state = *now;
    state.flags &= ~FLAG_IF;
    write_qemu(s, now, &state);
    ask(s, "Z0,%" PRIx64 ",1", pc);
    rsp_expect_ok(&s->rsp);
    ask(s, "vCont;c");
    rsp_answer(&s->rsp);
    ask(s, "z0,%" PRIx64 ",1", pc);
    rsp_expect_ok(&s->rsp);
    read_qemu(s, &state);
    struct state restored = state;
    restored.flags |= now->flags & FLAG_IF;
    write_qemu(s, &state, &restored);
}

#endif
