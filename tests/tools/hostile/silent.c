/* A client that asks and does not read: it is not read either, nothing blocks for it, and what
 * waits for it stays bounded. */
#include "hostile.h"

enum { MOST = 16 * MIB }; /* more than all buffers on the way hold */

/* Asks for as many answers to CONTENT as are taken, in a session with or without acks. */
static void ask_unread(struct vm *vm, const char *content, bool acks)
{
    char framed[256];
    frame(content, framed, sizeof framed);
    if (acks)
        visit(vm);
    else
        visit_without_acks(vm);
    cram(vm, framed, 16 * 1024);
    process_expect_bounded(vm);
    process_expect_asleep(vm);
}

/* Another one comes meanwhile: it is told that there is one. */
static void expect_refusal(struct vm *vm)
{
    static struct rsp other;
    other.die = vm->rsp.die;
    other.context = vm;
    rsp_connect(&other, vm->address);
    rsp_send_packet(&other, "qSupported");
    rsp_answer(&other);
    if (strncmp(other.packet, "E.another debugger", 18))
        wrong(vm, "a second client is told '%.200s'", other.packet);
    close(other.fd);
}

static void answers(struct vm *vm)
{
    static const char *const packets[] = {
        "m0,80000",
        "x0,80000",
        "g",
        "qXfer:features:read:target.xml:0,fffff",
        "qXfer:threads:read::0,fffff",
        "qRcmd,68656c70", /* help */
        "vCont?",
        "Z1,99999,1",
        "no-such-packet",
    };
    for (size_t i = 0; i < sizeof packets / sizeof packets[0]; i++) {
        ask_unread(vm, packets[i], i % 2);
        expect_refusal(vm);
        close(vm->rsp.fd);
    }
}

/* It had only been slow: nothing of what it was to read is missing. */
static void answers_read_at_last(struct vm *vm)
{
    visit_without_acks(vm);
    char framed[64];
    const size_t len = frame("m9000,4000", framed, sizeof framed);
    const size_t sent = cram(vm, framed, 16 * 1024);
    for (size_t i = 0; i < sent / len; i++) {
        rsp_answer(&vm->rsp);
        if (strlen(vm->rsp.packet) != 2 * 0x4000)
            wrong(vm, "answer %zu has %zu characters", i, strlen(vm->rsp.packet));
    }
    if (sent % len)
        rsp_send_bytes(&vm->rsp, framed + sent % len, len - sent % len);
    if (sent % len)
        rsp_answer(&vm->rsp);
    leave(vm);
}

/* A dprintf in the loop of the first CPU: printf("tick\n"), by the agent's bytecode. */
static void insert_dprintf(struct vm *vm)
{
    expect(vm, "OK", "Z0,%x,1;cmds:0,Xf,22002200340000067469636b0a0027", vm->code);
}

/* The CPU that prints waits; its interrupt does not, and a client that reads at last hears of it.
 */
static void printed_text(struct vm *vm)
{
    for (int acks = 0; acks < 2; acks++) {
        if (acks)
            visit(vm);
        else
            visit_without_acks(vm);
        insert_dprintf(vm);
        tell(vm, "vCont;c");
        rsp_sleep_us(300000); /* to print more than is kept */
        process_expect_asleep(vm);
        process_expect_bounded(vm);
        expect_refusal(vm);
        rsp_send_bytes(&vm->rsp, "\003", 1);
        rsp_answer(&vm->rsp);
        if (strncmp(vm->rsp.packet, "T02", 3))
            wrong(vm, "behind an interrupt: %.200s", vm->rsp.packet);
        leave(vm);
    }
}

/* The same, and it goes without a word. */
static void printed_text_then_gone(struct vm *vm)
{
    visit_without_acks(vm);
    insert_dprintf(vm);
    tell(vm, "vCont;c");
    rsp_sleep_us(300000);
    close(vm->rsp.fd);
}

/* One notification is on its way, whatever happens; the stops wait to be asked for. */
static void notifications(struct vm *vm)
{
    visit_without_acks(vm);
    expect(vm, "OK", "QNonStop:1");
    expect(vm, "OK", "Z0,%x,1", vm->code);
    for (int round = 0; round < 50; round++)
        tell(vm, "vCont;c");
    for (int round = 0; round < 500; round++)
        tell(vm, round % 2 ? "vCont;s" : "vCont;t");
    cram(vm, "$vCont;c#a8$?#3f", 64 * 1024);
    process_expect_bounded(vm);
    process_expect_asleep(vm);
    close(vm->rsp.fd);
}

/* It writes as much as it likes: each write is done, and no answer read. */
static void writes(struct vm *vm)
{
    char framed[256];
    frame("Ma000,20:0000000000000000000000000000000000000000000000000000000000000000", framed,
          sizeof framed);
    visit_without_acks(vm);
    cram(vm, framed, MOST / 8);
    process_expect_bounded(vm);
    process_expect_asleep(vm);
    close(vm->rsp.fd);
}

const struct scenario silent_scenarios[] = {
    {"answers that nobody reads", answers},
    {"answers that are read at last", answers_read_at_last},
    {"printed text that nobody reads", printed_text},
    {"printed text, and the client goes", printed_text_then_gone},
    {"notifications that nobody reads", notifications},
    {"answers to writes that nobody reads", writes},
    {0},
};
