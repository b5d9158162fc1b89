/* How long it takes from a program's start to something that it says. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define PATIENCE_NS 30000000000u

void bench_start(char **args)
{
    struct client client;
    unlink(args[0]);
    prctl(PR_SET_TIMERSLACK, 1ul); /* so that the sleeps between two connects are short */
    const uint64_t start = now_ns(CLOCK_MONOTONIC);
    const pid_t pid = start_program(args + 1, -1);
    client_connect(&client, args[0]);
    client_ask(&client, "qSupported:swbreak+;hwbreak+;vContSupported+");
    printf("%.3f\n", (double)(now_ns(CLOCK_MONOTONIC) - start) / 1e6);
    client_close(&client);
    end_program(pid);
    unlink(args[0]);
}

/* Reads from FD up to the next line feed. */
static void await_line(int fd)
{
    const uint64_t end = now_ns(CLOCK_MONOTONIC) + PATIENCE_NS;
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

void bench_lines(char **args)
{
    int out[2];
    if (pipe(out))
        give_up("pipe");
    const uint64_t start = now_ns(CLOCK_MONOTONIC);
    const pid_t pid = start_program(args + 1, out[1]);
    close(out[1]);
    for (unsigned long n = number_of(args[0]); n > 0; n--)
        await_line(out[0]);
    const uint64_t first = now_ns(CLOCK_MONOTONIC);
    await_line(out[0]);
    const uint64_t second = now_ns(CLOCK_MONOTONIC);
    end_program(pid);
    printf("%.3f %.3f\n", (double)(first - start) / 1e6, (double)(second - first) / 1e6);
}
