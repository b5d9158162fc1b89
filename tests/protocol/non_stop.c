/* Non-stop mode: resumes answered at once, stops told one by one, the rest done while all is
 * paused.
 */
#include "peer.h"

#define REGS "08:007c0000;04:00700000;05:181f262d;"

/* A stop's text, without the registers that come with it. */
static const char *plain(const char *text)
{
    static char out[4096];
    char *to = out;
    for (const char *p = text; *p;) {
        const char *regs = strstr(p, "08:007c0000;");
        size_t n = regs ? (size_t)(regs - p) : strlen(p);
        memcpy(to, p, n);
        to += n;
        p += n;
        for (int i = 0; regs && i < 3; i++)
            p = strchr(p, ';') + 1;
    }
    *to = 0;
    return out;
}

#define ASK_PLAIN(p, data, expected) CHECK_STR(plain(ask(p, data)), expected)

static struct peer *non_stop_peer(size_t threads)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    p->fake.threads = threads;
    ASK(p, "QNonStop:1", "OK");
    p->fake.log[0] = 0;
    return p;
}

/* The same, in which the client has taken the stop of each. */
static struct peer *known_peer(size_t threads)
{
    struct peer *p = non_stop_peer(threads);
    ask(p, "?");
    while (!strstr(ask(p, "vStopped"), "OK") || stop_queue_busy(&p->session.stops))
        ;
    return p;
}

static const char *thread_stops(struct peer *p, int thread, int code)
{
    struct gdb_stop stop = {.code = code, .thread = thread};
    p->fake.runs[thread - 1] = false;
    session_stopped(&p->session, &stop);
    return plain(hear(p));
}

static void leaves(struct peer *p, int detached, int killed)
{
    session_hang_up(&p->session);
    CHECK_EQ(p->fake.detached, detached);
    CHECK_EQ(p->fake.killed, killed);
    free_peer(p);
}

static void is_turned_on_and_off(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "QNonStop:0", "OK"); /* as gdb begins in all-stop mode */
    CHECK_STR(p->fake.log, "");
    ASK(p, "QNonStop:1", "OK");
    ASK(p, "QNonStop:1", "OK");
    ASK(p, "QNonStop:0", "OK");
    CHECK_STR(p->fake.log, "non-stop on\nnon-stop off\n");
    ASK(p, "QNonStop:2", "E16");
    ASK(p, "QNonStop:", "E16");
    ASK(p, "QNonStop:1x", "E16");
    ASK(p, "vCont;t", "E16"); /* all-stop */
    ASK(p, "vStopped", "E16");
    ASK(p, "c", "");
    ASK(p, "QNonStop:1", "E10");
    leaves(p, 1, 0);

    p = new_peer(GDB_ARCH_I8086);
    p->ops.unpause = NULL;
    ASK(p, "QNonStop:1", "");
    ASK(p, "QNonStop:0", "");
    ASK(p, "vStopped", "");
    CHECK(!strstr(ask(p, "qSupported"), "QNonStop"));
    leaves(p, 1, 0);
}

/* One stop only in the answer: see non_stop.c. */
static void tells_all_that_are_stopped(void)
{
    struct peer *p = non_stop_peer(3);
    ASK(p, "?", "T02thread:01;" REGS);
    CHECK_STR(plain(ask(p, "vStopped")), "OK|%Stop:T00thread:02;");
    ASK_PLAIN(p, "vStopped", "T00thread:03;");
    ASK(p, "vStopped", "OK");
    ASK(p, "vStopped", "OK"); /* there is nothing more to be taken */
    ASK(p, "?", "T02thread:01;" REGS);
    ASK(p, "?", "T02thread:01;" REGS); /* asked anew, told anew */
    CHECK_STR(plain(ask(p, "vStopped")), "OK|%Stop:T00thread:02;");
    CHECK_EQ(p->fake.pauses, 0);
    leaves(p, 1, 0);
}

