/* A visit to stepvm, as a client with manners makes it; and the check that the machine is well. */
#include "hostile.h"

static void connected(struct vm *vm)
{
    for (int tries = 0; tries < RSP_PATIENCE_MS; tries++) {
        rsp_connect(&vm->rsp, vm->address);
        ask(vm, "qSupported:swbreak+;hwbreak+;vContSupported+");
        if (vm->rsp.packet[0] == 'P')
            return;
        close(vm->rsp.fd);
        rsp_sleep_us(1000);
    }
    wrong(vm, "refused: %.200s", vm->rsp.packet);
}

void visit(struct vm *vm)
{
    connected(vm);
    expect(vm, "T", "?");
}

void visit_without_acks(struct vm *vm)
{
    visit(vm);
    expect(vm, "OK", "QStartNoAckMode");
    vm->rsp.acks = false;
}

static void tell_args(struct vm *vm, const char *format, va_list args)
{
    char content[4000];
    vsnprintf(content, sizeof content, format, args);
    rsp_send_packet(&vm->rsp, content);
}

void tell(struct vm *vm, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_args(vm, format, args);
    va_end(args);
}

const char *ask(struct vm *vm, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_args(vm, format, args);
    va_end(args);
    rsp_answer(&vm->rsp);
    return vm->rsp.packet;
}

void expect(struct vm *vm, const char *first, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell_args(vm, format, args);
    va_end(args);
    rsp_answer(&vm->rsp);
    if (strncmp(vm->rsp.packet, first, strlen(first))) {
        char packet[64];
        va_start(args, format);
        vsnprintf(packet, sizeof packet, format, args);
        va_end(args);
        wrong(vm, "%s was answered with '%.200s', not with '%s..'", packet, vm->rsp.packet, first);
    }
}

static unsigned hex_byte(const char *hex)
{
    return (unsigned)strtoul((char[]){hex[0], hex[1], 0}, NULL, 16);
}

/* Texts come as O packets, and the end as OK. */
void monitor(struct vm *vm, const char *command, char *text, size_t size)
{
    char packet[256] = "qRcmd,";
    size_t len = 0;
    for (size_t at = 6; *command && at + 2 < sizeof packet; command++, at += 2)
        snprintf(packet + at, 3, "%02x", (unsigned char)*command);
    rsp_send_packet(&vm->rsp, packet);
    for (;;) {
        while (!rsp_take_packet(&vm->rsp))
            if (!rsp_more(&vm->rsp, RSP_PATIENCE_MS))
                wrong(vm, "no answer to a monitor command");
        if (vm->rsp.packet[0] != 'O' || !strcmp(vm->rsp.packet, "OK"))
            break;
        for (const char *hex = vm->rsp.packet + 1; hex[0] && hex[1] && len + 1 < size; hex += 2)
            text[len++] = (char)hex_byte(hex);
    }
    text[len] = 0;
}

void await_end(struct vm *vm)
{
    struct pollfd p = {.fd = vm->rsp.fd, .events = POLLIN};
    ssize_t n = 1;
    while (n > 0 && poll(&p, 1, RSP_PATIENCE_MS) > 0)
        n = recv(vm->rsp.fd, vm->rsp.in, sizeof vm->rsp.in, 0);
    if (n > 0)
        wrong(vm, "stepvm does not close the connection");
    close(vm->rsp.fd);
}

void leave(struct vm *vm)
{
    expect(vm, "OK", "D");
    await_end(vm);
}

/* ---- Health */

static void read_code(struct vm *vm, char *bytes, size_t size)
{
    ask(vm, "m%x,%x", vm->code, vm->code_end - vm->code);
    if (strlen(vm->rsp.packet) >= size)
        wrong(vm, "the code can't be read: %.200s", vm->rsp.packet);
    strcpy(bytes, vm->rsp.packet);
}

static void read_counters(struct vm *vm, char counters[8 * CPUS_MAX + 1])
{
    ask(vm, "m%x,%x", COUNTERS, 4 * vm->cpus);
    if (strlen(vm->rsp.packet) != (size_t)8 * vm->cpus)
        wrong(vm, "the counters can't be read: %.200s", vm->rsp.packet);
    strcpy(counters, vm->rsp.packet);
}

static bool all_differ(const struct vm *vm, const char *before, const char *now)
{
    for (unsigned i = 0; i < vm->cpus; i++)
        if (!memcmp(before + (size_t)8 * i, now + (size_t)8 * i, 8))
            return false;
    return true;
}

/* Visits again and again, until each CPU has counted while nobody was there. Ends in a visit. */
static void wait_for_counting(struct vm *vm)
{
    char before[8 * CPUS_MAX + 1], now[8 * CPUS_MAX + 1];
    visit(vm);
    read_counters(vm, before);
    for (int tries = 0; tries < RSP_PATIENCE_MS / 5; tries++) {
        leave(vm);
        rsp_sleep_us(tries ? 5000 : 500);
        visit(vm);
        read_counters(vm, now);
        if (all_differ(vm, before, now))
            return;
    }
    wrong(vm, "not every CPU counts on: %s", now);
}

void note_health(struct vm *vm)
{
    wait_for_counting(vm);
    read_code(vm, vm->bytes, sizeof vm->bytes);
    leave(vm);
    process_look(vm, &vm->at_rest);
}

void expect_health(struct vm *vm)
{
    char bytes[sizeof vm->bytes], breakpoints[1024];
    visit(vm);
    read_code(vm, bytes, sizeof bytes);
    if (strcmp(bytes, vm->bytes))
        wrong(vm, "the guest's code is %s, it was %s", bytes, vm->bytes);
    monitor(vm, "info breakpoints", breakpoints, sizeof breakpoints);
    if (strncmp(breakpoints, "No breakpoints are", 18) && strncmp(breakpoints, "None is", 7))
        wrong(vm, "breakpoints are left: %s", breakpoints);
    expect(vm, "T05", "vCont;s:1");
    leave(vm);
    wait_for_counting(vm);
    leave(vm);
    process_expect_at_rest(vm);
}
