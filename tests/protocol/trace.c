/* Tracepoints: their definition, what is recorded at hits, and who is still there afterwards. */
#include "tracer.h"

/* ---- Definitions */

static void is_unknown_without_a_trace(void)
{
    struct peer *p = new_peer(GDB_ARCH_I386);
    ASK(p, "QTinit", "");
    ASK(p, "qTStatus", "");
    ASK(p, "QTDP:1:7c00:E:0:0", "");
    CHECK(!strstr(ask(p, "qSupported"), "race"));
    free_peer(p);
}

static void offers_what_there_is(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    CHECK(strstr(ask(t->peer, "qSupported"),
                 ";ConditionalTracepoints+;TracepointSource+;EnableDisableTracepoints+;"
                 "InstallInTrace+;DisconnectedTracing+;QTBuffer:size+;tracenz+;"
                 "qXfer:traceframe-info:read+"));
    free_tracer(t);
}

/* A later client is told what an earlier one has defined. */
static void tells_of_what_is_defined(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:2:0000000000008000:D:3:5:X3,220127-", "OK");
    ASK(p, "QTDP:-2:0000000000008000:R1ffM-1,1000,4-", "OK");
    ASK(p, "QTDP:-2:0000000000008000:M5,fffffffffffffffc,8-", "OK");
    ASK(p, "QTDP:-2:0000000000008000:SR1-", "OK");
    ASK(p, "QTDP:-2:0000000000008000:X2,2227", "OK");
    ASK(p, "QTDPsrc:2:8000:at:0:7:2a307838303030", "OK");
    ASK(p, "QTDP:1:7c00:E:0:0", "OK");
    ASK(p, "qTfP", "T1:7c00:E:0:0");
    ASK(p, "qTsP", "T2:8000:D:3:5:X3,220127");
    ASK(p, "qTsP", "A2:8000:R1ffM-1,1000,4");
    ASK(p, "qTsP", "A2:8000:M5,fffffffffffffffc,8");
    ASK(p, "qTsP", "S2:8000:R1");
    ASK(p, "qTsP", "S2:8000:X2,2227");
    ASK(p, "qTsP", "Z2:8000:at:0:7:2a307838303030");
    ASK(p, "qTsP", "l");
    ASK(p, "QTEnable:2:8000", "OK");
    ASK(p, "QTDisable:1:7c00", "OK");
    ASK(p, "qTfP", "T1:7c00:D:0:0");
    ASK(p, "qTsP", "T2:8000:E:3:5:X3,220127");
    ASK(p, "qTP:2:8000", "V0:0");
    ASK(p, "qTP:2:8001", "E.there is no such tracepoint");
    ASK(p, "QTEnable:3:8000", "E.there is no such tracepoint");
    ASK(p, "QTinit", "OK");
    ASK(p, "qTfP", "l");
    CHECK_STR(p->fake.log, ""); /* nothing runs: nothing is inserted */
    free_tracer(t);
}

