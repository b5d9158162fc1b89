/* Questions about the stub and its threads, `monitor`, files, and the framing's own conversation:
 * acks, retransmission, what is garbled or too long. */
#include "gdbstub/target_xml.h"
#include "peer.h"

static void says_what_it_supports(void)
{
#define BASE                                                                                       \
    "PacketSize=100000;QStartNoAckMode+;qXfer:features:read+;qXfer:threads:read+;vContSupported+;" \
    "binary-upload+;QNonStop+;ReverseStep+;ReverseContinue+;ConditionalBreakpoints+;"              \
    "BreakpointCommands+"
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "qSupported", BASE); /* the size is in hex */
    ASK(p, "qSupported:swbreak+;exec-events+;hwbreak-", BASE ";swbreak+;exec-events+");
    ASK(p, "qSupported:xswbreak+;swbreak;;;=;hwbreak+", BASE ";hwbreak+");
    ASK(p, "qSupported:", BASE);
    free_peer(p);
}

static void answers_the_unknown_with_nothing(void)
{
    static const char *const packets[] = {
        "",
        "vMustReplyEmpty",
        "q",
        "gg",
        "?x",
        "kill",
        "vCont",
        "vContx",
        "b",
        "qTStatus",
        "qOffsets",
        "\xff",
        "qXfer:auxv:read::0,100",
        "qL1",
        "H",
    };
    struct peer *p = new_peer(GDB_ARCH_I8086);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++)
        ASK(p, packets[i], "");
    ASK(p, "qAttached", "1");
    ASK(p, "qAttached:1", "1");
    ASK(p, "qSymbol::", "OK");
    free_peer(p);
}

/* DOCUMENT as the client gets it by QUERY in parts of PART bytes. */
static void fetch(struct peer *p, const char *query, unsigned part, char *document)
{
    char packet[128];
    size_t len = 0;
    for (;;) {
        snprintf(packet, sizeof(packet), "%s%zx,%x", query, len, part);
        const char *reply = ask(p, packet);
        size_t n = 0;
        /* undo the \0a of decode(): the only byte of it that XML of ours has */
        for (const char *c = reply + 1; *c; c++, n++)
            if (!strncmp(c, "\\0a", 3)) {
                document[len + n] = '\n';
                c += 2;
            } else {
                document[len + n] = *c;
            }
        len += n;
        document[len] = 0;
        CHECK(n <= part);
        if (reply[0] != 'm')
            break;
    }
}

static void serves_the_description_in_parts(void)
{
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    static char got[64 * 1024];
    struct buffer xml = {0};
    target_xml((struct x86_layout){.arch = GDB_ARCH_X86_64, .has = UINT64_MAX}, &xml);
    buffer_append(&xml, "", 1);
    fetch(p, "qXfer:features:read:target.xml:", 0x123, got);
    CHECK_STR(got, (const char *)xml.data);
    fetch(p, "qXfer:features:read:target.xml:", 0xfffff, got);
    CHECK_STR(got, (const char *)xml.data);
    ASK(p, "qXfer:features:read:target.xml:fffffff,10", "l");
    ASK(p, "qXfer:features:read:target.xml:ffffffffffffffff,ffffffffffffffff", "l");
    ASK(p, "qXfer:features:read:target.xml:0,0", "m");
    ASK(p, "qXfer:features:read:other.xml:0,10", "E00");
    ASK(p, "qXfer:features:read::0,10", "E00");
    ASK(p, "qXfer:features:read:target.xml", "E16");
    ASK(p, "qXfer:features:read:target.xml:0", "E16");
    ASK(p, "qXfer:features:read:target.xml:x,10", "E16");
    buffer_free(&xml);
    free_peer(p);
}

/* The machine may change its mode between two parts; they must fit together all the same. */
static void serves_one_description_to_its_end(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    CHECK(strstr(ask(p, "qXfer:features:read:target.xml:0,100"), ">i8086<"));
    p->fake.arch = GDB_ARCH_X86_64;
    CHECK(!strstr(ask(p, "qXfer:features:read:target.xml:80,fffff"), "rax"));
    CHECK(strstr(ask(p, "qXfer:features:read:target.xml:0,fffff"), "rax"));
    free_peer(p);
}

