/* A console on a new pseudo-terminal, for minicom, screen or cat.
 *
 * Its peer is whoever has the slave side open. The master side can't tell when somebody opens it
 * (while nobody has, it is in permanent hang-up), so an inotify watch does. */
#include "console/console_channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

static void pty_arrive(struct console_channel *channel)
{
    char events[1024];
    if (read(channel->arrival, events, sizeof events) <= 0)
        return;
    channel->in = channel->out = channel->pty.master;
    channel->hung_up = false;
}

static void pty_hang_up(struct console_channel *channel)
{
    channel->in = channel->out = -1;
    channel->hung_up = false;
}

static void pty_close(struct console_channel *channel)
{
    close(channel->arrival);
    close(channel->pty.master);
}

static const struct console_channel_ops pty_ops = {
    .arrive = pty_arrive,
    .hang_up = pty_hang_up,
    .close = pty_close,
};

/* Raw from the start, so that what the guest prints is not echoed back to it as its input. */
static int make_raw(const char *path)
{
    struct termios mode;
    int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = tcgetattr(fd, &mode) ? -errno : 0;
    cfmakeraw(&mode);
    if (result == 0 && tcsetattr(fd, TCSANOW, &mode))
        result = -errno;
    close(fd);
    return result;
}

/* The inotify descriptor, or -errno. */
static int watch_opening(const char *path)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (inotify_add_watch(fd, path, IN_OPEN) < 0) {
        int code = errno;
        close(fd);
        return -code;
    }
    return fd;
}

/* The slave's name of a new pair; returns the master, or -errno. */
static int open_master(char *name, size_t size)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (master < 0)
        return -errno;
    if (grantpt(master) || unlockpt(master) || ptsname_r(master, name, size)) {
        int code = errno;
        close(master);
        return -code;
    }
    return master;
}

int console_open_pty(struct console_channel *channel, const char *path, struct error *error)
{
    char name[64];
    int watch = -1, master = open_master(name, sizeof name);
    int result = master < 0 ? master : make_raw(name);
    (void)path;
    if (result == 0)
        result = watch = watch_opening(name);
    if (result < 0) {
        if (master >= 0)
            close(master);
        return error_set(error, result,
                         "can't make a pseudo-terminal for the console: %s (is /dev/pts mounted? "
                         "--serial unix:PATH does without)",
                         strerror(-result));
    }
    channel->ops = &pty_ops;
    channel->arrival = watch;
    channel->pty.master = master;
    fprintf(stderr, "stepvm: the serial console is on %s\n", name);
    return 0;
}