static void refuses_malformed_definitions(void)
{
    static const char *const first[] = {
        "",
        "1",
        "1:",
        "1:8000",
        "1:8000:",
        "1:8000:E",
        "1:8000:F:0:0",
        "1:8000:E:0",
        "1:8000:E::0",
        "1:8000:E:0:0x",
        "1:8000:E:0:0:",
        "1:8000:E:0:0:X",
        "1:8000:E:0:0:X1",
        "1:8000:E:0:0:X1,",
        "1:8000:E:0:0:X1,2",
        "1:8000:E:0:0:X1,zz",
        "1:8000:E:0:0:X2,27",
        "1:8000:E:0:0:X0,",
        "1:8000:E:0:0:X1,27:X1,27",
        "1:8000:E:0:0:X1,2727",
        "1:8000:E:0:0--",
        "10000:8000:E:0:0",
        "1:10000000000000000:E:0:0",
        ":8000:E:0:0",
        "1:8000:E:0:0:Xffffffffffffffff,27",
    };
    static const char *const more[] = {
        "",
        "-",
        "R",
        "Rx",
        "M",
        "M-1",
        "M-1,",
        "M-1,8000",
        "M-1,8000,",
        "M-2,8000,4",
        "M,8000,4",
        "Mffffffff,8000,4",
        "M-1,8000,4x",
        "X",
        "X1,",
        "X2,27",
        "X1,27X",
        "S",
        "SS",
        "R1R",
    };
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    char packet[256];
    for (size_t i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        snprintf(packet, sizeof(packet), "QTDP:%s", first[i]);
        ASK(p, packet, "E.a tracepoint's definition that can't be read");
    }
    ASK(p, "QTDP:1:8000:E:0:0:F5", "E.fast and static tracepoints are not supported");
    ASK(p, "QTDP:1:8000:E:0:0:S", "E.fast and static tracepoints are not supported");
    ASK(p, "qTfP", "l");
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        snprintf(packet, sizeof(packet), "QTDP:-1:8000:%s", more[i]);
        CHECK_EQ(ask(p, packet)[0], 'E');
    }
    ASK(p, "QTDP:-1:8000:L", "E.an action that is not supported");
    ASK(p, "QTDP:-2:8000:R1", "E.actions of a tracepoint that is not being defined");
    ASK(p, "QTDP:1:8000:E:0:0", "E.there is such a tracepoint already");
    ASK(p, "QTDPsrc:2:8000:at:0:1:31", "E.the source of a tracepoint that is not there");
    ASK(p, "QTDPsrc:2", "E.a tracepoint's definition that can't be read");
    ASK(p, "QTDP:-1:8000:R1", "OK");
    ASK(p, "QTDP:-1:8000:R1", "E.actions of a tracepoint that is not being defined");
    ASK(p, "qTfP", "T1:8000:E:0:0");
    ASK(p, "qTsP", "A1:8000:R1");
    ASK(p, "qTsP", "l");
    free_tracer(t);
}

/* After an exec event gdb defines its tracepoints anew, while the trace goes on. */
static void is_defined_anew(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,8000,1", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    const size_t bytes = t->trace.points.bytes;
    ASK(p, "QTDP:1:8000:E:0:0-", "E.there is such a tracepoint already");
    trace_points_outdate(&t->trace.points);
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:1:8000:E:0:0-", "E.there is such a tracepoint already");
    arrive(t, 0x8000); /* what it is to collect is not known yet */
    ASK(p, "QTDP:-1:8000:M-1,9000,2", "OK");
    arrive(t, 0x8000);
    CHECK_EQ(t->trace.points.bytes, bytes);
    CHECK_STR(status(t, "tframes"), "tframes:2");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "m8000,1", "90");
    ASK(p, "QTFrame:1", "F1T1");
    ASK(p, "m8000,1", "E0e");
    ASK(p, "m9000,2", "9090");
    free_tracer(t);
}

static void bounds_definitions(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    char packet[64];
    static char large[1000000];
    for (unsigned i = 0; i < TRACE_POINTS_MAX; i++) {
        snprintf(packet, sizeof(packet), "QTDP:%x:%x:E:0:0", i, TRACE_POINTS_MAX - i);
        CHECK_STR(ask(p, packet), "OK");
    }
    ASK(p, "QTDP:1:8000:E:0:0", "E.too many tracepoints (delete some)");
    ASK(p, "QTinit", "OK");
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    snprintf(large, sizeof(large), "QTDP:-1:8000:%0999900dR1-", 0);
    memset(large + 13, 'R', 1);
    memset(large + 14, '0', 999000);
    unsigned taken = 0;
    while (taken < 10 && !strcmp(ask(p, large), "OK"))
        taken++;
    CHECK_EQ(taken, 4);
    CHECK_STR(p->text, "E.the tracepoints' definitions are too long (delete some)");
    free_tracer(t);
}

/* ---- Hits */

