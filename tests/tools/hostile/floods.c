/* Too much of one thing: each byte that means something, in each state, a megabyte of it. */
#include "hostile.h"

/* Whoever has flooded it is served as before, once the last packet that it may have begun is over.
 */
static void expect_served(struct vm *vm)
{
    pour(vm, "#00", 3);
    drain(vm);
    rsp_send_bytes(&vm->rsp, "+\003", 2);
    for (int tries = 0;; tries++) { /* if it ran, a stop comes in between */
        const char *reply = ask(vm, "qC");
        drain(vm);
        if (!strncmp(reply, "QC", 2))
            break;
        if (tries == 1000)
            wrong(vm, "behind a flood qC is answered with '%.200s'", reply);
        rsp_sleep_us(1000);
    }
    process_expect_bounded(vm);
}

static void flood_stopped(struct vm *vm)
{
    static const char bytes[] = "$+-\003}#*%m";
    for (const char *byte = bytes; *byte; byte++) {
        visit(vm);
        if (!pour_byte(vm, *byte, MIB))
            wrong(vm, "a flood of 0x%02x: the connection is closed", (unsigned char)*byte);
        expect_served(vm);
        leave(vm);
    }
}

static void flood_running(struct vm *vm)
{
    static const char bytes[] = "$+-\003}#";
    for (const char *byte = bytes; *byte; byte++) {
        visit_without_acks(vm);
        tell(vm, "vCont;c");
        if (!pour_byte(vm, *byte, MIB))
            wrong(vm, "a flood of 0x%02x: the connection is closed", (unsigned char)*byte);
        expect_served(vm);
        leave(vm);
    }
}

/* Each interrupt may stop a CPU, and with none that runs does nothing. */
static void flood_non_stop(struct vm *vm)
{
    static const char bytes[] = "\003-$";
    for (const char *byte = bytes; *byte; byte++) {
        visit_without_acks(vm);
        expect(vm, "OK", "QNonStop:1");
        expect(vm, "OK", "vCont;c");
        if (!pour_byte(vm, *byte, MIB))
            wrong(vm, "a flood of 0x%02x: the connection is closed", (unsigned char)*byte);
        expect_served(vm);
        leave(vm);
    }
}

/* An answer of a megabyte that is asked for again and again: one copy waits, not each. */
static void flood_of_naks(struct vm *vm)
{
    visit(vm);
    tell(vm, "m0,80000");
    rsp_sleep_us(20000);
    cram(vm, "-", 4096);
    process_expect_asleep(vm);
    process_expect_bounded(vm);
    close(vm->rsp.fd);
}

/* The same for a small one, which all of them get. */
static void flood_of_naks_read(struct vm *vm)
{
    visit(vm);
    tell(vm, "qC");
    if (!pour_byte(vm, '-', 256 * 1024))
        wrong(vm, "the connection is closed");
    expect_served(vm);
    leave(vm);
}

/* Packets, as small as they can be, and without one ack. */
static void flood_of_packets(struct vm *vm)
{
    static const char *const packets[] = {"$#00", "$?#3f", "$qC#b4", "$x#00", "$g#67"};
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        visit(vm);
        for (int times = 0; times < 4000; times++)
            if (!pour(vm, packets[i], strlen(packets[i])))
                wrong(vm, "the connection is closed");
        expect_served(vm);
        leave(vm);
    }
}

/* Longer than what was promised to be taken: it is read to its end, and refused. */
static void too_long(struct vm *vm)
{
    static const char *const heads[] = {"$m", "$X0,0:", "$vCont;", "$qSupported:", "$M9000,1:"};
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        visit(vm);
        if (!pour(vm, heads[i], strlen(heads[i])) || !pour_byte(vm, 'a', 3 * MIB))
            wrong(vm, "the connection is closed");
        process_expect_bounded(vm);
        expect_served(vm);
        leave(vm);
    }
}

/* Runs that grow: two bytes stand for 98. */
static void runs(struct vm *vm)
{
    visit(vm);
    pour(vm, "$m", 2);
    for (int i = 0; i < 64 * 1024; i++)
        if (!pour(vm, "*~", 2))
            wrong(vm, "the connection is closed");
    process_expect_bounded(vm);
    expect_served(vm);
    leave(vm);
}

static void noise(struct vm *vm)
{
    uint32_t state = 1;
    char bytes[4096];
    for (int round = 0; round < 8; round++) {
        visit(vm);
        for (int block = 0; block < 32; block++) {
            for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (char)scatter(&state);
            if (!pour(vm, bytes, sizeof bytes))
                break;
        }
        process_expect_bounded(vm);
        close(vm->rsp.fd);
    }
}

/* A packet in pieces of one byte, and one that never ends while others wait. */
static void byte_by_byte(struct vm *vm)
{
    static const char *const packets[] = {"qC", "g", "m9000,40", "vCont;s:1", "qfThreadInfo"};
    visit(vm);
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        char framed[64];
        const size_t len = frame(packets[i], framed, sizeof framed);
        for (size_t at = 0; at < len; at++) {
            rsp_send_bytes(&vm->rsp, framed + at, 1);
            rsp_sleep_us(1000);
        }
        rsp_answer(&vm->rsp);
        if (!vm->rsp.packet[0] || vm->rsp.packet[0] == 'E')
            wrong(vm, "%s, byte by byte: '%.200s'", packets[i], vm->rsp.packet);
    }
    rsp_send_bytes(&vm->rsp, "$m9000", 6);
    process_expect_asleep(vm);
    close(vm->rsp.fd);
}

const struct scenario flood_scenarios[] = {
    {"a flood, stopped", flood_stopped},
    {"a flood, running", flood_running},
    {"a flood, in non-stop mode", flood_non_stop},
    {"a flood of naks, unread", flood_of_naks},
    {"a flood of naks, read", flood_of_naks_read},
    {"a flood of packets", flood_of_packets},
    {"packets that are too long", too_long},
    {"runs", runs},
    {"noise", noise},
    {"byte by byte", byte_by_byte},
    {0},
};
