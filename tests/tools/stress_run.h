/* The stress test's ways to let the guest run that end in one place only: what the model says.
 * All-stop mode; the guest is stopped before and after each. */
#ifndef TESTS_TOOLS_STRESS_RUN_H
#define TESTS_TOOLS_STRESS_RUN_H

#include "tests/tools/stress_visit.h"

struct range {
    uint32_t start, end;
};

static struct range pick_range(struct stress *s, unsigned cpu)
{
    const struct loop *loop = loop_of(s, cpu);
    const uint32_t a = loop->at[pick(s, loop->count)], b = loop->at[pick(s, loop->count)];
    return a < b ? (struct range){a, b + 1} : (struct range){b, a + 1};
}

/* Places in the others' loop, of what enters a handler. */
enum { INT = 2, INT3 = 4 };

/* Where CPU ends that steps from place FROM on while it is in RANGE and enters no handler, or -1 if
 * it never does. */
static int range_end(struct stress *s, unsigned cpu, int from, struct range range)
{
    const struct loop *loop = loop_of(s, cpu);
    int at = from;
    for (unsigned steps = 0; steps <= loop->count; steps++) {
        const bool enters = cpu && (at == INT || at == INT3);
        at = (at + 1) % (int)loop->count;
        if (enters || loop->at[at] < range.start || loop->at[at] >= range.end ||
            stops_at(s, cpu, at))
            return at;
    }
    return -1;
}

static unsigned stopped_cpu(struct stress *s)
{
    const char *thread = strstr(s->rsp.packet, "thread:");
    if (s->rsp.packet[0] != 'T' || !thread)
        wrong(s, "no stop: %s", s->rsp.packet);
    return (unsigned)strtoul(thread + 7, NULL, 16) - 1;
}

/* The stop that has come is of CPU, which alone ran from place FROM to END. One that had come to a
 * breakpoint before, and was not heard of, has not moved. */
static void expect_end(struct stress *s, unsigned cpu, int from, int end)
{
    char stop[256];
    snprintf(stop, sizeof stop, "%.255s", s->rsp.packet);
    if (stopped_cpu(s) != cpu)
        wrong(s, "CPU %u ran, and this stops: %s", cpu, stop);
    const bool at_breakpoint = strstr(stop, "break:");
    const int at = place(s, cpu);
    s->stops++;
    if (at_breakpoint && !may_have_hit(s, cpu, at))
        wrong(s, "CPU %u at a breakpoint in place %d, where none is set that stops", cpu, at);
    if (at != end && !(at_breakpoint && at == from))
        wrong(s, "CPU %u went from %d to %d of its loop, not to %d", cpu, from, at, end);
}

static void op_range(struct stress *s)
{
    const unsigned cpu = pick(s, s->cpus);
    const int from = place(s, cpu);
    const struct range range = pick_range(s, cpu);
    const int end = range_end(s, cpu, from, range);
    request(s, "vCont;r%x,%x:%x", range.start, range.end, cpu + 1);
    if (end >= 0) {
        rsp_answer(&s->rsp);
        expect_end(s, cpu, from, end);
    } else {
        run_a_while(s); /* until it is interrupted */
    }
}

/* The others go on, and may stop before. */
static void op_range_run_others(struct stress *s)
{
    const unsigned cpu = pick(s, s->cpus);
    const struct range range = pick_range(s, cpu);
    s->stepping = 1u << cpu;
    request(s, "vCont;r%x,%x:%x;c", range.start, range.end, cpu + 1);
    run_a_while(s);
}

/* `int` and `int3` of the others' loop are taken with their handlers. */
static void op_next16(struct stress *s)
{
    const unsigned cpu = pick(s, s->cpus);
    const int from = place(s, cpu);
    int end = (from + 1) % (int)loop_of(s, cpu)->count;
    if (cpu && (from == INT || from == INT3) && !stops_at(s, cpu, end))
        end++;
    request(s, "qRcmd,6e6578743136"); /* "next16" */
    rsp_answer(&s->rsp);
    request(s, "vCont;s:%x", cpu + 1);
    rsp_answer(&s->rsp);
    expect_end(s, cpu, from, end);
}

/* One that each CPU of its loop must come to, whatever it is doing now. */
static bool has_certain_stop(const struct stress *s)
{
    for (unsigned type = 0; type < 2; type++)
        for (unsigned loop = 0; loop < 2 && loop < s->cpus; loop++)
            for (unsigned at = 0; at < s->loops[loop].count; at++)
                if (s->set[type][loop] >> at & 1 && s->condition[type][loop][at] == ALWAYS)
                    return true;
    return false;
}

static void op_run_until_stop(struct stress *s)
{
    if (!has_certain_stop(s))
        return;
    request(s, "vCont;c");
    rsp_answer(&s->rsp);
    check_stop(s, false);
}

/* A counter is written, and read, each time round: the watchpoint must stop its CPU, unless another
 * stops before. */
static void op_watch(struct stress *s)
{
    s->watch.type = 2 + pick(s, 3);
    s->watch.counter = pick(s, s->cpus);
    request(s, "Z%u,%x,4", s->watch.type, COUNTERS + 4 * s->watch.counter);
    rsp_expect_ok(&s->rsp);
    for (unsigned runs = 1 + pick(s, 3); runs; runs--) {
        request(s, "vCont;c");
        rsp_answer(&s->rsp);
        check_stop(s, false);
    }
    request(s, "z%u,%x,4", s->watch.type, COUNTERS + 4 * s->watch.counter);
    rsp_expect_ok(&s->rsp);
    s->watch.type = 0;
}

#endif
