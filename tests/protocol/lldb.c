/* What lldb 14 sends, word for word, and what it needs to hear. */
#include "peer.h"

/* "i386-unknown-none-code16" and the others, in hex. */
#define TRIPLE_16 "693338362d756e6b6e6f776e2d6e6f6e652d636f64653136"
#define TRIPLE_32 "693338362d756e6b6e6f776e2d6e6f6e65"
#define TRIPLE_64 "7838365f36342d756e6b6e6f776e2d6e6f6e65"

static struct peer *new_lldb(enum gdb_arch arch)
{
    struct peer *p = new_peer(arch);
    ask(p, "qSupported:xmlRegisters=i386,arm,mips,arc;multiprocess+;fork-events+;vfork-events+");
    ASK(p, "QThreadSuffixSupported", "OK");
    ASK(p, "QListThreadsInStopReply", "OK");
    return p;
}

static void says_what_machine_it_is(void)
{
    static const struct {
        enum gdb_arch arch;
        const char *host, *process;
    } rows[] = {
        {GDB_ARCH_I8086,
         "triple:" TRIPLE_16 ";endian:little;ptrsize:4;watchpoint_exceptions_received:after;",
         "pid:1;triple:" TRIPLE_16 ";endian:little;ptrsize:4;"},
        {GDB_ARCH_I386,
         "triple:" TRIPLE_32 ";endian:little;ptrsize:4;watchpoint_exceptions_received:after;",
         "pid:1;triple:" TRIPLE_32 ";endian:little;ptrsize:4;"},
        {GDB_ARCH_X86_64,
         "triple:" TRIPLE_64 ";endian:little;ptrsize:8;watchpoint_exceptions_received:after;",
         "pid:1;triple:" TRIPLE_64 ";endian:little;ptrsize:8;"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct peer *p = new_lldb(rows[i].arch);
        ASK(p, "qHostInfo", rows[i].host);
        ASK(p, "qProcessInfo", rows[i].process);
        free_peer(p);
    }
}

static void answers_the_unknown_with_nothing(void)
{
    static const char *const packets[] = {
        "qVAttachOrWaitSupported", "QEnableErrorStrings",
        "qStructuredDataPlugins",  "qShlibInfoAddr",
        "jThreadExtendedInfo:",    "qWatchpointSupportInfo:",
        "qGetWorkingDir",          "QSaveRegisterState",
        "qRegisterInfo0",          "_M1000,rx",
        "QSetDetachOnError:1",     "qHostInfox",
        "jThreadsInfo ",           "QThreadSuffixSupported1",
        "qModuleInfo:2f;3b",
    };
    struct peer *p = new_lldb(GDB_ARCH_X86_64);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "");
    free_peer(p);
}

/* ";thread:2;" at a packet's end counts for that packet only. */
static void means_the_thread_at_the_end(void)
{
    struct peer *p = new_lldb(GDB_ARCH_I386);
    char all[2][4096];
    p->fake.threads = 3;
    p->fake.regs[0].gpr[GDB_RAX] = 0x11111111;
    p->fake.regs[1].gpr[GDB_RAX] = 0x22222222;
    ASK(p, "p0", "11111111");
    ASK(p, "p0;thread:0002;", "22222222");
    ASK(p, "p0;thread:2", "22222222");
    ASK(p, "p0", "11111111");
    ASK(p, "Hg2", "OK");
    ASK(p, "p0;thread:0001;", "11111111");
    ASK(p, "P0=78563412;thread:0003;", "OK");
    CHECK_EQ(p->fake.regs[2].gpr[GDB_RAX] & 0xffffffff, 0x12345678);
    ASK(p, "p0", "22222222");
    snprintf(all[0], sizeof(all[0]), "%s", ask(p, "g"));
    snprintf(all[1], sizeof(all[1]), "%s", ask(p, "g;thread:0001;"));
    CHECK(!strncmp(all[0], "22222222", 8) && !strncmp(all[1], "11111111", 8));
    CHECK_EQ(strlen(all[0]), strlen(all[1]));
    snprintf(all[0], sizeof(all[0]), "G%s;thread:0003;", all[1]);
    ASK(p, all[0], "OK");
    ASK(p, "p0;thread:0003;", "11111111");
    ASK(p, "m7c00,2;thread:0001;", "9090");
    free_peer(p);
}

