/* The client's side of the remote protocol, for tools that talk to a stub without gdb: packets out,
 * packets in. What goes wrong ends the tool by rsp->die. */
#ifndef TESTS_TOOLS_RSP_H
#define TESTS_TOOLS_RSP_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    RSP_PATIENCE_MS = 180000, /* until an answer that does not come is given up */
    RSP_PACKET_MAX = 0x140000,
};

struct rsp {
    /* Prints WHAT and does not come back. */
    void (*die)(void *context, const char *what);
    /* Optional: told of each packet that is sent or comes. */
    void (*saw)(void *context, bool sent, const char *packet);
    void *context;

    int fd;
    bool acks;
    size_t in_len;
    char in[RSP_PACKET_MAX], packet[RSP_PACKET_MAX]; /* PACKET: the last one received */
    bool notified; /* NOTIFICATION has come: who uses it clears it */
    char notification[512];
    char text[4096]; /* for the user, so much of it as fits: who wants it empties it */
};

__attribute__((unused, format(printf, 2, 3))) static _Noreturn void rsp_die(const struct rsp *r,
                                                                            const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    r->die(r->context, what);
    abort();
}

__attribute__((unused)) static void rsp_sleep_us(unsigned us)
{
    const struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L};
    nanosleep(&t, NULL);
}

/* The bytes of a socket address for WHERE: the path of a Unix socket, or IPv4-ADDRESS:PORT, where
 * no address is 127.0.0.1. How many they are, or 0 if it is neither. */
__attribute__((unused)) static socklen_t rsp_address(const char *where,
                                                     struct sockaddr_storage *address)
{
    char host[64] = "127.0.0.1";
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in in = {.sin_family = AF_INET};
    const char *colon = strrchr(where, ':');
    if (strchr(where, '/')) {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", where);
        memcpy(address, &local, sizeof local);
        return sizeof local;
    }
    if (!colon || colon - where >= (long)sizeof host)
        return 0;
    if (colon > where)
        snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    in.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
        return 0;
    memcpy(address, &in, sizeof in);
    return sizeof in;
}

/* Connects to WHERE (rsp_address). False if nobody listens there. */
__attribute__((unused)) static bool rsp_try_connect(struct rsp *r, const char *where)
{
    struct sockaddr_storage address;
    const socklen_t len = rsp_address(where, &address);
    r->in_len = 0;
    r->acks = true;
    r->notified = false;
    if (!len)
        rsp_die(r, "%s is no path and no HOST:PORT", where);
    r->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (r->fd < 0)
        rsp_die(r, "socket: %s", strerror(errno));
    if (!connect(r->fd, (struct sockaddr *)&address, len)) {
        const int on = 1; /* a packet must not wait until the ack before it has been received */
        setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return true;
    }
    close(r->fd);
    return false;
}

/* The same where somebody must listen, or is about to: a Unix socket has its name before. */
__attribute__((unused)) static void rsp_connect(struct rsp *r, const char *where)
{
    for (int tries = 0; !rsp_try_connect(r, where); tries++) {
        if (tries == 200)
            rsp_die(r, "connecting to %s: nobody listens there", where);
        rsp_sleep_us(10000);
    }
}

