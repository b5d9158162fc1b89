/* A script (script.h) played to a session over the fake target, with a trace that outlives it, as
 * the server does. Whatever the client sends and the target does: the stub sends frames only, stays
 * within bounds, and does with the target what gdbstub.h allows.
 *
 * Events, with their numbers:
 *     >s REASON THREAD ARCH SIGNAL   a thread that runs stops, in that architecture
 *     >h KIND PC FLAGS               CPU 1 comes to something inserted
 *     >e HOW CODE                    the machine ends by itself (0), or on a signal
 *     >f ERRNO                       the target refuses what it is asked for; 0: no more
 *     >d                             the client reads nothing any more, or does again
 *     >x                             the client is gone, and the next one comes */
#ifndef TESTS_FUZZ_CONVERSATION_H
#define TESTS_FUZZ_CONVERSATION_H

#include "fuzz.h"
#include "gdbstub/trace.h"
#include "script.h"
#include "tests/protocol/peer.h"

struct conversation {
    struct peer *peer;
    struct trace trace;
    bool deaf; /* the client reads nothing */
    bool over; /* the machine has ended for good */
};

enum { UNREAD_MAX = 64 * 1024 + 3 * PACKET_SIZE }; /* what may wait for a client that is deaf */

/* ---- What must hold */

static inline void conversation_hear(struct conversation *c)
{
    struct peer *p = c->peer;
    size_t pending;
    session_output(&p->session, &pending);
    CHECK(pending <= UNREAD_MAX);
    if (c->deaf)
        return;
    if (strstr(hear(p), "<junk>"))
        check_fail(__FILE__, __LINE__, "not a frame: %.1000s", p->text);
    for (const char *t = p->text; *t; t++)
        if (*t < ' ' || *t > '~')
            check_fail(__FILE__, __LINE__, "byte %02x", (uint8_t)*t);
    if (p->text[0] && p->text[strlen(p->text) - 1] == '+' && !p->session.out.no_ack)
        fuzz_reached("an ack");
}

static inline void conversation_check_target(struct conversation *c)
{
    struct peer *p = c->peer;
    if (!kept_the_contract(p))
        check_fail(__FILE__, __LINE__, "paused %d, %s", p->fake.paused, p->fake.log);
    p->fake.log[0] = 0;
}

/* ---- Clients come and go */

static const struct gdb_region conversation_regions[] = {
    {0, 0xefff, true, true, true, true, false, "RAM"},
    {0xf000, 0xffff, true, true, false, true, true, "ROM"},
    {.start = 0x10000, .last = UINT64_MAX},
    {.last = 0},
};

static inline void conversation_connect(struct conversation *c)
{
    struct peer *p = c->peer;
    p->session = (struct gdb_session){
        .ops = &p->ops, .target = &p->fake, .printout = &p->printout, .tracing = &c->trace};
    CHECK_EQ(session_init(&p->session), 0);
    c->deaf = false;
}

/* SETTING: whose bits are the CPU's mode, the number of threads, whether it has an image, and
 * whether it is recorded. */
static inline struct conversation *conversation_begin(unsigned setting)
{
    struct conversation *c = calloc(1, sizeof *c);
    struct peer *p = c->peer = calloc(1, sizeof *p);
    fake_init(&p->fake, (enum gdb_arch)((setting & 3) % 3));
    p->ops = fake_ops;
    fake_offer_regions(&p->ops);
    p->fake.threads = 1 + (setting >> 2 & 3);
    if (setting & 0x20)
        fake_record(&p->fake);
    if (setting & 0x10) {
        p->fake.image_path = "/img";
        p->fake.image_arch = GDB_ARCH_I386;
        p->fake.image_size = 32;
    }
    p->fake.linear_regions = p->fake.physical_regions = conversation_regions;
    p->printout = (struct printout){.elsewhere = note_elsewhere, .context = p};
    c->trace = (struct trace){.ops = &p->ops, .target = &p->fake};
    CHECK_EQ(printout_init(&p->printout), 0);
    CHECK_EQ(trace_init(&c->trace), 0);
    conversation_connect(c);
    stops(p, stop_of(GDB_SIGINT));
    return c;
}

/* A target that has not ended is let go, or was killed: either once. */
static inline void conversation_hang_up(struct conversation *c)
{
    struct peer *p = c->peer;
    const bool let_go = p->session.left_in_peace;
    const int left = p->fake.detached + p->fake.killed;
    session_hang_up(&p->session);
    if (p->fake.detached + p->fake.killed != left + !let_go)
        check_fail(__FILE__, __LINE__, "the target is neither let go nor killed");
    conversation_check_target(c);
    c->over = c->over || p->fake.killed;
    session_free(&p->session);
}

static inline void conversation_end(struct conversation *c)
{
    if (c->trace.running)
        fuzz_reached("a trace that runs to the end");
    if (c->trace.end > TRACE_STOPPED)
        fuzz_reached("a trace that ends by itself");
    if (c->peer->session.frame.selected)
        fuzz_reached("a frame that is looked at");
    conversation_hang_up(c);
    printout_free(&c->peer->printout);
    trace_free(&c->trace);
    free(c->peer);
    free(c);
}

/* The client has gone, or its session is over. Another one finds the machine, if that has not
 * ended, and a trace perhaps. */
