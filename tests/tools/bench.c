/* What tests/bench.sh measures with. Each command prints its numbers on one line.
 *
 *     bench start RUNS SOCKET COMMAND...  from fork to the first answered packet, COMMAND being a
 *                                         VMM that listens at SOCKET: median, minimum in us
 *     bench steps SOCKET SECONDS          vCont;s round trips a second
 *     bench looks SOCKET SECONDS          the same with the registers read after each, as gdb does
 *     bench memory PID BYTES              RSS, PSS in KiB without the mapping that holds the
 *                                         guest's RAM of BYTES
 *     bench cpu PID SECONDS               CPU time in us used in that time
 *     bench lines N COMMAND...            from fork to the Nth line that COMMAND writes, and from
 *                                         that to the next, in us */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Until something that never comes is given up. */
#define PATIENCE_NS      10000000000u
#define LINE_PATIENCE_NS 30000000000u

struct client {
    int fd;
    bool acks;
    char reply[16384]; /* the last reply's content, terminated */
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t))
        give_up("clock_gettime");
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void sleep_ns(uint64_t ns)
{
    struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
    nanosleep(&t, NULL);
}

/* ---- the client */

static void client_connect(struct client *client, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const uint64_t end = now_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        give_up(path);
    }
    strcpy(address.sun_path, path);
    client->acks = true;
    client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    while (connect(client->fd, (struct sockaddr *)&address, sizeof address)) {
        if (now_ns(CLOCK_MONOTONIC) > end)
            give_up(path);
        sleep_ns(50000);
    }
    struct timeval patience = {.tv_sec = PATIENCE_NS / 1000000000u};
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

