/* Conditions and commands of breakpoints: judged and run at hits, without the client. */
#include "peer.h"

/* ---- Expressions as packets have them (GDB manual, "Bytecode Descriptions") */

#define EAX_IS_5  "X7,26000022051327"
#define EBX_IS_6  "X7,26000322061327"
#define FALSE_    "X3,220027"
#define TRUE_     "X3,220127"
#define WORD_6000 "X5,2360001827"             /* the 16 bits at 6000h */
#define WORD_LOW  "Xb,2500000001000060001827" /* the same, at 100006000h */
#define NO_MEMORY "X7,24123456001727"         /* a byte at 12345600h */
#define NO_END    "X2,2201"
#define SAY_HI    "Xe,220022003400000568695c6e0027"                    /* hi\n */
#define SAY_EAX   "X17,260000162022002200340100096561783d25645c6e0027" /* eax=%d\n, eax */
#define SAY_WRONG "X11,2412345600220022003401000325730027"             /* %s, 12345600h */

#define HI    "O68690a"
#define TWO   "O68690a68690a"
#define EAX_7 "O6561783d370a"

#define REGS_AT(pc) "08:" pc ";04:00700000;05:181f262d;"
#define AT_BREAK    "T05thread:01;" REGS_AT("107c0000") /* 7c10h */
#define AT_END      "T05thread:01;" REGS_AT("207c0000") /* 7c20h */

enum { END = 0x7c20 };

/* A client of 32-bit code whose eax is 7, ebx 6; PACKET is OK. */
static struct peer *peer_with(const char *packet)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    p->fake.regs[0].gpr[GDB_RAX] = 0xabcdef0000000007; /* the upper half is not the client's */
    p->fake.regs[0].gpr[GDB_RBX] = 6;
    ASK(p, packet, "OK");
    return p;
}

/* Continues; what is heard when CPU 1 has come to a breakpoint that stops it, or to END. */
static const char *continues(struct peer *p)
{
    ASK(p, "vCont;c", "");
    return stops(p, fake_run(&p->fake, END));
}

static void expect_run(const char *packet, const char *heard)
{
    struct peer *p = peer_with(packet);
    CHECK_STR(continues(p), heard);
    free_peer(p);
}

/* ---- Conditions */

static void stop_where_they_are_true(void)
{
    expect_run("Z0,7c10,1", AT_BREAK);
    expect_run("Z0,7c10,1;" TRUE_, AT_BREAK);
    expect_run("Z0,7c10,1;" FALSE_, AT_END);
    expect_run("Z1,7c10,1;" TRUE_, AT_BREAK);
    expect_run("Z1,7c10,1;" FALSE_, AT_END);
    expect_run("Z0,7c10,1;" EBX_IS_6, AT_BREAK);
    expect_run("Z0,7c10,1;" EAX_IS_5, AT_END);
}

static void see_each_hit_anew(void)
{
    struct peer *p = peer_with("Z0,7c10,1;" EAX_IS_5);
    CHECK_STR(continues(p), AT_END);
    p->fake.regs[0].pc = 0x7c00;
    p->fake.regs[0].gpr[GDB_RAX] = 5;
    CHECK_STR(continues(p), AT_BREAK);
    free_peer(p);
}

static void one_of_several_is_enough(void)
{
    expect_run("Z0,7c10,1;" FALSE_ EBX_IS_6, AT_BREAK);
    expect_run("Z0,7c10,1;" EBX_IS_6 FALSE_, AT_BREAK);
    expect_run("Z0,7c10,1;" FALSE_ EAX_IS_5, AT_END);
}

/* Linear addresses of 32-bit code have 32 bits, whatever the stack holds. */
static void read_memory(void)
{
    static const char *const packets[] = {"Z0,7c10,1;" WORD_6000, "Z0,7c10,1;" WORD_LOW};
    for (int i = 0; i < 2; i++) {
        struct peer *p = peer_with(packets[i]);
        CHECK_STR(continues(p), AT_BREAK); /* nops */
        p->fake.regs[0].pc = 0x7c00;
        memset(p->fake.memory + 0x6000, 0, 2);
        CHECK_STR(continues(p), AT_END);
        free_peer(p);
    }
}