static inline void conversation_change_client(struct conversation *c)
{
    conversation_hang_up(c);
    conversation_connect(c);
    if (c->over)
        return;
    fuzz_reached("a second client");
    if (c->trace.running)
        fuzz_reached("a trace without a client");
    stops(c->peer, stop_of(GDB_SIGINT));
}

/* ---- What the target does */

static inline void conversation_report(struct conversation *c, const struct gdb_stop *stop)
{
    if (c->peer->session.left_in_peace) /* as the server does */
        return;
    if (c->peer->fake.back)
        fuzz_reached("a stop on the way back");
    session_stopped(&c->peer->session, stop);
    fuzz_reached("a stop");
}

/* A stop without anything that runs is one told twice, as an interrupt's can be. */
static inline void conversation_stop(struct conversation *c, struct record *numbers)
{
    struct fake *f = &c->peer->fake;
    struct gdb_stop stop = stop_of(GDB_SIGTRAP);
    stop.reason = (enum gdb_stop_reason)(record_number(numbers) % (GDB_REASON_HISTORY_END + 1));
    stop.thread = 1 + (int)(record_number(numbers) % f->threads);
    const uint64_t arch = record_number(numbers), signal = record_number(numbers);
    if (signal)
        stop.code = (int)(signal % 32);
    if (stop.code == GDB_SIGILL)
        strcpy(stop.message, "a message\n");
    stop.addr = 0x7000;
    if (f->non_stop && !f->runs[stop.thread - 1])
        return;
    f->running = f->runs[stop.thread - 1] = false;
    f->arch = (enum gdb_arch)(arch % 3);
    conversation_report(c, &stop);
}

/* CPU 1, if it runs; the filter is asked, as the target does, and its stop is a stop. */
static inline void conversation_hit(struct conversation *c, struct record *numbers)
{
    struct fake *f = &c->peer->fake;
    struct gdb_hit hit = {
        .kind = (enum gdb_hit_kind)(record_number(numbers) % (GDB_HIT_STEPPED + 1)),
        .thread = 1,
        .pc = record_number(numbers),
        .watch = GDB_WATCH_WRITE,
        .addr = 0x7000,
    };
    const uint64_t flags = record_number(numbers);
    hit.in_step = flags & 1;
    hit.asked = flags & 2;
    hit.traced_only = flags & 4;
    hit.replayed = flags & 8;
    if (!f->running && !f->runs[0])
        return;
    f->regs[0].pc = hit.pc;
    const enum gdb_verdict verdict = fake_hit(f, &hit);
    session_print_text(&c->peer->session); /* as the server does: who prints may wait for it */
    if (f->filter)
        fuzz_reached(verdict == GDB_HIT_STOP    ? "a hit that stops"
                     : verdict == GDB_HIT_GO_ON ? "a hit that does not"
                                                : "a hit that steps");
}

static inline void conversation_end_machine(struct conversation *c, struct record *numbers)
{
    struct fake *f = &c->peer->fake;
    struct gdb_stop end = {.kind = GDB_STOP_EXITED};
    if (record_number(numbers) % 2)
        end.kind = GDB_STOP_KILLED;
    end.code = (int)(record_number(numbers) % 128);
    if (c->peer->session.left_in_peace)
        return;
    f->running = false;
    memset(f->runs, 0, sizeof f->runs);
    conversation_report(c, &end);
    c->over = c->peer->session.left_in_peace; /* but for who is in extended mode */
    if (!c->over)
        fuzz_reached("an end that is held");
}

static inline void conversation_event(struct conversation *c, struct record *record)
{
    const char event = record->len > 1 ? record->text[1] : 0;
    struct record numbers = {record->text + 2, record->len > 2 ? record->len - 2 : 0};
    switch (event) {
    case 's':
        conversation_stop(c, &numbers);
        break;
    case 'h':
        conversation_hit(c, &numbers);
        break;
    case 'e':
        conversation_end_machine(c, &numbers);
        break;
    case 'f':
        c->peer->fake.refuse = (int)(record_number(&numbers) % 128);
        break;
    case 'd':
        c->deaf = !c->deaf;
        break;
    case 'x':
        conversation_change_client(c);
        break;
    }
}

/* ---- The client */

/* What the session does not take waits: for a stop, or for the client to read. */
static inline void conversation_send(struct conversation *c, const char *bytes, size_t len)
{
    struct peer *p = c->peer;
    for (size_t taken = feed(p, bytes, len); taken < len;) {
        const bool was_deaf = c->deaf;
        if (was_deaf)
            fuzz_reached("a client that is waited for");
        if (p->session.state == SESSION_STOPPING)
            stops(p, stop_of(GDB_SIGINT));
        c->deaf = false;
        conversation_hear(c);
        c->deaf = was_deaf;
        CHECK(session_takes_input(&p->session));
        if (check_failures)
            return;
        taken += feed(p, bytes + taken, len - taken);
    }
}

static inline void converse(struct conversation *c, const uint8_t *script, size_t len)
{
    const char *at = (const char *)script;
    struct record record;
    while (!c->over && !check_failures && script_next(&at, &len, &record)) {
        if (record_is_event(&record)) {
            conversation_event(c, &record);
        } else {
            size_t n;
            char *bytes = record_bytes(&record, &n);
            conversation_send(c, bytes, n);
            free(bytes);
        }
        conversation_hear(c);
        conversation_check_target(c);
        session_print_text(&c->peer->session);
        if (!c->over && session_over(&c->peer->session))
            conversation_change_client(c);
    }
}

#endif