static void resumes_at_once_and_tells_of_stops(void)
{
    struct peer *p = known_peer(3);
    ASK(p, "vCont;c:1", "OK");
    ASK(p, "vCont;s:2", "OK");
    CHECK_STR(p->fake.log, "resume 1:c\nresume 2:s\n");
    CHECK_STR(thread_stops(p, 2, 5), "%Stop:T05thread:02;");
    CHECK_STR(thread_stops(p, 1, 5), ""); /* one notification at a time */
    ASK_PLAIN(p, "vStopped", "T05thread:01;");
    ASK(p, "vStopped", "OK");
    ASK_PLAIN(p, "?", "T05thread:01;");
    leaves(p, 1, 0);
}

/* A thread runs for the client until that has taken its stop. */
static void leaves_alone_what_runs(void)
{
    struct peer *p = known_peer(3);
    ASK(p, "vCont;c:1", "OK");
    ASK(p, "vCont;s:1", "OK");
    ASK(p, "vCont;t:2", "OK");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    CHECK_STR(thread_stops(p, 1, 5), "%Stop:T05thread:01;");
    ASK(p, "vCont;c:1", "OK"); /* it was sent before that was heard */
    ASK(p, "vCont;t:1", "OK");
    CHECK_STR(p->fake.log, "resume 1:c\n");
    ASK(p, "vStopped", "OK");
    ASK(p, "vCont;s:2;c", "OK");
    CHECK_STR(p->fake.log, "resume 1:c\nresume 1:c 2:s 3:c\n");
    ASK(p, "vCont;c", "OK");
    ASK(p, "vCont;t", "OK");
    CHECK_STR(p->fake.log, "resume 1:c\nresume 1:c 2:s 3:c\nresume 1:t 2:t 3:t\n");
    CHECK_STR(thread_stops(p, 3, 0), "%Stop:T00thread:03;");
    CHECK_STR(thread_stops(p, 3, 5), ""); /* it does not run: no stop of it can come */
    CHECK_STR(thread_stops(p, 4, 5), "");
    leaves(p, 1, 0);
}

static void refuses_malformed_resumes(void)
{
    static const char *const packets[] = {"vCont;t:9", "vCont;t:", "vCont;t05", "vCont;tt",
                                          "vCont;x"};
    struct peer *p = known_peer(2);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "E16");
    p->fake.refuse = EIO;
    ASK(p, "vCont;c", "E05");
    p->fake.refuse = 0;
    ASK(p, "vCont;c", "OK"); /* they had stayed where they were */
    CHECK_STR(p->fake.log, "resume 1:c 2:c\n");
    leaves(p, 1, 0);
}

static void takes_the_older_packets(void)
{
    struct peer *p = known_peer(2);
    ASK(p, "Hc2", "OK");
    ASK(p, "s7d00", "OK");
    CHECK_EQ(p->fake.regs[1].pc, 0x7d00);
    ASK(p, "s7e00", "E10");
    CHECK_EQ(p->fake.regs[1].pc, 0x7d00);
    ASK(p, "Hc-1", "OK");
    ASK(p, "c", "OK");
    CHECK_STR(p->fake.log, "resume 2:s\nresume 1:c\n");
    leaves(p, 1, 0);
}

static void shows_no_registers_of_what_runs(void)
{
    struct peer *p = known_peer(2);
    ASK(p, "vCont;c:2", "OK");
    CHECK_EQ(p->fake.pauses, 0);
    ASK(p, "Hg2", "OK");
    ASK(p, "g", "E10");
    ASK(p, "p8", "E10");
    ASK(p, "P8=007c0000", "E10");
    ASK(p, "G00", "E10");
    ASK(p, "Hg1", "OK");
    ASK(p, "p8", "007c0000");
    CHECK_EQ(strlen(ask(p, "g")) > 100, true);
    ASK(p, "P8=017c0000", "OK");
    CHECK_EQ(p->fake.regs[0].pc, 0x7c01);
    leaves(p, 1, 0);
}

