/* Run control: resuming, stopping, and what the client is told of it. */
#include "peer.h"

/* The registers that come with a stop of CPU 1 of a 16-bit fake: eip, esp, ebp. */
#define REGS_16 "08:007c0000;04:00700000;05:181f262d;"
#define REGS_32 REGS_16

static struct gdb_stop stop_for(enum gdb_stop_reason reason, uint64_t addr)
{
    return (struct gdb_stop){.code = GDB_SIGTRAP, .thread = 1, .reason = reason, .addr = addr};
}

static void takes_nothing_before_the_first_stop(void)
{
    struct peer *p = calloc(1, sizeof(*p));
    connect_peer(p, GDB_ARCH_I8086);
    CHECK(!session_takes_input(&p->session));
    CHECK_EQ(session_feed(&p->session, "+$?#3f", 6), 0);
    CHECK_STR(hear(p), "");
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), ""); /* nobody has asked yet */
    CHECK_STR(say(p, "+$?#3f"), "+T02thread:01;" REGS_16);
    free_peer(p);
}

static void answers_a_resume_at_the_stop(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "vCont;s:1", "");
    CHECK_EQ(p->session.state, SESSION_RUNNING);
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
    ASK(p, "?", "T05thread:01;" REGS_16);
    CHECK_STR(p->fake.log, "resume 1:s\n");
    /* The same stop once more, as an interrupt that crossed it may cause: the client has heard. */
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "");
    ASK(p, "?", "T05thread:01;" REGS_16);
    free_peer(p);
}

static void tells_the_reason_if_the_client_knows_it(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_SWBREAK, 0)), "T05thread:01;" REGS_16);
    ask(p, "qSupported:hwbreak+;xmlRegisters=i386;swbreak+");
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_SWBREAK, 0)), "T05thread:01;swbreak:;" REGS_16);
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_HWBREAK, 0)), "T05thread:01;hwbreak:;" REGS_16);
    ask(p, "qSupported:swbreak-;hwbreak+x");
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_HWBREAK, 0)), "T05thread:01;" REGS_16);
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_WATCH, 0x500)), "T05thread:01;watch:500;" REGS_16);
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_RWATCH, 0x501)), "T05thread:01;rwatch:501;" REGS_16);
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_for(GDB_REASON_AWATCH, 0x502)), "T05thread:01;awatch:502;" REGS_16);
    free_peer(p);
}

static void expedites_64_bit_registers(void)
{
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    ASK(p, "?", "T02thread:01;10:007c000000000000;07:0070000000000000;06:181f262d343b4249;");
    free_peer(p);
}

