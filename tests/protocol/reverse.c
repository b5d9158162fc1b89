/* Back in time: what the target is told, and what the client. The packets are those that gdb 13
 * sends for each command; the fake's log is a row of nops. */
#include "gdbstub/hit.h"
#include "tracer.h"

#define REGS(pc)      "08:" pc "7c0000;04:00700000;05:181f262d;"
#define STOP(why, pc) "T05thread:01;" why REGS(pc)
#define EXEC_16       "T05exec:2f73746570766d3a6938303836;thread:01;" /* /stepvm:i8086 */
#define BEGIN         "replaylog:begin;"
#define END           "replaylog:end;"
#define DESCRIBE      "qXfer:features:read:target.xml:0,ffff"
#define FALSE_IN_32   ";X3,220027" /* const8 0, end */
#define TRUE_IN_32    ";X3,220127"
#define SAY_HI        ";cmds:0,Xe,220022003400000568695c6e0027" /* hi\n */

static const char *runs(struct peer *p)
{
    return stops(p, fake_run(&p->fake, 0x7c20));
}

/* gdb at 0x7c10, sixteen instructions after the beginning. */
static struct peer *gdb_at_10(enum gdb_arch arch)
{
    struct peer *p = new_peer(arch);
    ask(p, "qSupported:swbreak+;hwbreak+;exec-events+");
    p->fake.memory[FAKE_WRITTEN] = 0;
    p->fake.writer = 0x7c08;
    fake_record(&p->fake);
    ASK(p, "Z0,7c10,1", "OK");
    ASK(p, "vCont;c", "");
    CHECK_STR(runs(p), STOP("swbreak:;", "10"));
    ASK(p, "z0,7c10,1", "OK");
    p->fake.log[0] = 0;
    return p;
}

static void is_offered_where_the_target_can(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    CHECK(strstr(ask(p, "qSupported"), ";ReverseStep+;ReverseContinue+"));
    p->ops.travel_back = NULL;
    CHECK(!strstr(ask(p, "qSupported"), "Reverse"));
    ASK(p, "bs", "");
    ASK(p, "bc", "");
    CHECK_EQ(p->session.state, SESSION_STOPPED);
    free_peer(p);
}

static void steps_back_and_forth(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    ASK(p, "Z0,7c10,1", "OK"); /* left in at the present pc */
    ASK(p, "Hc0", "OK");
    ASK(p, "bs", "");
    CHECK_EQ(p->session.state, SESSION_RUNNING);
    ASK(p, "bs", "E10");
    ASK(p, "g", "E10");
    CHECK_STR(runs(p), STOP("", "0f"));
    ASK(p, "bs", "");
    CHECK_STR(runs(p), STOP("", "0e"));
    ASK(p, "?", STOP("", "0e"));
    ASK(p, "vCont;s:1;c", "");
    CHECK_STR(runs(p), STOP("", "0f"));
    CHECK_STR(p->fake.log, "insert 0 7c10 1\nback 1:s\nback 1:s\nresume 1:s\n");
    ASK(p, "bsx", ""); /* other packets */
    ASK(p, "bc1", "");
    ASK(p, "b", "");
    free_peer(p);
}

static void tells_where_the_log_ends(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP(BEGIN, "00"));
    ASK(p, "bs", "");
    CHECK_STR(runs(p), STOP(BEGIN, "00"));
    ASK(p, "vCont;c", "");
    CHECK_STR(runs(p), STOP(END, "10"));
    ASK(p, "?", STOP(END, "10"));
    ASK(p, "vCont;c", "");
    CHECK_STR(runs(p), STOP("", "20"));
    free_peer(p);
}

static void goes_back_to_breakpoints(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    ASK(p, "Z0,7c10,1", "OK");
    ASK(p, "Z0,7c0c,1", "OK");
    ASK(p, "Z1,7c04,1", "OK");
    ASK(p, "Z2,500,1", "OK");
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP("swbreak:;", "0c"));
    ASK(p, "bc", ""); /* the write is undone, and gdb sees another value */
    CHECK_STR(runs(p), STOP("watch:500;", "08"));
    ASK(p, "m500,1", "00");
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP("hwbreak:;", "04"));
    ASK(p, "vCont;c", "");
    CHECK_STR(runs(p), STOP("watch:500;", "09"));
    ASK(p, "m500,1", "01");
    free_peer(p);
}

