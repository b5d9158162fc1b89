/* The stress test's visits to stepvm: it comes, hears of stops, and goes away. */
#ifndef TESTS_TOOLS_STRESS_VISIT_H
#define TESTS_TOOLS_STRESS_VISIT_H

#include "tests/tools/stress_guest.h"

static void open_socket(struct stress *s)
{
    s->rsp.die = rsp_failed;
    s->rsp.saw = rsp_saw;
    s->rsp.context = s;
    rsp_connect(&s->rsp, s->socket);
}

/* The client before us may not yet be known to be gone: then we are refused. */
static void enter(struct stress *s)
{
    for (int tries = 0;; tries++) {
        open_socket(s);
        request(s, "qSupported:swbreak+;hwbreak+;vContSupported+");
        rsp_answer(&s->rsp);
        if (s->rsp.packet[0] != 'E')
            break;
        if (tries == 1000)
            wrong(s, "refused: %s", s->rsp.packet);
        close(s->rsp.fd);
        rsp_sleep_us(1000);
    }
}

static void come(struct stress *s)
{
    enter(s);
    memset(s->set, 0, sizeof s->set);
    memset(s->judged, 0, sizeof s->judged);
    memset(s->conditional, 0, sizeof s->conditional);
    s->watch.type = 0;
    s->stepping = 0;
    if (pick(s, 4)) {
        request(s, "QStartNoAckMode");
        rsp_expect_ok(&s->rsp);
        s->rsp.acks = false;
    }
    request(s, "?");
    rsp_answer(&s->rsp);
    if (s->rsp.packet[0] != 'T')
        wrong(s, "not stopped: %s", s->rsp.packet);
    for (unsigned cpu = 0; cpu < s->cpus; cpu++)
        place(s, cpu);
    check_code(s);
}

static void vanish(struct stress *s)
{
    close(s->rsp.fd);
    if (pick(s, 2))
        rsp_sleep_us(pick(s, 2000));
    come(s);
}

/* At the start, and after a restart, the CPUs may not be in their loops yet. */
static void wait_for_loops(struct stress *s)
{
    uint32_t counters[CPUS_MAX];
    for (int tries = 0; tries < RSP_PATIENCE_MS / 10; tries++) {
        unsigned started = 0;
        enter(s);
        read_counters(s, counters);
        for (unsigned i = 0; i < s->cpus; i++)
            started += counters[i] != 0;
        for (unsigned i = 0; i < 2 && i < s->cpus && started == s->cpus; i++) {
            keep_code(s, &s->loops[i]);
        }
        request(s, "D");
        rsp_expect_ok(&s->rsp);
        close(s->rsp.fd);
        if (started == s->cpus)
            return;
        rsp_sleep_us(10000);
    }
    wrong(s, "not every CPU has started");
}

/* ---- Stops */

/* The stop that has come is not the interrupt's, which came too late: as gdb does, either shows
 * that stop to its user, or goes on and is interrupted at once. */
static void end_interrupt(struct stress *s)
{
    const bool shown = pick(s, 2);
    request(s, shown ? "qfThreadInfo" : "vCont;c");
    rsp_answer(&s->rsp);
    if (strncmp(s->rsp.packet, shown ? "m" : "T02", shown ? 1 : 3))
        wrong(s, "behind an interrupt that came too late: %s", s->rsp.packet);
}

/* A stop reply is there: its signal, thread and reason fit what the guest can have done. */
static void check_stop(struct stress *s, bool interrupted)
{
    const char *thread = strstr(s->rsp.packet, "thread:");
    if (s->rsp.packet[0] != 'T' || !thread)
        wrong(s, "no stop: %s", s->rsp.packet);
    const unsigned cpu = (unsigned)strtoul(thread + 7, NULL, 16) - 1;
    const unsigned long signal = strtoul((char[]){s->rsp.packet[1], s->rsp.packet[2], 0}, NULL, 16);
    const bool at_breakpoint = strstr(s->rsp.packet, "break:");
    const char *watch = strstr(s->rsp.packet, "watch:");
    const uint32_t watched = watch ? (uint32_t)strtoul(watch + 6, NULL, 16) : 0;
    s->stops++;
    if (cpu >= s->cpus)
        wrong(s, "a thread that is none: %s", s->rsp.packet);
    const int at = place(s, cpu);
    if (signal == 2 ? !interrupted : signal != 5)
        wrong(s, "signal %lu", signal);
    if (at_breakpoint && !may_have_hit(s, cpu, at))
        wrong(s, "a breakpoint at 0x%x, where none is set that stops", loop_of(s, cpu)->at[at]);
    if (watch && (!s->watch.type || watched != COUNTERS + 4 * s->watch.counter || at != 1 ||
                  counter_of(s, cpu) != s->watch.counter))
        wrong(s, "CPU %u in place %d: 0x%x is not watched or not its own", cpu, at, watched);
    if (signal == 5 && !at_breakpoint && !watch && !(s->stepping >> cpu & 1))
        wrong(s, "a stop of CPU %u for no reason", cpu);
    s->stepping = 0;
    if (interrupted && signal != 2)
        end_interrupt(s);
    if (!pick(s, 4))
        check_code(s);
}

/* The guest runs: lets it, and interrupts it if nothing stops it before. */
static void run_a_while(struct stress *s)
{
    const int wait = (int)pick(s, 4);
    const bool stopped = wait != 3 && rsp_receive(&s->rsp, wait);
    if (!stopped) {
        rsp_send_bytes(&s->rsp, "\003", 1);
        rsp_answer(&s->rsp);
    }
    check_stop(s, !stopped);
}

#endif
