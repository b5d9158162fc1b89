/* What reads could be at best: another process copies so many bytes from a big buffer into a small
 * one and sends them, and nothing else. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

enum { BUFFER = 64 << 20, REQUEST = 20 };

static int listening_socket(struct sockaddr_in *address)
{
    socklen_t len = sizeof *address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    if (fd < 0 || bind(fd, (struct sockaddr *)address, len) || listen(fd, 1) ||
        getsockname(fd, (struct sockaddr *)address, &len))
        give_up("a TCP socket");
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    for (ssize_t n; len; bytes += n, len -= (size_t)n)
        if ((n = send(fd, bytes, len, MSG_NOSIGNAL)) <= 0)
            _exit(0);
}

/* Answers requests on the connection until it ends. */
static _Noreturn void serve(int listener, size_t size)
{
    char request[REQUEST];
    char *from = malloc(BUFFER), *to = malloc(size);
    const int fd = accept(listener, NULL, NULL), on = 1;
    if (!from || !to || fd < 0)
        give_up("serve");
    memset(from, 1, BUFFER);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    for (size_t at = 0; recv(fd, request, REQUEST, MSG_WAITALL) == REQUEST;) {
        memcpy(to, from + at, size);
        send_all(fd, to, size);
        at = at + 2 * size <= BUFFER ? at + size : 0;
    }
    _exit(0);
}

static void ask(int fd, char *to, size_t size)
{
    const char request[REQUEST] = {0};
    ssize_t n;
    if (send(fd, request, REQUEST, MSG_NOSIGNAL) != REQUEST)
        give_up("send");
    for (size_t got = 0; got < size; got += (size_t)n)
        if ((n = recv(fd, to, size - got, 0)) <= 0)
            give_up("recv");
}

void bench_served(char **args)
{
    struct sockaddr_in address;
    struct rate rate;
    const size_t n = number_of(args[0]), size = n * number_of(args[1]);
    const int listener = listening_socket(&address);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    char *to = malloc(size);
    const pid_t pid = fork();
    if (!pid)
        serve(listener, size);
    if (pid < 0 || !to || connect(fd, (struct sockaddr *)&address, sizeof address))
        give_up("serve");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ask(fd, to, size);
    rate_start(&rate, seconds_of(args[2]));
    do
        ask(fd, to, size);
    while (rate_go_on(&rate, n));
    rate_print(&rate, 1e6);
    end_program(pid);
}
