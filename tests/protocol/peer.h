/* A client of the stub in a test: it speaks to a session over the fake target, and reads what comes
 * back with a decoder of its own. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <stdlib.h>

#include "fake_target.h"
#include "gdbstub/session.h"
#include "tests/check.h"

struct peer {
    struct fake fake;
    struct gdb_session session;
    struct gdb_target_ops ops;
    struct printout printout;
    char elsewhere[256];        /* what commands printed that the client was not shown */
    char wire[3 * PACKET_SIZE]; /* the last bytes from the stub, as they came */
    size_t wire_len;
    char text[3 * PACKET_SIZE]; /* the same, decoded, see decode() */
};

/* The length of the frame at BYTES, or 0 if it is not a whole one with a good sum; its data, with
 * escapes and runs undone and unprintable bytes as \xx, goes to the end of OUT. */
__attribute__((unused)) static size_t decode_frame(const char *bytes, size_t len, char *out)
{
    size_t i = 1;
    unsigned sum = 0, claimed = 0;
    char last = 0;
    out += strlen(out);
    for (; i < len && bytes[i] != '#'; i++) {
        size_t times = 1;
        sum += (uint8_t)bytes[i];
        if (bytes[i] == '*') {
            sum += (uint8_t)bytes[++i];
            times = (size_t)((uint8_t)bytes[i] - 29);
        } else if (bytes[i] == '}') {
            sum += (uint8_t)bytes[++i];
            last = bytes[i] ^ 0x20;
        } else {
            last = bytes[i];
        }
        for (; times; times--)
            if (last >= ' ' && last <= '~' && last != '\\')
                *out++ = last;
            else
                out += sprintf(out, "\\%02x", (uint8_t)last);
    }
    *out = 0;
    if (i + 3 > len || sscanf(bytes + i, "#%2x", &claimed) != 1 || claimed != (sum & 0xff))
        return 0;
    return i + 3;
}

/* What the stub sent since the last time: "+" and "-" as they are, packets by their data, each
 * followed by '|' if another comes, notifications with their '%'. A thing that is no frame is shown
 * as "<junk>". */
__attribute__((unused)) static const char *decode(struct peer *p)
{
    bool packet_before = false;
    p->text[0] = 0;
    for (size_t i = 0; i < p->wire_len;) {
        size_t n = 1;
        if (p->wire[i] == '$' || p->wire[i] == '%') {
            if (packet_before)
                strcat(p->text, "|");
            if (p->wire[i] == '%')
                strcat(p->text, "%");
            packet_before = true;
            n = decode_frame(p->wire + i, p->wire_len - i, p->text);
            if (!n)
                return strcat(p->text, "<junk>");
        } else {
            strncat(p->text, p->wire + i, 1);
        }
        i += n;
    }
    return p->text;
}

/* Takes the session's output, all of it or up to MAX bytes. */
__attribute__((unused)) static const char *hear_some(struct peer *p, size_t max)
{
    const void *bytes = session_output(&p->session, &p->wire_len);
    if (p->wire_len > max)
        p->wire_len = max;
    CHECK(p->wire_len <= sizeof(p->wire));
    if (p->wire_len)
        memcpy(p->wire, bytes, p->wire_len);
    session_written(&p->session, p->wire_len);
    return decode(p);
}

__attribute__((unused)) static const char *hear(struct peer *p)
{
    return hear_some(p, SIZE_MAX);
}

/* Feeds the session packet by packet; how many bytes it took. */
__attribute__((unused)) static size_t feed(struct peer *p, const void *bytes, size_t len)
{
    size_t taken = 0, n;
    while ((n = session_feed(&p->session, (const char *)bytes + taken, len - taken)))
        taken += n;
    return taken;
}

/* Sends bytes as they are; what comes back. */
__attribute__((unused)) static const char *say_bytes(struct peer *p, const void *bytes, size_t len)
{
    CHECK_EQ(feed(p, bytes, len), len);
    return hear(p);
}

__attribute__((unused)) static const char *say(struct peer *p, const char *bytes)
{
    return say_bytes(p, bytes, strlen(bytes));
}

/* Sends LEN bytes of data as a packet, without escapes; what comes back. */
__attribute__((unused)) static const char *ask_bytes(struct peer *p, const char *data, size_t len)
{
    unsigned sum = 0;
    char *frame = malloc(len + 5);
    for (size_t i = 0; i < len; i++)
        sum += (uint8_t)data[i];
    frame[0] = '$';
    memcpy(frame + 1, data, len);
    sprintf(frame + 1 + len, "#%02x", sum & 0xff);
    const char *reply = say_bytes(p, frame, len + 4);
    free(frame);
    return reply;
}

__attribute__((unused)) static const char *ask(struct peer *p, const char *data)
{
    return ask_bytes(p, data, strlen(data));
}

#define ASK(p, data, expected) CHECK_STR(ask(p, data), expected)

/* The target stops; what comes. */
__attribute__((unused)) static const char *stops(struct peer *p, struct gdb_stop stop)
{
    p->fake.running = false;
    session_stopped(&p->session, &stop);
    return hear(p);
}

/* A stop with SIGNAL, of CPU 1. */
__attribute__((unused)) static struct gdb_stop stop_of(int signal)
{
    return (struct gdb_stop){.code = signal, .thread = 1};
}

static void note_elsewhere(void *context, const char *text, size_t len)
{
    struct peer *p = context;
    size_t room = sizeof(p->elsewhere) - 1 - strlen(p->elsewhere);
    strncat(p->elsewhere, text, len < room ? len : room);
}

/* Makes P, all zero or used and freed, a client that has just connected, in ack mode, and whose
 * target has not stopped yet. */
__attribute__((unused)) static void connect_peer(struct peer *p, enum gdb_arch arch)
{
    fake_init(&p->fake, arch);
    p->ops = fake_ops;
    p->printout = (struct printout){.elsewhere = note_elsewhere, .context = p};
    CHECK_EQ(printout_init(&p->printout), 0);
    p->session = (struct gdb_session){.ops = &p->ops, .target = &p->fake, .printout = &p->printout};
    CHECK_EQ(session_init(&p->session), 0);
}

/* A client that found the target stopped and needs no acks. */
__attribute__((unused)) static struct peer *new_peer(enum gdb_arch arch)
{
    struct peer *p = calloc(1, sizeof(*p));
    connect_peer(p, arch);
    CHECK_STR(stops(p, stop_of(GDB_SIGINT)), "");
    CHECK_STR(ask(p, "QStartNoAckMode"), "+OK");
    CHECK_STR(say(p, "+"), "");
    return p;
}

/* The operations that want a target that stands still found one. */
__attribute__((unused)) static bool kept_the_contract(const struct peer *p)
{
    return !p->fake.paused && !strstr(p->fake.log, "TOUCHED") && !strstr(p->fake.log, "PAUSED");
}

__attribute__((unused)) static void free_peer(struct peer *p)
{
    if (!kept_the_contract(p))
        CHECK_STR(p->fake.log, "nothing that touches what runs");
    session_free(&p->session);
    printout_free(&p->printout);
    free(p);
}

#endif