static void lists_threads(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    p->fake.threads = 3;
    ASK(p, "qC", "QC01");
    ASK(p, "qfThreadInfo", "m01,02,03");
    ASK(p, "qsThreadInfo", "l");
    ASK(p, "qsThreadInfo", "l");
    ASK(p, "qThreadExtraInfo,2", "435055203c313e"); /* CPU <1> */
    ASK(p, "qThreadExtraInfo,4", "E03");
    ASK(p, "qThreadExtraInfo,", "E16");
    ASK(p, "qXfer:threads:read::0,1000",
        "l<?xml version=\"1.0\"?>\\0a<threads>\\0a"
        "<thread id=\"1\" core=\"0\">CPU &#60;0&#62;</thread>\\0a"
        "<thread id=\"2\" core=\"1\">CPU &#60;1&#62;</thread>\\0a"
        "<thread id=\"3\" core=\"2\">CPU &#60;2&#62;</thread>\\0a</threads>\\0a");
    free_peer(p);
}

static void selects_threads(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    p->fake.threads = 2;
    p->fake.regs[0].gpr[GDB_RAX] = 0x11;
    p->fake.regs[1].gpr[GDB_RAX] = 0x22;
    ASK(p, "Hg2", "OK");
    ASK(p, "p0", "22000000");
    ASK(p, "qC", "QC02");
    ASK(p, "Hg0", "OK"); /* any: the one that stopped */
    ASK(p, "p0", "11000000");
    ASK(p, "Hg3", "E03");
    ASK(p, "Hgffffffffffffffff", "E16");
    ASK(p, "Hg", "E16");
    ASK(p, "Hg-2", "E16");
    ASK(p, "Hgp1.1", "E16");
    ASK(p, "Hx1", "");
    ASK(p, "T2", "OK");
    ASK(p, "T3", "E03");
    ASK(p, "T0", "E03");
    ASK(p, "T-1", "E03");
    ASK(p, "Hg2", "OK");
    ASK(p, "c", "");
    stops(p, stop_of(GDB_SIGTRAP));
    ASK(p, "p0", "11000000"); /* a stop selects who stopped */
    free_peer(p);
}

static void runs_monitor_commands(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "qRcmd,6869", "O796f7520736169642068690a|OK");
    ASK(p, "qRcmd,", "O796f752073616964200a|OK");
    /* monitor fail: No such file or directory */
    ASK(p, "qRcmd,6661696c",
        "O6d6f6e69746f72206661696c3a204e6f20737563682066696c65206f72206469726563746f72790a|OK");
    ASK(p, "qRcmd,6", "E16");
    ASK(p, "qRcmd,zz", "E16");
    const char *much = ask(p, "qRcmd,6d756368");
    CHECK_EQ(strlen(much), 2 * 8890 + 5 * 2 + 2); /* five packets of text, and OK */
    free_peer(p);
}

static void serves_the_files_of_architectures(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    ASK(p, "vFile:setfs:0", "F0");
    ASK(p, "vFile:open:2f73746570766d3a69333836,0,0", "F1");
    ASK(p, "vFile:open:2f73746570766d3a7838362d3634,0,1c0", "F1");
    ASK(p, "vFile:open:2f73746570766d3a6938303836,0,0", "F1");
    ASK(p, "vFile:open:2f73746570766d3a69333838,0,0", "F-1,2");
    ASK(p, "vFile:open:2f6574632f706173737764,0,0", "F-1,2");   /* /etc/passwd */
    ASK(p, "vFile:open:2f73746570766d3a69333836,1,0", "F-1,2"); /* for writing */
    ASK(p, "vFile:open:2f73,0", "E16");
    ASK(p, "vFile:pread:1,1000,0", "Fb;S9030000FC\\0a");
    ASK(p, "vFile:pread:1,2,2", "F2;03");
    ASK(p, "vFile:pread:1,1000,a", "F1;\\0a");
    ASK(p, "vFile:pread:1,1000,b", "F0;"); /* 11 bytes and no more */
    ASK(p, "vFile:pread:1,ffffffffffffffff,ffffffffffffffff", "F0;");
    ASK(p, "vFile:pread:0,1,0", "F-1,9");
    ASK(p, "vFile:pread:3,1,0", "F-1,9");
    const char *stat = ask(p, "vFile:fstat:1");
    CHECK(!strncmp(stat, "F40;", 4));
    CHECK_EQ(strlen(stat) - 4, 3 * 63 + 1); /* all bytes unprintable but the mode's '$' */
    ASK(p, "vFile:close:1", "F0");
    ASK(p, "vFile:close:9", "F-1,9");
    ASK(p, "vFile:unlink:2f", "");
    free_peer(p);
}

/* ---- Acks */

static struct peer *ack_peer(void)
{
    struct peer *p = calloc(1, sizeof(*p));
    connect_peer(p, GDB_ARCH_I8086);
    stops(p, stop_of(GDB_SIGINT));
    return p;
}

