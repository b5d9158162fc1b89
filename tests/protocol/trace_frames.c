/* What was recorded: how much there is room for, and how it is looked at and handed out. */
#include "tracer.h"

/* ---- The buffer */

static void ends_when_it_is_full(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTBuffer:size:40", "OK"); /* room for two heads and 32 bytes */
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,8000,1", "OK");
    ASK(p, "QTStart", "OK");
    CHECK_STR(status(t, "tsize"), "tsize:40");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "tfree"), "tfree:24");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T1");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T0");
    CHECK_STR(status(t, "tfull"), "tfull:0");
    CHECK_STR(status(t, "tframes"), "tframes:2");
    free_tracer(t);
}

static void lets_the_oldest_go(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTBuffer:size:40", "OK");
    ASK(p, "QTBuffer:circular:1", "OK");
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,1000,1", "OK");
    ASK(p, "QTStart", "OK");
    for (uint8_t i = 0; i < 100; i++) {
        p->fake.memory[0x1000] = i;
        arrive(t, 0x8000);
    }
    CHECK_STR(status(t, "T"), "T1");
    CHECK_STR(status(t, "tframes"), "tframes:2");
    CHECK_STR(status(t, "tcreated"), "tcreated:64");
    CHECK_STR(status(t, "circular"), "circular:1");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "m1000,1", "62");
    arrive(t, 0x8000);
    arrive(t, 0x8000);
    ASK(p, "m1000,1", "62"); /* it is looked at, though it has fallen out */
    ASK(p, "QTFrame:pc:8000", "F0T1");
    ASK(p, "m1000,1", "63");
    ASK(p, "QTFrame:ffffffff", "F-1");
    ASK(p, "QTFrame:1", "F1T1");
    free_tracer(t);
}

/* One frame that is larger than the buffer ends the trace, circular or not. */
static void refuses_a_frame_that_is_too_large(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTBuffer:size:40", "OK");
    ASK(p, "QTBuffer:circular:1", "OK");
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,1000,31", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "tfull"), "tfull:0");
    CHECK_STR(status(t, "tframes"), "tframes:0");
    free_tracer(t);
}

static void has_sizes(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    CHECK_STR(status(t, "tsize"), "tsize:500000");
    ASK(p, "QTBuffer:size:10000000", "OK");
    ASK(p, "QTBuffer:size:10000001", "E.a trace buffer has at most 256 MiB");
    ASK(p, "QTBuffer:size:-1", "OK");
    ASK(p, "QTBuffer:size:-2", "E16");
    ASK(p, "QTBuffer:size:0", "E16");
    ASK(p, "QTBuffer:size:", "E16");
    CHECK_STR(status(t, "tsize"), "tsize:500000");
    free_tracer(t);
}

static void keeps_notes(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTNotes:user:6d65;notes:776879;", "OK");
    ASK(p, "QTNotes:tstop:64756e;", "OK");
    ASK(p, "QTNotes:user:6x", "E16");
    ASK(p, "QTNotes:who:66", "E16");
    CHECK_STR(status(t, "username"), "username:6d65");
    CHECK_STR(status(t, "notes"), "notes:776879");
    ASK(p, "QTStart", "OK");
    ASK(p, "QTStop", "OK");
    CHECK_STR(status(t, "tstop"), "tstop:64756e:0");
    ASK(p, "QTNotes:tstop:;", "OK");
    CHECK_STR(status(t, "tstop"), "tstop::0"); /* gdb's tsave would crash over one ':' */
    ASK(p, "QTDisconnected:1", "OK");
    CHECK_STR(status(t, "disconn"), "disconn:1");
    free_tracer(t);
}

/* ---- Looking */

static void finds_frames(void)
{
    static const struct {
        const char *find, *reply;
    } finds[] = {
        {"0", "F0T1"},
        {"tdp:2", "F1T2"},
        {"tdp:2", "F4T2"},
        {"tdp:2", "F-1"},
        {"3", "F3T3"},
        {"pc:8000", "F-1"},
        {"ffffffff", "F-1"},
        {"pc:8000", "F0T1"},
        {"pc:8000", "F2T1"},
        {"range:8001:8002", "F3T3"},
        {"range:8001:8001", "F4T2"},
        {"range:8001:8001", "F-1"},
        {"ffffffff", "F-1"},
        {"outside:8000:8001", "F3T3"},
        {"outside:8000:8002", "F-1"},
        {"5", "F-1"},
        {"x", "E16"},
        {"pc:", "E16"},
        {"range:1", "E16"},
        {"range:1:", "E16"},
        {"", "E16"},
        {"tdp:1:2", "E16"},
    };
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    char packet[64];
    ASK(p, "QTFrame:0", "F-1");
    ASK(p, "QTDP:1:8000:E:0:0", "OK");
    ASK(p, "QTDP:2:8001:E:0:0", "OK");
    ASK(p, "QTDP:3:8002:E:0:0", "OK");
    ASK(p, "QTStart", "OK");
    for (const char *pc = "01021"; *pc; pc++)
        arrive(t, 0x8000 + (uint64_t)(*pc - '0'));
    for (size_t i = 0; i < sizeof(finds) / sizeof(finds[0]); i++) {
        snprintf(packet, sizeof(packet), "QTFrame:%s", finds[i].find);
        if (strcmp(ask(p, packet), finds[i].reply))
            CHECK_STR(p->text, finds[i].reply), CHECK_EQ(i, -1);
    }
    free_tracer(t);
}

