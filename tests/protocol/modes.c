/* What a client hears from the exec event on, in which it reads the description of another mode,
 * until its user has seen the stop: the packets are those that gdb 13 sends for each command. */
#include "peer.h"

#define EXEC_32     "T05exec:2f73746570766d3a69333836;thread:01;" /* /stepvm:i386 */
#define EXEC_IMAGE  "T05exec:2f696d672e656c66;thread:01;"         /* /img.elf */
#define REGS        "08:007c0000;04:00700000;05:181f262d;"        /* at 0x7c00 */
#define REASON(why) "T05thread:01;" why REGS
#define PLAIN       REASON("")
#define SWBREAK     REASON("swbreak:;")
#define INSISTED    "T02thread:01;" REGS

/* REPLY begins with the word ("The CPU now runs 32-bit code. gdb has forgotten ..."), and its end
 * is STOP. */
static void expect_explained(const char *reply, const char *stop)
{
    static const char text[] = "O54686520435055206e6f772072756e732033322d62697420636f64652e20"
                               "6764622068617320666f72676f7474656e";
    size_t len = strlen(reply), end = strlen(stop);
    CHECK(!strncmp(reply, text, strlen(text)));
    CHECK_STR(len > end ? reply + len - end : reply, stop);
}

static struct gdb_stop stop_for(enum gdb_stop_reason reason)
{
    return (struct gdb_stop){.code = GDB_SIGTRAP, .thread = 1, .reason = reason, .addr = 0x502};
}

static struct peer *gdb_at_16(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ask(p, "qSupported:swbreak+;hwbreak+;exec-events+");
    return p;
}

/* The CPU stops at 0x7c00 in 32-bit code: gdb reads its description. */
static void cross(struct peer *p, enum gdb_stop_reason reason)
{
    p->fake.arch = GDB_ARCH_I386;
    CHECK_STR(stops(p, stop_for(reason)), EXEC_32);
    ask(p, "qXfer:features:read:target.xml:0,ffff");
    p->fake.log[0] = 0;
}

/* stepi, or each of stepi 1000: gdb has forgotten it, and shows a trap that it can't explain. */
static void stepping(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "vCont;s:1;c", "");
    cross(p, GDB_REASON_NONE);
    ASK(p, "vCont;c", PLAIN);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;c", "");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    free_peer(p);
}

/* stepi or continue from a breakpoint on the jump itself: the same packets. */
static struct peer *off_a_breakpoint(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "Z0,7d00,1", "OK"); /* another one; that at the jump is out */
    ASK(p, "vCont;s:1", "");
    cross(p, GDB_REASON_NONE);
    ASK(p, "vCont;s:1", PLAIN); /* with nothing inserted: what was is stale, and gone */
    CHECK_STR(p->fake.log, "remove 0 7d00 1\n");
    return p;
}

static void stepping_off_a_breakpoint(void)
{
    struct peer *p = off_a_breakpoint();
    ASK(p, "Z0,7bf0,1", "OK");
    ASK(p, "Z0,7d00,1", "OK");
    expect_explained(ask(p, "vCont;c"), PLAIN);
    ask(p, "qXfer:threads:read::0,1000");
    p->fake.log[0] = 0;
    ASK(p, "vCont;c", "");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    free_peer(p);
}

static void stepping_off_a_breakpoint_onto_another(void)
{
    struct peer *p = off_a_breakpoint();
    ASK(p, "Z0,7c00,1", "OK");
    ASK(p, "vCont;c", SWBREAK); /* no word is needed */
    ask(p, "qXfer:threads:read::0,1000");
    p->fake.log[0] = 0;
    ASK(p, "z0,7c00,1", "OK"); /* to step off it, and on */
    ASK(p, "vCont;s:1", "");
    CHECK_STR(p->fake.log, "remove 0 7c00 1\nresume 1:s\n");
    free_peer(p);

    p = off_a_breakpoint();
    ASK(p, "Z1,7c00,1", "OK");
    ASK(p, "vCont;c", REASON("hwbreak:;"));
    /* Its condition is false: who can say whether this was a stepi? */
    ASK(p, "z1,7c00,1", "OK");
    expect_explained(ask(p, "vCont;s:1"), INSISTED);
    ask(p, "qfThreadInfo");
    ASK(p, "vCont;c", "");
    free_peer(p);
}

/* watch without hardware: every instruction is a step, whatever the command. */
static void stepping_for_a_watchpoint(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "vCont;s:1;c", "");
    cross(p, GDB_REASON_NONE);
    ASK(p, "vCont;s:1;c", PLAIN);
    expect_explained(ask(p, "vCont;s:1;c"), INSISTED);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;s:1;c", "");
    CHECK_STR(p->fake.log, "resume 1:s\n");
    free_peer(p);
}