static void acknowledges(void)
{
    struct peer *p = ack_peer();
    CHECK_STR(say(p, "+"), ""); /* as gdb begins */
    CHECK_STR(say(p, "$qC#b4"), "+QC01");
    CHECK_STR(say(p, "+"), "");
    CHECK_STR(say(p, "$qC#b5"), "-");
    CHECK_STR(say(p, "$qC#b4"), "+QC01");
    free_peer(p);
}

static void sends_again_what_was_garbled(void)
{
    struct peer *p = ack_peer();
    CHECK_STR(say(p, "-"), ""); /* nothing was sent yet */
    CHECK_STR(say(p, "$qC#b4"), "+QC01");
    CHECK_STR(say(p, "-"), "QC01");
    CHECK_STR(say(p, "--"), "QC01|QC01");
    CHECK_STR(say(p, "+-"), ""); /* taken: it is gone */
    free_peer(p);
}

/* Text and the stop after it: the stop waits, so that a repeated text does not come after it. */
static void sends_the_next_when_the_last_was_taken(void)
{
    struct peer *p = ack_peer();
    ASK(p, "qRcmd,6869", "+O796f7520736169642068690a");
    CHECK_STR(say(p, "-"), "O796f7520736169642068690a");
    CHECK_STR(say(p, "+"), "OK");
    CHECK_STR(say(p, "+"), "");
    ASK(p, "qRcmd,6869", "+O796f7520736169642068690a");
    ASK(p, "qC", "OK+|QC01"); /* who goes on without an ack has all of it */
    free_peer(p);
}

static void stops_acks_after_the_ok_was_taken(void)
{
    struct peer *p = ack_peer();
    ASK(p, "QStartNoAckMode", "+OK");
    CHECK_STR(say(p, "-"), "OK");
    CHECK_STR(say(p, "+"), "");
    ASK(p, "qC", "QC01");
    CHECK_STR(say(p, "-+"), "");
    /* A garbled packet can't be asked for again now, but the client must not wait for ever. */
    CHECK_STR(say(p, "$qC#b5"), "E4a");
    free_peer(p);
}

static void refuses_what_is_too_long(void)
{
    struct peer *p = ack_peer();
    size_t len = PACKET_SIZE + 1;
    char *packet = malloc(len);
    memset(packet, 'm', len);
    CHECK_STR(ask_bytes(p, packet, len), "+E5a");
    say(p, "+");
    CHECK_STR(ask_bytes(p, packet, len - 1), "+E16"); /* this one fits */
    say(p, "+");
    ASK(p, "qC", "+QC01");
    free(packet);
    free_peer(p);
}

/* A client that sends and does not read: the stub stops taking, and its output stays bounded. */
static void takes_no_more_than_is_read(void)
{
    struct peer *p = new_peer(GDB_ARCH_X86_64);
    char one[] = "$g#67";
    size_t taken = 0, pending;
    for (int i = 0; i < 100000; i++)
        taken += session_feed(&p->session, one, 5);
    CHECK(taken < 5 * 1000);
    CHECK(!session_takes_input(&p->session));
    session_output(&p->session, &pending);
    CHECK(pending < 128 * 1024);
    hear_some(p, 1);
    CHECK(!session_takes_input(&p->session));
    hear_some(p, SIZE_MAX);
    CHECK(session_takes_input(&p->session));
    free_peer(p);
}

struct seen {
    char text[256];
};

static void note(void *context, bool from_client, const char *packet, size_t len)
{
    struct seen *seen = context;
    size_t at = strlen(seen->text);
    snprintf(seen->text + at, sizeof(seen->text) - at, "%s%.*s;", from_client ? "<" : ">", (int)len,
             packet);
}

static void traces_packets(void)
{
    struct peer *p = new_peer(GDB_ARCH_I8086);
    struct seen seen = {""};
    p->session.trace = note;
    p->session.trace_context = &seen;
    ask(p, "qC");
    ask(p, "nonsense");
    ask(p, "c");
    say(p, "\003");
    CHECK_STR(seen.text, "<qC;>QC01;<nonsense;>;<c;<\003;");
    free_peer(p);
}

int main(void)
{
    TEST(says_what_it_supports);
    TEST(answers_the_unknown_with_nothing);
    TEST(serves_the_description_in_parts);
    TEST(serves_one_description_to_its_end);
    TEST(lists_threads);
    TEST(selects_threads);
    TEST(runs_monitor_commands);
    TEST(serves_the_files_of_architectures);
    TEST(acknowledges);
    TEST(sends_again_what_was_garbled);
    TEST(sends_the_next_when_the_last_was_taken);
    TEST(stops_acks_after_the_ok_was_taken);
    TEST(refuses_what_is_too_long);
    TEST(takes_no_more_than_is_read);
    TEST(traces_packets);
    return check_done();
}
