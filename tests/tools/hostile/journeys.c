/* Ctrl-C while the machine is on its way through what was recorded, without the client's doing: a
 * condition that takes thousands of bytecodes, and is false, is judged again and again. The Ctrl-C
 * is there before the journey can be over, for it comes in the same breath. */
#include "hostile.h"

enum { ENOUGH = 6000 /* instructions: more than can be gone over before Ctrl-C is looked for */ };

/* const16 2248; again: const8 1, sub, dup, if_goto again; end: some 9,000 steps to a 0. */
#define SLOW_AND_FALSE "Xb,2308c82201032820000327"

static unsigned long number(struct vm *vm)
{
    char text[1024];
    monitor(vm, "when", text, sizeof text);
    return strtoul(text, NULL, 10);
}

static void record_enough(struct vm *vm)
{
    char text[1024];
    monitor(vm, "record on", text, sizeof text);
    for (int tries = 0; number(vm) < ENOUGH; tries++) {
        if (tries == 1000)
            wrong(vm, "%lu instructions are recorded", number(vm));
        tell(vm, "vCont;c");
        rsp_sleep_us(20000);
        rsp_send_bytes(&vm->rsp, "\003", 1);
        rsp_answer(&vm->rsp);
    }
}

/* COMMAND, and Ctrl-C. Returns where that has led to. */
static unsigned long interrupted(struct vm *vm, const char *command)
{
    char bytes[64];
    size_t len = frame(command, bytes, sizeof bytes);
    bytes[len++] = '\003';
    rsp_send_bytes(&vm->rsp, bytes, len);
    rsp_answer(&vm->rsp);
    if (strncmp(vm->rsp.packet, "T02", 3))
        wrong(vm, "%s and Ctrl-C: %.200s", command, vm->rsp.packet);
    return number(vm);
}

static void come_to(struct vm *vm, const char *command, const char *end)
{
    ask(vm, "%s", command);
    if (!strstr(vm->rsp.packet, end))
        wrong(vm, "%s: expected %s, got %.200s", command, end, vm->rsp.packet);
}

static void interrupted_both_ways(struct vm *vm)
{
    char text[1024];
    visit_without_acks(vm);
    record_enough(vm);
    const unsigned long last = number(vm);
    expect(vm, "OK", "Z0,%x,1;" SLOW_AND_FALSE, vm->code);
    const unsigned long first_stop = interrupted(vm, "bc");
    const unsigned long second_stop = interrupted(vm, "bc");
    const unsigned long forth = interrupted(vm, "vCont;c");
    if (!(0 < second_stop && second_stop < first_stop && first_stop < last && second_stop < forth &&
          forth < last))
        wrong(vm, "from %lu back to %lu, %lu, forth to %lu", last, first_stop, second_stop, forth);
    come_to(vm, "bc", "replaylog:begin");
    come_to(vm, "vCont;c", "replaylog:end");
    if (number(vm) != last)
        wrong(vm, "the end is at %lu, it was at %lu", number(vm), last);
    expect(vm, "OK", "z0,%x,1", vm->code);
    monitor(vm, "record off", text, sizeof text);
    leave(vm);
}

const struct scenario journey_scenarios[] = {
    {"interrupted on the way back and forth", interrupted_both_ways},
    {0},
};