static void stop_where_they_fail(void)
{
    expect_run("Z0,7c10,1;" NO_MEMORY, AT_BREAK);
    expect_run("Z0,7c10,1;" NO_END, AT_BREAK);
    expect_run("Z0,7c10,1;" FALSE_ NO_MEMORY, AT_BREAK);
    expect_run("Z0,7c10,1;" TRUE_ NO_MEMORY, AT_BREAK); /* nobody looked */
}

static void the_last_that_came_count(void)
{
    struct peer *p = peer_with("Z0,7c10,1;" TRUE_);
    ASK(p, "Z0,7c10,1;" FALSE_, "OK");
    CHECK_STR(p->fake.log, "insert 0 7c10 1\nfilter on\n");
    CHECK_STR(continues(p), AT_END);
    p->fake.regs[0].pc = 0x7c00;
    p->fake.log[0] = 0;
    ASK(p, "Z0,7c10,1", "OK"); /* none */
    CHECK_STR(p->fake.log, "filter off\n");
    CHECK_STR(continues(p), AT_BREAK);
    ASK(p, "Z0,7c10,1;" FALSE_, "OK");
    ASK(p, "z0,7c10,1", "OK");
    CHECK_STR(strrchr(p->fake.log, 'f'), "f\n");
    free_peer(p);
}

/* Each is judged by its own. */
static void two_at_one_address(void)
{
    struct peer *p = peer_with("Z0,7c10,1;" FALSE_);
    ASK(p, "Z1,7c10,1;" FALSE_, "OK");
    CHECK_STR(continues(p), AT_END);
    p->fake.regs[0].pc = 0x7c00;
    ASK(p, "Z1,7c10,1", "OK");
    CHECK_STR(continues(p), AT_BREAK);
    free_peer(p);
}

static void other_breakpoints_are_none_of_theirs(void)
{
    struct peer *p = peer_with("Z0,7c18,1;" FALSE_);
    ASK(p, "Z0,7c10,1", "OK");
    CHECK_STR(continues(p), AT_BREAK);
    CHECK_STR(continues(p), AT_END);
    free_peer(p);
}

static enum gdb_verdict access_at(struct peer *p, enum gdb_breakpoint_type watch, uint64_t addr)
{
    const struct gdb_hit hit = {
        .kind = GDB_HIT_WATCH, .thread = 1, .pc = 0x7c01, .watch = watch, .addr = addr};
    return fake_hit(&p->fake, &hit);
}

static void of_watchpoints(void)
{
    struct peer *p = peer_with("Z2,7000,4;" EAX_IS_5);
    ASK(p, "Z4,7002,1;cmds:0," SAY_HI, "OK");
    ASK(p, "vCont;c", "");
    CHECK_EQ(access_at(p, GDB_WATCH_WRITE, 0x7003), GDB_HIT_GO_ON);
    CHECK_EQ(access_at(p, GDB_WATCH_WRITE, 0x7002), GDB_HIT_GO_ON);
    CHECK_EQ(access_at(p, GDB_WATCH_ACCESS, 0x7002), GDB_HIT_GO_ON);
    p->fake.regs[0].gpr[GDB_RAX] = 5;
    CHECK_EQ(access_at(p, GDB_WATCH_WRITE, 0x7003), GDB_HIT_STOP);
    CHECK_STR(stops(p, stop_of(GDB_SIGTRAP)), HI "|T05thread:01;" REGS_AT("007c0000"));
    free_peer(p);
}

/* ---- Commands */

static void commands_print_and_go_on(void)
{
    expect_run("Z0,7c10,1;cmds:0," SAY_HI, HI "|" AT_END);
    expect_run("Z0,7c10,1;cmds:1," SAY_HI, HI "|" AT_END);
    expect_run("Z0,7c10,1;cmds:0," SAY_HI SAY_HI, TWO "|" AT_END);
    expect_run("Z0,7c10,1;cmds:0," SAY_EAX, EAX_7 "|" AT_END);
}

