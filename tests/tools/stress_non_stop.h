/* The stress test in non-stop mode: each CPU is resumed, told to stop and heard of by itself, while
 * the others run.
 *
 * Checked: one that runs stops when it is told to, soon, and only then, or at a breakpoint that is
 * set, or after its step; one that is stopped stays where it is; one that runs counts on. */
#ifndef TESTS_TOOLS_STRESS_NON_STOP_H
#define TESTS_TOOLS_STRESS_NON_STOP_H

#include "tests/tools/stress_run.h"
#include "tests/tools/stress_visit.h"

/* ---- Hearing of stops */

static void check_break(const struct stress *s, unsigned cpu, int at)
{
    const struct going *going = &s->going[cpu];
    if (going->steps && !(going->unheard && at == going->from))
        wrong(s, "CPU %u was to step, and hit a breakpoint", cpu);
    if (!may_have_hit(s, cpu, at) && !(s->was_set[cpu > 0] >> at & 1))
        wrong(s, "CPU %u at a breakpoint in place %d, where none is set", cpu, at);
}

/* Told to stop while it stood at a breakpoint that it had come to, it has hit that one. Not so in a
 * range of steps, of which each executes what is at its pc: what was put there while it stood there
 * for a moment it has not come to. */
static void check_halt(const struct stress *s, unsigned cpu, int at)
{
    const struct going *going = &s->going[cpu];
    if (!going->told)
        wrong(s, "CPU %u stopped, and nobody had told it to", cpu);
    if (going->steps && at != going->from)
        wrong(s, "CPU %u was stopped in a step from %d to %d", cpu, going->from, at);
    if (!going->steps && !going->end && stops_at(s, cpu, at) && at != going->from &&
        !(s->conditional[cpu > 0] >> at & 1))
        wrong(s, "CPU %u was stopped at a breakpoint, and does not say so", cpu);
}

/* Outside the range, or in what has entered a handler. */
static bool ends_range(const struct stress *s, unsigned cpu, int at)
{
    const struct going *going = &s->going[cpu];
    const uint32_t pc = s->loops[cpu > 0].at[at];
    return pc < going->start || pc >= going->end || (cpu && (at == INT + 1 || at == INT3 + 1));
}

static void check_step(const struct stress *s, unsigned cpu, int at)
{
    const int count = (int)(cpu ? s->loops[1].count : s->loops[0].count);
    if (s->going[cpu].end) {
        if (!ends_range(s, cpu, at))
            wrong(s, "CPU %u has ended its range of steps in place %d", cpu, at);
        return;
    }
    if (!s->going[cpu].steps || at != (s->going[cpu].from + 1) % count)
        wrong(s, "CPU %u has stepped from %d to %d", cpu, s->going[cpu].from, at);
}

static void check_own_stop(struct stress *s, const char *stop)
{
    const char *thread = strstr(stop, "thread:");
    if (stop[0] != 'T' || !thread)
        wrong(s, "no stop: %s", stop);
    const unsigned cpu = (unsigned)strtoul(thread + 7, NULL, 16) - 1;
    const unsigned long signal = strtoul((char[]){stop[1], stop[2], 0}, NULL, 16);
    if (cpu >= s->cpus || !s->going[cpu].runs)
        wrong(s, "a stop of who does not run: %s", stop);
    const int at = place(s, cpu);
    const unsigned counter = s->going[cpu].counter;
    if (signal == 0)
        check_halt(s, cpu, at);
    else if (signal != 5)
        wrong(s, "a signal that does not belong here: %s", stop);
    else if (strstr(stop, "break:"))
        check_break(s, cpu, at);
    else
        check_step(s, cpu, at);
    s->going[cpu] = (struct going){.from = at, .counter = counter};
}

/* Takes all stops that there are: the notification is of the first (GDB manual, "Remote
 * Non-Stop"). */
