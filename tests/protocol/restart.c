/* Extended mode: the client outlives the machine's end, kills it, lets go of it and starts it anew.
 */
#include "peer.h"

#define REGS_16  "08:007c0000;04:00700000;05:181f262d;"
#define POWER_ON "T05thread:01;" REGS_16

static const struct gdb_stop exited = {.kind = GDB_STOP_EXITED, .code = 0x21};

static struct peer *extended_peer(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "!", "OK");
    return p;
}

/* The client hangs up; how often the target was then detached from and killed. */
static void leaves(struct peer *p, int detached, int killed)
{
    session_hang_up(&p->session);
    CHECK_EQ(p->fake.detached, detached);
    CHECK_EQ(p->fake.killed, killed);
    free_peer(p);
}

static void starts_anew(void)
{
    struct peer *p = extended_peer();
    ASK(p, "Z0,7c05,1", "OK");
    p->fake.regs[0].pc = 0x7c05;
    ASK(p, "vKill;a410", "OK");
    CHECK_EQ(p->fake.killed, 0);
    CHECK_EQ(p->session.state, SESSION_IDLE);
    CHECK(!session_over(&p->session));
    ASK(p, "?", "W00");
    ASK(p, "vRun;", POWER_ON);
    CHECK_EQ(p->session.state, SESSION_STOPPED);
    ASK(p, "?", POWER_ON);
    ASK(p, "vCont;c", "");
    /* Of what was inserted gdb has forgotten that it was. */
    CHECK_STR(p->fake.log, "insert 0 7c05 1\nremove 0 7c05 1\nrestart\nresume 1:c\n");
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), POWER_ON);
    leaves(p, 1, 0);
}

static void restarts_while_it_is_looked_at(void)
{
    struct peer *p = extended_peer();
    ASK(p, "Z1,7c05,1", "OK");
    ASK(p, "vRun;", POWER_ON);
    ASK(p, "R00", ""); /* has no reply */
    ASK(p, "?", POWER_ON);
    CHECK_STR(p->fake.log, "insert 1 7c05 1\nremove 1 7c05 1\nrestart\nrestart\n");
    leaves(p, 1, 0);
}

static void is_idle_without_a_program(void)
{
    static const char *const packets[] = {
        "g", "p0",     "m0,4",     "Z0,0,1",  "vCont;c", "c",     "s",      "k",
        "D", "vCtrlC", "qOffsets", "vKill;1", "G00",     "P0=00", "X0,1:a", "qqemu.sstep"};
    static const struct {
        const char *packet, *reply;
    } answered[] = {
        {"?", "W00"},
        {"qC", "E03"},
        {"qfThreadInfo", "l"},
        {"qXfer:threads:read::0,100", "l<?xml version=\"1.0\"?>\\0a<threads>\\0a</threads>\\0a"},
        {"T1", "E03"},
        {"Hg1", "E03"},
        {"Hg0", "OK"},
        {"Hc-1", "OK"},
        {"qAttached", "1"},
        {"vAttach;1", "E.the machine has ended (run starts it anew)"},
        {"qRcmd,78", "O796f75207361696420780a|OK"},
        {"vMustReplyEmpty", ""},
    };
    struct peer *p = extended_peer();
    ASK(p, "k", "");
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "E10");
    for (size_t i = 0; i < sizeof(answered) / sizeof(answered[0]); i++)
        ASK(p, answered[i].packet, answered[i].reply);
    CHECK_STR(say(p, "\003"), "");
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), "");
    CHECK_EQ(p->session.state, SESSION_IDLE);
    CHECK_STR(p->fake.log, "");
    leaves(p, 0, 1); /* nobody is left who could start it */
}

static void outlives_the_end(void)
{
    struct peer *p = extended_peer();
    ASK(p, "Z0,7c05,1", "OK");
    ASK(p, "c", "");
    CHECK_STR(stops(p, exited), "W21");
    CHECK(!session_over(&p->session));
    ASK(p, "?", "W00");
    ASK(p, "vRun;", POWER_ON);
    ASK(p, "c", "");
    CHECK_STR(stops(p, exited), "W21");
    leaves(p, 0, 1);

    p = extended_peer(); /* the end of the program that it runs in is final */
    ASK(p, "c", "");
    CHECK_STR(stops(p, (struct gdb_stop){.kind = GDB_STOP_KILLED, .code = 15}), "X0f");
    CHECK(session_over(&p->session));
    leaves(p, 0, 0);

    p = extended_peer();
    ASK(p, "k", "");
    CHECK_STR(stops(p, (struct gdb_stop){.kind = GDB_STOP_KILLED, .code = 15}), "");
    CHECK(session_over(&p->session));
    leaves(p, 0, 0);
}