__attribute__((unused)) static void rsp_send_bytes(const struct rsp *r, const char *bytes,
                                                   size_t len)
{
    if (send(r->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        rsp_die(r, "sending: %s", strerror(errno));
}

/* Sends CONTENT as a packet: at most 4000 characters, none that needs an escape. */
__attribute__((unused)) static void rsp_send_packet(const struct rsp *r, const char *content)
{
    char framed[4096];
    unsigned sum = 0;
    for (const char *p = content; *p; p++)
        sum += (unsigned char)*p;
    const int len = snprintf(framed, sizeof framed, "$%s#%02x", content, sum & 0xff);
    if (len >= (int)sizeof framed)
        rsp_die(r, "a request of %d bytes", len);
    if (r->saw)
        r->saw(r->context, true, content);
    rsp_send_bytes(r, framed, (size_t)len);
}

/* Copies a packet's content; "x*c" stands for c - 29 more of x (GDB manual, "Overview"). */
__attribute__((unused)) static void rsp_expand(struct rsp *r, const char *from, const char *end)
{
    size_t len = 0;
    for (; from < end; from++) {
        const bool run = *from == '*' && len && from + 1 < end;
        const size_t n = run ? (size_t)(*++from - 29) : 1;
        if (n >= sizeof r->packet - len)
            rsp_die(r, "a packet of more than %zu bytes", len);
        memset(r->packet + len, run ? r->packet[len - 1] : *from, n);
        len += n;
    }
    r->packet[len] = 0;
}

/* Keeps a notification's content, which is not acknowledged (GDB manual, "Notification Packets").
 */
__attribute__((unused)) static void rsp_note(struct rsp *r, const char *from, const char *end)
{
    if (r->notified || (size_t)(end - from) >= sizeof r->notification)
        rsp_die(r, "a notification that is one too many or too long: %.400s", from);
    r->notified = true;
    memcpy(r->notification, from, (size_t)(end - from));
    r->notification[end - from] = 0;
}

/* Takes the next whole packet out of what has been received, and notifications that come before. */
__attribute__((unused)) static bool rsp_take_packet(struct rsp *r)
{
    size_t at = 0;
    while (at < r->in_len && r->in[at] != '$' && r->in[at] != '%')
        at++;
    const char *start = r->in + at;
    const char *end = memchr(start, '#', r->in_len - at);
    if (!end || end + 3 > r->in + r->in_len)
        return false;
    const bool is_packet = *start == '$';
    if (is_packet)
        rsp_expand(r, start + 1, end);
    else
        rsp_note(r, start + 1, end);
    r->in_len -= (size_t)(end + 3 - r->in);
    memmove(r->in, end + 3, r->in_len);
    if (r->saw)
        r->saw(r->context, false, is_packet ? r->packet : r->notification);
    if (!is_packet)
        return rsp_take_packet(r);
    if (r->acks) /* the last one finds nobody there */
        (void)!send(r->fd, "+", 1, MSG_NOSIGNAL);
    return true;
}

/* Waits for more bytes. False if none come in time. */
__attribute__((unused)) static bool rsp_more(struct rsp *r, int ms)
{
    struct pollfd poll_fd = {.fd = r->fd, .events = POLLIN};
    if (poll(&poll_fd, 1, ms) <= 0)
        return false;
    const ssize_t n = recv(r->fd, r->in + r->in_len, sizeof r->in - r->in_len, 0);
    if (n <= 0)
        rsp_die(r, "the connection ended: %s", n ? strerror(errno) : "closed");
    r->in_len += (size_t)n;
    return true;
}

/* Keeps what an O packet says. */
__attribute__((unused)) static void rsp_keep_text(struct rsp *r)
{
    size_t len = strnlen(r->text, sizeof r->text);
    for (const char *hex = r->packet + 1; hex[0] && hex[1] && len < sizeof r->text - 1; hex += 2) {
        const char digits[] = {hex[0], hex[1], 0};
        r->text[len++] = (char)strtoul(digits, NULL, 16);
    }
    r->text[len] = 0;
}

/* Receives a packet. False if none comes in time. Texts for the user are passed over. */
__attribute__((unused)) static bool rsp_receive(struct rsp *r, int ms)
{
    do
        while (rsp_take_packet(r)) {
            if (r->packet[0] != 'O' || !strcmp(r->packet, "OK"))
                return true;
            rsp_keep_text(r);
        }
    while (rsp_more(r, ms));
    return false;
}

/* Whether a notification is there, or comes in time; no packet is awaited. */
__attribute__((unused)) static bool rsp_notified(struct rsp *r, int ms)
{
    do
        if (rsp_take_packet(r))
            rsp_die(r, "a packet that nobody has asked for: %.400s", r->packet);
    while (!r->notified && rsp_more(r, ms));
    return r->notified;
}

__attribute__((unused)) static void rsp_answer(struct rsp *r)
{
    if (!rsp_receive(r, RSP_PATIENCE_MS))
        rsp_die(r, "no answer");
}

__attribute__((unused)) static void rsp_expect_ok(struct rsp *r)
{
    rsp_answer(r);
    if (strcmp(r->packet, "OK"))
        rsp_die(r, "not OK: %.400s", r->packet);
}

#endif
