/* Random and mutated conversations with a session, always the same ones: fuzz [SEED [ROUNDS]] for
 * others. Whatever the client sends, the stub must not crash (run it under the sanitizers), must
 * send frames only, must stay within bounds, and must do with the target what gdbstub.h allows. */
#include "peer.h"

enum { RESTART = 500, INPUT_MAX = 3 * 256 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13; /* xorshift64 */
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static const char *const seeds[] = {
    "?",
    "!",
    "R00",
    "vRun;",
    "vRun;2f696d67;61",
    "vAttach;1",
    "QNonStop:1",
    "QNonStop:0",
    "vStopped",
    "vCont;t",
    "vCont;t:1;c",
    "g",
    "G00",
    "p10",
    "P10=0011223344556677",
    "m7c00,10",
    "M500,2:0102",
    "x7c00,10",
    "X500,2:ab",
    "Z0,7c00,1",
    "z0,7c00,1",
    "Z2,500,4",
    "c",
    "s7c00",
    "C05;7c00",
    "S05",
    "vCont?",
    "vCont;c",
    "vCont;s:1;c",
    "vCont;r7c00,7c20:1;c",
    "vCtrlC",
    "vMustReplyEmpty",
    "Hg1",
    "Hc-1",
    "T1",
    "qC",
    "qfThreadInfo",
    "qsThreadInfo",
    "qThreadExtraInfo,1",
    "qXfer:threads:read::0,ff",
    "qXfer:features:read:target.xml:0,100",
    "qSearch:memory:100;ff00;\x90\x90}\x03",
    "qCRC:100,200",
    "qMemoryRegionInfo:100",
    "qXfer:memory-map:read::0,fff",
    "Z0,20,1;X7,26000022051327",
    "Z1,40,1;X2,2227X7,26000022051327;cmds:1,Xc,220022003400000368690027",
    "Z0,60,1;cmds:0,Xc,220022003400000368690027",
    "Z2,7000,4;X3,220127",
    "Qqemu.PhyMemMode:1",
    "QThreadSuffixSupported",
    "QListThreadsInStopReply",
    "jThreadsInfo",
    "qHostInfo",
    "p0;thread:1;",
    "qSupported:swbreak+;hwbreak+;exec-events+",
    "qAttached",
    "qSymbol::",
    "qRcmd,6869",
    "vFile:open:2f73746570766d3a69333836,0,0",
    "vFile:pread:1,100,0",
    "vFile:fstat:1",
    "vFile:close:1",
    "vFile:setfs:0",
    "vFile:open:2f696d67,0,0",
    "vFile:pread:2,20,4",
    "vFile:fstat:2",
    "qXfer:exec-file:read:1:0,10",
    "qOffsets",
    "qqemu.sstep",
    "Qqemu.sstep=0x5",
    "?",
    "QStartNoAckMode",
    "D",
    "k",
    "vKill;1",
};

/* One of the seeds, some of its bytes changed, left out or doubled. Returns its length. */
static size_t mutate(uint64_t *random, char *out)
{
    const char *seed = seeds[next_random(random) % (sizeof(seeds) / sizeof(seeds[0]))];
    size_t n = 0, changes = next_random(random) % 4;
    for (; *seed; seed++) {
        uint64_t dice = next_random(random) % 64;
        if (dice < changes)
            out[n++] = (char)next_random(random);
        else if (dice > 64 - changes)
            continue;
        else
            out[n++] = *seed;
        if (dice == 32 && changes)
            out[n++] = *seed;
    }
    return n;
}

/* A packet, well framed but for one in 16; or raw noise. */
static size_t make_input(uint64_t *random, char *out)
{
    if (next_random(random) % 8 == 0) {
        size_t n = next_random(random) % 32;
        for (size_t i = 0; i < n; i++) {
            uint64_t dice = next_random(random);
            out[i] = dice % 3 ? "+-$#*}\003,:;m0X"[dice / 3 % 13] : (char)(dice >> 8);
        }
        return n;
    }
    unsigned sum = next_random(random) % 16 == 0;
    size_t n = mutate(random, out + 1);
    for (size_t i = 1; i <= n; i++)
        sum += (uint8_t)out[i];
    out[0] = '$';
    sprintf(out + n + 1, "#%02x", sum & 0xff);
    return n + 4;
}

static size_t make_burst(uint64_t *random, char *out)
{
    size_t n = 0, inputs = 1 + (next_random(random) % 4 == 0) * (next_random(random) % 3);
    while (inputs--)
        n += make_input(random, out + n);
    return n;
}

static void check_output(struct peer *p, unsigned round)
{
    size_t pending;
    session_output(&p->session, &pending);
    if (pending > 256 * 1024)
        check_fail(__FILE__, __LINE__, "round %u: %zu bytes of output", round, pending);
    if (strstr(hear(p), "<junk>"))
        check_fail(__FILE__, __LINE__, "round %u: not a frame: %s", round, p->text);
    for (const char *c = p->text; *c; c++)
        if (*c < ' ' || *c > '~')
            check_fail(__FILE__, __LINE__, "round %u: byte %02x", round, (uint8_t)*c);
}

static void check_target(struct peer *p, unsigned round)
{
    if (!kept_the_contract(p))
        check_fail(__FILE__, __LINE__, "round %u: paused %d, %s", round, p->fake.paused,
                   p->fake.log);
    p->fake.log[0] = 0;
}

/* ---- The target's own part */

static void report(struct peer *p, const struct gdb_stop *stop)
{
    if (!p->session.left_in_peace) /* as the server does */
        session_stopped(&p->session, stop);
}

static const struct gdb_region regions[] = {
    {0, 0xefff, true, true, true, true, false, "RAM"},
    {0xf000, 0xffff, true, true, false, true, true, "ROM"},
    {.start = 0x10000, .last = UINT64_MAX},
    {.last = 0},
};

static void start_afresh(struct peer *p, uint64_t *random)
{
    session_free(&p->session);
    printout_free(&p->printout);
    p->elsewhere[0] = 0;
    connect_peer(p, (enum gdb_arch)(next_random(random) % 3));
    fake_offer_regions(&p->ops);
    p->fake.threads = 1 + next_random(random) % FAKE_THREADS;
    p->fake.image_path = "/img";
    p->fake.image_arch = GDB_ARCH_I386;
    p->fake.image_size = 32;
    p->fake.linear_regions = p->fake.physical_regions = regions;
    if (next_random(random) % 4)
        stops(p, stop_of(GDB_SIGINT));
}

static bool ends(struct peer *p, uint64_t dice)
{
    struct gdb_stop end = {.kind = dice & 1 ? GDB_STOP_EXITED : GDB_STOP_KILLED, .code = 2};
    if (dice % 1024 > 1)
        return false;
    p->fake.running = false;
    memset(p->fake.runs, 0, sizeof(p->fake.runs));
    report(p, &end);
    return true;
}

/* A CPU that runs comes to a breakpoint, perhaps to one with a condition. */
static void hit(struct peer *p, uint64_t random)
{
    const struct gdb_hit hit = {
        .kind = random & 1 ? GDB_HIT_BREAKPOINT : GDB_HIT_WATCH,
        .thread = 1,
        .pc = random >> 8 & 0x60,
        .watch = GDB_WATCH_WRITE,
        .addr = 0x7000,
    };
    if (p->fake.running || p->fake.runs[0])
        fake_hit(&p->fake, &hit);
    session_print_text(&p->session); /* as the server does: who prints may wait for it */
}

/* Now and then it stops where it runs, in some mode, or ends; a stop may be told twice. */
static void move_target(struct peer *p, uint64_t *random)
{
    struct gdb_stop stop = stop_of(GDB_SIGTRAP);
    uint64_t dice = next_random(random);
    bool all = !p->fake.non_stop;
    if (dice % 4 || ends(p, dice >> 40))
        return;
    p->fake.arch = (enum gdb_arch)((dice >> 8 & 255) % 3);
    p->fake.refuse = (dice >> 36 & 15) ? 0 : EIO;
    stop.reason = (enum gdb_stop_reason)((dice >> 16 & 255) % 6);
    stop.thread = 1 + (int)((dice >> 32 & 3) % p->fake.threads);
    if (dice >> 24 & 1)
        strcpy(stop.message, "a message");
    if (p->session.left_in_peace || (!all && !p->fake.runs[stop.thread - 1]))
        return;
    p->fake.running = p->fake.runs[stop.thread - 1] = false;
    report(p, &stop);
}

/* A target that has not ended is let go by who leaves, or killed. */
static void hang_up(struct peer *p, unsigned round)
{
    bool let_go = p->session.left_in_peace;
    int left = p->fake.detached + p->fake.killed;
    session_hang_up(&p->session);
    if (p->fake.detached + p->fake.killed != left + !let_go)
        check_fail(__FILE__, __LINE__, "round %u: the target is neither let go nor killed", round);
    check_target(p, round);
}

static void converse(uint64_t random, unsigned rounds)
{
    char input[INPUT_MAX];
    struct peer *p = calloc(1, sizeof(*p));
    start_afresh(p, &random);
    for (unsigned round = 0; round < rounds && !check_failures; round++) {
        size_t n = make_burst(&random, input);
        size_t taken = feed(p, input, n);
        while (taken < n && !check_failures) { /* it is to stop first, or the client to read */
            if (p->session.state == SESSION_STOPPING)
                stops(p, stop_of(GDB_SIGINT));
            check_output(p, round);
            CHECK(session_takes_input(&p->session));
            taken += feed(p, input + taken, n - taken);
        }
        CHECK_EQ(taken, n);
        check_output(p, round);
        check_target(p, round);
        hit(p, next_random(&random));
        move_target(p, &random);
        check_output(p, round);
        check_target(p, round);
        if (session_over(&p->session) || next_random(&random) % RESTART == 0) {
            hang_up(p, round);
            start_afresh(p, &random);
        }
    }
    free_peer(p);
}

static uint64_t seed = 0x5eed;
static unsigned rounds = 200000;

static void takes_anything(void)
{
    converse(seed, rounds);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoull(argv[1], NULL, 0);
    if (argc > 2)
        rounds = (unsigned)strtoul(argv[2], NULL, 0);
    TEST(takes_anything);
    return check_done();
}