static void take_stops(struct stress *s)
{
    char stops[CPUS_MAX + 1][256];
    unsigned n = 0;
    if (strncmp(s->rsp.notification, "Stop:", 5))
        wrong(s, "a notification: %s", s->rsp.notification);
    snprintf(stops[n++], sizeof stops[0], "%s", s->rsp.notification + 5);
    s->rsp.notified = false;
    for (;;) {
        request(s, "vStopped");
        rsp_answer(&s->rsp);
        if (!strcmp(s->rsp.packet, "OK"))
            break;
        if (n > s->cpus)
            wrong(s, "more stops than CPUs");
        snprintf(stops[n++], sizeof stops[0], "%.255s", s->rsp.packet);
    }
    for (unsigned i = 0; i < n; i++)
        check_own_stop(s, stops[i]);
}

static void wait_for(struct stress *s, unsigned cpu)
{
    while (s->going[cpu].runs) {
        if (!rsp_notified(&s->rsp, RSP_PATIENCE_MS))
            wrong(s, "CPU %u does not stop", cpu);
        take_stops(s);
    }
}

/* ---- What is done */

static void resume_one(struct stress *s, unsigned cpu, char how)
{
    s->going[cpu].runs = true;
    s->going[cpu].steps = how == 's';
    request(s, "vCont;%c:%x", how, cpu + 1);
    rsp_expect_ok(&s->rsp);
}

static void ns_step(struct stress *s, unsigned cpu)
{
    if (s->going[cpu].runs)
        return;
    resume_one(s, cpu, 's');
    if (pick(s, 2)) /* breaks it off for a moment, perhaps at the very end */
        check_code(s);
    if (pick(s, 4)) /* or told to stop soon, perhaps in the middle of it */
        wait_for(s, cpu);
}

/* A range of steps, which packets and the others' stops break off, perhaps one that never ends. */
static void ns_range(struct stress *s, unsigned cpu)
{
    const struct range range = pick_range(s, cpu);
    if (s->going[cpu].runs)
        return;
    s->going[cpu].runs = true;
    s->going[cpu].start = range.start;
    s->going[cpu].end = range.end;
    request(s, "vCont;r%x,%x:%x", range.start, range.end, cpu + 1);
    rsp_expect_ok(&s->rsp);
    if (pick(s, 2))
        check_code(s);
}

static void ns_continue(struct stress *s, unsigned cpu)
{
    if (!s->going[cpu].runs)
        resume_one(s, cpu, 'c');
}

static void ns_stop(struct stress *s, unsigned cpu)
{
    if (!s->going[cpu].runs)
        return;
    s->going[cpu].told = true;
    request(s, "vCont;t:%x", cpu + 1);
    rsp_expect_ok(&s->rsp);
    wait_for(s, cpu);
}

static void ns_continue_all(struct stress *s, unsigned cpu)
{
    (void)cpu;
    for (unsigned i = 0; i < s->cpus; i++)
        s->going[i].runs = true;
    request(s, "vCont;c");
    rsp_expect_ok(&s->rsp);
}

static void ns_stop_all(struct stress *s, unsigned cpu)
{
    (void)cpu;
    for (unsigned i = 0; i < s->cpus; i++)
        s->going[i].told = true;
    request(s, "vCont;t");
    rsp_expect_ok(&s->rsp);
    for (unsigned i = 0; i < s->cpus; i++) {
        wait_for(s, i);
        s->going[i].told = false;
    }
    memset(s->was_set, 0, sizeof s->was_set);
}

static void note_set(struct stress *s)
{
    for (unsigned i = 0; i < 2; i++)
        s->was_set[i] |= s->set[0][i] | s->set[1][i];
}

static void ns_breakpoint(struct stress *s, unsigned cpu)
{
    (void)cpu;
    note_set(s);
    change_breakpoint(s, pick(s, 2) ? 'Z' : 'z');
}

/* It is told to stop before the breakpoint's answer is there, and may so stand right at that. */
static void ns_breakpoint_and_stop(struct stress *s, unsigned cpu)
{
    if (!s->going[cpu].runs)
        return;
    note_set(s);
    const struct change change = ask_change(s, 'Z');
    s->going[cpu].told = true;
    request(s, "vCont;t:%x", cpu + 1);
    rsp_answer(&s->rsp);
    note_change(s, &change);
    rsp_expect_ok(&s->rsp);
    wait_for(s, cpu);
}

