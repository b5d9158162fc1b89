/* The kept conversations of tests/fuzz, and others made of them, at a program that listens on a
 * Unix socket:
 *
 *     wire_fuzz [-n ROUNDS] [-s SEED] [-c CORPUS] SOCKET COMMAND...
 *
 * Starts COMMAND, and again whenever it has ended, which a client may ask for. Each round is a
 * client: it sends a whole script (tests/fuzz/script.h) without waiting for an answer, reads until
 * the stub hangs up, and goes. COMMAND may end by an exit status that is not 99 (the sanitizers'
 * here), and must answer a last client. Exit status 1 if it was ended by a signal, or takes longer
 * than HANGS for anything; the same rounds come again with the same seed. */
#include "tests/fuzz/samples.h"
#include "tests/fuzz/script.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HANGS = 180 /* seconds */, SANITIZERS = 99, LAST = 64 /* bytes that are kept of replies */ };

struct wire {
    const char *path;
    char **command;
    pid_t pid; /* 0: it does not run */
    unsigned long round, starts, packets;
    char head[LAST]; /* the first bytes of the last client's replies */
    size_t head_len;
};

static _Noreturn void give_up(struct wire *w, const char *what)
{
    printf("round %lu: %s\n", w->round, what);
    if (w->pid)
        kill(w->pid, SIGKILL);
    exit(1);
}

/* ---- The program */

