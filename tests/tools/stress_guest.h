/* What the stress test knows of its guest, and looks at. */
#ifndef TESTS_TOOLS_STRESS_GUEST_H
#define TESTS_TOOLS_STRESS_GUEST_H

#include "tests/tools/stress.h"

static struct loop *loop_of(struct stress *s, unsigned cpu)
{
    return &s->loops[cpu > 0];
}

/* ADDR's place in the loop of CPU, or -1. */
static int place_of(struct stress *s, unsigned cpu, uint32_t addr)
{
    const struct loop *loop = loop_of(s, cpu);
    for (unsigned i = 0; i < loop->count; i++)
        if (loop->at[i] == addr)
            return (int)i;
    return -1;
}

static bool is_set(const struct stress *s, unsigned cpu, int place)
{
    return ((s->set[0][cpu > 0] | s->set[1][cpu > 0]) >> place) & 1;
}

/* Whether a breakpoint there stops CPU, whose registers were the last ones read. */
static bool stops_at(const struct stress *s, unsigned cpu, int place)
{
    for (unsigned type = 0; type < 2; type++) {
        const enum condition condition = s->condition[type][cpu > 0][place];
        if (s->set[type][cpu > 0] >> place & 1 &&
            (condition == ALWAYS || (condition == ECX_IS_ODD && s->ecx & 1)))
            return true;
    }
    return false;
}

/* The same of one that may have come there some time ago. */
static bool may_have_hit(const struct stress *s, unsigned cpu, int place)
{
    return stops_at(s, cpu, place) || (is_set(s, cpu, place) && s->judged[cpu > 0] >> place & 1);
}

static uint32_t number_at(const char *hex)
{
    uint32_t value = 0;
    for (int i = 3; i >= 0; i--) {
        const char byte[3] = {hex[2 * i], hex[2 * i + 1], 0};
        value = value << 8 | (uint32_t)strtoul(byte, NULL, 16);
    }
    return value;
}

static void read_registers(struct stress *s, unsigned cpu)
{
    request(s, "Hg%x", cpu + 1);
    rsp_expect_ok(&s->rsp);
    request(s, "g");
    rsp_answer(&s->rsp);
    if (strlen(s->rsp.packet) < 8 * 16)
        wrong(s, "registers: %s", s->rsp.packet);
    s->ecx = number_at(s->rsp.packet + 8 * REG_ECX);
}

static int place(struct stress *s, unsigned cpu)
{
    read_registers(s, cpu);
    const uint32_t pc = number_at(s->rsp.packet + 8 * REG_EIP);
    const int found = place_of(s, cpu, pc);
    if (found < 0)
        wrong(s, "CPU %u is at 0x%x, not in its loop", cpu, pc);
    return found;
}

static void read_code(struct stress *s, const struct loop *loop)
{
    request(s, "m%x,%x", loop->at[0], loop->end - loop->at[0]);
    rsp_answer(&s->rsp);
}

static void check_code(struct stress *s)
{
    for (unsigned i = 0; i < 2 && i < s->cpus; i++) {
        read_code(s, &s->loops[i]);
        if (strcmp(s->rsp.packet, s->loops[i].code))
            wrong(s, "the code at 0x%x is %s, it was %s", s->loops[i].at[0], s->rsp.packet,
                  s->loops[i].code);
    }
}

static void keep_code(struct stress *s, struct loop *loop)
{
    read_code(s, loop);
    const size_t len = strlen(s->rsp.packet);
    if (len != 2 * (loop->end - loop->at[0]) || len >= sizeof loop->code)
        wrong(s, "code: %s", s->rsp.packet);
    memcpy(loop->code, s->rsp.packet, len + 1);
}

static void read_counters(struct stress *s, uint32_t counters[CPUS_MAX])
{
    request(s, "m%x,%x", COUNTERS, 4 * s->cpus);
    rsp_answer(&s->rsp);
    if (strlen(s->rsp.packet) != 8 * s->cpus)
        wrong(s, "counters: %s", s->rsp.packet);
    for (unsigned i = 0; i < s->cpus; i++)
        counters[i] = number_at(s->rsp.packet + 8 * i);
}

/* A packet that sets (letter Z) or takes away (z) a breakpoint. */
struct change {
    char letter;
    unsigned type, loop, at;
    enum condition condition;
};

static struct change ask_change(struct stress *s, char letter)
{
    static const char *const lists[CONDITIONS] = {
        [ALWAYS] = "", [NEVER] = ";X3,220027", [ECX_IS_ODD] = ";X7,26000122010f27"};
    struct change c = {.letter = letter};
    c.loop = pick(s, s->cpus) > 0;
    c.type = pick(s, 2);
    c.at = pick(s, s->loops[c.loop].count);
    c.condition = letter == 'Z' && !pick(s, 3) ? pick(s, CONDITIONS) : ALWAYS;
    request(s, "%c%u,%x,1%s", letter, c.type, s->loops[c.loop].at[c.at], lists[c.condition]);
    return c;
}

/* Its answer has come. */
static void note_change(struct stress *s, const struct change *c)
{
    unsigned *set = &s->set[c->type][c->loop];
    const unsigned bit = 1u << c->at;
    if (*set & bit && s->condition[c->type][c->loop][c->at] != NEVER)
        s->judged[c->loop] |= bit;
    s->condition[c->type][c->loop][c->at] = c->condition;
    s->conditional[c->loop] |= c->condition == ALWAYS ? 0 : bit;
    if (strcmp(s->rsp.packet, "OK") && (c->letter == 'Z' || *set & bit))
        wrong(s, "%c%u at 0x%x: %s", c->letter, c->type, s->loops[c->loop].at[c->at],
              s->rsp.packet);
    *set = c->letter == 'Z' ? *set | bit : *set & ~bit;
}

static void change_breakpoint(struct stress *s, char letter)
{
    const struct change c = ask_change(s, letter);
    rsp_answer(&s->rsp);
    note_change(s, &c);
}

static void clear_breakpoints(struct stress *s)
{
    for (unsigned type = 0; type < 2; type++)
        for (unsigned loop = 0; loop < 2; loop++)
            for (unsigned at = 0; at < s->loops[loop].count; at++)
                if (s->set[type][loop] >> at & 1) {
                    s->judged[loop] |= 1u << at;
                    request(s, "z%u,%x,1", type, s->loops[loop].at[at]);
                    rsp_expect_ok(&s->rsp);
                }
    memset(s->set, 0, sizeof s->set);
}

/* Where CPU counts. Its registers were the last ones read. */
static unsigned counter_of(const struct stress *s, unsigned cpu)
{
    return cpu ? number_at(s->rsp.packet + 8 * REG_EBX) / 4 % CPUS_MAX : 0;
}

#endif
