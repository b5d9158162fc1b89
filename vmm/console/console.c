#include "console/console.h"

#include "console/console_channel.h"
#include "console/console_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A pipe that polls as writable takes this much without blocking (PIPE_BUF, pipe(7)). */
#define WRITE_MAX 4096u
#define READ_MAX  256u
#define CLOSE_MS  1000

struct console {
    struct console_queue queue;
    int wake; /* eventfd: output has come into the empty queue */
    struct console_channel channel;
};

static int open_none(struct console_channel *channel, const char *path, struct error *error)
{
    static const struct console_channel_ops no_ops;
    (void)path, (void)error;
    channel->ops = &no_ops;
    return 0;
}

static const struct kind {
    const char *name; /* with a colon: a path follows */
    int (*open)(struct console_channel *channel, const char *path, struct error *error);
} kinds[] = {
    {"stdio", console_open_stdio},   {"none", open_none},
    {"stderr", console_open_stderr}, {"file:", console_open_file},
    {"unix:", console_open_socket},  {"pty", console_open_pty},
};

static int open_channel(struct console_channel *channel, const char *where, struct error *error)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i].name);
        bool takes_path = kinds[i].name[len - 1] == ':';
        if (takes_path && !strncmp(where, kinds[i].name, len) && where[len])
            return kinds[i].open(channel, where + len, error);
        if (!takes_path && !strcmp(where, kinds[i].name))
            return kinds[i].open(channel, NULL, error);
    }
    return error_set(error, -EINVAL,
                     "the console can't be on \"%s\" (it can be on stdio, none, stderr, file:PATH, "
                     "unix:PATH or pty)",
                     where);
}

/* After each call that may have changed channel.out: bytes for a peer that is gone go with it. */
static void follow_output(struct console *console)
{
    console_queue_discard(&console->queue, console->channel.out < 0);
}

typedef int open_fn(struct console_channel *channel, const char *where, struct error *error);

static int open_with(struct console **out, open_fn *open, const char *where, struct error *error)
{
    *out = NULL;
    struct console *console = calloc(1, sizeof *console);
    if (!console)
        return error_set(error, -ENOMEM, "the console: out of memory (free some and start again)");
    int result = 0;
    console->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (console->wake < 0) {
        result = error_set(error, -errno, "can't make an eventfd for the console: %s (%s)",
                           strerror(errno), error_remedy(errno));
        goto no_wake;
    }
    console->channel = (struct console_channel){.in = -1, .out = -1, .arrival = -1};
    result = open(&console->channel, where, error);
    if (result)
        goto no_channel;
    console_queue_init(&console->queue);
    follow_output(console);
    *out = console;
    return 0;

no_channel:
    close(console->wake);
no_wake:
    free(console);
    return result;
}

int console_open(struct console **out, const char *where, struct error *error)
{
    return open_with(out, open_channel, where, error);
}

int console_open_terminal(struct console **out, struct error *error)
{
    return open_with(out, console_open_screen, NULL, error);
}

void console_terminal_size(const struct console *console, unsigned *columns, unsigned *rows)
{
    terminal_size(console->channel.stdio.out, columns, rows);
}

size_t console_write(struct console *console, const void *bytes, size_t len)
{
    bool wake;
    size_t n = console_queue_put(&console->queue, bytes, len, &wake);
    if (wake)
        eventfd_write(console->wake, 1);
    return n;
}

size_t console_room(struct console *console)
{
    return console_queue_room(&console->queue);
}

