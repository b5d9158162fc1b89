/* Consoles on what the process was started with, and on a file. */
#include "console/console_channel.h"
#include "screen/screen_draw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor of our own for what FD stands for, that does not block where the kind of file allows
 * that. O_NONBLOCK on FD itself would change it for everybody who shares it: the shell, its other
 * jobs. Opening a terminal or a pipe by way of /proc makes a description that is ours alone; where
 * that is refused (another user's terminal), and for the other kinds, a duplicate has to do, and
 * polling before each small read or write keeps it from blocking. */
static int private_descriptor(int fd, int mode)
{
    struct stat st;
    if (fstat(fd, &st))
        return -errno;
    if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
        char path[32];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        int own = open(path, mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (own >= 0)
            return own;
    }
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return copy < 0 ? -errno : copy;
}

/* A background job leaves the terminal alone. It may be brought to the foreground later. */
static bool stdio_input_allowed(struct console_channel *channel)
{
    if (!channel->stdio.terminal)
        return true;
    if (channel->stdio.suspended || !terminal_is_foreground(channel->stdio.in))
        return false;
    int result = terminal_take(channel->stdio.in, &channel->stdio.use);
    return result == 0 || result == -EBUSY;
}

static void stdio_suspend(struct console_channel *channel)
{
    channel->stdio.suspended = true;
    if (channel->stdio.terminal)
        terminal_give_back();
}

static void stdio_resume(struct console_channel *channel)
{
    channel->stdio.suspended = false;
    stdio_input_allowed(channel);
}

static void stdio_close(struct console_channel *channel)
{
    if (channel->stdio.terminal)
        terminal_give_back();
    if (channel->stdio.in >= 0)
        close(channel->stdio.in);
    if (channel->stdio.out >= 0)
        close(channel->stdio.out);
}

static const struct console_channel_ops stdio_ops = {
    .input_allowed = stdio_input_allowed,
    .suspend = stdio_suspend,
    .resume = stdio_resume,
    .close = stdio_close,
};

int console_open_stdio(struct console_channel *channel, const char *path, struct error *error)
{
    (void)path;
    int out = private_descriptor(STDOUT_FILENO, O_WRONLY);
    if (out < 0)
        return error_set(error, out,
                         "can't use standard output as the console: %s (leave it open, or take "
                         "--serial none)",
                         strerror(-out));
    int in = private_descriptor(STDIN_FILENO, O_RDONLY);
    if (in < 0)
        in = -1; /* a closed standard input is one that never says a word */
    channel->ops = &stdio_ops;
    channel->in = channel->stdio.in = in;
    channel->out = channel->stdio.out = out;
    channel->stdio.terminal = in >= 0 && isatty(in);
    stdio_input_allowed(channel);
    return 0;
}

/* The terminal is taken at the first poll, so that messages until then are seen. */
int console_open_screen(struct console_channel *channel, const char *path, struct error *error)
{
    (void)path;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(error, -ENOTTY,
                         "--display: standard %s is no terminal (start stepvm on one, or leave "
                         "--display out)",
                         isatty(STDIN_FILENO) ? "output" : "input");
    int in = private_descriptor(STDIN_FILENO, O_RDONLY);
    int out = in < 0 ? in : private_descriptor(STDOUT_FILENO, O_WRONLY);
    if (out < 0) {
        if (in >= 0)
            close(in);
        return error_set(error, out, "--display: can't open the terminal: %s (is it yours?)",
                         strerror(-out));
    }
    channel->ops = &stdio_ops;
    channel->in = channel->stdio.in = in;
    channel->out = channel->stdio.out = out;
    channel->stdio.terminal = true;
    channel->stdio.use = (struct terminal_use){
        .all_keys = true, .out = out, .enter = SCREEN_DRAW_ENTER, .leave = SCREEN_DRAW_LEAVE};
    return 0;
}

static int open_output(struct console_channel *channel, int out)
{
    channel->ops = &stdio_ops;
    channel->stdio.in = -1;
    channel->out = channel->stdio.out = out;
    return 0;
}

int console_open_stderr(struct console_channel *channel, const char *path, struct error *error)
{
    (void)path;
    int out = private_descriptor(STDERR_FILENO, O_WRONLY);
    if (out < 0)
        return error_set(error, out,
                         "can't use standard error as the console: %s (leave it open, or take "
                         "--serial none)",
                         strerror(-out));
    return open_output(channel, out);
}

/* O_NONBLOCK: opening a FIFO that nobody reads would otherwise wait for a reader. */
int console_open_file(struct console_channel *channel, const char *path, struct error *error)
{
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
    if (out < 0) {
        int code = errno;
        return error_set(
            error, -code, "can't write the console's output to %s: %s (%s)", path, strerror(code),
            code == ENXIO ? "start what reads this FIFO first" : "name a file that you may write");
    }
    return open_output(channel, out);
}