/* stepi onto a breakpoint whose condition is false. */
static void stepping_onto_a_false_condition(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "vCont;s:1;c", "");
    cross(p, GDB_REASON_NONE);
    ASK(p, "Z0,7c00,1", "OK");
    ASK(p, "vCont;c", PLAIN);
    ASK(p, "z0,7c00,1", "OK");
    expect_explained(ask(p, "vCont;s:1"), INSISTED);
    free_peer(p);
}

/* A breakpoint of the user's on the first instruction of the new mode: gdb reads the byte there
 * before it inserts it again. */
static struct peer *continued_to(const char *packet, const char *examine)
{
    struct peer *p = gdb_at_16();
    ASK(p, packet, "OK");
    ASK(p, "vCont;c", "");
    cross(p, GDB_REASON_SWBREAK);
    if (examine)
        CHECK_STR(ask(p, examine), "90");
    ASK(p, packet, "OK");
    CHECK_STR(p->fake.log, ""); /* it was still there */
    return p;
}

static void continuing_to_a_breakpoint(void)
{
    struct peer *p = continued_to("Z0,7c00,1", "m7c00,1");
    ASK(p, "vCont;c", SWBREAK);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "z0,7c00,1", "OK");
    ASK(p, "vCont;s:1", "");
    CHECK_STR(p->fake.log, "remove 0 7c00 1\nresume 1:s\n");
    free_peer(p);
}

static void continuing_to_a_false_condition(void)
{
    struct peer *p = continued_to("Z0,7c00,1", "m7c00,1");
    ASK(p, "vCont;c", SWBREAK);
    ASK(p, "z0,7c00,1", "OK");
    ASK(p, "vCont;s:1", "");
    CHECK_STR(p->fake.log, "remove 0 7c00 1\nresume 1:s\n");
    free_peer(p);
}

/* until and finish: gdb inserts its own breakpoint as it was, and does not find its frame again. */
static void finishing(void)
{
    struct peer *p = continued_to("Z0,7c00,1", NULL);
    ASK(p, "vCont;c", SWBREAK);
    ASK(p, "z0,7c00,1", "OK");
    expect_explained(ask(p, "vCont;s:1"), INSISTED);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;c", "");
    free_peer(p);
}

/* nexti over a call: gdb has deleted the breakpoint behind it, and would ignore a stop for it. */
static void stepping_over_a_call(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "Z0,7c00,1", "OK");
    ASK(p, "Z0,7d00,1", "OK");
    ASK(p, "vCont;c", "");
    cross(p, GDB_REASON_SWBREAK);
    ASK(p, "Z0,7d00,1", "OK");
    ASK(p, "vCont;c", PLAIN);
    CHECK_STR(p->fake.log, "remove 0 7c00 1\n");
    CHECK_EQ(p->fake.breakpoint_count, 1);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;c", "");
    free_peer(p);
}

/* nexti over a call in which a breakpoint with a false condition is hit: gdb runs on, but there is
 * nothing any more that would end the nexti. */
static void a_lost_breakpoint_and_a_false_condition(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "Z0,7c00,1", "OK");
    ASK(p, "Z0,7d00,1", "OK");
    ASK(p, "vCont;c", "");
    cross(p, GDB_REASON_SWBREAK);
    ASK(p, "m7c00,1", "90");
    ASK(p, "Z0,7c00,1", "OK");
    ASK(p, "vCont;c", SWBREAK);
    ASK(p, "z0,7c00,1", "OK");
    expect_explained(ask(p, "vCont;s:1"), INSISTED);
    free_peer(p);
}

static void watchpoints(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "Z2,500,4", "OK");
    ASK(p, "vCont;c", "");
    cross(p, GDB_REASON_WATCH);
    ASK(p, "Z2,500,4", "OK");
    ASK(p, "vCont;c", REASON("watch:502;"));
    /* gdb has read the new value already, and sees no change: The CPU now runs 32-bit code, and */
    const char *reply = ask(p, "vCont;c");
    CHECK(
        !strncmp(reply, "O54686520435055206e6f772072756e732033322d62697420636f64652c20616e64", 67));
    CHECK_STR(reply + strlen(reply) - strlen(INSISTED), INSISTED);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;c", "");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    free_peer(p);

    p = gdb_at_16();
    ASK(p, "Z2,500,4", "OK");
    ASK(p, "vCont;c", "");
    cross(p, GDB_REASON_WATCH);
    ASK(p, "Z2,500,2", "OK"); /* another one, which 0x502 is not in */
    ASK(p, "vCont;c", PLAIN);
    free_peer(p);

    p = gdb_at_16();
    ASK(p, "Z4,500,4", "OK");
    ASK(p, "vCont;c", "");
    cross(p, GDB_REASON_AWATCH);
    ASK(p, "Z4,500,4", "OK");
    ASK(p, "vCont;c", REASON("awatch:502;"));
    ASK(p, "vCont;c", ""); /* its condition is false */
    free_peer(p);
}