static void resumes_who_is_meant(void)
{
    static const struct {
        const char *packet, *log;
    } cases[] = {
        {"vCont;c", "resume 1:c 2:c 3:c\n"},
        {"vCont;s:2;c", "resume 1:c 2:s 3:c\n"},
        {"vCont;c;s:2", "resume 1:c 2:c 3:c\n"}, /* the first that matches */
        {"vCont;s:2", "resume 2:s\n"},           /* the others stay where they are */
        {"vCont;s:2;c:3", "resume 2:s 3:c\n"},
        {"vCont;c:-1", "resume 1:c 2:c 3:c\n"},
        {"vCont;r7c00,7c10:2;c", "resume 1:c 2:s7c00-7c10 3:c\n"},
        {"vCont;r7c00,7c10:1;r0,ffffffffffffffff:3", "resume 1:s7c00-7c10 3:s0-ffffffffffffffff\n"},
        {"vCont;r7c00,7c00:1", "resume 1:s\n"}, /* one step, wherever it ends */
        {"vCont;r7c00,7c10;s:2", "resume 1:s7c00-7c10 2:s7c00-7c10 3:s7c00-7c10\n"},
        {"vCont;C05:1;S0b:2", "resume 1:c 2:s\n"}, /* a machine knows no signals */
        {"c", "resume 1:c 2:c 3:c\n"},
        {"C05", "resume 1:c 2:c 3:c\n"},
        {"s", "resume 1:s\n"},
        {"S05", "resume 1:s\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct peer *p = new_peer(GDB_ARCH_I386);
        p->fake.threads = 3;
        ASK(p, cases[i].packet, "");
        CHECK_STR(p->fake.log, cases[i].log);
        free_peer(p);
    }
}

static void resumes_the_thread_that_hc_chose(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    p->fake.threads = 3;
    ASK(p, "Hc3", "OK");
    ASK(p, "s7d00", "");
    CHECK_EQ(p->fake.regs[2].pc, 0x7d00);
    stops(p, stop_of(GDB_SIGTRAP));
    ASK(p, "C05;7d10", "");
    CHECK_EQ(p->fake.regs[2].pc, 0x7d10);
    stops(p, stop_of(GDB_SIGTRAP));
    ASK(p, "Hc-1", "OK");
    ASK(p, "c", "");
    CHECK_STR(p->fake.log, "resume 3:s\nresume 3:c\nresume 1:c 2:c 3:c\n");
    free_peer(p);
}

static void refuses_malformed_resumes(void)
{
    static const char *const packets[] = {
        "vCont;",       "vCont;;",
        "vCont;x",      "vCont;c:",
        "vCont;c:g",    "vCont;c:9",
        "vCont;C",      "vCont;Cg",
        "vCont;c;",     "vCont;cc",
        "vCont;t",      "vCont;s:2",
        "vCont;c:p1.1", "vCont;r",
        "vCont;r1",     "vCont;r1,",
        "vCont;r,2",    "vCont;r2,1",
        "vCont;r1,2,3", "vCont;r1,2:9",
        "vCont;r1,2x",  "vCont;r1,10000000000000000",
        "cx",           "c7c00x",
        "s7c00,",       "C",
        "Cx",           "S05;",
    };
    struct peer *p = new_peer(GDB_ARCH_I386);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "E16");
    CHECK_STR(p->fake.log, "");
    CHECK_EQ(p->session.state, SESSION_STOPPED);
    char many[5 + 2 * 1000 + 1] = "vCont";
    for (int i = 0; i < 1000; i++)
        strcat(many, ";c");
    ASK(p, many, "E16");
    free_peer(p);
}

static void says_when_it_cannot_resume(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    p->fake.refuse = EIO;
    ASK(p, "vCont;c", "E05");
    ASK(p, "s", "E05");
    p->fake.refuse = 0;
    ASK(p, "?", "T02thread:01;" REGS_32);
    free_peer(p);
}

static void lists_what_it_can_do(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    ASK(p, "vCont?", "vCont;c;C;s;S;r;t");
    p->ops.pause = NULL;
    ASK(p, "vCont?", "vCont;c;C;s;S;r");
    free_peer(p);
}

static void is_interrupted_once(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    CHECK_STR(say(p, "\003"), ""); /* stopped already: this one crossed the stop */
    CHECK_EQ(p->fake.interrupts, 0);
    ASK(p, "c", "");
    CHECK_STR(say(p, "\003\003"), "");
    CHECK_EQ(p->fake.interrupts, 1);
    CHECK_EQ(p->session.state, SESSION_STOPPING);
    /* The breakpoint that races with it wins. */
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
    ASK(p, "qfThreadInfo", "m01");
    ASK(p, "c", "");
    ASK(p, "vCtrlC", "OK");
    CHECK_EQ(p->fake.interrupts, 2);
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "T02thread:01;" REGS_16);
    free_peer(p);
}

/* A client that goes on by itself, as gdb does where a breakpoint's condition is false, is stopped
 * the next time if its user's Ctrl-C came in between or was beaten by a breakpoint. */
