#include "confine/filter.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>

#define FIRST_X32 0x40000000u
#define NO_CALL   0xffffffffu /* a tracer has taken it back: nothing is called */
#define MAX_JUMP  255

#define WORD(field)     ((uint32_t)offsetof(struct seccomp_data, field))
#define ARGUMENT(i)     ((uint32_t)(offsetof(struct seccomp_data, args) + (i) * sizeof(uint64_t)))
#define HIGH_HALF(word) ((word) + (uint32_t)sizeof(uint32_t)) /* x86 is little-endian */

struct builder {
    struct sock_filter *program;
    size_t count;
    uint32_t loaded; /* which word the accumulator holds, whichever way one came */
    bool failed;
};

#define NOTHING_LOADED UINT32_MAX

static void emit(struct builder *b, unsigned code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
    if (b->count == FILTER_MAX) {
        b->failed = true;
        return;
    }
    b->program[b->count++] = (struct sock_filter){(uint16_t)code, if_true, if_false, k};
}

static void load(struct builder *b, uint32_t word)
{
    if (b->loaded != word)
        emit(b, BPF_LD | BPF_W | BPF_ABS, word, 0, 0);
    b->loaded = word;
}

static void give(struct builder *b, uint32_t verdict)
{
    emit(b, BPF_RET | BPF_K, verdict, 0, 0);
}

/* The jump at FROM, taken where its check fails, leads to the next instruction. */
static void land(struct builder *b, size_t from, bool on_true)
{
    const size_t distance = b->count - from - 1;
    if (distance > MAX_JUMP) {
        b->failed = true;
        return;
    }
    if (b->failed)
        return;
    *(on_true ? &b->program[from].jt : &b->program[from].jf) = (uint8_t)distance;
}

/* ---- One rule */

struct exits {
    struct {
        size_t from;
        bool on_true;
    } at[2 * FILTER_CHECKS];
    size_t count;
};

static void leave(struct builder *b, struct exits *exits, unsigned compare, uint32_t k,
                  bool on_true)
{
    exits->at[exits->count].from = b->count;
    exits->at[exits->count++].on_true = on_true;
    emit(b, BPF_JMP | compare | BPF_K, k, 0, 0);
}

static void check(struct builder *b, const struct filter_check *c, struct exits *exits)
{
    const uint32_t word = ARGUMENT(c->argument);
    if (c->test == FILTER_ANY)
        return;
    load(b, word);
    if (c->test == FILTER_HAS_NONE) {
        leave(b, exits, BPF_JSET, c->value, true);
        return;
    }
    leave(b, exits, BPF_JEQ, c->test == FILTER_IS ? c->value : 0, false);
    if (c->test == FILTER_IS_NULL) {
        load(b, HIGH_HALF(word));
        leave(b, exits, BPF_JEQ, 0, false);
    }
}

static void add_rule(struct builder *b, const struct filter_rule *rule)
{
    struct exits exits = {.count = 0};
    for (size_t i = 0; i < FILTER_CHECKS; i++)
        check(b, &rule->checks[i], &exits);
    give(b, rule->verdict ? rule->verdict : SECCOMP_RET_ALLOW);
    for (size_t i = 0; i < exits.count; i++)
        land(b, exits.at[i].from, exits.at[i].on_true);
    if (exits.count > 1)
        b->loaded = NOTHING_LOADED; /* one may come from either check */
}

/* ---- All of them */

/* The rules of one system call, which is that of the first. How many they are. */
static size_t add_call(struct builder *b, const struct filter_rule *rules, size_t count,
                       uint32_t end)
{
    size_t n = 0;
    load(b, WORD(nr));
    const size_t jump = b->count;
    emit(b, BPF_JMP | BPF_JEQ | BPF_K, rules[0].number, 0, 0);
    while (n < count && rules[n].number == rules[0].number)
        add_rule(b, &rules[n++]);
    if (b->loaded != WORD(nr)) {
        give(b, end);
        b->loaded = WORD(nr); /* only the jump leads behind it */
    }
    land(b, jump, false);
    return n;
}

static void refuse_foreign_calls(struct builder *b)
{
    load(b, WORD(arch));
    emit(b, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    give(b, SECCOMP_RET_KILL_PROCESS);
    load(b, WORD(nr));
    emit(b, BPF_JMP | BPF_JGE | BPF_K, FIRST_X32, 0, 3);
    emit(b, BPF_JMP | BPF_JEQ | BPF_K, NO_CALL, 0, 1);
    give(b, SECCOMP_RET_ALLOW);
    give(b, SECCOMP_RET_KILL_PROCESS);
}

size_t filter_build(struct sock_filter *program, const struct filter_rule *rules, size_t count,
                    uint32_t end)
{
    struct builder b = {.program = program, .loaded = NOTHING_LOADED};
    refuse_foreign_calls(&b);
    while (count && !b.failed) {
        const size_t n = add_call(&b, rules, count, end);
        rules += n;
        count -= n;
    }
    give(&b, end);
    return b.failed ? 0 : b.count;
}
