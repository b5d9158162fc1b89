/* The stress test's state, and its side of the protocol. */
#ifndef TESTS_TOOLS_STRESS_H
#define TESTS_TOOLS_STRESS_H

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    PATIENCE_MS = 60000, /* until an answer that does not come is given up */
    LOOP_MAX = 8,
    CPUS_MAX = 16,
    COUNTERS = 0x9000,
    SCRATCH = 0xa000,
    REG_ECX = 1, /* nothing in the guest's loops uses it */
    REG_EIP = 8,
};

struct loop {
    uint32_t at[LOOP_MAX]; /* each instruction */
    unsigned count;
    uint32_t end;
    char code[2 * 64 + 1]; /* its bytes as `m` shows them */
};

struct stress {
    const char *socket, *pid;
    uint64_t random;
    unsigned long number; /* of the operation under way */
    const char *name;
    unsigned cpus;
    struct loop loops[2]; /* the first CPU's, the others' */

    int fd;
    bool acks;
    char in[65536], packet[16384];
    size_t in_len;
    /* What the client has set: [0] by Z0, [1] by Z1; an address's place in its loop is its bit. */
    unsigned set[2][2];
    unsigned
        step_pending; /* a bit a CPU: its step may have ended unheard while another was reported */
};

static _Noreturn __attribute__((format(printf, 2, 3))) void wrong(const struct stress *s,
                                                                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("operation %lu (%s): ", s->number, s->name);
    vprintf(format, args);
    printf("\n");
    exit(1);
}

static unsigned pick(struct stress *s, unsigned below)
{
    s->random = s->random * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (unsigned)(s->random >> 33) % below;
}

static void sleep_us(unsigned us)
{
    const struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000L};
    nanosleep(&t, NULL);
}

/* ---- Packets */

static void send_bytes(struct stress *s, const char *bytes, size_t len)
{
    if (send(s->fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len)
        wrong(s, "sending: %s", strerror(errno));
}

static __attribute__((format(printf, 2, 3))) void request(struct stress *s, const char *format, ...)
{
    char framed[1024];
    unsigned sum = 0;
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(framed + 1, sizeof framed - 8, format, args);
    va_end(args);
    framed[0] = '$';
    for (int i = 1; i <= len; i++)
        sum += (unsigned char)framed[i];
    snprintf(framed + 1 + len, 4, "#%02x", sum & 0xff);
    send_bytes(s, framed, (size_t)len + 4);
}

/* Copies a packet's content; "x*c" stands for c - 29 more of x (GDB manual, "Overview"). */
static void expand(struct stress *s, const char *from, const char *end)
{
    size_t len = 0;
    for (; from < end; from++) {
        const bool run = *from == '*' && len && from + 1 < end;
        const size_t n = run ? (size_t)(*++from - 29) : 1;
        if (n >= sizeof s->packet - len)
            wrong(s, "a packet of more than %zu bytes", len);
        memset(s->packet + len, run ? s->packet[len - 1] : *from, n);
        len += n;
    }
    s->packet[len] = 0;
}

/* Takes the next whole packet out of what has been received. */
static bool take_packet(struct stress *s)
{
    const char *start = memchr(s->in, '$', s->in_len);
    if (!start)
        return false;
    const char *end = memchr(start, '#', (size_t)(s->in + s->in_len - start));
    if (!end || end + 3 > s->in + s->in_len)
        return false;
    expand(s, start + 1, end);
    s->in_len -= (size_t)(end + 3 - s->in);
    memmove(s->in, end + 3, s->in_len);
    if (s->acks) /* the last one finds nobody there */
        (void)!send(s->fd, "+", 1, MSG_NOSIGNAL);
    return true;
}

/* False if none comes in time. Texts for the user are passed over. */
static bool receive(struct stress *s, int ms)
{
    struct pollfd poll_fd = {.fd = s->fd, .events = POLLIN};
    for (;;) {
        while (take_packet(s))
            if (s->packet[0] != 'O' || !strcmp(s->packet, "OK"))
                return true;
        if (poll(&poll_fd, 1, ms) <= 0)
            return false;
        const ssize_t n = recv(s->fd, s->in + s->in_len, sizeof s->in - s->in_len, 0);
        if (n <= 0)
            wrong(s, "the connection ended: %s", n ? strerror(errno) : "closed");
        s->in_len += (size_t)n;
    }
}

static void answer(struct stress *s)
{
    if (!receive(s, PATIENCE_MS))
        wrong(s, "no answer");
}

static void expect_ok(struct stress *s)
{
    answer(s);
    if (strcmp(s->packet, "OK"))
        wrong(s, "not OK: %s", s->packet);
}

#endif