static void an_interrupt_outlives_a_stop_that_nobody_sees(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    p->fake.threads = 3;
    ASK(p, "c", "");
    CHECK_STR(say(p, "\003"), "");
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
    p->fake.log[0] = 0;
    ASK(p, "vCont;s:2", "T02thread:02;08:007c0000;04:00700000;05:1920272e;");
    ASK(p, "?", "T02thread:02;08:007c0000;04:00700000;05:1920272e;");
    CHECK_STR(p->fake.log, "");
    CHECK_EQ(p->session.state, SESSION_STOPPED);
    ASK(p, "vCont;s:2", "");
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
    CHECK_STR(say(p, "\003\003"), "");
    p->fake.log[0] = 0;
    ASK(p, "vCont;c", "T02thread:01;" REGS_16);
    CHECK_STR(p->fake.log, "");
    ASK(p, "vCont;c", "");
    CHECK_STR(p->fake.log, "resume 1:c 2:c 3:c\n");
    free_peer(p);
}

/* gdb lists the threads when it shows a stop to its user: that is what Ctrl-C was for. */
static void an_interrupt_ends_with_a_stop_that_is_shown(void)
{
    static const char *const lists[] = {"qfThreadInfo", "qXfer:threads:read::0,1000"};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct peer *p = new_peer(GDB_ARCH_I8086);
        ASK(p, "c", "");
        CHECK_STR(say(p, "\003"), "");
        CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
        ask(p, lists[i]);
        ASK(p, "c", "");
        CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
        ask(p, lists[i]);
        CHECK_STR(say(p, "\003"), "");
        ASK(p, "c", "");
        CHECK_EQ(p->fake.interrupts, 1);
        free_peer(p);
    }
}

/* lldb interrupts for reasons of its own, and goes on if the stop was another. */
static void lldb_is_not_interrupted_late(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "QThreadSuffixSupported", "OK");
    ASK(p, "c", "");
    CHECK_STR(say(p, "\003"), "");
    stops(p, stop_of(GDB_SIGTRAP));
    ASK(p, "c", "");
    CHECK_EQ(p->session.state, SESSION_RUNNING);
    free_peer(p);
}

static void refuses_to_work_while_running(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "c", "");
    ASK(p, "g", "E10");
    ASK(p, "m0,4", "E10");
    ASK(p, "Z0,0,1", "E10");
    ASK(p, "vCont;c", "E10");
    ASK(p, "k", "E10");
    ASK(p, "qAttached", "1");
    ASK(p, "nonsense", "");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    CHECK_EQ(p->fake.killed, 0);
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
    free_peer(p);
}

static void prints_the_message_of_a_stop_before_it(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    struct gdb_stop stop = stop_of(GDB_SIGSEGV);
    strcpy(stop.message, "dead");
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop), "O64656164|O0a|T0bthread:01;" REGS_16);
    ASK(p, "?", "T0bthread:01;" REGS_16);
    free_peer(p);
}

/* Who connects after the stop may not be sent text with the answer to `?`; it comes when it may. */
static void keeps_a_message_until_it_may_be_printed(void)
{
    struct peer *p = calloc(1, sizeof(*p));
    struct gdb_stop stop = stop_of(GDB_SIGSEGV);
    connect_peer(p, GDB_ARCH_I8086);
    strcpy(stop.message, "dead\n");
    CHECK_STR(stops(p, stop), "");
    ASK(p, "?", "+T0bthread:01;" REGS_16);
    say(p, "+");
    ask(p, "QStartNoAckMode");
    say(p, "+");
    ASK(p, "qRcmd,78", "O646561640a|O796f75207361696420780a|OK");
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
    free_peer(p);
}

static void tells_of_the_end(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "c", "");
    CHECK_STR(stops(p, (struct gdb_stop){.kind = GDB_STOP_EXITED, .code = 0x21}), "W21");
    CHECK(session_over(&p->session));
    session_hang_up(&p->session);
    CHECK_EQ(p->fake.detached, 0); /* there is nothing left to detach from */
    free_peer(p);

    p = new_peer(GDB_ARCH_I8086);
    ASK(p, "c", "");
    CHECK_STR(stops(p, (struct gdb_stop){.kind = GDB_STOP_KILLED, .code = 15}), "X0f");
    CHECK(session_over(&p->session));
    free_peer(p);

    p = new_peer(GDB_ARCH_I8086); /* while the client looks at a stop */
    CHECK_STR(stops(p, (struct gdb_stop){.kind = GDB_STOP_EXITED}), "");
    CHECK(session_over(&p->session));
    free_peer(p);
}

