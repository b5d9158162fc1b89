#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "transport.h"

enum { BACKLOG = 8, REST_MS = 100 };

static int complain(struct gdb_text *why, int err, const char *where, const char *remedy)
{
    gdb_text_printf(why, "cannot listen for gdb at %s: %s (%s)", where, strerror(err), remedy);
    return -err;
}

/* ---- TCP */

/* Splits [HOST]:PORT; an IPv6 host stands in brackets. False if it has not that form. */
static bool split_host(const char *where, char host[NI_MAXHOST], const char **port)
{
    const char *colon = strrchr(where, ':');
    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    size_t len = (size_t)(colon - where);
    if (len >= 2 && where[0] == '[' && colon[-1] == ']') {
        where++;
        len -= 2;
    } else if (memchr(where, ':', len)) {
        return false;
    }
    if (len >= NI_MAXHOST)
        return false;
    snprintf(host, NI_MAXHOST, "%.*s", (int)len, len ? where : "");
    *port = colon + 1;
    return strlen(*port) <= 5 && strtoul(*port, NULL, 10) <= 65535;
}

static int listen_on(const struct addrinfo *ai)
{
    int on = 1;
    int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    /* A port whose last client has just gone would be refused for a minute without this. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, BACKLOG)) {
        int err = -errno;
        close(fd);
        return err;
    }
    return fd;
}

static void name_tcp(struct transport *t, const char *where)
{
    struct sockaddr_storage addr;
    socklen_t len = sizeof(addr);
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(t->listener, (struct sockaddr *)&addr, &len) ||
        getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        snprintf(t->address, sizeof(t->address), "%s", where); /* as far as it is known */
        return;
    }
    bool v6 = addr.ss_family == AF_INET6;
    snprintf(t->address, sizeof(t->address), "%s%.200s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "",
             port);
}

static int open_tcp(struct transport *t, const char *where, struct gdb_text *why)
{
    char host[NI_MAXHOST];
    const char *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *ai;
    if (!split_host(where, host, &port))
        return complain(why, EINVAL, where, "use [HOST]:PORT, unix:PATH or -");
    int err = getaddrinfo(host[0] ? host : "127.0.0.1", port, &hints, &ai);
    if (err) {
        gdb_text_printf(why, "cannot listen for gdb at %s: %s (give an address of this machine)",
                        where, gai_strerror(err));
        return -EADDRNOTAVAIL;
    }
    int fd = listen_on(ai);
    freeaddrinfo(ai);
    if (fd < 0)
        return complain(why, -fd, where,
                        fd == -EADDRINUSE ? "choose another port, or :0 for any free one"
                        : fd == -EACCES   ? "choose a port above 1023"
                                          : "give an address of this machine");
    t->listener = fd;
    name_tcp(t, where);
    return 0;
}

/* ---- Unix socket */

/* Removes a socket that no one listens on. 0 if the name is free now, or -errno. */
static int clear_stale(const struct sockaddr_un *addr)
{
    struct stat st;
    if (lstat(addr->sun_path, &st))
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    int err = connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ? errno : 0;
    close(fd);
    if (err != ECONNREFUSED)
        return -EADDRINUSE;
    return unlink(addr->sun_path) ? -errno : 0;
}

/* Binds with mode 0600 from the first moment on: the new file takes the socket's own mode. */
static int bind_private(const struct sockaddr_un *addr, struct stat *made)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (fchmod(fd, 0600) || bind(fd, (const struct sockaddr *)addr, sizeof(*addr)))
        goto fail;
    if (lstat(addr->sun_path, made) || listen(fd, BACKLOG)) {
        int err = errno;
        unlink(addr->sun_path);
        errno = err;
        goto fail;
    }
    return fd;
fail:;
    int err = -errno;
    close(fd);
    return err;
}

