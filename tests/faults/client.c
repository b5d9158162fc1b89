#include "client.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER = 1 << 17, MOMENT_MS = 5, PATIENCE_MS = 2000 };

struct client {
    struct run *run;
    int fd; /* -1: gone */
    size_t len;
    char in[ANSWER], answer[ANSWER], registers[16384];
};

static void lose(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static bool join(struct client *c)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char path[256];
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s",
             run_path(c->run, "gdb.sock", path));
    c->len = 0;
    do {
        c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (!connect(c->fd, (struct sockaddr *)&address, sizeof address))
            return true;
        lose(c);
    } while (run_goes_on(c->run));
    return false;
}

static void send_packet(struct client *c, const char *content)
{
    static char framed[ANSWER];
    unsigned sum = 0;
    for (const char *p = content; *p; p++)
        sum += (unsigned char)*p;
    const int len = snprintf(framed, sizeof framed, "$%s#%02x", content, sum & 0xff);
    if (send(c->fd, framed, (size_t)len, MSG_NOSIGNAL) != len)
        lose(c);
}

static bool take(struct client *c)
{
    const char *start = memchr(c->in, '$', c->len);
    const char *end = start ? memchr(start, '#', c->len - (size_t)(start - c->in)) : NULL;
    if (!end || end + 3 > c->in + c->len)
        return false;
    const size_t len = (size_t)(end - start - 1);
    memcpy(c->answer, start + 1, len);
    c->answer[len] = 0;
    c->len -= (size_t)(end + 3 - c->in);
    memmove(c->in, end + 3, c->len);
    (void)!send(c->fd, "+", 1, MSG_NOSIGNAL);
    return true;
}

static bool more(struct client *c)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    if (poll(&p, 1, MOMENT_MS) <= 0)
        return run_goes_on(c->run);
    const ssize_t n = recv(c->fd, c->in + c->len, sizeof c->in - c->len, 0);
    if (n > 0)
        c->len += (size_t)n;
    return n > 0;
}

/* Keeps the text of an O packet. */
static void note_text(struct client *c)
{
    size_t n = strlen(c->run->told);
    unsigned byte;
    for (const char *p = c->answer + 1; sscanf(p, "%2x", &byte) == 1 && n < RUN_TEXT - 1; p += 2)
        c->run->told[n++] = (char)byte;
    c->run->told[n] = 0;
}

/* The next answer. */
static bool receive(struct client *c)
{
    const long start = run_now_ms();
    bool asked = false;
    while (c->fd >= 0) {
        if (!asked && run_now_ms() - start > PATIENCE_MS) {
            asked = true; /* a breakpoint was refused: it would run for ever */
            c->run->deadline_ms += PATIENCE_MS; /* this time is not the program's */
            (void)!send(c->fd, "\3", 1, MSG_NOSIGNAL);
        }
        while (take(c)) {
            if (c->answer[0] != 'O' || !strcmp(c->answer, "OK"))
                return true;
            note_text(c);
        }
        if (!more(c))
            lose(c);
    }
    return false;
}

static void ask(struct client *c, const char *packet)
{
    send_packet(c, packet);
    c->answer[0] = 0;
    if (!receive(c) || c->answer[0] == 'E') {
        if (!c->run->refused)
            snprintf(c->run->refusal, sizeof c->run->refusal, "%.80s -> %.120s", packet, c->answer);
        c->run->refused = true;
    } else if (!strcmp(packet, "g")) {
        snprintf(c->registers, sizeof c->registers, "%.16000s", c->answer);
    }
}

static void monitor(struct client *c, const char *command)
{
    char packet[512] = "qRcmd,";
    for (const char *p = command; *p; p++)
        snprintf(packet + strlen(packet), 3, "%02x", (unsigned char)*p);
    ask(c, packet);
}

/* Once the guest runs. */
static void interrupt(struct client *c)
{
    send_packet(c, "vCont;c");
    for (int i = 0; i < 20 && run_goes_on(c->run); i++)
        ;
    if (c->fd >= 0)
        (void)!send(c->fd, "\3", 1, MSG_NOSIGNAL);
    c->run->refused |= !receive(c);
}

static void say(struct client *c, const char *line)
{
    if (!strncmp(line, "monitor ", 8)) {
        monitor(c, line + 8);
    } else if (!strcmp(line, "interrupt")) {
        interrupt(c);
    } else if (!strcmp(line, "G*")) {
        static char packet[ANSWER];
        snprintf(packet, sizeof packet, "G%s", c->registers);
        ask(c, packet);
    } else {
        ask(c, line);
    }
}

void client_talk(struct run *run, const char *const *script)
{
    static struct client c;
    c.run = run, c.registers[0] = 0;
    if (!join(&c))
        return;
    for (; *script; script++) {
        if (!strcmp(*script, "bye")) {
            lose(&c);
            if (!join(&c))
                return;
        } else if (c.fd >= 0) {
            say(&c, *script);
        }
    }
    if (c.fd >= 0)
        send_packet(&c, "k");
    lose(&c); /* who can run it again would keep it otherwise */
    for (const long until = run_now_ms() + 1000; run_now_ms() < until && run_goes_on(run);)
        ;
    if (!run->ended) {
        run->refused = true;
        kill(run->pid, SIGTERM);
    }
}