static void ns_hear(struct stress *s, unsigned cpu)
{
    (void)cpu;
    if (rsp_notified(&s->rsp, (int)pick(s, 3)))
        take_stops(s);
}

/* Where it is it stays; and its registers are its own. */
static void ns_look(struct stress *s, unsigned cpu)
{
    if (!s->going[cpu].runs && place(s, cpu) != s->going[cpu].from)
        wrong(s, "CPU %u was at %d and is at %d", cpu, s->going[cpu].from, place(s, cpu));
    if (!pick(s, 4))
        check_code(s);
}

static bool may_stop(const struct stress *s, unsigned cpu)
{
    const unsigned loop = cpu > 0;
    return !s->going[cpu].runs || s->going[cpu].steps || s->going[cpu].end ||
           s->set[0][loop] | s->set[1][loop] | s->was_set[loop];
}

/* Memory is read while all run: one that nothing stops counts on in it. */
static void ns_count(struct stress *s, unsigned cpu)
{
    uint32_t before[CPUS_MAX], now[CPUS_MAX];
    if (may_stop(s, cpu))
        return;
    read_counters(s, before);
    for (int tries = 0; tries < RSP_PATIENCE_MS / 10; tries++) {
        read_counters(s, now);
        if (now[s->going[cpu].counter] != before[s->going[cpu].counter])
            return;
        if (tries > 100)
            rsp_sleep_us(10000);
    }
    wrong(s, "CPU %u does not count on", cpu);
}

static void ns_clear(struct stress *s, unsigned cpu)
{
    (void)cpu;
    note_set(s);
    clear_breakpoints(s);
}

/* ---- A visit */

enum leaving { LEAVE_ALL_STOPPED, LEAVE_BY_DETACH, LEAVE_BY_VANISHING };

/* The answer or notification that has come is of a stop: takes it and those that follow. */
static unsigned count_stops(struct stress *s)
{
    unsigned n = 0;
    do {
        n++;
        request(s, "vStopped");
        rsp_answer(&s->rsp);
    } while (s->rsp.packet[0] == 'T');
    if (strcmp(s->rsp.packet, "OK"))
        wrong(s, "no stop: %s", s->rsp.packet);
    return n;
}

/* Turns non-stop mode on, all stopped. `?` tells of each, or of one, and the others are notified.
 */
static void non_stop_begin(struct stress *s)
{
    request(s, "QNonStop:1");
    rsp_expect_ok(&s->rsp);
    request(s, "?");
    rsp_answer(&s->rsp);
    unsigned n = s->rsp.packet[0] == 'T' ? count_stops(s) : 0;
    while (n && n < s->cpus && rsp_notified(&s->rsp, RSP_PATIENCE_MS)) {
        s->rsp.notified = false;
        n += count_stops(s);
    }
    if (n != s->cpus)
        wrong(s, "%u of %u CPUs are stopped", n, s->cpus);
    memset(s->was_set, 0, sizeof s->was_set);
    for (unsigned i = 0; i < s->cpus; i++) {
        s->going[i] = (struct going){.from = place(s, i), .unheard = true};
        if (i)
            s->going[i].counter = counter_of(s, i);
    }
}

/* What is done in all-stop mode when all are stopped is the same here. */
static enum leaving non_stop_visit(struct stress *s)
{
    static void (*const operations[])(struct stress * s, unsigned cpu) = {
        ns_step,
        ns_step,
        ns_continue,
        ns_continue,
        ns_stop,
        ns_stop_all,
        ns_breakpoint,
        ns_breakpoint,
        ns_hear,
        ns_hear,
        ns_look,
        ns_count,
        ns_clear,
        ns_continue_all,
        ns_range,
        ns_range,
        ns_breakpoint_and_stop,
    };
    non_stop_begin(s);
    for (unsigned n = 5 + pick(s, 40); n; n--)
        operations[pick(s, sizeof operations / sizeof operations[0])](s, pick(s, s->cpus));
    const enum leaving leaving = pick(s, 3);
    if (leaving == LEAVE_ALL_STOPPED)
        ns_stop_all(s, 0);
    return leaving;
}

#endif