static void refuses_threads_that_are_not_there(void)
{
    static const char *const refused[] = {
        "p0;thread:0002;", "p0;thread:0;", "p0;thread:-1;", "p0;thread:;",
        "p0;thread:1;;",   "p0;thread:1x", "p0;thread:",    "p0;thread:ffffffffffffffffff;",
    };
    struct peer *p = new_lldb(GDB_ARCH_I386);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ASK(p, refused[i], "E03");
    ASK(p, "p0;thread:1;", ask(p, "p0"));
    ask(p, "qSupported:"); /* a client that has not said that it means this */
    ASK(p, "p0;thread:1;", "E16");
    /* What is data of other packets is left alone. */
    ASK(p, "QThreadSuffixSupported", "OK");
    ASK(p, "X100,a:;thread:1;", "OK");
    CHECK(!memcmp(p->fake.memory + 0x100, ";thread:1;", 10));
    free_peer(p);
}

#define FIRST_32 "\"registers\":{\"8\":\"007c0000\",\"4\":\"00700000\",\"5\":\"88776655\"}}"

static void tells_of_all_threads(void)
{
    struct peer *p = new_lldb(GDB_ARCH_I386);
    struct gdb_stop stop = stop_of(GDB_SIGTRAP);
    p->fake.threads = 2;
    for (size_t i = 0; i < 2; i++)
        p->fake.regs[i].gpr[GDB_RBP] = 0x55667788;
    ASK(p, "c", "");
    CHECK_STR(stops(p, stop), "T05thread:01;08:007c0000;04:00700000;05:88776655;threads:1,2;");
    ASK(p, "jThreadsInfo",
        "[{\"tid\":1,\"name\":\"CPU <0>\",\"signal\":5,\"reason\":\"signal\"," FIRST_32
        ",{\"tid\":2,\"name\":\"CPU <1>\",\"signal\":0,\"reason\":\"none\"," FIRST_32 "]");
    ASK(p, "qThreadStopInfo1", "T05thread:01;08:007c0000;04:00700000;05:88776655;threads:1,2;");
    ASK(p, "qThreadStopInfo2", "T00thread:02;");
    ASK(p, "qThreadStopInfo3", "E03");
    ASK(p, "c", "");
    stop.reason = GDB_REASON_AWATCH;
    stop.addr = 0x9000;
    stop.thread = 2;
    stops(p, stop);
    CHECK(strstr(ask(p, "jThreadsInfo"), "{\"tid\":2,\"name\":\"CPU <1>\",\"signal\":5,"
                                         "\"reason\":\"watchpoint\",\"description\":\"36864 0\","));
    ASK(p, "c", "");
    stop.reason = GDB_REASON_HWBREAK;
    stops(p, stop);
    CHECK(strstr(ask(p, "jThreadsInfo"), "\"tid\":2,\"name\":\"CPU <1>\",\"signal\":5,"
                                         "\"reason\":\"breakpoint\",\"registers\""));
    free_peer(p);
}

/* lldb is not sent an exec event: it would lose its breakpoints. It is told so once. */
static void says_that_the_mode_has_changed(void)
{
    struct peer *p = new_lldb(GDB_ARCH_I8086);
    p->fake.at_32 = 0x8000;
    ASK(p, "c", "");
    p->fake.regs[0].pc = 0x8000;
    const char *heard = stops(p, stop_of(GDB_SIGTRAP));
    CHECK_EQ(heard[0], 'O');
    CHECK(strstr(heard, "|T05thread:01;08:00800000;"));
    CHECK(!strstr(heard, "exec"));
    ASK(p, "c", "");
    CHECK_EQ(stops(p, stop_of(GDB_SIGTRAP))[0], 'T');
    free_peer(p);
}

static void kills(void)
{
    struct peer *p = new_lldb(GDB_ARCH_I386);
    ASK(p, "k", "X09");
    CHECK_EQ(p->fake.killed, 1);
    CHECK(session_over(&p->session));
    free_peer(p);
}

int main(void)
{
    TEST(says_what_machine_it_is);
    TEST(answers_the_unknown_with_nothing);
    TEST(means_the_thread_at_the_end);
    TEST(refuses_threads_that_are_not_there);
    TEST(tells_of_all_threads);
    TEST(says_that_the_mode_has_changed);
    TEST(kills);
    return check_done();
}