static void records_registers_and_memory(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    char live[16384];
    memcpy(p->fake.memory + 0x1000, "ABCDEFGH", 8);
    p->fake.regs[0].gpr[GDB_RBX] = 0x1004;
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:R1M-1,1000,2M3,2,2", "OK"); /* 3 is ebx */
    ASK(p, "QTStart", "OK");
    CHECK_STR(p->fake.log, "filter on\ninsert 5 8000 1\n");
    CHECK_STR(status(t, "T"), "T1");
    CHECK_EQ(arrive(t, 0x7fff), GDB_HIT_GO_ON);
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_GO_ON);
    snprintf(live, sizeof(live), "%s", ask(p, "g"));
    memset(p->fake.memory, 0, FAKE_MEMORY);
    p->fake.regs[0].gpr[GDB_RBX] = 0;
    p->fake.regs[0].pc = 0x9000;
    ASK(p, "QTStop", "OK");
    CHECK_STR(p->fake.log, "filter on\ninsert 5 8000 1\nremove 5 8000 1\nfilter off\n");
    CHECK_STR(status(t, "T"), "T0");
    CHECK_STR(status(t, "tstop"), "tstop::0");
    CHECK_STR(status(t, "tframes"), "tframes:1");
    CHECK(!strncmp(ask(p, "qTP:1:8000"), "V1:", 3));

    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "g", live);
    ASK(p, "p3", "04100000");
    ASK(p, "p8", "00800000");
    ASK(p, "m1000,8", "4142"); /* what there is from the start on */
    ASK(p, "m1001,1", "42");
    ASK(p, "m1006,2", "4748");
    ASK(p, "m1002,1", "E0e");
    ASK(p, "x1006,2", "bGH");
    ASK(p, "qXfer:traceframe-info:read::0,1000",
        "l<?xml version=\"1.0\"?>\\0a<!DOCTYPE traceframe-info SYSTEM "
        "\"traceframe-info.dtd\">\\0a<traceframe-info>\\0a"
        "<memory start=\"0x1000\" length=\"0x2\"/>\\0a<memory start=\"0x1006\" length=\"0x2\"/>"
        "\\0a</traceframe-info>\\0a");
#define NO_WRITE "E.what a trace frame shows can't be changed (tfind none first)"
    ASK(p, "M1000,1:00", NO_WRITE);
    ASK(p, "P3=00000000", NO_WRITE);
    ASK(p, "QTFrame:ffffffff", "F-1");
    ASK(p, "p3", "00000000");
    ASK(p, "m1000,2", "0000");
    ASK(p, "qXfer:traceframe-info:read::0,1000", "E.no trace frame is selected");
    free_tracer(t);
}

/* Registers are as they were collected, those of a CPU in another mode too: what 32-bit code has
 * not, a client that knows of 64-bit code is not shown. */
static void shows_registers_of_another_mode(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I8086);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:R1", "OK");
    ASK(p, "QTStart", "OK");
    p->fake.regs[0].gpr[GDB_RAX] = 0x1122334455667788;
    p->fake.regs[0].gpr[8] = 0x8888;
    arrive(t, 0x8000);
    p->fake.at_64 = 0x8000;
    arrive(t, 0x8000);
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "p0", "88776655");
    ASK(p, "QTFrame:1", "F1T1");
    ASK(p, "p0", "88776655");
    CHECK_EQ(ask(p, "qXfer:features:read:target.xml:0,1000")[0], 'm'); /* now of 64-bit code */
    ASK(p, "p0", "8877665544332211");
    ASK(p, "p8", "8888000000000000");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "p0", "8877665500000000");
    ASK(p, "p8", "xxxxxxxxxxxxxxxx");
    CHECK(!strncmp(ask(p, "g"), "8877665500000000", 16));
    CHECK(!strncmp(p->text + 8 * 16, "xxxxxxxxxxxxxxxx", 16));
    free_tracer(t);
}

/* Without registers a frame knows where it is; with memory that is not there, what there was. */
static void records_what_there_is(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,fffe,10-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,20000,ffffffffffffffffM-1,8000,1", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T1");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "p0", "xxxxxxxx");
    ASK(p, "p8", "00800000");
    ASK(p, "mfffe,10", "9090");
    ASK(p, "m20000,1", "E0e");
    ASK(p, "m8000,1", "90");
    free_tracer(t);
}

