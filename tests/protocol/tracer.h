/* A session with a trace on the fake target; CPUs come to places because the test says so. */
#ifndef TESTS_PROTOCOL_TRACER_H
#define TESTS_PROTOCOL_TRACER_H

#include "gdbstub/trace_client.h"
#include "peer.h"

struct tracer {
    struct peer *peer;
    struct trace trace;
    bool asked; /* for the next instruction of thread 1 */
};

__attribute__((unused)) static struct tracer *new_tracer(enum gdb_arch arch)
{
    struct tracer *t = calloc(1, sizeof(*t));
    t->peer = new_peer(arch);
    t->trace = (struct trace){.ops = &t->peer->ops, .target = &t->peer->fake};
    CHECK_EQ(trace_init(&t->trace), 0);
    t->peer->session.tracing = &t->trace;
    ASK(t->peer, "QTinit", "OK");
    return t;
}

__attribute__((unused)) static void free_tracer(struct tracer *t)
{
    free_peer(t->peer);
    trace_free(&t->trace);
    free(t);
}

/* Thread 1 comes to PC. */
__attribute__((unused)) static enum gdb_verdict arrive(struct tracer *t, uint64_t pc)
{
    struct gdb_hit hit = {
        .kind = GDB_HIT_BREAKPOINT,
        .thread = 1,
        .pc = pc,
        .asked = t->asked,
        .traced_only = true,
    };
    t->peer->fake.regs[0].pc = pc;
    enum gdb_verdict verdict = fake_hit(&t->peer->fake, &hit);
    t->asked = verdict == GDB_HIT_STEP;
    return verdict;
}

/* Thread 1 ends a step at PC. */
__attribute__((unused)) static enum gdb_verdict step_to(struct tracer *t, uint64_t pc)
{
    struct gdb_hit hit = {.kind = GDB_HIT_STEPPED, .thread = 1, .pc = pc, .asked = true};
    t->peer->fake.regs[0].pc = pc;
    enum gdb_verdict verdict = fake_hit(&t->peer->fake, &hit);
    t->asked = verdict == GDB_HIT_STEP;
    return verdict;
}

/* The part of qTStatus that begins with WHAT, up to the ';'. */
__attribute__((unused)) static const char *status(struct tracer *t, const char *what)
{
    static char part[512];
    const char *reply = strstr(ask(t->peer, "qTStatus"), what);
    part[0] = 0;
    if (reply)
        snprintf(part, sizeof(part), "%.*s", (int)strcspn(reply, ";"), reply);
    return part;
}

#endif