static void commands_have_conditions(void)
{
    expect_run("Z0,7c10,1;" TRUE_ ";cmds:0," SAY_HI, HI "|" AT_END);
    expect_run("Z0,7c10,1;" FALSE_ ";cmds:0," SAY_HI, AT_END);
    expect_run("Z0,7c10,1;" NO_MEMORY ";cmds:0," SAY_HI, AT_BREAK);
}

static void commands_beside_a_breakpoint(void)
{
    struct peer *p = peer_with("Z0,7c10,1;cmds:0," SAY_HI);
    ASK(p, "Z1,7c10,1", "OK");
    CHECK_STR(continues(p), HI "|" AT_BREAK);
    free_peer(p);
}

static void says_what_is_wrong_with_a_command(void)
{
    struct peer *p = peer_with("Z0,7c10,1;cmds:0," SAY_WRONG SAY_HI);
    char expected[512] = "O", *to = expected + 1;
    static const char text[] = "stepvm: a command of the breakpoint at 0x7c10 can't be run: "
                               "memory that can't be read\nhi\n";
    for (const char *c = text; *c; c++)
        to += sprintf(to, "%02x", *c);
    sprintf(to, "|%s", AT_END);
    CHECK_STR(continues(p), expected);
    free_peer(p);
}

/* A step that ends there is a stop, but it has come to the place. */
static void commands_at_the_end_of_a_step(void)
{
    struct peer *p = peer_with("Z0,7c01,1;cmds:0," SAY_HI);
    ASK(p, "vCont;s", "");
    CHECK_STR(stops(p, fake_run(&p->fake, END)), HI "|T05thread:01;" REGS_AT("017c0000"));
    CHECK_STR(continues(p), AT_END);
    free_peer(p);
}

static enum gdb_verdict arrives_at(struct peer *p, uint64_t pc)
{
    p->fake.regs[0].pc = pc;
    return fake_arrives(&p->fake, false);
}

static void text_comes_while_it_runs(void)
{
    struct peer *p = peer_with("Z0,7c10,1;cmds:0," SAY_HI);
    CHECK(!session_takes_text(&p->session));
    ASK(p, "vCont;c", "");
    CHECK(session_takes_text(&p->session));
    CHECK_EQ(arrives_at(p, 0x7c10), GDB_HIT_GO_ON);
    session_print_text(&p->session);
    CHECK_STR(hear(p), HI);
    CHECK_STR(say(p, "\003"), "");
    CHECK_EQ(arrives_at(p, 0x7c10), GDB_HIT_GO_ON); /* it is still on its way to the stop */
    session_print_text(&p->session);
    CHECK_STR(hear(p), HI);
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "T02thread:01;" REGS_AT("107c0000"));
    CHECK(!session_takes_text(&p->session));
    CHECK_STR(p->elsewhere, "");
    free_peer(p);
}

/* Whoever does not read has no more than some 128 KiB kept for them, in hex. */
static void text_waits_for_who_does_not_read(void)
{
    struct peer *p = peer_with("Z0,7c10,1;cmds:0," SAY_HI);
    unsigned said = 0;
    size_t pending, last = 0;
    ASK(p, "vCont;c", "");
    while (session_takes_text(&p->session)) {
        arrives_at(p, 0x7c10);
        said++;
        session_print_text(&p->session);
    }
    session_output(&p->session, &pending);
    CHECK(pending < 66 * 1024);
    arrives_at(p, 0x7c10);
    session_print_text(&p->session);
    session_output(&p->session, &last);
    CHECK_EQ(last, pending);
    stops(p, stop_of(GDB_SIGINT)); /* then all there is comes first */
    char *text = p->text;
    for (; !strncmp(text, HI "|", strlen(HI "|")); said--)
        text += strlen(HI "|");
    CHECK_EQ(said + 1, 0);
    CHECK_STR(text, "T02thread:01;" REGS_AT("107c0000"));
    free_peer(p);
}