/* const64, const8 1, trace; and const64, ref8, as the condition (GDB manual, "Bytecode
 * Descriptions"). */
static void addresses_of_32_bit_code_have_32_bits(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0:Xb,25ffffffff000080001727-", "OK");
    ASK(p, "QTDP:-1:8000:Xd,25ffffffff0000800022010c27M-1,ffffffff00008001,1", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T1");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "m8000,2", "9090");
    free_tracer(t);
}

static void splits_large_memory(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    for (size_t i = 0; i < FAKE_MEMORY; i++)
        p->fake.memory[i] = (uint8_t)(i * 7 >> 3);
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,0,10000", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    ASK(p, "QTFrame:0", "F0T1");
    const char *hex = ask(p, "m0,10000");
    CHECK_EQ(strlen(hex), 2 * FAKE_MEMORY);
    for (size_t i = 0; i < FAKE_MEMORY; i++) {
        char byte[3];
        snprintf(byte, sizeof(byte), "%02x", p->fake.memory[i]);
        if (memcmp(hex + 2 * i, byte, 2))
            CHECK_EQ(i, -1);
    }
    free_tracer(t);
}

/* Memory that the client says is never written need not be collected. */
static void reads_constant_memory_from_the_target(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0", "OK");
    ASK(p, "QTro:2000,2004:3000,3010", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "m1fff,2", "E0e");
    ASK(p, "m2002,8", "9090");
    ASK(p, "m3000,1", "90");
    ASK(p, "QTro:2000", "E16");
    ASK(p, "QTro:2000,", "E16");
    ASK(p, "QTro:2000,3000x", "E16");
    free_tracer(t);
}

static void steps_after_a_hit(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:2:0-", "OK");
    ASK(p, "QTDP:-1:8000:M-1,8000,1-", "OK");
    ASK(p, "QTDP:-1:8000:SM-1,8001,1", "OK");
    ASK(p, "QTStart", "OK");
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_STEP);
    CHECK_EQ(step_to(t, 0x8002), GDB_HIT_STEP);
    CHECK_EQ(step_to(t, 0x8004), GDB_HIT_GO_ON);
    CHECK_EQ(step_to(t, 0x8006), GDB_HIT_GO_ON); /* nobody asked for it */
    CHECK_STR(status(t, "tframes"), "tframes:3");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "m8000,2", "90");
    ASK(p, "QTFrame:1", "F1T1");
    ASK(p, "p8", "02800000");
    ASK(p, "m8000,1", "E0e");
    ASK(p, "m8001,1", "90");
    ASK(p, "QTFrame:2", "F2T1");
    ASK(p, "p8", "04800000");
    ASK(p, "QTFrame:3", "F-1");
    ASK(p, "p8", "04800000"); /* as it was */
    free_tracer(t);
}

/* The loop is shorter than the steps: each arrival begins them anew. A stop of the client's ends
 * them. */
static void steps_again_and_again(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:3:0", "OK");
    ASK(p, "QTDP:2:8001:E:1:0", "OK");
    ASK(p, "QTStart", "OK");
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_STEP);
    CHECK_EQ(arrive(t, 0x8001), GDB_HIT_STEP); /* one step of 1, one hit of 2 */
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_STEP); /* one step each, one hit of 1 */
    CHECK_STR(status(t, "tframes"), "tframes:6");
    CHECK_EQ(step_to(t, 0x8002), GDB_HIT_STEP);
    struct gdb_hit last = {.kind = GDB_HIT_BREAKPOINT, .thread = 1, .pc = 0x8000, .in_step = true};
    last.asked = last.traced_only = true;
    CHECK_EQ(fake_hit(&t->peer->fake, &last), GDB_HIT_GO_ON);
    CHECK_EQ(step_to(t, 0x8002), GDB_HIT_GO_ON);
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_STEP);
    trace_interrupt(&t->trace);
    CHECK_EQ(step_to(t, 0x8001), GDB_HIT_GO_ON);
    free_tracer(t);
}