static void works_while_threads_run(void)
{
    struct peer *p = known_peer(2);
    ASK(p, "vCont;c:2", "OK");
    ASK(p, "Hg2", "OK");
    ASK(p, "m7c00,2", "9090");
    ASK(p, "M7c00,1:91", "OK");
    ASK(p, "Z0,7c05,1", "OK");
    ASK(p, "z0,7c05,1", "OK");
    ASK(p, "T2", "OK");
    ASK(p, "qC", "QC02");
    ASK(p, "qfThreadInfo", "m01,02");
    ASK(p, "qThreadExtraInfo,2", "435055203c313e");
    ASK(p, "qRcmd,78", "O796f75207361696420780a|OK");
    CHECK_STR(p->fake.log, "resume 2:c\ninsert 0 7c05 1\nremove 0 7c05 1\n");
    CHECK(p->fake.pauses > 0);
    int pauses = p->fake.pauses;
    CHECK_STR(thread_stops(p, 2, 5), "%Stop:T05thread:02;");
    ASK(p, "m7c00,1", "91"); /* all stand still */
    CHECK_EQ(p->fake.pauses, pauses);
    leaves(p, 1, 0);
}

/* Its own thread's stop is read while the others run. */
static void pauses_to_tell(void)
{
    struct peer *p = known_peer(2);
    ASK(p, "vCont;c", "OK");
    CHECK_STR(thread_stops(p, 2, 5), "%Stop:T05thread:02;");
    CHECK_EQ(p->fake.pauses, 1);
    leaves(p, 1, 0);
}

static void interrupts_one(void)
{
    struct peer *p = known_peer(3);
    ASK(p, "vCtrlC", "OK"); /* nothing runs */
    ASK(p, "vCont;c:2", "OK");
    ASK(p, "vCont;c:3", "OK");
    ASK(p, "vCtrlC", "OK");
    CHECK_STR(p->fake.log, "resume 2:c\nresume 3:c\nresume 2:t\n");
    CHECK_STR(thread_stops(p, 2, 0), "%Stop:T02thread:02;");
    ASK(p, "vStopped", "OK");
    ASK_PLAIN(p, "?", "T02thread:02;");
    CHECK_STR(plain(ask(p, "vStopped")), "OK|%Stop:T02thread:01;");
    ASK(p, "vStopped", "OK");
    CHECK_STR(say(p, "\003"), "");
    CHECK_STR(thread_stops(p, 3, 5), "%Stop:T05thread:03;"); /* a breakpoint came first */
    CHECK_EQ(p->fake.interrupts, 0);
    leaves(p, 1, 0);
}

/* A flood of them pauses the threads once, not each time. */
static void interrupts_once(void)
{
    struct peer *p = known_peer(2);
    ASK(p, "vCont;c", "OK");
    CHECK_STR(say(p, "\003\003\003"), "");
    CHECK_STR(p->fake.log, "resume 1:c 2:c\nresume 1:t\n");
    CHECK_STR(thread_stops(p, 1, 0), "%Stop:T02thread:01;");
    CHECK_STR(say(p, "\003\003"), "");
    CHECK_STR(p->fake.log, "resume 1:c 2:c\nresume 1:t\nresume 2:t\n");
    CHECK_STR(thread_stops(p, 2, 0), "");
    leaves(p, 1, 0);
}

static void keeps_messages_for_the_console(void)
{
    struct peer *p = known_peer(2);
    struct gdb_stop stop = {.code = 5, .thread = 1};
    strcpy(stop.message, "one\n");
    ASK(p, "vCont;c", "OK");
    session_stopped(&p->session, &stop);
    stop.thread = 2;
    strcpy(stop.message, "two\n");
    p->fake.runs[0] = p->fake.runs[1] = false;
    session_stopped(&p->session, &stop);
    CHECK_STR(plain(hear(p)), "%Stop:T05thread:01;");
    ASK(p, "qRcmd,78", "O6f6e650a74776f0a|O796f75207361696420780a|OK");
    leaves(p, 1, 0);
}