static void detaches(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "D", "OK");
    CHECK_EQ(p->fake.detached, 1);
    CHECK(session_over(&p->session));
    session_hang_up(&p->session);
    CHECK_EQ(p->fake.detached, 1);
    ASK(p, "g", ""); /* nothing is taken any more */
    free_peer(p);

    p = new_peer(GDB_ARCH_I8086);
    ASK(p, "c", "");
    ASK(p, "D;1", "OK"); /* while it runs, too */
    CHECK_EQ(p->fake.detached, 1);
    free_peer(p);

    p = new_peer(GDB_ARCH_I8086);
    ASK(p, "c", "");
    session_hang_up(&p->session);
    CHECK_EQ(p->fake.detached, 1);
    free_peer(p);
}

static void kills(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "k", "");
    CHECK_EQ(p->fake.killed, 1);
    CHECK(session_over(&p->session));
    session_hang_up(&p->session);
    CHECK_EQ(p->fake.detached, 0);
    free_peer(p);

    p = new_peer(GDB_ARCH_I8086);
    ASK(p, "vKill;a410", "OK");
    CHECK_EQ(p->fake.killed, 1);
    free_peer(p);
}

/* ---- A change of architecture */

#define EXEC_32 "T05exec:2f73746570766d3a69333836;thread:01;"     /* /stepvm:i386 */
#define EXEC_64 "T05exec:2f73746570766d3a7838362d3634;thread:01;" /* /stepvm:x86-64 */

static void tells_of_a_change_of_architecture(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ask(p, "qSupported:swbreak+;hwbreak+;exec-events+");
    ASK(p, "Z1,7c00,1", "OK");
    ASK(p, "vCont;c", "");
    p->fake.arch = GDB_ARCH_I386;
    CHECK_STR(stops(p, stop_for(GDB_REASON_HWBREAK, 0)), EXEC_32);
    CHECK_EQ(p->session.arch, GDB_ARCH_I8086); /* until the client has read the new one */
    CHECK(strstr(ask(p, "qXfer:features:read:target.xml:0,ffff"), ">i386<"));
    ASK(p, "Z1,7c00,1", "OK");
    ASK(p, "vCont;s:1", "T05thread:01;hwbreak:;" REGS_32);
    ask(p, "qXfer:threads:read::0,ffff");
    ASK(p, "z1,7c00,1", "OK");
    /* The target was held. */
    CHECK_STR(p->fake.log, "insert 1 7c00 1\nresume 1:c\nremove 1 7c00 1\n");
    ASK(p, "vCont;c", "");
    CHECK_STR(p->fake.log, "insert 1 7c00 1\nresume 1:c\nremove 1 7c00 1\nresume 1:c\n");
    p->fake.arch = GDB_ARCH_X86_64;
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), EXEC_64);
    ask(p, "qXfer:features:read:target.xml:0,ffff");
    ASK(p, "c", "T02thread:01;10:007c000000000000;07:0070000000000000;06:181f262d343b4249;");
    free_peer(p);
}

/* gdb's TUI shows registers between the event and the description: those that each i386 has, which
 * are 308 bytes, whatever was described before. */
