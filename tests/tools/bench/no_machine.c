/* A stub with no machine behind it: the loop of guests/bench_loop.s, whose instructions are over at
 * once. What gdb does with it is what gdb itself costs, and the sockets, and the stub's library. */
#include "bench.h"

#include "gdbstub/gdbstub.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

/* The loop's code, and the lengths of its instructions. */
static const uint8_t code[] = {0x40, 0x01, 0xc3, 0x89, 0x1e, 0x00, 0x90, 0x53, 0x5a, 0xeb, 0xf5};
static const uint8_t lengths[] = {1, 2, 4, 1, 1, 2};

enum { NOISE = 0x10000 };

struct no_machine {
    struct gdb_server *server;
    unsigned at;          /* which instruction is next */
    uint8_t noise[NOISE]; /* what memory holds, again and again */
};

static uint64_t pc_of(const struct no_machine *m)
{
    uint64_t pc = START;
    for (unsigned i = 0; i < m->at; i++)
        pc += lengths[i];
    return pc;
}

static size_t thread_count(void *target)
{
    (void)target;
    return 1;
}

static enum gdb_arch arch(void *target, int thread)
{
    (void)target;
    (void)thread;
    return GDB_ARCH_I8086;
}

static int read_registers(void *target, int thread, unsigned parts, struct gdb_x86_regs *regs)
{
    (void)thread;
    (void)parts;
    *regs = (struct gdb_x86_regs){.pc = pc_of(target), .eflags = 2, .gpr[GDB_RSP] = START};
    return 0;
}

static int64_t read_memory(void *target, int thread, uint64_t addr, void *buf, size_t len)
{
    const struct no_machine *m = target;
    (void)thread;
    for (size_t n, done = 0; done < len; done += n) {
        const size_t at = (addr + done) % NOISE;
        n = len - done < NOISE - at ? len - done : NOISE - at;
        memcpy((uint8_t *)buf + done, m->noise + at, n);
    }
    for (size_t i = 0; i < sizeof code; i++)
        if (START + i - addr < len)
            ((uint8_t *)buf)[START + i - addr] = code[i];
    return (int64_t)len;
}

static int breakpoint(void *target, enum gdb_breakpoint_type type, uint64_t addr, uint64_t kind,
                      struct gdb_text *why)
{
    (void)target, (void)type, (void)addr, (void)kind, (void)why;
    return 0;
}

static int resume(void *target, const struct gdb_resume *actions, size_t n)
{
    struct no_machine *m = target;
    struct gdb_stop stop = {.code = GDB_SIGTRAP, .thread = 1};
    if (n && actions[0].kind == GDB_RESUME_CONTINUE)
        stop.reason = GDB_REASON_HWBREAK;
    m->at = stop.reason ? 0 : (m->at + 1) % sizeof lengths;
    gdb_server_report_stop(m->server, &stop);
    return 0;
}

static void interrupt(void *target)
{
    const struct gdb_stop stop = {.code = GDB_SIGINT, .thread = 1};
    gdb_server_report_stop(((struct no_machine *)target)->server, &stop);
}

static void detach(void *target, gdb_hit_filter *filter, void *context)
{
    (void)target, (void)filter, (void)context;
}

static void nothing(void *target)
{
    (void)target;
}

static const struct gdb_target_ops ops = {
    .thread_count = thread_count,
    .arch = arch,
    .read_registers = read_registers,
    .read_memory = read_memory,
    .insert_breakpoint = breakpoint,
    .remove_breakpoint = breakpoint,
    .resume = resume,
    .interrupt = interrupt,
    .detach = detach,
    .kill = nothing,
};

static void make_noise(struct no_machine *m)
{
    uint32_t state = 1;
    for (size_t i = 0; i < NOISE; i++) {
        state = state * 1664525 + 1013904223;
        m->noise[i] = (uint8_t)(state >> 24);
    }
}

void bench_no_machine(char **args)
{
    struct no_machine m = {0};
    char where[32], text[256];
    struct gdb_text why;
    bool came = false;
    const struct gdb_server_config config = {.ops = &ops, .target = &m, .where = where};
    gdb_text_init(&why, text, sizeof text);
    if (!strcmp(args[1], "random"))
        make_noise(&m);
    snprintf(where, sizeof where, "127.0.0.1:%.5s", args[0]);
    if (gdb_server_open(&m.server, &config, &why))
        give_up(text);
    while (!came || gdb_server_attached(m.server)) {
        struct pollfd fds[GDB_SERVER_FDS];
        const size_t n = gdb_server_poll(m.server, fds);
        poll(fds, n, -1);
        gdb_server_dispatch(m.server, fds, n);
        came = came || gdb_server_attached(m.server);
    }
    gdb_server_close(m.server);
}