static void goes_back_to_accesses(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    ASK(p, "Z4,500,1", "OK");
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP("awatch:500;", "08"));
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP(BEGIN, "00"));
    ASK(p, "vCont;c", "");
    CHECK_STR(runs(p), STOP("awatch:500;", "09"));
    free_peer(p);
}

static void judges_conditions(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    ASK(p, "Z0,7c0c,1" FALSE_IN_32, "OK");
    ASK(p, "Z0,7c04,1" TRUE_IN_32, "OK");
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP("swbreak:;", "04"));
    ASK(p, "vCont;c", "");
    CHECK_STR(runs(p), STOP(END, "10"));
    free_peer(p);
}

/* As gdb's own dprintf does on the way back. */
static void prints_on_the_way(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    ASK(p, "Z0,7c0c,1" SAY_HI, "OK");
    ASK(p, "bc", "");
    CHECK_STR(runs(p), "O68690a|" STOP(BEGIN, "00"));
    free_peer(p);
}

static void collects_nothing_again(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct gdb_hit hit = {
        .kind = GDB_HIT_BREAKPOINT, .thread = 1, .pc = 0x7c04, .traced_only = true};
    ASK(t->peer, "QTDP:1:7c04:E:0:0", "OK");
    ASK(t->peer, "QTStart", "OK");
    t->peer->fake.running = true;
    CHECK_EQ(fake_hit(&t->peer->fake, &hit), GDB_HIT_GO_ON);
    hit.replayed = true;
    CHECK_EQ(fake_hit(&t->peer->fake, &hit), GDB_HIT_GO_ON);
    CHECK_EQ(hit_filter_of_trace(&t->trace, &hit), GDB_HIT_GO_ON);
    CHECK_STR(status(t, "tframes"), "tframes:1");
    free_tracer(t);
}

/* Past a breakpoint whose condition gdb finds false, one thread is stepped, by Hc. */
static void steps_who_is_meant(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    p->fake.threads = 3;
    ASK(p, "Hg2", "OK");
    ASK(p, "Hc0", "OK");
    ASK(p, "bs", "");
    stops(p, stop_of(GDB_SIGTRAP));
    ASK(p, "Hc3", "OK");
    ASK(p, "bs", "");
    stops(p, stop_of(GDB_SIGTRAP));
    ASK(p, "bc", "");
    stops(p, stop_of(GDB_SIGTRAP));
    ASK(p, "Hc-1", "OK");
    ASK(p, "bc", "");
    CHECK_STR(p->fake.log, "back 2:s\nback 3:s\nback 3:c\nback 1:c\n");
    free_peer(p);
}

static void is_interrupted(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    ASK(p, "bc", "");
    CHECK_STR(say(p, "\003"), "");
    CHECK_EQ(p->fake.interrupts, 1);
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "T02thread:01;" REGS("10"));
    ASK(p, "bs", "");
    CHECK_STR(say(p, "\003"), ""); /* the end of the step was faster, and gdb goes on by itself */
    CHECK_STR(runs(p), STOP("", "0f"));
    ASK(p, "bs", "T02thread:01;" REGS("0f"));
    ASK(p, "bs", "");
    CHECK_STR(runs(p), STOP("", "0e"));
    CHECK_STR(p->fake.log, "back 1:c\nback 1:s\nback 1:s\n");
    free_peer(p);
}

/* Can't go back: nothing is recorded */
static void says_why_it_cannot(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    static const char why[] = "O43616e277420676f206261636b3a206e6f7468696e67206973207265636f7264"
                              "65640a|" STOP(BEGIN, "00");
    ASK(p, "bs", why);
    ASK(p, "bc", why);
    ASK(p, "?", STOP(BEGIN, "00"));
    CHECK_EQ(p->session.state, SESSION_STOPPED);
    ASK(p, "vCont;c", "");
    CHECK_STR(p->fake.log, "back 1:s\nback 1:c\nresume 1:c\n");
    free_peer(p);
}

/* All-stop it must be; gdb 13 waits for a stop, not for an OK. */
static void is_refused_in_non_stop_mode(void)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    p->fake.threads = 2;
    ASK(p, "QNonStop:1", "OK");
    ASK(p, "?", "T05thread:01;swbreak:;" REGS("10"));
    ask(p, "vStopped");
    ask(p, "vStopped");
    p->fake.log[0] = 0;
    ASK(p, "Hc1", "OK");
    ASK(p, "bs", "%Stop:" STOP(BEGIN, "10"));
    ASK(p, "vStopped", "OK");
    CHECK(!strncmp(ask(p, "qRcmd,78"), "O43616e277420676f206261636b3a", 29)); /* Can't go back: */
    ASK(p, "vCont;c:1", "OK");
    ASK(p, "bc", "E10");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    free_peer(p);
}