static void goes_elsewhere_in_non_stop_mode(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    ASK(p, "QNonStop:1", "OK");
    ASK(p, "Z0,7c10,1;cmds:0," SAY_HI, "OK");
    ASK(p, "vCont;c", "OK");
    CHECK_EQ(arrives_at(p, 0x7c10), GDB_HIT_GO_ON);
    CHECK(!session_takes_text(&p->session));
    CHECK_STR(hear(p), "");
    CHECK_STR(p->elsewhere, "hi\n");
    p->fake.runs[0] = false;
    free_peer(p);
}

static void goes_elsewhere_when_the_client_goes(void)
{
    struct peer *p = peer_with("Z0,7c10,1;cmds:0," SAY_HI);
    ASK(p, "vCont;c", "");
    CHECK_EQ(arrives_at(p, 0x7c10), GDB_HIT_GO_ON);
    session_hang_up(&p->session);
    CHECK_STR(p->elsewhere, "hi\n");
    CHECK(!p->fake.filter);
    free_peer(p);
}

/* ---- What is offered, and what is not taken */

static void offers_them(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    CHECK(strstr(ask(p, "qSupported"), ";ConditionalBreakpoints+;BreakpointCommands+"));
    p->ops.set_hit_filter = NULL;
    CHECK(!strstr(ask(p, "qSupported"), "Breakpoint"));
    ASK(p, "Z0,7c10,1;" TRUE_, "E5f"); /* EOPNOTSUPP */
    ASK(p, "Z0,7c10,1;cmds:0," SAY_HI, "E5f");
    ASK(p, "Z0,7c10,1", "OK");
    free_peer(p);
}

static void refuses_what_is_no_list(void)
{
    static const char *const packets[] = {
        "Z0,7c10,1;X",     "Z0,7c10,1;X3,2201",      "Z0,7c10,1;X3,22002",    "Z0,7c10,1;X0,",
        "Z0,7c10,1;2227",  "Z0,7c10,1;cmds:" SAY_HI, "Z0,7c10,1;cmds:0,2227", "Z0,7c10,1,X2,2227",
        "Z0,7c10;X2,2227", "z0,7c10,1;X2,2227",
    };
    struct peer *p = new_peer(GDB_ARCH_I386);
    for (size_t i = 0; i < sizeof(packets) / sizeof(*packets); i++)
        ASK(p, packets[i], "E16");
    ASK(p, "Z0,7c10,1;X1001,22", "E07"); /* E2BIG */
    CHECK_STR(p->fake.log, "");
    free_peer(p);
}

static void a_refused_breakpoint_leaves_nothing(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    p->fake.refuse = ENOSPC;
    ASK(p, "Z0,7c10,1;" FALSE_, "E.no room");
    CHECK_STR(p->fake.log, "insert 0 7c10 1\n");
    CHECK(!p->fake.filter);
    free_peer(p);
}

int main(void)
{
    TEST(stop_where_they_are_true);
    TEST(see_each_hit_anew);
    TEST(one_of_several_is_enough);
    TEST(read_memory);
    TEST(stop_where_they_fail);
    TEST(the_last_that_came_count);
    TEST(two_at_one_address);
    TEST(other_breakpoints_are_none_of_theirs);
    TEST(of_watchpoints);
    TEST(commands_print_and_go_on);
    TEST(commands_have_conditions);
    TEST(commands_beside_a_breakpoint);
    TEST(says_what_is_wrong_with_a_command);
    TEST(commands_at_the_end_of_a_step);
    TEST(text_comes_while_it_runs);
    TEST(text_waits_for_who_does_not_read);
    TEST(goes_elsewhere_in_non_stop_mode);
    TEST(goes_elsewhere_when_the_client_goes);
    TEST(offers_them);
    TEST(refuses_what_is_no_list);
    TEST(a_refused_breakpoint_leaves_nothing);
    return check_done();
}