static void ends_after_passes(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:5:8000:E:0:2", "OK");
    ASK(p, "QTDP:6:8001:E:0:0", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    arrive(t, 0x8001);
    CHECK_STR(status(t, "T"), "T1");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T0");
    CHECK_STR(status(t, "tpass"), "tpasscount:5");
    arrive(t, 0x8001);
    CHECK_STR(status(t, "tframes"), "tframes:3");
    CHECK(!strstr(p->fake.log, "remove")); /* it runs: that must wait */
    trace_settle(&t->trace);
    CHECK(strstr(p->fake.log, "remove 5 8000 1\nremove 5 8001 1\n"));
    ASK(p, "qTP:5:8000", "V2:0");
    free_tracer(t);
}

/* The steps that belong to the last pass are still recorded. */
static void ends_after_the_steps_of_the_last_pass(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:5:8000:E:2:1", "OK");
    ASK(p, "QTStart", "OK");
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_STEP);
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_STEP); /* a short loop: this is a step only */
    CHECK_STR(status(t, "T"), "T1");
    CHECK_EQ(step_to(t, 0x8002), GDB_HIT_GO_ON);
    CHECK_STR(status(t, "tpass"), "tpasscount:5");
    CHECK_STR(status(t, "tframes"), "tframes:3");
    ASK(p, "QTStart", "OK");
    CHECK_STR(status(t, "tframes"), "tframes:0");
    arrive(t, 0x8000);
    trace_interrupt(&t->trace); /* a stop takes the steps away: the passes are over all the same */
    CHECK_STR(status(t, "tpass"), "tpasscount:5");
    free_tracer(t);
}

static void counts_for_each_at_one_address(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0", "OK");
    ASK(p, "QTDP:2:8000:E:0:0", "OK");
    ASK(p, "QTDP:3:8000:D:0:0", "OK");
    ASK(p, "QTDP:4:9000:E:0:0", "OK");
    ASK(p, "QTStart", "OK");
    CHECK_STR(p->fake.log, "filter on\ninsert 5 8000 1\ninsert 5 9000 1\n");
    arrive(t, 0x8000);
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "QTFrame:1", "F1T2");
    ASK(p, "QTFrame:2", "F-1");
    ASK(p, "QTDisable:1:8000", "OK");
    arrive(t, 0x8000);
    ASK(p, "QTFrame:2", "F2T2");
    ASK(p, "QTFrame:3", "F-1");
    ASK(p, "QTEnable:3:8000", "OK");
    CHECK_STR(p->fake.log, "filter on\ninsert 5 8000 1\ninsert 5 9000 1\n");
    ASK(p, "QTDisable:2:8000", "OK");
    ASK(p, "QTDisable:3:8000", "OK");
    CHECK_STR(p->fake.log, "filter on\ninsert 5 8000 1\ninsert 5 9000 1\nremove 5 8000 1\n");
    free_tracer(t);
}

/* One that is defined while a trace runs is at work when its last packet has come. */
static void takes_one_more_while_it_runs(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTStart", "OK");
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "tframes"), "tframes:0");
    ASK(p, "QTDP:-1:8000:M-1,8000,1", "OK");
    CHECK_STR(p->fake.log, "filter on\ninsert 5 8000 1\n");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "tframes"), "tframes:1");
    free_tracer(t);
}

static void says_when_it_cannot_start(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    char packet[64];
    for (unsigned i = 0; i <= FAKE_BREAKPOINTS; i++) {
        snprintf(packet, sizeof(packet), "QTDP:1:%x:E:0:0", 0x8000 + i);
        ASK(p, packet, "OK");
    }
    ASK(p, "QTStart", "E.no room");
    CHECK_STR(status(t, "T"), "T0");
    CHECK_STR(status(t, "tnotrun"), "tnotrun:0");
    CHECK_EQ(p->fake.breakpoint_count, 0);
    ASK(p, "QTDisable:1:8000", "OK");
    ASK(p, "QTStart", "OK");
    free_tracer(t);
}