static void tells_of_no_change_of_architecture(void)
{
    struct peer *p = known_peer(1);
    ask(p, "qSupported:exec-events+");
    ASK(p, "vCont;c", "OK");
    p->fake.arch = GDB_ARCH_X86_64;
    CHECK_STR(thread_stops(p, 1, 5), "%Stop:T05thread:01;");
    ASK(p, "p8", "007c0000"); /* the layout that it has */
    leaves(p, 1, 0);
}

/* A notification is not acknowledged, and not sent again. */
static void needs_no_acks_for_notifications(void)
{
    struct peer *p = calloc(1, sizeof(*p));
    connect_peer(p, GDB_ARCH_I8086);
    stops(p, stop_of(GDB_SIGINT));
    ASK(p, "QNonStop:1", "+OK");
    say(p, "+");
    ASK(p, "vCont;c", "+OK"); /* not yet acknowledged */
    CHECK_STR(thread_stops(p, 1, 5), "%Stop:T05thread:01;");
    CHECK_STR(say(p, "-"), "OK");
    CHECK_STR(say(p, "-"), "OK");
    CHECK_STR(say(p, "+"), "");
    CHECK_STR(say(p, "-"), "");
    ASK(p, "vStopped", "+OK");
    leaves(p, 1, 0);
}

/* ---- Ends */

static const struct gdb_stop exited = {.kind = GDB_STOP_EXITED, .code = 0x21};

static const char *ends(struct peer *p, const struct gdb_stop *stop)
{
    p->fake.running = false;
    memset(p->fake.runs, 0, sizeof(p->fake.runs));
    session_stopped(&p->session, stop);
    return plain(hear(p));
}

/* The connection is closed when the client has heard. */
static void tells_of_the_end(void)
{
    struct peer *p = known_peer(2);
    ASK(p, "vCont;c", "OK");
    CHECK_STR(ends(p, &exited), "%Stop:W21");
    CHECK(!session_over(&p->session));
    ASK(p, "qfThreadInfo", "l");
    ASK(p, "g", "E10");
    ASK(p, "vStopped", "OK");
    CHECK(session_over(&p->session));
    leaves(p, 0, 0);

    p = known_peer(2); /* a stop on its way is acknowledged first, others are of no use now */
    ASK(p, "vCont;c", "OK");
    CHECK_STR(thread_stops(p, 2, 5), "%Stop:T05thread:02;");
    CHECK_STR(thread_stops(p, 1, 5), "");
    CHECK_STR(ends(p, &(struct gdb_stop){.kind = GDB_STOP_KILLED, .code = 15}), "");
    ASK(p, "vStopped", "X0f");
    CHECK(!session_over(&p->session));
    ASK(p, "vStopped", "OK");
    CHECK(session_over(&p->session));
    leaves(p, 0, 0);

    p = known_peer(2);
    ASK(p, "vCont;c", "OK");
    ends(p, &exited);
    leaves(p, 0, 0); /* without having heard */
}

/* Nothing brings back what has ended for good, nor keeps the connection from being closed. */
static void has_ended_for_good(void)
{
    static const char *const packets[] = {
        "?",          "vRun;", "R00", "vAttach;1", "qRcmd,78", "m0,4",  "QNonStop:0",
        "QNonStop:1", "D",     "k",   "vCtrlC",    "vCont;c",  "vCont?"};
    static const struct gdb_stop killed = {.kind = GDB_STOP_KILLED, .code = 15};
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        struct peer *p = known_peer(2);
        ASK(p, "!", "OK");
        ASK(p, "vCont;c", "OK");
        p->fake.log[0] = 0;
        CHECK_STR(ends(p, &killed), "%Stop:X0f");
        ASK(p, packets[i], "E10");
        CHECK_STR(say(p, "\003"), "");
        CHECK_STR(p->fake.log, "");
        CHECK_EQ(p->fake.interrupts, 0);
        ASK(p, "vStopped", "OK");
        CHECK(session_over(&p->session));
        leaves(p, 0, 0);
    }
}