/* The frames as a file has them, in parts of each size. */
static void hands_out_frames(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    char all[1024] = "", packet[64];
    memcpy(p->fake.memory + 0x1000, "AB", 2);
    ASK(p, "QTDP:2:8001:E:0:0-", "OK");
    ASK(p, "QTDP:-2:8001:M-1,1000,2", "OK");
    ASK(p, "QTDP:1:8000:E:0:0", "OK");
    ASK(p, "qTBuffer:0,100", "l");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8001);
    arrive(t, 0x8000);
    arrive(t, 0x8001);
#define FRAME2 "02000d0000004d001000000000000002004142"
    static const char expected[] = FRAME2 "010000000000" FRAME2;
    ASK(p, "qTBuffer:0,100", expected);
    ASK(p, "qTBuffer:2c,100", "l");
    ASK(p, "qTBuffer:1000,100", "l");
    for (unsigned part = 1; part < 20; part++) {
        all[0] = 0;
        for (unsigned at = 0; at < 100; at += part) {
            snprintf(packet, sizeof(packet), "qTBuffer:%x,%x", at, part);
            if (strcmp(ask(p, packet), "l"))
                strcat(all, p->text);
        }
        CHECK_STR(all, expected);
    }
    ASK(p, "qTBuffer:2,1", "0d"); /* back again */
    free_tracer(t);
}

/* All registers of a file have one size, whatever the CPUs executed. */
static void hands_out_registers_of_one_layout(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I8086);
    struct peer *p = t->peer;
    size_t size = strlen(ask(p, "g")) / 2;
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:R1M-1,8000,1", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    p->fake.at_64 = 0x8000;
    arrive(t, 0x8000);
    size_t frame = 6 + 1 + size + 12;
    const char *hex = ask(p, "qTBuffer:0,ffff");
    CHECK_EQ(strlen(hex), 4 * frame);
    CHECK(!memcmp(hex, hex + 2 * frame, 2 * (6 + 1 + 8 * 4))); /* eax to edi are alike */
    CHECK(!memcmp(hex + 4 * frame - 24, "4d0080000000000000010090", 24));
    free_tracer(t);
}

/* gdb that has not seen a `g` yet takes all registers of the description for one. */
static void hands_out_as_many_registers_as_gdb_expects(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    struct x86_layout layout = {.arch = GDB_ARCH_I386, .has = UINT64_MAX};
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:R1", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T1");
    CHECK_EQ(strlen(ask(p, "qTBuffer:0,ffff")), 2 * (7 + x86_regs_size(layout)));
    ask(p, "g"); /* it keeps to what it was at qTStatus */
    CHECK_EQ(strlen(ask(p, "qTBuffer:0,ffff")), 2 * (7 + x86_regs_size(layout)));
    CHECK_STR(status(t, "T"), "T1");
    CHECK_EQ(strlen(ask(p, "qTBuffer:0,ffff")), 2 * (7 + x86_regs_g_size(layout)));
    free_tracer(t);
}

static void says_when_frames_have_fallen_out(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTBuffer:size:40", "OK");
    ASK(p, "QTBuffer:circular:1", "OK");
    ASK(p, "QTDP:1:8000:E:0:0", "OK");
    ASK(p, "QTStart", "OK");
    for (int i = 0; i < 4; i++)
        arrive(t, 0x8000);
    ASK(p, "qTBuffer:0,6", "010000000000");
    arrive(t, 0x8000);
    ASK(p, "qTBuffer:6,6", "E.frames have fallen out meanwhile (stop the trace first)");
    ASK(p, "qTBuffer:0,c", "010000000000010000000000");
    free_tracer(t);
}

int main(void)
{
    TEST(ends_when_it_is_full);
    TEST(lets_the_oldest_go);
    TEST(refuses_a_frame_that_is_too_large);
    TEST(has_sizes);
    TEST(keeps_notes);
    TEST(finds_frames);
    TEST(hands_out_frames);
    TEST(hands_out_registers_of_one_layout);
    TEST(hands_out_as_many_registers_as_gdb_expects);
    TEST(says_when_frames_have_fallen_out);
    return check_done();
}
