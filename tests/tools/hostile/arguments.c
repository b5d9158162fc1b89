/* Packets whose arguments mean harm: each of docs/PROTOCOL.md, with numbers that overflow, are
 * negative, too long or none. All that is asked is an answer, and a stepvm that goes on. */
#include "hostile.h"

/* % stands for a number. Not k, vKill and R, which end or renew the machine. */
static const char *const shapes[] = {
    "m%,%",
    "x%,%",
    "M%,%:00",
    "M%,%:",
    "X%,%:a",
    "X%,%:",
    "p%",
    "P%=0000000000000000",
    "P8=%",
    "G%",
    "qSearch:memory:%;%;a",
    "qSearch:memory:%;%;",
    "qCRC:%,%",
    "qXfer:memory-map:read::%,%",
    "qXfer:features:read:target.xml:%,%",
    "qXfer:features:read:../../etc/passwd:%,%",
    "qXfer:threads:read::%,%",
    "qXfer:exec-file:read:%:%,%",
    "qXfer:traceframe-info:read::%,%",
    "qMemoryRegionInfo:%",
    "Z0,%,%",
    "Z1,%,%",
    "Z2,%,%",
    "Z3,%,%",
    "Z4,%,%",
    "Z%,0,1",
    "z0,%,%",
    "z2,%,%",
    "Z0,%,1;X%,",
    "Z0,%,1;cmds:%,X%,2227",
    "c%",
    "C%;%",
    "s%",
    "S%;%",
    "vCont;c:%",
    "vCont;s:%",
    "vCont;S%:%",
    "vCont;r%,%:1",
    "vCont;r%,%:%",
    "vCont;t:%",
    "QNonStop:%",
    "vAttach;%",
    "Hg%",
    "Hc%",
    "T%",
    "qThreadExtraInfo,%",
    "qThreadStopInfo%",
    "qAttached:%",
    "qSupported:%",
    "qSymbol:%:%",
    "qRcmd,%",
    "vFile:open:%,%,%",
    "vFile:pread:%,%,%",
    "vFile:pread:2,%,%",
    "vFile:fstat:%",
    "vFile:close:%",
    "vFile:setfs:%",
    "QTDP:%:%:E:%:%",
    "QTDP:1:%:E:%:%-",
    "QTDP:-1:%:R%",
    "QTDP:-1:%:M%,%,%",
    "QTDPsrc:%:%:at:%:%:30",
    "QTDV:%:%:0:61",
    "QTEnable:%:%",
    "QTDisable:%:%",
    "QTro:%,%",
    "QTDisconnected:%",
    "QTBuffer:circular:%",
    "QTBuffer:size:%",
    "qTP:%:%",
    "qTV:%",
    "QTFrame:%",
    "QTFrame:pc:%",
    "QTFrame:tdp:%",
    "QTFrame:range:%:%",
    "QTFrame:outside:%:%",
    "qTBuffer:%,%",
    "Qqemu.sstep=%",
    "Qqemu.PhyMemMode:%",
    "vRun;%",
};

static const char *const numbers[] = {
    "ffffffffffffffff",
    "8000000000000000",
    "7fffffffffffffff",
    "10000000000000000",
    "-1",
    "-2",
    "0",
    "",
    "zz",
    "ffffffff",
    "1",
    "7fffffff",
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

/* SHAPE with the numbers from FIRST on, STRIDE apart. */
static void fill(char *packet, size_t size, const char *shape, unsigned first, unsigned stride)
{
    size_t len = 0;
    for (; *shape && len + 20 < size; shape++)
        if (*shape != '%') {
            packet[len++] = *shape;
        } else {
            len += (size_t)snprintf(packet + len, size - len, "%s", numbers[first % NUMBERS]);
            first += stride;
        }
    packet[len] = 0;
}

/* An answer comes: at once, or when what it has set going is interrupted. */
static void expect_answer(struct vm *vm, const char *packet)
{
    rsp_send_packet(&vm->rsp, packet);
    for (int tries = 0; !rsp_receive(&vm->rsp, 200); tries++) {
        if (tries == RSP_PATIENCE_MS / 200)
            wrong(vm, "no answer to %s", packet);
        rsp_send_bytes(&vm->rsp, "\003", 1);
    }
}

/* The machine may be in any state now: it is started anew, before it runs on without a client. */
static void start_anew(struct vm *vm)
{
    expect(vm, "OK", "!");
    expect(vm, "T05", "vRun;");
    expect(vm, "OK", "QTinit");
    expect(vm, "OK", "QTBuffer:size:-1");
    expect(vm, "OK", "QTBuffer:circular:0");
    expect(vm, "OK", "QTDisconnected:0");
    expect(vm, "OK", "Qqemu.sstep=7");
    close(vm->rsp.fd);
}

static void each_with(struct vm *vm, unsigned stride)
{
    char packet[256];
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        visit_without_acks(vm);
        expect(vm, "OK", "!");
        for (unsigned first = 0; first < NUMBERS; first++) {
            fill(packet, sizeof packet, shapes[i], first, stride);
            expect_answer(vm, packet);
            if (!strncmp(packet, "QNonStop", 8)) { /* where stops come as notifications */
                expect_answer(vm, "QNonStop:0");
                vm->rsp.notified = false;
            }
        }
        start_anew(vm);
    }
}

static void the_same(struct vm *vm)
{
    each_with(vm, 0);
}

static void different_ones(struct vm *vm)
{
    each_with(vm, 1);
    each_with(vm, 5);
}

/* Nothing of it has an effect where nothing is debugged, or while the guest runs. */
static void at_other_times(struct vm *vm)
{
    char packet[256];
    visit_without_acks(vm);
    expect(vm, "OK", "Z0,%x,1", vm->code + 0x800); /* never reached */
    tell(vm, "vCont;c");
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        fill(packet, sizeof packet, shapes[i], (unsigned)i, 1);
        rsp_send_packet(&vm->rsp, packet);
        rsp_answer(&vm->rsp);
        if (vm->rsp.packet[0] == 'T')
            wrong(vm, "%s has stopped the guest", packet);
    }
    rsp_send_bytes(&vm->rsp, "\003", 1);
    rsp_answer(&vm->rsp);
    start_anew(vm);
}

const struct scenario argument_scenarios[] = {
    {"arguments, all of them the same", the_same},
    {"arguments, each another one", different_ones},
    {"arguments while the guest runs", at_other_times},
    {0},
};
