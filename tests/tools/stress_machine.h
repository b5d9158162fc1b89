/* The stress test's operations on the machine as a whole: monitor commands, traces, restarts. All
 * are begun and ended in all-stop mode with the guest stopped. */
#ifndef TESTS_TOOLS_STRESS_MACHINE_H
#define TESTS_TOOLS_STRESS_MACHINE_H

#include "tests/tools/stress_visit.h"

/* Sends the command; s->text is what it prints. */
static void monitor(struct stress *s, const char *command)
{
    char hex[256];
    size_t len = 0;
    for (const char *c = command; *c && len + 3 < sizeof hex; c++)
        len += (size_t)snprintf(hex + len, sizeof hex - len, "%02x", (unsigned char)*c);
    s->text_len = 0;
    s->text[0] = 0;
    request(s, "qRcmd,%s", hex);
    rsp_expect_ok(&s->rsp);
}

static void monitor_sees_memory(struct stress *s)
{
    char command[64], expected[32];
    const unsigned value = pick(s, 0x7fffffff);
    if (pick(s, 2)) {
        snprintf(command, sizeof command, "pw 0x%x 0x%x", SCRATCH, value);
        monitor(s, command);
    } else {
        request(s, "M%x,4:%08x", SCRATCH, __builtin_bswap32(value));
        rsp_expect_ok(&s->rsp);
    }
    snprintf(command, sizeof command, "xp /1xw 0x%x", SCRATCH);
    monitor(s, command);
    snprintf(expected, sizeof expected, "0x%08x", value);
    if (!strstr(s->text, expected))
        wrong(s, "monitor %s does not show %s: %s", command, expected, s->text);
    request(s, "m%x,4", SCRATCH);
    rsp_answer(&s->rsp);
    if (number_at(s->rsp.packet) != value)
        wrong(s, "wrote 0x%x, read %s", value, s->rsp.packet);
}

static void op_monitor(struct stress *s)
{
    /* COMMAND, and what its answer has in it. */
    static const char *const commands[][2] = {
        {"info cpus", "protected"},
        {"info host", ""},
        {"info exits", ""},
        {"info breakpoints", ""},
        {"info devices", ""},
        {"info lapic", ""},
        {"memory list", "ram"},
        {"stats", ""},
        {"walk 0x9000", "9000"},
        {"gdt", ""},
        {"xp /4xb 0xffffffffffffffff", ""},
        {"nonsense", "nonsense"},
        {"pw", "usage"},
    };
    const unsigned chosen = pick(s, 2 * sizeof commands / sizeof commands[0]);
    if (chosen >= sizeof commands / sizeof commands[0]) {
        monitor_sees_memory(s);
        return;
    }
    monitor(s, commands[chosen][0]);
    if (!s->text[0] || !strcasestr(s->text, commands[chosen][1]))
        wrong(s, "monitor %s: %s", commands[chosen][0], s->text);
}

/* ---- Traces */

/* In how many frames CPUs that count in LOOP can have come by one place, from how they counted. */
struct passes {
    uint32_t least, most;
};

static struct passes passes_of(struct stress *s, unsigned loop, const uint32_t before[CPUS_MAX],
                               const uint32_t now[CPUS_MAX])
{
    struct passes passes = {0, 0};
    for (unsigned i = loop; i < (loop ? s->cpus : 1); i++) {
        const uint32_t rounds = now[i] - before[i];
        passes.least += rounds ? rounds - 1 : 0;
        passes.most += rounds + 1;
    }
    return passes;
}

static void check_frame(struct stress *s, unsigned number, uint32_t addr)
{
    char expected[32];
    request(s, "QTFrame:%x", number);
    rsp_answer(&s->rsp);
    snprintf(expected, sizeof expected, "F%xT1", number);
    if (strcmp(s->rsp.packet, expected))
        wrong(s, "frame %u: %s", number, s->rsp.packet);
    request(s, "g");
    rsp_answer(&s->rsp);
    if (number_at(s->rsp.packet + 8 * REG_EIP) != addr)
        wrong(s, "a frame of 0x%x, not of 0x%x", number_at(s->rsp.packet + 8 * REG_EIP), addr);
    request(s, "QTFrame:ffffffff");
    rsp_answer(&s->rsp);
    if (strcmp(s->rsp.packet, "F-1"))
        wrong(s, "out of the frames: %s", s->rsp.packet);
}

/* A tracepoint has made a frame for each time that a CPU came by: the counters tell how often. */
static void op_trace(struct stress *s)
{
    uint32_t before[CPUS_MAX], now[CPUS_MAX];
    const unsigned loop = pick(s, s->cpus) > 0;
    const uint32_t addr = s->loops[loop].at[pick(s, s->loops[loop].count)];
    static const char *const texts[] = {"QTinit", "", "", "QTStart"};
    for (unsigned i = 0; i < 4; i++) {
        if (i == 1)
            request(s, "QTDP:1:%x:E:0:0-", addr);
        else if (i == 2)
            request(s, "QTDP:-1:%x:R1ff", addr);
        else
            request(s, "%s", texts[i]);
        rsp_expect_ok(&s->rsp);
    }
    read_counters(s, before);
    request(s, "vCont;c");
    run_a_while(s);
    read_counters(s, now);
    request(s, "qTStatus");
    rsp_answer(&s->rsp);
    const bool complete = !strncmp(s->rsp.packet, "T1", 2);
    if (!complete && !strstr(s->rsp.packet, "tfull"))
        wrong(s, "the trace has ended: %s", s->rsp.packet);
    request(s, "QTStop");
    rsp_answer(&s->rsp);
    request(s, "qTP:1:%x", addr);
    rsp_answer(&s->rsp);
    const uint32_t hits = (uint32_t)strtoul(s->rsp.packet + 1, NULL, 16);
    const struct passes passes = passes_of(s, loop, before, now);
    if (s->rsp.packet[0] != 'V' || (complete && (hits < passes.least || hits > passes.most)))
        wrong(s, "%u hits, %u to %u expected: %s", hits, passes.least, passes.most, s->rsp.packet);
    if (hits)
        check_frame(s, pick(s, 2) ? 0 : hits - 1, addr);
    s->frames += hits;
    request(s, "QTinit");
    rsp_expect_ok(&s->rsp);
}

/* ---- Restarts */

/* As gdb's `run`: memory is as at the start, and the CPUs begin anew. */
static void op_restart(struct stress *s)
{
    request(s, "M%x,4:01020304", SCRATCH);
    rsp_expect_ok(&s->rsp);
    clear_breakpoints(s);
    request(s, "!");
    rsp_expect_ok(&s->rsp);
    request(s, "vRun;");
    rsp_answer(&s->rsp);
    if (s->rsp.packet[0] != 'T')
        wrong(s, "not restarted: %s", s->rsp.packet);
    read_registers(s, 0);
    const uint32_t pc = number_at(s->rsp.packet + 8 * REG_EIP);
    if (place_of(s, 0, pc) >= 0 || (s->first_pc && pc != s->first_pc))
        wrong(s, "restarted at 0x%x, before at 0x%x", pc, s->first_pc);
    s->first_pc = pc;
    request(s, "m%x,4", SCRATCH);
    rsp_answer(&s->rsp);
    if (strcmp(s->rsp.packet, "00000000"))
        wrong(s, "memory outlives a restart: %s", s->rsp.packet);
    request(s, "D");
    rsp_expect_ok(&s->rsp);
    close(s->rsp.fd);
    wait_for_loops(s);
    come(s);
    s->restarts++;
}

#endif
