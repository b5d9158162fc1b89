/* A client that goes, by each way out, from each state that a session can be in. */
#include "hostile.h"

/* ---- The states. Each begins with a visit to a stopped machine, without acks. */

static void just_stopped(struct vm *vm)
{
    (void)vm;
}

static void amid_a_packet(struct vm *vm)
{
    rsp_send_bytes(&vm->rsp, "$m9000,", 7);
}

static void amid_a_checksum(struct vm *vm)
{
    rsp_send_bytes(&vm->rsp, "$vCont;c#a", 10);
}

static void insert_some(struct vm *vm)
{
    for (uint32_t at = vm->code; at < vm->code + 6; at++) /* more than there are debug registers */
        expect(vm, "OK", "Z0,%x,1", at);
    expect(vm, "OK", "Z2,f000,4");
}

static void with_breakpoints(struct vm *vm)
{
    insert_some(vm);
    expect(vm, "T05", "vCont;c");
}

static void running(struct vm *vm)
{
    expect(vm, "OK", "Z0,%x,1", vm->code + 0x800); /* never reached */
    tell(vm, "vCont;c");
}

static void stopping(struct vm *vm)
{
    running(vm);
    rsp_send_bytes(&vm->rsp, "\003", 1);
}

static void amid_steps(struct vm *vm)
{
    for (int i = 0; i < 3; i++)
        expect(vm, "T05", "vCont;s:1");
    for (int i = 0; i < 3; i++)
        tell(vm, "vCont;s:1");
}

static void amid_a_range_step(struct vm *vm)
{
    tell(vm, "vCont;r%x,%x:1", vm->code, vm->code_end);
}

static void stepping_beside_others(struct vm *vm)
{
    tell(vm, "vCont;s:1;c");
}

static void let_go(struct vm *vm)
{
    expect(vm, "OK", "!");
    expect(vm, "OK", "D");
}

static void non_stop_running(struct vm *vm)
{
    expect(vm, "OK", "QNonStop:1");
    expect(vm, "OK", "vCont;c");
}

static void non_stop_with_untold_stops(struct vm *vm)
{
    expect(vm, "OK", "QNonStop:1");
    expect(vm, "OK", "Z0,%x,1", vm->code);
    expect(vm, "OK", "vCont;c");
    tell(vm, "vCont;t");
}

static void trace(struct vm *vm, bool goes_on)
{
    expect(vm, "OK", "QTinit");
    expect(vm, "OK", "QTDP:1:%x:E:0:0-", vm->code);
    expect(vm, "OK", "QTDP:-1:%x:R1ff", vm->code);
    expect(vm, "OK", "QTBuffer:circular:1");
    expect(vm, "OK", "QTBuffer:size:10000");
    expect(vm, "OK", "QTDisconnected:%d", goes_on);
    expect(vm, "OK", "QTStart");
}

static void tracing(struct vm *vm)
{
    trace(vm, false);
    tell(vm, "vCont;c");
}

static void tracing_on(struct vm *vm)
{
    trace(vm, true);
    tell(vm, "vCont;c");
}

static void amid_a_definition(struct vm *vm)
{
    expect(vm, "OK", "QTinit");
    expect(vm, "OK", "QTDP:1:%x:E:0:0-", vm->code);
    expect(vm, "OK", "QTDP:-1:%x:R1ff-", vm->code);
}

static void amid_vrun(struct vm *vm)
{
    expect(vm, "OK", "!");
    tell(vm, "vRun;");
}

static void amid_an_older_restart(struct vm *vm)
{
    expect(vm, "OK", "!");
    tell(vm, "R00");
}

static void with_an_answer_unread(struct vm *vm)
{
    tell(vm, "m0,80000");
    tell(vm, "m0,80000");
}

static void printing(struct vm *vm)
{
    expect(vm, "OK", "Z0,%x,1;cmds:0,Xf,22002200340000067469636b0a0027", vm->code);
    tell(vm, "vCont;c");
}

static void in_physical_mode(struct vm *vm)
{
    expect(vm, "OK", "Qqemu.PhyMemMode:1");
}

static void amid_a_search(struct vm *vm)
{
    tell(vm, "qSearch:memory:0;8000000;abcdefgh");
}

static const struct scenario states[] = {
    {"stopped", just_stopped},
    {"amid a packet", amid_a_packet},
    {"amid a checksum", amid_a_checksum},
    {"with breakpoints", with_breakpoints},
    {"running", running},
    {"stopping", stopping},
    {"amid steps", amid_steps},
    {"amid a range step", amid_a_range_step},
    {"stepping beside others", stepping_beside_others},
    {"let go", let_go},
    {"non-stop, running", non_stop_running},
    {"non-stop, with stops untold", non_stop_with_untold_stops},
    {"tracing", tracing},
    {"tracing on", tracing_on},
    {"amid a tracepoint's definition", amid_a_definition},
    {"amid vRun", amid_vrun},
    {"amid R", amid_an_older_restart},
    {"with answers unread", with_an_answer_unread},
    {"printing", printing},
    {"in physical mode", in_physical_mode},
    {"amid a search", amid_a_search},
    {0},
};

/* ---- The ways out */

static void close_it(struct vm *vm)
{
    close(vm->rsp.fd);
}

/* With this a TCP socket is reset; a Unix socket is closed with bytes unread, if there are any. */
static void reset_it(struct vm *vm)
{
    const struct linger at_once = {.l_onoff = 1};
    setsockopt(vm->rsp.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(vm->rsp.fd);
}

/* It says that it has no more to say, and listens on: that is a good-bye, too. */
static void half_close_it(struct vm *vm)
{
    shutdown(vm->rsp.fd, SHUT_WR);
    await_end(vm);
}

/* What a trace has defined outlives its client. */
static void forget_trace(struct vm *vm)
{
    visit(vm);
    expect(vm, "OK", "QTinit");
    leave(vm);
}

static void leave_each_state(struct vm *vm, const char *way, void (*out)(struct vm *vm))
{
    char name[80];
    for (const struct scenario *state = states; state->name; state++) {
        snprintf(name, sizeof name, "%s, %s", way, state->name);
        vm->scenario = name;
        visit_without_acks(vm);
        state->run(vm);
        out(vm);
        forget_trace(vm);
        expect_health(vm);
    }
    vm->scenario = way;
}

static void closed(struct vm *vm)
{
    leave_each_state(vm, "closed", close_it);
}

static void reset(struct vm *vm)
{
    leave_each_state(vm, "reset", reset_it);
}

static void half_closed(struct vm *vm)
{
    leave_each_state(vm, "half closed", half_close_it);
}

/* ---- Before there are acks to do without */

static void greeting(struct vm *vm)
{
    static const char *const words[] = {
        "",
        "+",
        "$",
        "\003",
        "+$QStartNoAckMode#b0",
        "+$QStartNoAckMode#b0+",
        "+$QStartNoAckMode#b0+$QSt",
        "+$vCont;c#a8",
        "+$vCont;c#a8\003",
        "+$D#44$k#6b\003garbage$k#6b",
        "+$!#21+$D#44+$m0,80000#8f$c#63",
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        for (int wait = 0; wait < 2; wait++) {
            rsp_connect(&vm->rsp, vm->address);
            rsp_send_bytes(&vm->rsp, words[i], strlen(words[i]));
            rsp_sleep_us(wait ? 10000 : 0);
            close(vm->rsp.fd);
            expect_health(vm);
        }
}

const struct scenario departure_scenarios[] = {
    {"gone amid a greeting", greeting},
    {"closed", closed},
    {"reset", reset},
    {"half closed", half_closed},
    {0},
};