static bool is_transient(int code)
{
    return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

/* Sockets that we did not make ourselves (a standard output that is one) may block and would raise
 * SIGPIPE: the flags prevent both. */
static ssize_t write_some(int fd, const void *bytes, size_t len)
{
    ssize_t n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
    return n < 0 && errno == ENOTSOCK ? write(fd, bytes, len) : n;
}

static ssize_t read_some(int fd, void *bytes, size_t size)
{
    ssize_t n = recv(fd, bytes, size, MSG_DONTWAIT);
    return n < 0 && errno == ENOTSOCK ? read(fd, bytes, size) : n;
}

static bool peers_come_and_go(const struct console_channel *channel)
{
    return channel->arrival >= 0;
}

/* Nobody will read any more. What the peer has sent before can still be read. */
static void output_failed(struct console *console, int code)
{
    struct console_channel *channel = &console->channel;
    if (!peers_come_and_go(channel))
        fprintf(stderr, "stepvm: can't write the console's output: %s (the rest is dropped)\n",
                strerror(code));
    channel->out = -1;
    follow_output(console);
}

static void write_output(struct console *console)
{
    uint8_t bytes[WRITE_MAX];
    size_t len = console_queue_peek(&console->queue, bytes, sizeof bytes);
    if (len == 0)
        return;
    ssize_t n = write_some(console->channel.out, bytes, len);
    if (n > 0)
        console_queue_drop(&console->queue, (size_t)n);
    else if (n < 0 && !is_transient(errno))
        output_failed(console, errno);
}

static bool has_hung_up(int fd)
{
    struct pollfd pollfd = {.fd = fd};
    return poll(&pollfd, 1, 0) == 1 && (pollfd.revents & (POLLHUP | POLLERR));
}

/* End of file, or error CODE. A peer may have closed one direction only: it still gets output. */
static void input_ended(struct console *console, int code)
{
    struct console_channel *channel = &console->channel;
    if (code && !peers_come_and_go(channel))
        fprintf(stderr,
                "stepvm: can't read the console's input: %s (what is typed there no longer "
                "reaches the guest)\n",
                strerror(code));
    bool half = channel->connections && channel->out >= 0 && !has_hung_up(channel->out);
    if (!peers_come_and_go(channel) || half)
        channel->in = -1;
    else
        channel->ops->hang_up(channel);
    follow_output(console);
}

static void read_input(struct console *console,
                       void (*input_cb)(void *context, const uint8_t *bytes, size_t len),
                       void *context)
{
    uint8_t bytes[READ_MAX];
    ssize_t n = read_some(console->channel.in, bytes, sizeof bytes);
    if (n > 0)
        input_cb(context, bytes, (size_t)n);
    else if (n == 0 || !is_transient(errno))
        input_ended(console, n ? errno : 0);
}

static bool has_output(struct console *console)
{
    return console_room(console) < CONSOLE_QUEUE_SIZE;
}

size_t console_poll(struct console *console, struct pollfd fds[CONSOLE_FDS], bool want_input)
{
    struct console_channel *channel = &console->channel;
    size_t n = 0;
    if (channel->in < 0 || (channel->ops->input_allowed && !channel->ops->input_allowed(channel)))
        want_input = false;
    short in = want_input ? POLLIN : 0;
    short out = channel->out >= 0 && has_output(console) ? POLLOUT : 0;
    /* Without events a descriptor still tells of a hang-up, but once told it would do so at each
     * poll: then it is left out until input is wanted again. */
    bool watch = peers_come_and_go(channel) && !channel->hung_up;

    fds[n++] = (struct pollfd){.fd = console->wake, .events = POLLIN};
    if (channel->in >= 0 && channel->in == channel->out) {
        if (in || out || watch)
            fds[n++] = (struct pollfd){.fd = channel->in, .events = in | out};
    } else {
        if (channel->in >= 0 && (in || watch))
            fds[n++] = (struct pollfd){.fd = channel->in, .events = in};
        if (channel->out >= 0 && (out || watch))
            fds[n++] = (struct pollfd){.fd = channel->out, .events = out};
    }
    if (channel->arrival >= 0 && channel->out < 0 && !(in && channel->connections))
        fds[n++] = (struct pollfd){.fd = channel->arrival, .events = POLLIN};
    assert(n <= CONSOLE_FDS);
    return n;
}

/* One of the channel's own descriptors. */
static void serve(struct console *console, const struct pollfd *found,
                  void (*input_cb)(void *context, const uint8_t *bytes, size_t len), void *context)
{
    struct console_channel *channel = &console->channel;
    if ((found->events & POLLOUT) && found->fd == channel->out)
        write_output(console);
    if ((found->events & POLLIN) && (found->revents & ~POLLOUT) && found->fd == channel->in) {
        read_input(console, input_cb, context);
        return;
    }
    if (!(found->revents & (POLLHUP | POLLERR)) || !peers_come_and_go(channel))
        return;
    if (found->fd == channel->in) {
        channel->hung_up = true; /* its last bytes are read when they are wanted */
        channel->out = -1;
        follow_output(console);
    } else if (found->fd == channel->out) {
        input_ended(console, 0); /* it had closed its other direction before */
    }
}

void console_dispatch(struct console *console, const struct pollfd *fds, size_t n,
                      void (*input_cb)(void *context, const uint8_t *bytes, size_t len),
                      void *context)
{
    struct console_channel *channel = &console->channel;
    for (size_t i = 0; i < n; i++) {
        eventfd_t count;
        if (fds[i].fd < 0 || !fds[i].revents)
            continue;
        if (fds[i].fd == console->wake) {
            eventfd_read(console->wake, &count);
        } else if (fds[i].fd == channel->arrival) {
            channel->ops->arrive(channel);
            follow_output(console);
        } else {
            serve(console, &fds[i], input_cb, context);
        }
    }
}

void console_suspend(struct console *console)
{
    if (console->channel.ops->suspend)
        console->channel.ops->suspend(&console->channel);
}

void console_resume(struct console *console)
{
    if (console->channel.ops->resume)
        console->channel.ops->resume(&console->channel);
}

static int64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static void flush(struct console *console)
{
    int64_t end = milliseconds() + CLOSE_MS;
    size_t room;
    while (console->channel.out >= 0 && (room = console_room(console)) < CONSOLE_QUEUE_SIZE) {
        int64_t left = end - milliseconds();
        struct pollfd pollfd = {.fd = console->channel.out, .events = POLLOUT};
        if (left <= 0)
            return;
        if (poll(&pollfd, 1, (int)left) < 0) {
            if (!is_transient(errno))
                output_failed(console, errno);
            continue;
        }
        if (pollfd.revents)
            write_output(console);
        if ((pollfd.revents & (POLLHUP | POLLERR)) && console_room(console) == room)
            return;
    }
}

void console_close(struct console *console)
{
    if (!console)
        return;
    flush(console);
    if (console->channel.ops->close)
        console->channel.ops->close(&console->channel);
    close(console->wake);
    console_queue_destroy(&console->queue);
    free(console);
}