/* ---- Into another mode */

static struct peer *gdb_in_32_bit_code(uint64_t since)
{
    struct peer *p = gdb_at_10(GDB_ARCH_I386);
    p->fake.arch = GDB_ARCH_I8086;
    p->fake.at_32 = since;
    return p;
}

static void steps_back_into_a_mode(void)
{
    struct peer *p = gdb_in_32_bit_code(0x7c10);
    ASK(p, "bs", "");
    CHECK_STR(runs(p), EXEC_16);
    CHECK(strstr(ask(p, DESCRIBE), "i8086"));
    ASK(p, "bc", STOP("", "0f")); /* it has forgotten that it was stepping, not which way */
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "bs", "");
    CHECK_STR(runs(p), STOP("", "0e"));
    CHECK_STR(p->fake.log, "back 1:s\nback 1:s\n");
    free_peer(p);
}

static void goes_back_to_a_breakpoint_in_a_mode(void)
{
    struct peer *p = gdb_in_32_bit_code(0x7c10);
    ASK(p, "Z0,7c04,1", "OK");
    ASK(p, "Z0,7c05,1", "OK"); /* gdb's own, which it forgets */
    p->fake.regs[0].pc = 0x7c05;
    p->fake.at_32 = 0x7c05;
    ASK(p, "bc", "");
    CHECK_STR(runs(p), EXEC_16);
    ask(p, DESCRIBE);
    ASK(p, "m7c04,1", "90");
    ASK(p, "Z0,7c04,1", "OK");
    ASK(p, "bc", STOP("swbreak:;", "04"));
    ask(p, "qXfer:threads:read::0,1000");
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP(BEGIN, "00"));
    free_peer(p);
}

static void tells_of_the_beginning_in_a_mode(void)
{
    struct peer *p = gdb_in_32_bit_code(0x7c10);
    ASK(p, "bc", "");
    CHECK_STR(runs(p), EXEC_16);
    ask(p, DESCRIBE);
    ASK(p, "bc", STOP(BEGIN, "00"));
    ask(p, "qXfer:threads:read::0,1000");
    CHECK_STR(p->fake.log, "back 1:c\n");
    free_peer(p);
}

/* Off a breakpoint whose condition gdb has found false: it takes the stop for the end of that. */
static void steps_off_a_breakpoint_into_a_mode(void)
{
    struct peer *p = gdb_in_32_bit_code(0x7c10);
    ASK(p, "Hc1", "OK");
    ASK(p, "bs", "");
    CHECK_STR(runs(p), EXEC_16);
    ask(p, DESCRIBE);
    ASK(p, "bs", STOP("", "0f"));
    ASK(p, "Hc0", "OK");
    const char *reply = ask(p, "bc");
    CHECK(!strncmp(reply, "O54686520435055206e6f772072756e732031362d626974", 47)); /* The CPU now */
    CHECK(strstr(reply, "60726576657273652d636f6e74696e7565")); /* `reverse-continue` goes on */
    CHECK_STR(reply + strlen(reply) - strlen(STOP("", "0f")), STOP("", "0f"));
    free_peer(p);
}

/* ---- lldb */

static void lldb_knows_the_ends(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    fake_record(&p->fake);
    ASK(p, "QThreadSuffixSupported", "OK");
    ASK(p, "bc", "");
    CHECK_STR(runs(p), STOP(BEGIN, "00"));
    CHECK(strstr(ask(p, "jThreadsInfo"), "\"reason\":\"history boundary\""));
    free_peer(p);
}

int main(void)
{
    TEST(is_offered_where_the_target_can);
    TEST(steps_back_and_forth);
    TEST(tells_where_the_log_ends);
    TEST(goes_back_to_breakpoints);
    TEST(goes_back_to_accesses);
    TEST(judges_conditions);
    TEST(prints_on_the_way);
    TEST(collects_nothing_again);
    TEST(steps_who_is_meant);
    TEST(is_interrupted);
    TEST(says_why_it_cannot);
    TEST(is_refused_in_non_stop_mode);
    TEST(steps_back_into_a_mode);
    TEST(goes_back_to_a_breakpoint_in_a_mode);
    TEST(tells_of_the_beginning_in_a_mode);
    TEST(steps_off_a_breakpoint_into_a_mode);
    TEST(lldb_knows_the_ends);
    return check_done();
}