/* ---- Variables */

static void has_variables(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "qTfV", "1:0:1:74726163655f74696d657374616d70"); /* trace_timestamp */
    ASK(p, "qTsV", "l");
    ASK(p, "QTDV:3:0000000000000005:0:636e74", "OK");
    ASK(p, "QTDV:2:ffffffffffffffff:0:", "OK");
    ASK(p, "qTV:3", "V5");
    ASK(p, "qTV:2", "Vffffffffffffffff");
    ASK(p, "qTV:4", "U");
    CHECK(strlen(ask(p, "qTV:1")) > 10); /* microseconds since 1970 */
    ASK(p, "qTfV", "1:0:1:74726163655f74696d657374616d70");
    ASK(p, "qTsV", "2:ffffffffffffffff:0:");
    ASK(p, "qTsV", "3:5:0:636e74");
    ASK(p, "qTsV", "l");
    static const char *const bad[] = {"QTDV:",
                                      "QTDV:3",
                                      "QTDV:3:5",
                                      "QTDV:3:5:0",
                                      "QTDV:3:5:0:6",
                                      "QTDV:3:5:0:6x",
                                      "QTDV:80000000:5:0:66"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ASK(p, bad[i], "E16");
    ASK(p, "QTinit", "OK");
    ASK(p, "qTV:3", "U");
    free_tracer(t);
}

/* ---- Expressions */

static void meets_conditions(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0:X7,26000322051327", "OK"); /* ebx == 5 */
    ASK(p, "QTStart", "OK");
    for (uint64_t i = 0; i < 10; i++) {
        p->fake.regs[0].gpr[GDB_RBX] = i;
        arrive(t, 0x8000);
    }
    CHECK_EQ(p->fake.parts, GDB_PART_BASE); /* no more is read than is needed */
    CHECK_STR(status(t, "tframes"), "tframes:1");
    ASK(p, "qTP:1:8000", "V1:0");
    free_tracer(t);
}

static void evaluates_actions(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    memcpy(p->fake.memory + 0x1000, "ABCDEFGH", 8);
    p->fake.regs[0].gpr[GDB_RBX] = 0x1002;
    ASK(p, "QTDV:3:5:0:636e74", "OK");
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:Xd,2c00032201022d00032e000327-", "OK"); /* 3 += 1, collected */
    ASK(p, "QTDP:-1:8000:X6,2600030d0427", "OK");                /* 4 bytes at ebx */
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    arrive(t, 0x8000);
    ASK(p, "qTV:3", "V7");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "qTV:3", "V6");
    ASK(p, "qTV:1", "U"); /* not collected */
    ASK(p, "m1002,8", "43444546");
    CHECK(strstr(ask(p, "qXfer:traceframe-info:read::0,1000"), "<tvar id=\"0x3\"/>"));
    ASK(p, "QTFrame:1", "F1T1");
    ASK(p, "qTV:3", "V7");
    ASK(p, "QTStart", "OK");
    ASK(p, "qTV:3", "V5");
    free_tracer(t);
}

/* A pointer may be null at some hits: then what it points to is not collected. */
static void goes_on_where_memory_is_not_there(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-1:8000:X7,24000200001927M-1,1000,1", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T1");
    ASK(p, "QTFrame:0", "F0T1");
    ASK(p, "m1000,1", "90");
    free_tracer(t);
}

static void ends_at_an_error(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:4:8000:E:0:0-", "OK");
    ASK(p, "QTDP:-4:8000:M-1,1000,1X6,220122000527", "OK"); /* 1 / 0 */
    ASK(p, "QTDP:5:8001:E:0:0:X7,24000200001927", "OK");    /* memory that is not there */
    ASK(p, "QTDP:6:8002:E:0:0:X1,fe", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    CHECK_STR(status(t, "T"), "T0");
    CHECK_STR(status(t, "terror"), "terror:6469766973696f6e206279207a65726f:4");
    CHECK_STR(status(t, "tframes"), "tframes:1"); /* with what came before it */
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8001);
    CHECK(strstr(status(t, "terror"), ":5")); /* not taken for a condition that is false */
    CHECK_STR(status(t, "tframes"), "tframes:0");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8002);
    CHECK(strstr(status(t, "terror"), ":6"));
    free_tracer(t);
}