/* What comes behind the last packet is not for the target any more. */
static void leaves_alone_what_it_has_left(void)
{
    static const char *const last[] = {"$D#44\003", "$k#6b\003", "$vKill;1#6e\003"};
    for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++) {
        struct peer *p = known_peer(2);
        ASK(p, "vCont;c:2", "OK");
        p->fake.log[0] = 0;
        p->fake.pauses = 0;
        say(p, last[i]);
        CHECK(session_over(&p->session));
        CHECK_STR(p->fake.log, "");
        CHECK_EQ(p->fake.pauses, i > 0);
        leaves(p, i == 0, i > 0);
    }
}

static void detaches_and_kills_while_threads_run(void)
{
    struct peer *p = known_peer(2);
    ASK(p, "vCont;c:2", "OK");
    ASK(p, "D", "OK");
    CHECK(session_over(&p->session));
    leaves(p, 1, 0);

    p = known_peer(2);
    ASK(p, "vCont;c", "OK");
    thread_stops(p, 1, 5);
    leaves(p, 1, 0);

    p = known_peer(2);
    ASK(p, "vCont;c", "OK");
    ASK(p, "vKill;1", "OK");
    CHECK_EQ(p->fake.killed, 1);
    CHECK(session_over(&p->session));
    leaves(p, 0, 1);
}

/* ---- Extended mode */

static struct peer *extended_peer(size_t threads)
{
    struct peer *p = known_peer(threads);
    ASK(p, "!", "OK");
    return p;
}

static void starts_anew(void)
{
    struct peer *p = extended_peer(3);
    ASK(p, "vCont;c", "OK");
    ASK(p, "Z0,7c05,1", "OK");
    ASK(p, "vKill;1", "OK");
    CHECK_STR(p->fake.log, "resume 1:c 2:c 3:c\ninsert 0 7c05 1\nnon-stop off\nremove 0 7c05 1\n");
    ASK(p, "?", "OK"); /* no thread is stopped */
    ASK(p, "qfThreadInfo", "l");
    ASK(p, "QNonStop:1", "OK");
    p->fake.log[0] = 0;
    ASK_PLAIN(p, "vRun;", "T05thread:01;");
    ASK(p, "vCont;c", "OK"); /* the others run already */
    CHECK_STR(p->fake.log, "restart\nnon-stop on\nresume 2:c\nresume 3:c\nresume 1:c\n");
    leaves(p, 1, 0);
}

/* The pause that a command began ends with the program. */
static void starts_anew_what_runs(void)
{
    static const char *const packets[] = {"vRun;", "R00"};
    for (size_t i = 0; i < 2; i++) {
        struct peer *p = extended_peer(4);
        ASK(p, "vCont;c", "OK");
        p->fake.log[0] = 0;
        p->fake.pauses = 0;
        ASK_PLAIN(p, packets[i], i ? "" : "T05thread:01;");
        CHECK_STR(p->fake.log,
                  "non-stop off\nrestart\nnon-stop on\nresume 2:c\nresume 3:c\nresume 4:c\n");
        CHECK_EQ(p->fake.pauses, 3); /* for the packet, and for threads 3 and 4 */
        leaves(p, 1, 0);
    }
}

static void is_run_again_after_its_end(void)
{
    struct peer *p = extended_peer(2);
    ASK(p, "vCont;c", "OK");
    CHECK_STR(ends(p, &exited), "%Stop:W21");
    ASK(p, "vStopped", "OK");
    CHECK(!session_over(&p->session));
    ASK_PLAIN(p, "vRun;", "T05thread:01;");
    ASK(p, "vCont;c", "OK");
    ends(p, &exited); /* and once more before that was heard */
    ASK_PLAIN(p, "vRun;", "T05thread:01;");
    CHECK_STR(thread_stops(p, 2, 5), ""); /* the end is still on its way */
    ASK_PLAIN(p, "vStopped", "T05thread:02;");
    leaves(p, 1, 0);
}