static void sends_few_registers_without_a_description(void)
{
    static const enum gdb_arch from[] = {GDB_ARCH_I8086, GDB_ARCH_X86_64};
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        struct peer *p = new_peer(from[i]);
        p->fake.features = UINT64_MAX;
        ask(p, "qSupported:exec-events+");
        CHECK(strlen(ask(p, "g")) > 2 * 308);
        ASK(p, "vCont;c", "");
        p->fake.arch = GDB_ARCH_I386;
        CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), EXEC_32);
        char *few = strdup(ask(p, "g"));
        CHECK_EQ(strlen(few), 2 * 308);
        ask(p, "qXfer:features:read:target.xml:0,ffff");
        const char *all = ask(p, "g");
        CHECK(strlen(all) > 2 * 308);
        CHECK(!strncmp(few, all, strlen(few)));
        free(few);
        free_peer(p);
    }
}

static void tells_the_message_with_the_true_stop(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    struct gdb_stop stop = stop_of(GDB_SIGSEGV);
    strcpy(stop.message, "dead\n");
    ask(p, "qSupported:exec-events+");
    ASK(p, "c", "");
    p->fake.arch = GDB_ARCH_I386;
    CHECK_STR(stops(p, stop), EXEC_32);
    ASK(p, "c", "O646561640a|T0bthread:01;" REGS_32);
    free_peer(p);
}

static void keeps_the_layout_for_who_knows_no_exec(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ask(p, "qXfer:features:read:target.xml:0,ffff");
    size_t len = strlen(ask(p, "g"));
    ASK(p, "c", "");
    p->fake.arch = GDB_ARCH_X86_64;
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "T05thread:01;" REGS_16);
    CHECK_EQ(strlen(ask(p, "g")), len);
    free_peer(p);
}

static void answers_a_question_with_the_true_stop(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ask(p, "qSupported:exec-events+");
    ASK(p, "c", "");
    p->fake.arch = GDB_ARCH_I386;
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), EXEC_32);
    ASK(p, "?", "T05thread:01;" REGS_32);
    ASK(p, "c", ""); /* it has heard: this one goes on */
    CHECK_STR(p->fake.log, "resume 1:c\nresume 1:c\n");
    free_peer(p);
}

/* ---- A target that stops while it is being resumed */

static struct peer *at_once_peer;

static int resume_and_stop(void *target, const struct gdb_resume *actions, size_t n)
{
    struct gdb_stop stop = stop_of(GDB_SIGTRAP);
    (void)target;
    (void)actions;
    CHECK_EQ(n, 1);
    session_stopped(&at_once_peer->session, &stop);
    return 0;
}

static void hears_a_stop_within_the_resume(void)
{
    struct peer *p = at_once_peer = new_peer(GDB_ARCH_I8086);
    p->ops.resume = resume_and_stop;
    ASK(p, "vCont;s:1", "T05thread:01;" REGS_16);
    ASK(p, "s", "T05thread:01;" REGS_16);
    free_peer(p);
}

int main(void)
{
    TEST(takes_nothing_before_the_first_stop);
    TEST(answers_a_resume_at_the_stop);
    TEST(tells_the_reason_if_the_client_knows_it);
    TEST(expedites_64_bit_registers);
    TEST(resumes_who_is_meant);
    TEST(resumes_the_thread_that_hc_chose);
    TEST(refuses_malformed_resumes);
    TEST(says_when_it_cannot_resume);
    TEST(lists_what_it_can_do);
    TEST(is_interrupted_once);
    TEST(an_interrupt_outlives_a_stop_that_nobody_sees);
    TEST(an_interrupt_ends_with_a_stop_that_is_shown);
    TEST(lldb_is_not_interrupted_late);
    TEST(refuses_to_work_while_running);
    TEST(prints_the_message_of_a_stop_before_it);
    TEST(keeps_a_message_until_it_may_be_printed);
    TEST(tells_of_the_end);
    TEST(detaches);
    TEST(kills);
    TEST(tells_of_a_change_of_architecture);
    TEST(sends_few_registers_without_a_description);
    TEST(tells_the_message_with_the_true_stop);
    TEST(keeps_the_layout_for_who_knows_no_exec);
    TEST(answers_a_question_with_the_true_stop);
    TEST(hears_a_stop_within_the_resume);
    return check_done();
}