static int open_unix(struct transport *t, const char *path, struct gdb_text *why)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    struct stat made;
    if (!*path || strlen(path) >= sizeof(addr.sun_path))
        return complain(why, *path ? ENAMETOOLONG : EINVAL,
                        *path ? path : "unix:", "give a path of 1 to 107 bytes");
    memcpy(addr.sun_path, path, strlen(path));
    int fd = clear_stale(&addr);
    if (!fd)
        fd = bind_private(&addr, &made);
    if (fd < 0)
        return complain(why, -fd, path,
                        fd == -EADDRINUSE ? "another program listens there: choose another path"
                        : fd == -EEXIST   ? "it is no socket: remove it or choose another path"
                                          : "choose a path in a folder you may write to");
    t->listener = fd;
    t->dev = made.st_dev;
    t->ino = made.st_ino;
    snprintf(t->path, sizeof(t->path), "%s", path);
    snprintf(t->address, sizeof(t->address), "%s", path);
    return 0;
}

/* ---- All of them */

/* Of a kind that can be made again at any time: a program that is confined opens no file. */
static void hold_spare(struct transport *t)
{
    if (t->spare < 0)
        t->spare = eventfd(0, EFD_CLOEXEC);
}

int transport_open(struct transport *t, const char *where, struct gdb_text *why)
{
    *t = (struct transport){.listener = -1, .spare = -1};
    if (!strcmp(where, "-")) {
        snprintf(t->address, sizeof(t->address), "|");
        return 0;
    }
    const int err =
        strncmp(where, "unix:", 5) ? open_tcp(t, where, why) : open_unix(t, where + 5, why);
    if (!err)
        hold_spare(t);
    return err;
}

void transport_close(struct transport *t)
{
    struct stat st;
    if (t->listener < 0)
        return;
    if (t->path[0] && !lstat(t->path, &st) && st.st_dev == t->dev && st.st_ino == t->ino)
        unlink(t->path);
    close(t->listener);
    if (t->spare >= 0)
        close(t->spare);
    t->listener = t->spare = -1;
}

/* ---- Clients */

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int accept_one(const struct transport *t)
{
    const int fd = accept4(t->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Returns what accept said. */
static int turn_away(struct transport *t)
{
    if (t->spare >= 0)
        close(t->spare);
    t->spare = -1;
    const int fd = accept_one(t);
    if (fd >= 0)
        close(fd);
    hold_spare(t);
    return fd < 0 ? fd : -EAGAIN;
}

int transport_accept(struct transport *t)
{
    int on = 1, fd = accept_one(t);
    if (fd == -EMFILE || fd == -ENFILE)
        fd = turn_away(t);
    if (fd < 0 && fd != -EAGAIN && fd != -ECONNABORTED && fd != -EINTR)
        t->rest_until = now_ms() + REST_MS;
    hold_spare(t);              /* which may have been impossible the last time */
    if (fd >= 0 && !t->path[0]) /* a reply must not wait for the ack of the one before it */
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int transport_rest_ms(const struct transport *t)
{
    const uint64_t now = t->rest_until ? now_ms() : 0;
    return now < t->rest_until ? (int)(t->rest_until - now) : 0;
}

/* ---- Bytes */

/* True if FD is ready for EVENTS at this moment; a broken one counts as ready. */
static bool ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    return poll(&p, 1, 0) > 0;
}

ssize_t transport_read(int fd, void *buf, size_t len)
{
    ssize_t n = recv(fd, buf, len, MSG_DONTWAIT);
    if (n < 0 && errno == ENOTSOCK)
        n = ready(fd, POLLIN) ? read(fd, buf, len) : (errno = EAGAIN, -1);
    if (n < 0)
        return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
    return n;
}

/* write(2) on a pipe whose reader has gone raises SIGPIPE. It is ours alone to see: blocked here,
 * and taken back if this call has raised it. */
static ssize_t write_pipe(int fd, const void *buf, size_t len)
{
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    ssize_t n = write(fd, buf, len);
    int err = errno;
    if (n < 0 && err == EPIPE && !sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe_only, NULL, &(struct timespec){0});
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = err;
    return n;
}

ssize_t transport_write(int fd, const void *buf, size_t len)
{
    ssize_t n = send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == ENOTSOCK) {
        /* The mode of stdout is shared with other programs, so it is not made non-blocking; a pipe
         * that polls writable takes PIPE_BUF bytes without blocking. */
        size_t most = len < PIPE_BUF ? len : PIPE_BUF;
        n = ready(fd, POLLOUT) ? write_pipe(fd, buf, most) : (errno = EAGAIN, -1);
    }
    if (n < 0)
        return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
    return n;
}