static void attaches(void)
{
    struct peer *p = extended_peer(2);
    ASK(p, "vCont;c:2", "OK");
    ASK(p, "D", "OK");
    CHECK_EQ(p->fake.detached, 1);
    CHECK_STR(thread_stops(p, 2, 5), "");
    p->fake.log[0] = 0;
    ASK(p, "vAttach;1", "OK");
    CHECK_EQ(p->fake.interrupts, 1);
    CHECK_EQ(session_feed(&p->session, "$?#3f", 5), 0);
    CHECK_STR(plain(stops(p, stop_of(GDB_SIGINT))), "%Stop:T02thread:01;");
    CHECK_STR(p->fake.log, "non-stop on\n");
    ASK_PLAIN(p, "vStopped", "T00thread:02;");
    ASK(p, "vStopped", "OK");
    ASK(p, "D", "OK");
    ASK(p, "vRun;", "");
    CHECK_STR(plain(stops(p, stop_of(GDB_SIGINT))), "T05thread:01;");
    leaves(p, 3, 0);

    p = extended_peer(2); /* it ends in between: that is the answer, and is told once */
    ASK(p, "D", "OK");
    ASK(p, "vRun;", "");
    CHECK_STR(ends(p, &exited), "W21");
    ASK(p, "vStopped", "OK");
    ASK_PLAIN(p, "vRun;", "T05thread:01;");
    leaves(p, 2, 0);
}

/* What is on its way when the client lets go is acknowledged, and is no stop of the next run. */
static void forgets_stops_of_the_last_run(void)
{
    struct peer *p = extended_peer(2);
    ASK(p, "vCont;c", "OK");
    CHECK_STR(thread_stops(p, 1, 5), "%Stop:T05thread:01;");
    CHECK_STR(thread_stops(p, 2, 5), "");
    ASK(p, "vKill;1", "OK");
    ASK_PLAIN(p, "vRun;", "T05thread:01;");
    ASK(p, "vCont;c:1", "OK");
    ASK(p, "vStopped", "OK");
    ASK(p, "vCont;t:1", "OK");
    CHECK(strstr(p->fake.log, "resume 1:t\n"));
    leaves(p, 1, 0);
}

/* A client that acknowledges nothing, and one that does not read. */
static void is_bounded(void)
{
    struct peer *p = known_peer(FAKE_THREADS);
    ASK(p, "vCont;c", "OK");
    for (int i = 0; i < 100000; i++) {
        struct gdb_stop stop = {.code = 5, .thread = 1 + i % FAKE_THREADS};
        strcpy(stop.message, "again and again\n");
        p->fake.runs[stop.thread - 1] = false;
        session_stopped(&p->session, &stop);
        session_feed(&p->session, "$vCont;c#a8", 11);
        if (i % 2)
            session_feed(&p->session, "$vStopped#55", 12);
    }
    size_t pending;
    session_output(&p->session, &pending);
    CHECK(pending < 128 * 1024);
    leaves(p, 1, 0);
}

int main(void)
{
    TEST(is_turned_on_and_off);
    TEST(tells_all_that_are_stopped);
    TEST(resumes_at_once_and_tells_of_stops);
    TEST(leaves_alone_what_runs);
    TEST(refuses_malformed_resumes);
    TEST(takes_the_older_packets);
    TEST(shows_no_registers_of_what_runs);
    TEST(works_while_threads_run);
    TEST(pauses_to_tell);
    TEST(interrupts_one);
    TEST(interrupts_once);
    TEST(keeps_messages_for_the_console);
    TEST(tells_of_no_change_of_architecture);
    TEST(needs_no_acks_for_notifications);
    TEST(tells_of_the_end);
    TEST(has_ended_for_good);
    TEST(leaves_alone_what_it_has_left);
    TEST(detaches_and_kills_while_threads_run);
    TEST(starts_anew);
    TEST(starts_anew_what_runs);
    TEST(is_run_again_after_its_end);
    TEST(attaches);
    TEST(forgets_stops_of_the_last_run);
    TEST(is_bounded);
    return check_done();
}