static void interrupting(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "vCont;c", "");
    say(p, "\003");
    p->fake.arch = GDB_ARCH_I386;
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), EXEC_32);
    ask(p, "qXfer:features:read:target.xml:0,ffff");
    ASK(p, "vCont;c", "T02thread:01;" REGS);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;c", "");
    free_peer(p);
}

/* `catch exec`: the user sees the event itself, and goes on from there. */
static void showing_the_event(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "vCont;s:1", "");
    cross(p, GDB_REASON_NONE);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;s:1", PLAIN);
    ASK(p, "vCont;c", "");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    free_peer(p);
}

static void asking_for_the_stop(void)
{
    struct peer *p = gdb_at_16();
    ASK(p, "Z0,7d00,1", "OK");
    ASK(p, "vCont;s:1", "");
    cross(p, GDB_REASON_NONE);
    ASK(p, "?", PLAIN);
    ASK(p, "vCont;s:1", "");
    CHECK_STR(p->fake.log, "remove 0 7d00 1\nresume 1:s\n"); /* stale all the same */
    free_peer(p);
}

/* ---- Symbols */

static struct peer *gdb_with(const char *packet)
{
    struct peer *p = gdb_at_16();
    p->fake.image_arch = GDB_ARCH_I386;
    ask(p, packet);
    ASK(p, "vCont;c", "");
    p->fake.arch = GDB_ARCH_I386;
    return p;
}

#define OPEN_32    "vFile:open:2f73746570766d3a69333836,0,0"
#define OPEN_IMAGE "vFile:open:2f696d672e656c66,0,0"

static void keeping_symbols(void)
{
    static const char *const files[] = {"qOffsets", "qSymbol::"};
    for (size_t i = 0; i < 2; i++) {
        struct peer *p = gdb_with(files[i]);
        p->fake.image_path = "/img.elf";
        CHECK_STR(stops(p, stop_for(GDB_REASON_NONE)), EXEC_32);
        ASK(p, OPEN_32, "F1");
        ASK(p, "vFile:pread:1,1000,0", "Fb;S9030000FC\\0a"); /* nothing that could replace them */
        free_peer(p);
    }
}

static void naming_the_image(void)
{
    struct peer *p = gdb_with("qC");
    p->fake.image_path = "/img.elf";
    CHECK_STR(stops(p, stop_for(GDB_REASON_NONE)), EXEC_IMAGE);
    ASK(p, OPEN_IMAGE, "F2");
    ASK(p, "qSymbol::", "OK");
    ask(p, "qXfer:features:read:target.xml:0,ffff");
    ASK(p, "vCont;c", PLAIN);
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "vCont;c", "");
    p->fake.arch = GDB_ARCH_X86_64; /* where it does not fit, its symbols stay */
    CHECK_STR(stops(p, stop_for(GDB_REASON_NONE)),
              "T05exec:2f73746570766d3a7838362d3634;thread:01;");
    free_peer(p);
}

/* gdb shows all threads by one description. */
static void mentions_cpus_in_another_mode(void)
{
    struct peer *p = gdb_at_16();
    p->fake.threads = 3;
    p->fake.at_32 = 0x9000;
    ASK(p, "vCont;c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_NONE)), PLAIN);
    p->fake.regs[1].pc = p->fake.regs[2].pc = 0x9000;
    ASK(p, "vCont;c", "");
    const char *reply = stops(p, stop_for(GDB_REASON_NONE));
    CHECK(!strncmp(reply, "O435055203120697320696e2033322d62697420", 39)); /* CPU 1 is in 32-bit */
    CHECK_STR(reply + strlen(reply) - strlen(PLAIN), PLAIN);
    ASK(p, "vCont;c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_NONE)), PLAIN); /* once is enough */
    ASK(p, "vCont;c", "");
    CHECK_STR(stops(p, (struct gdb_stop){.kind = GDB_STOP_EXITED}), "W00");
    free_peer(p);
}

int main(void)
{
    TEST(stepping);
    TEST(stepping_off_a_breakpoint);
    TEST(stepping_off_a_breakpoint_onto_another);
    TEST(stepping_for_a_watchpoint);
    TEST(stepping_onto_a_false_condition);
    TEST(continuing_to_a_breakpoint);
    TEST(continuing_to_a_false_condition);
    TEST(finishing);
    TEST(stepping_over_a_call);
    TEST(a_lost_breakpoint_and_a_false_condition);
    TEST(watchpoints);
    TEST(interrupting);
    TEST(showing_the_event);
    TEST(asking_for_the_stop);
    TEST(keeping_symbols);
    TEST(naming_the_image);
    TEST(mentions_cpus_in_another_mode);
    return check_done();
}
