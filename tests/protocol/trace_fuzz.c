/* Tracepoints defined, hit and looked at at random, from mended and broken packets. */
#include "tracer.h"

/* ---- Nonsense */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; /* xorshift64 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static const char *const seeds[] = {
    "QTDP:1:8000:E:0:0-",
    "QTDP:2:8001:E:3:2:X7,26000322051327-",
    "QTDP:-1:8000:R1ffM-1,1000,4-",
    "QTDP:-1:8000:M3,fffffffffffffffc,8X6,2600030d0427-",
    "QTDP:-2:8001:SR1M-1,1000,2-",
    "QTDP:-2:8001:Xd,2c00032201022d00032e000327",
    "QTDP:-1:8000:M-1,0,ffff",
    "QTDPsrc:1:8000:at:0:7:2a307838303030",
    "QTDV:3:5:0:636e74",
    "QTro:2000,2004:3000,3010",
    "QTEnable:1:8000",
    "QTDisable:2:8001",
    "QTBuffer:size:1000",
    "QTBuffer:size:-1",
    "QTBuffer:circular:1",
    "QTNotes:user:6d65;notes:776879;tstop:64;",
    "QTDisconnected:1",
    "QTStart",
    "QTStart",
    "QTStop",
    "QTinit",
    "QTFrame:0",
    "QTFrame:tdp:1",
    "QTFrame:pc:8000",
    "QTFrame:range:8000:8001",
    "QTFrame:outside:8000:8001",
    "QTFrame:ffffffff",
    "qTStatus",
    "qTP:1:8000",
    "qTfP",
    "qTsP",
    "qTV:3",
    "qTfV",
    "qTsV",
    "qTBuffer:0,100",
    "qTBuffer:20,fffffff",
    "qXfer:traceframe-info:read::0,100",
    "g",
    "p3",
    "m1000,10",
    "mfff0,8000",
    "x2000,10",
    "M1000,1:00",
};

/* A seed with some of its characters, but the first, changed, left out or doubled. */
static size_t mutate(uint64_t *random, char *out)
{
    static const char alphabet[] = "0123456789abcdefERMXS-:,;";
    const char *seed = seeds[next_random(random) % (sizeof(seeds) / sizeof(seeds[0]))];
    size_t n = 0, changes = next_random(random) % 6;
    changes = changes < 3 ? changes : 0;
    for (out[n++] = *seed++; *seed; seed++) {
        uint64_t dice = next_random(random) % 48;
        if (dice < changes)
            out[n++] = alphabet[next_random(random) % (sizeof(alphabet) - 1)];
        else if (dice > 48 - changes)
            continue;
        else
            out[n++] = *seed;
        if (dice == 24 && changes)
            out[n++] = *seed;
    }
    return n;
}

static void hit_something(struct tracer *t, uint64_t *random)
{
    struct gdb_hit hit = {
        .kind = (enum gdb_hit_kind)(next_random(random) % 3),
        .thread = 1,
        .pc = 0x8000 + next_random(random) % 2,
        .in_step = next_random(random) % 8 == 0,
        .asked = next_random(random) % 4 != 0,
    };
    t->peer->fake.regs[0].gpr[GDB_RBX] = next_random(random) % 2 ? 5 : 0x1000;
    if (trace_hit(&t->trace, &hit) == GDB_HIT_STOP)
        check_fail(__FILE__, __LINE__, "a trace has stopped the target");
}

/* Whatever is defined and hit: frames only come back, and what is inserted is taken out (run it
 * under the sanitizers). */
static void survives_nonsense(void)
{
    uint64_t random = 0x7c00;
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    uint64_t frames = 0, errors = 0;
    p->fake.breakpoint_count = 0;
    for (unsigned round = 0; round < 30000; round++) {
        char packet[256];
        const char *reply = ask_bytes(p, packet, mutate(&random, packet));
        if (strstr(reply, "<junk>") || strstr(reply, "|"))
            check_fail(__FILE__, __LINE__, "round %u: %s", round, reply);
        errors += reply[0] == 'E';
        uint64_t before = t->trace.buffer.created;
        for (uint64_t hits = next_random(&random) % 4; hits--;)
            hit_something(t, &random);
        frames += t->trace.buffer.created - before;
        p->fake.log[0] = 0;
    }
    CHECK(frames > 500);
    CHECK(errors > 1000 && errors < 20000);
    ASK(p, "QTStop", "OK");
    CHECK_EQ(p->fake.breakpoint_count, 0);
    free_tracer(t);
}

int main(void)
{
    TEST(survives_nonsense);
    return check_done();
}