static void lets_go_and_attaches(void)
{
    struct peer *p = extended_peer();
    ASK(p, "Z0,7c05,1", "OK");
    ASK(p, "D", "OK");
    CHECK_EQ(p->fake.detached, 1);
    CHECK(!session_over(&p->session));
    ASK(p, "?", "W00");
    ASK(p, "qRcmd,78",
        "O546865206d616368696e652072756e732c2064657461636865642066726f6d2028617474616368203120"
        "73746f7073206974292e0a|OK");
    CHECK_STR(stops(p, stop_of(GDB_SIGSEGV)), ""); /* nobody debugs it */
    ASK(p, "vAttach;2", "E.there is one machine, and its number is 1 (attach 1)");
    CHECK_EQ(p->fake.interrupts, 0);
    p->fake.arch = GDB_ARCH_I386;
    ask(p, "qSupported:exec-events+");
    ASK(p, "vAttach;1", "");
    CHECK_EQ(p->fake.interrupts, 1);
    ASK(p, "g", "E10");
    /* The description is read anew all the same: no event tells of it. */
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "T02thread:01;" REGS_16);
    CHECK_EQ(p->session.arch, GDB_ARCH_I386);
    ASK(p, "vAttach;1", "T02thread:01;" REGS_16);
    CHECK_STR(p->fake.log, "insert 0 7c05 1\n"); /* the target has dropped it by itself */
    leaves(p, 2, 0);

    p = extended_peer();
    ASK(p, "D;1", "OK");
    leaves(p, 1, 0); /* it is on its own already */
}

static void starts_anew_what_it_has_let_go(void)
{
    struct peer *p = extended_peer();
    ASK(p, "D", "OK");
    ASK(p, "vRun;", "");
    CHECK_EQ(p->fake.interrupts, 1);
    CHECK_EQ(p->fake.restarted, 0);
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), POWER_ON);
    CHECK_EQ(p->fake.restarted, 1);
    ASK(p, "D", "OK");
    ASK(p, "R", "");
    CHECK_EQ(session_feed(&p->session, "$?#3f", 5), 0); /* the next is read when it has stopped */
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "");
    ASK(p, "?", POWER_ON);
    ASK(p, "D", "OK");
    ASK(p, "vRun;", "");
    CHECK_STR(stops(p, exited), "W21"); /* it has ended in between */
    ASK(p, "vRun;", POWER_ON);
    ASK(p, "D", "OK");
    ASK(p, "vRun;", "");
    ASK(p, "D", "OK");
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "");
    CHECK_EQ(p->session.state, SESSION_IDLE);
    leaves(p, 5, 0);
}

static void runs_the_image_only(void)
{
    struct peer *p = extended_peer();
    p->fake.image_path = "/a/img";
    p->fake.image_arch = GDB_ARCH_I386;
    ASK(p, "vRun;2f612f696d67", POWER_ON);
    ASK(p, "vRun;696d67", POWER_ON);
    ASK(p, "vRun;2f622f696d67",
        "E.only the image that the machine was started with can be run "
        "(unset `set remote exec-file`)");
    ASK(p, "vRun;6", "E16");
    ASK(p, "vRun;zz", "E16");
    ASK(p, "vRun;;6", "E16");
    ASK(p, "vRun;;61;6g", "E16");
    CHECK_EQ(p->session.state, SESSION_STOPPED);
    CHECK_EQ(p->fake.restarted, 2);
    ASK(p, "vRun;;61;;62", POWER_ON); /* arguments: said at the next stop */
    ASK(p, "c", "");
    CHECK(strstr(stops(p, stop_of(GDB_SIGTRAP)), "O546865206d616368696e652074616b6573206e6f20"));
    char many[20000] = "vRun;";
    memset(many + 5, '6', sizeof(many) - 6);
    CHECK(strstr(ask(p, many), "E.only"));
    many[sizeof(many) - 2] = 0; /* an odd number of digits */
    ASK(p, many, "E16");
    leaves(p, 1, 0);
}

static void says_why_it_cannot_restart(void)
{
    struct peer *p = extended_peer();
    p->fake.refuse = EIO;
    ASK(p, "vRun;", "E.the fake refuses");
    CHECK_EQ(p->session.state, SESSION_IDLE);
    p->fake.refuse = 0;
    ASK(p, "vRun;", POWER_ON);
    p->fake.refuse = EIO;
    ASK(p, "R00", "");
    ASK(p, "?", "W00");
    leaves(p, 0, 1);
}

static void does_not_restart_what_runs(void)
{
    struct peer *p = extended_peer();
    ASK(p, "c", "");
    ASK(p, "vRun;", "E10");
    ASK(p, "R00", "E10");
    ASK(p, "vAttach;1", "E10");
    CHECK_EQ(p->fake.restarted, 0);
    leaves(p, 1, 0);
}

/* Restarting without `!` is a matter of the packets alone; ends are final then. */
static void ends_without_extended_mode(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "vRun;", POWER_ON);
    ASK(p, "c", "");
    CHECK_STR(stops(p, exited), "W21");
    CHECK(session_over(&p->session));
    leaves(p, 0, 0);
}

static void lacks_what_the_target_lacks(void)
{
    static const char *const packets[] = {"!", "R00", "vRun;", "vAttach;1"};
    struct peer *p = new_peer(GDB_ARCH_I8086);
    p->ops.restart = NULL;
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "");
    ASK(p, "vKill;1", "OK");
    CHECK_EQ(p->fake.killed, 1);
    CHECK(session_over(&p->session));
    leaves(p, 0, 1);
}

int main(void)
{
    TEST(starts_anew);
    TEST(restarts_while_it_is_looked_at);
    TEST(is_idle_without_a_program);
    TEST(outlives_the_end);
    TEST(lets_go_and_attaches);
    TEST(starts_anew_what_it_has_let_go);
    TEST(runs_the_image_only);
    TEST(says_why_it_cannot_restart);
    TEST(does_not_restart_what_runs);
    TEST(ends_without_extended_mode);
    TEST(lacks_what_the_target_lacks);
    return check_done();
}
