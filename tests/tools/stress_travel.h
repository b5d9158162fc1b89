/* The stress test's operations that lead back: a recording, in which each state is the very one
 * that was there, and snapshots. The guest is stopped before and after each. */
#ifndef TESTS_TOOLS_STRESS_TRAVEL_H
#define TESTS_TOOLS_STRESS_TRAVEL_H

#include "tests/tools/stress_machine.h"

enum { SNAPSHOTS = 3, STATES_MAX = 8, REGISTERS_MAX = 4096 };

/* What is compared: the CPU that steps, one that does not, what all have counted, a byte. */
struct state {
    char registers[2][REGISTERS_MAX];
    uint32_t counters[CPUS_MAX];
    char scratch[16];
};

struct journey {
    unsigned cpus[2];
    struct state states[STATES_MAX];
    unsigned last; /* of the states, the one behind the last step */
};

static void read_state(struct stress *s, const unsigned cpus[2], struct state *state)
{
    memset(state, 0, sizeof *state);
    for (unsigned i = 0; i < 2; i++) {
        read_registers(s, cpus[i]);
        snprintf(state->registers[i], sizeof state->registers[i], "%.*s", REGISTERS_MAX - 1,
                 s->rsp.packet);
    }
    read_counters(s, state->counters);
    request(s, "m%x,4", SCRATCH);
    rsp_answer(&s->rsp);
    snprintf(state->scratch, sizeof state->scratch, "%.15s", s->rsp.packet);
}

static void expect_state(struct stress *s, const unsigned cpus[2], const struct state *expected,
                         const char *where)
{
    struct state now;
    read_state(s, cpus, &now);
    for (unsigned i = 0; i < 2; i++)
        if (strcmp(now.registers[i], expected->registers[i]))
            wrong(s, "%s: CPU %u is\n%s, it was\n%s", where, cpus[i], now.registers[i],
                  expected->registers[i]);
    for (unsigned i = 0; i < s->cpus; i++)
        if (now.counters[i] != expected->counters[i])
            wrong(s, "%s: counter %u is %u, it was %u", where, i, now.counters[i],
                  expected->counters[i]);
    if (strcmp(now.scratch, expected->scratch))
        wrong(s, "%s: memory is %s, it was %s", where, now.scratch, expected->scratch);
}

static void pick_cpus(struct stress *s, unsigned cpus[2])
{
    cpus[0] = pick(s, s->cpus);
    cpus[1] = pick(s, s->cpus);
}

static void write_scratch(struct stress *s)
{
    request(s, "M%x,4:%08x", SCRATCH, pick(s, 0x7fffffff));
    rsp_expect_ok(&s->rsp);
}

/* ---- Snapshots */

static void snapshot(struct stress *s, const char *what, unsigned name, const char *said)
{
    char command[64];
    snprintf(command, sizeof command, "snapshot %s s%u", what, name);
    monitor(s, command);
    if (!strstr(s->text, said))
        wrong(s, "%s: %s", command, s->text);
}

/* Restored once or twice, the first time after some other things. */
static void op_snapshot(struct stress *s)
{
    static struct state state;
    unsigned cpus[2];
    const unsigned name = pick(s, SNAPSHOTS);
    pick_cpus(s, cpus);
    write_scratch(s);
    read_state(s, cpus, &state);
    snapshot(s, "save", name, ": saved in");
    for (unsigned times = 1 + pick(s, 2); times; times--) {
        if (pick(s, 3))
            write_scratch(s);
        request(s, "vCont;c");
        run_a_while(s);
        snapshot(s, "restore", name, ": restored in");
        expect_state(s, cpus, &state, "restored");
    }
    if (pick(s, 2))
        snapshot(s, "delete", name, ": deleted");
}

/* Of those that there may be; what they held is free again. */
static void delete_snapshots(struct stress *s)
{
    for (unsigned name = 0; name < SNAPSHOTS; name++)
        snapshot(s, "delete", name, "delete");
}

/* ---- Recording */

/* One step of J's CPU. False if that has stopped for something that was there before. */
static bool step_once(struct stress *s, const struct journey *j, bool back)
{
    if (back) {
        request(s, "Hc%x", j->cpus[0] + 1);
        rsp_expect_ok(&s->rsp);
        request(s, "bs");
    } else {
        request(s, "vCont;s:%x", j->cpus[0] + 1);
    }
    rsp_answer(&s->rsp);
    const char *thread = strstr(s->rsp.packet, "thread:");
    if (s->rsp.packet[0] != 'T' || !thread || strtoul(thread + 7, NULL, 16) != j->cpus[0] + 1)
        wrong(s, "CPU %u was to step%s: %s", j->cpus[0], back ? " back" : "", s->rsp.packet);
    s->stops++;
    return !strstr(s->rsp.packet, "break:");
}

static void record_steps(struct stress *s, struct journey *j)
{
    const unsigned wanted = 1 + pick(s, STATES_MAX - 1);
    for (j->last = 0; j->last < wanted; j->last++) {
        read_state(s, j->cpus, &j->states[j->last]);
        if (!step_once(s, j, false))
            break;
    }
    if (j->last == wanted)
        read_state(s, j->cpus, &j->states[j->last]);
}

/* Back to any of the states, then forth again to any. A step leads by one, whatever is inserted. */
static void travel(struct stress *s, struct journey *j)
{
    const unsigned first = pick(s, j->last + 1), second = first + pick(s, j->last - first + 1);
    unsigned at = j->last;
    for (; at > first; at--) {
        step_once(s, j, true);
        expect_state(s, j->cpus, &j->states[at - 1], "back");
    }
    for (; at < second; at++) {
        step_once(s, j, false);
        expect_state(s, j->cpus, &j->states[at + 1], "forth again");
    }
    if (first)
        return;
    for (; at; at--)
        step_once(s, j, true);
    step_once(s, j, true);
    if (!strstr(s->rsp.packet, "replaylog:begin"))
        wrong(s, "back from where the recording begins: %s", s->rsp.packet);
    expect_state(s, j->cpus, &j->states[0], "at the beginning");
}

static void op_record(struct stress *s)
{
    static struct journey j;
    pick_cpus(s, j.cpus);
    write_scratch(s);
    monitor(s, "record on 1M");
    if (!strstr(s->text, "Recording"))
        wrong(s, "record on: %s", s->text);
    record_steps(s, &j);
    travel(s, &j);
    monitor(s, "record off");
    if (!strstr(s->text, "No longer"))
        wrong(s, "record off: %s", s->text);
}

#endif