/* ---- Clients that leave */

/* The next client of the same target: it finds it running, and stops it. */
static void connect_next(struct tracer *t)
{
    struct peer *p = t->peer;
    struct gdb_stop stop = stop_of(GDB_SIGINT);
    session_free(&p->session);
    p->session = (struct gdb_session){.ops = &p->ops, .target = &p->fake, .tracing = &t->trace};
    CHECK_EQ(session_init(&p->session), 0);
    p->fake.running = false;
    session_stopped(&p->session, &stop);
    CHECK_STR(ask(p, "QStartNoAckMode"), "+OK");
    say(p, "+");
}

static void ends_with_its_client(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:0", "OK");
    ASK(p, "Z0,9000,1", "OK");
    ASK(p, "QTStart", "OK");
    arrive(t, 0x8000);
    session_hang_up(&p->session);
    CHECK_EQ(p->fake.breakpoint_count, 0);
    CHECK(!p->fake.filter);
    connect_next(t);
    CHECK_STR(status(t, "T"), "T0");
    CHECK_STR(status(t, "tdisc"), "tdisconnected:0");
    ASK(p, "QTFrame:0", "F0T1"); /* what was recorded is there */
    ASK(p, "qTfP", "T1:8000:E:0:0");
    ASK(p, "QTStart", "OK");
    CHECK_EQ(p->fake.breakpoint_count, 1);
    free_tracer(t);
}

static void goes_on_without_a_client(void)
{
    struct tracer *t = new_tracer(GDB_ARCH_I386);
    struct peer *p = t->peer;
    ASK(p, "QTDP:1:8000:E:0:3", "OK");
    ASK(p, "Z0,9000,1", "OK");
    ASK(p, "QTDisconnected:1", "OK");
    ASK(p, "QTStart", "OK");
    ASK(p, "D", "OK");
    CHECK_EQ(p->fake.breakpoint_count, 1);
    CHECK_EQ(arrive(t, 0x8000), GDB_HIT_GO_ON);
    connect_next(t);
    CHECK_STR(status(t, "T"), "T1");
    CHECK_STR(status(t, "tframes"), "tframes:1");
    arrive(t, 0x8000);
    session_hang_up(&p->session);
    arrive(t, 0x8000); /* the last pass, which nobody hears of */
    CHECK_EQ(p->fake.breakpoint_count, 1);
    connect_next(t);
    CHECK_EQ(p->fake.breakpoint_count, 0);
    CHECK(!p->fake.filter);
    CHECK_STR(status(t, "tpass"), "tpasscount:1");
    CHECK_STR(status(t, "tframes"), "tframes:3");
    free_tracer(t);
}

int main(void)
{
    TEST(is_unknown_without_a_trace);
    TEST(offers_what_there_is);
    TEST(tells_of_what_is_defined);
    TEST(refuses_malformed_definitions);
    TEST(is_defined_anew);
    TEST(bounds_definitions);
    TEST(records_registers_and_memory);
    TEST(shows_registers_of_another_mode);
    TEST(records_what_there_is);
    TEST(addresses_of_32_bit_code_have_32_bits);
    TEST(splits_large_memory);
    TEST(reads_constant_memory_from_the_target);
    TEST(steps_after_a_hit);
    TEST(steps_again_and_again);
    TEST(ends_after_passes);
    TEST(ends_after_the_steps_of_the_last_pass);
    TEST(counts_for_each_at_one_address);
    TEST(takes_one_more_while_it_runs);
    TEST(says_when_it_cannot_start);
    TEST(has_variables);
    TEST(meets_conditions);
    TEST(evaluates_actions);
    TEST(goes_on_where_memory_is_not_there);
    TEST(ends_at_an_error);
    TEST(ends_with_its_client);
    TEST(goes_on_without_a_client);
    return check_done();
}