static void client_send(const struct client *client, const char *bytes, size_t size)
{
    if (send(client->fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        give_up("send");
}

/* Receives until a whole packet is there; acks are skipped, and nothing else is expected. */
static void client_receive(struct client *client)
{
    size_t size = 0;
    for (;;) {
        ssize_t n = recv(client->fd, client->reply + size, sizeof client->reply - 1 - size, 0);
        if (n <= 0)
            give_up("no reply");
        size += (size_t)n;
        client->reply[size] = 0;
        char *start = strchr(client->reply, '$');
        char *hash = start ? strchr(start, '#') : NULL;
        if (!hash || hash + 3 > client->reply + size)
            continue;
        *hash = 0;
        memmove(client->reply, start + 1, (size_t)(hash - start));
        if (client->acks)
            client_send(client, "+", 1);
        return;
    }
}

static void client_ask(struct client *client, const char *packet)
{
    char framed[128];
    unsigned sum = 0;
    for (const char *p = packet; *p; p++)
        sum += (unsigned char)*p;
    int size = snprintf(framed, sizeof framed, "$%s#%02x", packet, sum & 0xff);
    client_send(client, framed, (size_t)size);
    client_receive(client);
}

static void client_greet(struct client *client)
{
    client_ask(client, "qSupported:swbreak+;hwbreak+;vContSupported+");
    client_ask(client, "QStartNoAckMode");
    client->acks = strcmp(client->reply, "OK") != 0;
}

/* ---- the commands */

/* Its stdout is OUT, or nowhere if that is -1. */
static pid_t start_program(char **argv, int out)
{
    pid_t pid = fork();
    if (pid < 0)
        give_up("fork");
    if (pid)
        return pid;
    int null = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int fd = 0; fd < 3; fd++)
        dup2(fd == 1 && out >= 0 ? out : null, fd);
    execvp(argv[0], argv);
    _exit(127);
}

static uint64_t time_one_start(const char *path, char **argv)
{
    struct client client;
    unlink(path);
    uint64_t start = now_ns(CLOCK_MONOTONIC);
    pid_t pid = start_program(argv, -1);
    client_connect(&client, path);
    client_ask(&client, "qSupported:swbreak+;hwbreak+;vContSupported+");
    uint64_t elapsed = now_ns(CLOCK_MONOTONIC) - start;
    close(client.fd);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    unlink(path);
    return elapsed;
}

static int by_number(const void *left, const void *right)
{
    const uint64_t *l = left, *r = right;
    return (*l > *r) - (*l < *r);
}

static void bench_start(char **args)
{
    uint64_t times[100];
    size_t runs = strtoul(args[0], NULL, 10);
    if (runs < 1 || runs > 100) {
        errno = ERANGE;
        give_up("RUNS");
    }
    prctl(PR_SET_TIMERSLACK, 1ul); /* so that the sleeps between two connects are short */
    for (size_t i = 0; i < runs; i++)
        times[i] = time_one_start(args[1], args + 2);
    qsort(times, runs, sizeof times[0], by_number);
    printf("%.0f %.0f\n", (double)times[runs / 2] / 1000, (double)times[0] / 1000);
}

static void steps(char **args, bool look)
{
    struct client client;
    const uint64_t duration = strtoul(args[1], NULL, 10) * 1000000000u;
    uint64_t count = 0, elapsed;
    client_connect(&client, args[0]);
    client_greet(&client);
    const uint64_t start = now_ns(CLOCK_MONOTONIC);
    do {
        client_ask(&client, "vCont;s");
        if (client.reply[0] != 'T' && client.reply[0] != 'S') {
            errno = EPROTO;
            give_up(client.reply);
        }
        if (look)
            client_ask(&client, "g");
        count++;
        elapsed = now_ns(CLOCK_MONOTONIC) - start;
    } while (elapsed < duration);
    printf("%.0f\n", (double)count * 1e9 / (double)elapsed);
    close(client.fd);
}

static void bench_steps(char **args)
{
    steps(args, false);
}

static void bench_looks(char **args)
{
    steps(args, true);
}

/* A new mapping in smaps begins with its range; its fields follow, in KiB. */
static void bench_memory(char **args)
{
    char path[64], line[512];
    unsigned long start, end, rss = 0, pss = 0, value;
    const unsigned long guest = strtoul(args[1], NULL, 10);
    bool counted = true;
    snprintf(path, sizeof path, "/proc/%s/smaps", args[0]);
    FILE *smaps = fopen(path, "r");
    if (!smaps)
        give_up(path);
    while (fgets(line, sizeof line, smaps)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            counted = end - start < guest / 2;
        else if (counted && sscanf(line, "Rss: %lu", &value) == 1)
            rss += value;
        else if (counted && sscanf(line, "Pss: %lu", &value) == 1)
            pss += value;
    }
    fclose(smaps);
    printf("%lu %lu\n", rss, pss);
}

static void bench_cpu(char **args)
{
    clockid_t clock;
    errno = clock_getcpuclockid((pid_t)strtol(args[0], NULL, 10), &clock);
    if (errno)
        give_up(args[0]);
    const uint64_t before = now_ns(clock);
    sleep_ns(strtoul(args[1], NULL, 10) * 1000000000u);
    printf("%.0f\n", (double)(now_ns(clock) - before) / 1000);
}

/* Reads from FD up to the next line feed. */
static void await_line(int fd)
{
    const uint64_t end = now_ns(CLOCK_MONOTONIC) + LINE_PATIENCE_NS;
    char c = 0;
    while (c != '\n') {
        struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
        if (now_ns(CLOCK_MONOTONIC) > end || poll(&poll_fd, 1, 1000) < 0) {
            errno = ETIMEDOUT;
            give_up("a line of the guest");
        }
        if (poll_fd.revents && read(fd, &c, 1) != 1) {
            errno = EPIPE;
            give_up("a line of the guest");
        }
    }
}

static void bench_lines(char **args)
{
    int out[2];
    if (pipe(out))
        give_up("pipe");
    const uint64_t start = now_ns(CLOCK_MONOTONIC);
    pid_t pid = start_program(args + 1, out[1]);
    close(out[1]);
    for (unsigned long n = strtoul(args[0], NULL, 10); n > 0; n--)
        await_line(out[0]);
    const uint64_t first = now_ns(CLOCK_MONOTONIC);
    await_line(out[0]);
    const uint64_t second = now_ns(CLOCK_MONOTONIC);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    printf("%.0f %.0f\n", (double)(first - start) / 1000, (double)(second - first) / 1000);
}

static const struct {
    const char *name;
    int args; /* at least */
    void (*run)(char **args);
} commands[] = {
    {"start", 3, bench_start},   {"steps", 2, bench_steps}, {"looks", 2, bench_looks},
    {"memory", 2, bench_memory}, {"cpu", 2, bench_cpu},     {"lines", 2, bench_lines},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp(argv[1], commands[i].name) && argc - 2 >= commands[i].args) {
            commands[i].run(argv + 2);
            return 0;
        }
    fprintf(stderr, "usage: see the head of tests/tools/bench.c\n");
    return 1;
}
