/* What a client asks of a stepvm with the hostile guest, and what answers may be. */
#ifndef TESTS_TOOLS_HOSTILE_GUEST_ASK_H
#define TESTS_TOOLS_HOSTILE_GUEST_ASK_H

#include "tests/tools/hostile_guest.h"

#include <ctype.h>

/* ---- Asking */

static __attribute__((format(printf, 2, 3))) void request(struct hostile *h, const char *format,
                                                          ...)
{
    static char content[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(content, sizeof content, format, args);
    va_end(args);
    rsp_send_packet(&h->rsp, content);
}

static __attribute__((format(printf, 2, 3))) const char *ask(struct hostile *h, const char *format,
                                                             ...)
{
    static char content[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(content, sizeof content, format, args);
    va_end(args);
    rsp_send_packet(&h->rsp, content);
    if (!rsp_receive(&h->rsp, RSP_PATIENCE_MS))
        wrong(h, "no answer to %.200s", content);
    return h->rsp.packet;
}

/* E NN, or E. and words. */
static bool is_error(const char *answer)
{
    return answer[0] == 'E' && ((isxdigit(answer[1]) && isxdigit(answer[2]) && !answer[3]) ||
                                (answer[1] == '.' && answer[2]));
}

/* Bytes in hexadecimal, unknown ones as xx, or an error. */
static void expect_bytes(struct hostile *h, const char *what)
{
    const char *answer = h->rsp.packet;
    const size_t len = strlen(answer);
    if (is_error(answer))
        h->refusals++;
    else if (!len || len % 2 || strspn(answer, "0123456789abcdefx") != len)
        wrong(h, "%s: %.200s", what, answer);
}

static void expect_done(struct hostile *h, const char *what)
{
    const char *answer = h->rsp.packet;
    if (is_error(answer))
        h->refusals++;
    else if (*answer && strcmp(answer, "OK"))
        wrong(h, "%s: %.200s", what, answer);
}

/* ---- Places */

static uint64_t place(struct hostile *h)
{
    static const uint64_t places[] = {
        0,          0x400,      0x7c00,     0x8000,      0x20000,        0x9fff8,
        0xa0000,    0xb8000,    0xc0000,    0xf0000,     0xffff0,        0x100000,
        0x400000,   0x420000,   0xbffff8,   0xc00000,    0xe0000000,     0xfec00000,
        0xfee00000, 0xfffffff0, 0xfffffffc, 0x100000000, 0x7ffffffffff8, UINT64_MAX - 3,
    };
    if (!pick(h, 3) && h->label_count)
        return h->labels[pick(h, h->label_count)] + (pick(h, 3) ? 0 : pick(h, 16));
    return places[pick(h, sizeof places / sizeof *places)] + (pick(h, 2) ? 0 : pick(h, 0x1000));
}

/* A breakpoint on what all rounds begin with would keep the guest from any harm. */
static bool is_everywhere(const char *line)
{
    static const char *const names[] = {"random", "below", "one_in", "place", "print", "main"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strstr(line, names[i]))
            return true;
    return false;
}

static void read_labels(struct hostile *h)
{
    char path[300], line[300];
    snprintf(path, sizeof path, "%.*s.labels", (int)(strlen(h->guest) - strlen(".elf")), h->guest);
    FILE *file = fopen(path, "re");
    if (!file)
        wrong(h, "%s: %s", path, strerror(errno));
    while (h->label_count < LABELS_MAX && fgets(line, sizeof line, file)) {
        const uint64_t at = strtoull(line, NULL, 16);
        if (at >= 0x100000 && !is_everywhere(line))
            h->labels[h->label_count++] = at;
    }
    fclose(file);
}

/* ---- Stops */

static const char *const commands[] = {
    "arch",
    "cpu",
    "gdt",
    "gdt 8 100",
    "idt",
    "idt 0 300",
    "info cpus",
    "info devices",
    "info exits",
    "info host",
    "info irq",
    "info lapic",
    "info pci",
    "info pic",
    "info pit",
    "info registers",
    "info slots",
    "info breakpoints",
    "ivt",
    "linux",
    "memory list",
    "msr 0x1b",
    "msr efer",
    "screen",
    "stats",
    "step-irq",
    "tss",
    "walk 0x100000",
    "walk",
    "xp/8wx 0x420000",
    "in 0x1f7",
    "in 0x60",
    "walk -1",
    "realmode",
    "trace",
    "xp/20i 0xffff0",
    "break-on list",
    "info tables",
    "break-on mode",
    "break-on off",
    "break-on exception 13",
};

static void ask_monitor(struct hostile *h)
{
    char hex[200];
    const char *command = commands[pick(h, sizeof commands / sizeof *commands)];
    for (size_t i = 0; command[i]; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)command[i]);
    ask(h, "qRcmd,%s", hex);
    const size_t len = strlen(h->rsp.packet);
    if (!is_error(h->rsp.packet) && strcmp(h->rsp.packet, "OK") && len &&
        strspn(h->rsp.packet, "0123456789abcdef") != len)
        wrong(h, "monitor %s: %.200s", command, h->rsp.packet);
}

/* The machine can be asked. */
static void look_around(struct hostile *h)
{
    ask(h, "g");
    expect_bytes(h, "g");
    ask(h, "p%x", pick(h, 0x80));
    expect_bytes(h, "p");
    for (unsigned n = pick(h, 4); n; n--) {
        ask(h, "m%llx,%x", (unsigned long long)place(h), 1 + pick(h, pick(h, 2) ? 64 : 0x3000));
        if (*h->rsp.packet)
            expect_bytes(h, "m");
    }
    if (!pick(h, 4))
        ask_monitor(h);
    if (!pick(h, 10))
        ask(h, "qMemoryRegionInfo:%llx", (unsigned long long)place(h));
    if (!pick(h, 10))
        ask(h, "qXfer:memory-map:read::0,1000");
    if (!pick(h, 10))
        ask(h, "qSearch:memory:%llx;%x;abc", (unsigned long long)place(h), pick(h, 0x100000));
}

/* T, a signal, and pairs of names and values. */
static bool is_stop(const char *stop)
{
    if (stop[0] != 'T' || !isxdigit(stop[1]) || !isxdigit(stop[2]) || !strstr(stop, "thread:"))
        return false;
    for (stop += 3; *stop; stop = strchr(stop, ';') + 1) {
        const char *colon = strchr(stop, ':'), *end = strchr(stop, ';');
        if (!colon || !end || colon > end || colon == stop)
            return false;
    }
    return true;
}

static unsigned signal_of(const char *stop)
{
    const char digits[] = {stop[1], stop[2], 0};
    return (unsigned)strtoul(digits, NULL, 16);
}

/* Waits for the stop that follows a resume, and interrupts if there is none in MS. False: the
 * machine has ended. */
static bool await_stop(struct hostile *h, unsigned ms)
{
    if (!rsp_receive(&h->rsp, (int)ms)) {
        rsp_send_bytes(&h->rsp, "\003", 1);
        if (!rsp_receive(&h->rsp, RSP_PATIENCE_MS))
            wrong(h, "Ctrl-C is not answered");
    }
    const char *stop = h->rsp.packet;
    if (*stop == 'W' || *stop == 'X')
        return false;
    if (is_error(stop)) { /* of an action that can't be */
        h->refusals++;
        return true;
    }
    if (!is_stop(stop))
        wrong(h, "not a stop: %.200s", stop);
    h->stops++;
    const unsigned signal = signal_of(stop);
    if (signal == 4 || signal == 6 || signal == 11) {
        h->deaths++;
        if (!strstr(h->rsp.text, "CPU "))
            wrong(h, "a death without an explanation: %.100s, %.100s", stop, h->rsp.text);
    }
    look_around(h);
    h->rsp.text[0] = 0;
    return true;
}

#endif