static void note_end(struct wire *w, int status)
{
    char what[100];
    w->pid = 0;
    if (WIFSIGNALED(status))
        snprintf(what, sizeof what, "ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) == SANITIZERS)
        snprintf(what, sizeof what, "exit status %d", WEXITSTATUS(status));
    else
        return;
    give_up(w, what);
}

static void note_whether_it_runs(struct wire *w)
{
    int status;
    if (w->pid && waitpid(w->pid, &status, WNOHANG) == w->pid)
        note_end(w, status);
}

static void start(struct wire *w)
{
    w->starts++;
    w->pid = fork();
    if (w->pid < 0)
        give_up(w, strerror(errno));
    if (w->pid)
        return;
    const int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    setenv("ASAN_OPTIONS", "exitcode=99", 0);
    setenv("UBSAN_OPTIONS", "exitcode=99:print_stacktrace=1", 0);
    setenv("TSAN_OPTIONS", "exitcode=99", 0);
    execvp(w->command[0], w->command);
    perror(w->command[0]);
    _exit(SANITIZERS);
}

/* Connects, as soon as it listens. */
static int connect_to(struct wire *w)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    const time_t end = time(NULL) + HANGS;
    snprintf(addr.sun_path, sizeof addr.sun_path, "%s", w->path);
    for (;;) {
        const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        note_whether_it_runs(w);
        if (!w->pid)
            start(w);
        if (!connect(fd, (struct sockaddr *)&addr, sizeof addr))
            return fd;
        close(fd);
        if (time(NULL) > end)
            give_up(w, "it does not listen");
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* ---- A client */

/* Reads once what has come. False once it has hung up. */
static bool hear(struct wire *w, int fd)
{
    char bytes[65536];
    const ssize_t n = read(fd, bytes, sizeof bytes);
    const size_t room = LAST - w->head_len, some = n < 0 ? 0 : (size_t)n;
    memcpy(w->head + w->head_len, bytes, some < room ? some : room);
    w->head_len += some < room ? some : room;
    return n > 0;
}

/* Sends all of BYTES, and reads until the other side has hung up. */
static void talk(struct wire *w, const struct sample *bytes)
{
    const int fd = connect_to(w);
    size_t sent = 0;
    bool open = true;
    w->head_len = 0;
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (open) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (sent < bytes->len)
            p.events |= POLLOUT;
        if (poll(&p, 1, HANGS * 1000) <= 0)
            give_up(w, "neither reads nor answers nor hangs up");
        if (p.revents & POLLOUT) {
            const ssize_t n = send(fd, bytes->bytes + sent, bytes->len - sent, MSG_NOSIGNAL);
            sent = n < 0 ? bytes->len : sent + (size_t)n; /* it does not want to hear more */
            if (sent == bytes->len)
                shutdown(fd, SHUT_WR);
        }
        if (p.revents & (POLLIN | POLLHUP | POLLERR))
            open = hear(w, fd);
    }
    close(fd);
}

/* The bytes that a client sends for SCRIPT, whose first byte is a target's setting. */
static struct sample wire_bytes(struct wire *w, const struct sample *script)
{
    struct sample all = {.bytes = malloc(16 * MUTANT_MAX)};
    const char *at = (const char *)script->bytes + 1;
    size_t left = script->len ? script->len - 1 : 0, len;
    struct record record;
    while (script_next(&at, &left, &record)) {
        if (record_is_event(&record))
            continue;
        char *bytes = record_bytes(&record, &len);
        if (all.len + len <= 16 * MUTANT_MAX) {
            memcpy(all.bytes + all.len, bytes, len);
            all.len += len;
            w->packets++;
        }
        free(bytes);
    }
    return all;
}

static void play(struct wire *w, const struct sample *script)
{
    struct sample bytes = wire_bytes(w, script);
    if (bytes.len)
        talk(w, &bytes);
    free(bytes.bytes);
    w->round++;
}

static void play_all(struct wire *w, const char *corpus, unsigned long rounds, uint64_t seed)
{
    struct samples samples;
    struct sample mutant = {.bytes = malloc(MUTANT_MAX)};
    samples_read(&samples, corpus);
    for (size_t i = 0; i < samples.count; i++)
        play(w, &samples.all[i]);
    for (unsigned long i = 0; i < rounds; i++) {
        mutate(&mutant, samples.all, samples.count, &seed);
        play(w, &mutant);
    }
    samples_free(&samples);
    free(mutant.bytes);
}

static bool is_answered(struct wire *w)
{
    static const char question[] = " QStartNoAckMode\n<+\n?\n";
    struct sample script = {.bytes = (uint8_t *)strdup(question), .len = strlen(question)};
    play(w, &script);
    free(script.bytes);
    return w->head_len >= 9 && !memcmp(w->head, "+$OK#9a$T", 9);
}

/* Whoever comes after all those is told where the machine is; one that was just about to end, as
 * the client before has asked for, is started again. */
static void ask_at_last(struct wire *w)
{
    for (int tries = 0; tries < 10 * HANGS; tries++) {
        if (is_answered(w))
            return;
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    printf("    %.*s\n", (int)w->head_len, w->head);
    give_up(w, "does not answer any more");
}

static void end(struct wire *w)
{
    int status;
    note_whether_it_runs(w);
    if (!w->pid)
        return;
    kill(w->pid, SIGTERM);
    if (waitpid(w->pid, &status, 0) == w->pid && WIFEXITED(status))
        note_end(w, status);
}

int main(int argc, char **argv)
{
    struct wire w = {.starts = 0};
    unsigned long rounds = 100;
    uint64_t seed = 0x5713e75713e7;
    const char *corpus = "tests/fuzz/corpus/session";
    for (int option; (option = getopt(argc, argv, "+n:s:c:")) != -1;)
        if (option == 'n')
            rounds = strtoul(optarg, NULL, 0);
        else if (option == 's')
            seed = strtoull(optarg, NULL, 0);
        else if (option == 'c')
            corpus = optarg;
        else
            return 1;
    if (argc - optind < 2) {
        fprintf(stderr, "usage: wire_fuzz [-n ROUNDS] [-s SEED] [-c CORPUS] SOCKET COMMAND...\n");
        return 1;
    }
    w.path = argv[optind];
    w.command = argv + optind + 1;
    play_all(&w, corpus, rounds, seed);
    ask_at_last(&w);
    end(&w);
    printf("%lu clients, %lu packets, %lu machines\n", w.round, w.packets, w.starts);
    return 0;
}
