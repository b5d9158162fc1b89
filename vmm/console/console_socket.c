/* A console on a Unix socket: one peer at a time, the next one waits until it has gone. */
#include "console/console_channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void drop_peer(struct console_channel *channel)
{
    if (channel->socket.peer >= 0)
        close(channel->socket.peer);
    channel->socket.peer = channel->in = channel->out = -1;
    channel->hung_up = false;
}

/* Asked for only while there is no peer, or one that has closed its end: whoever is there now comes
 * before what that one said and nobody wanted to read. */
static void socket_arrive(struct console_channel *channel)
{
    int peer = accept4(channel->arrival, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer < 0)
        return;
    drop_peer(channel);
    channel->socket.peer = channel->in = channel->out = peer;
}

/* The path may belong to another process by now. */
static void remove_socket(const struct console_channel *channel)
{
    const char *path = channel->socket.address.sun_path;
    struct stat st;
    if (lstat(path, &st) == 0 && st.st_dev == channel->socket.device &&
        st.st_ino == channel->socket.inode)
        unlink(path);
}

static void socket_close(struct console_channel *channel)
{
    drop_peer(channel);
    remove_socket(channel);
    close(channel->arrival);
}

static const struct console_channel_ops socket_ops = {
    .arrive = socket_arrive,
    .hang_up = drop_peer,
    .close = socket_close,
};

/* Does nobody listen on ADDRESS any more? */
static bool is_stale(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

/* Makes way for a socket at ADDRESS: what a crashed process left there is removed. */
static int clear_path(const struct sockaddr_un *address, struct error *error)
{
    const char *path = address->sun_path;
    struct stat st;
    if (lstat(path, &st))
        return 0; /* bind knows better what is wrong, if anything is */
    if (!S_ISSOCK(st.st_mode))
        return error_set(error, -EEXIST,
                         "can't make the console's socket %s: a file of that name exists (remove "
                         "it, or choose another name)",
                         path);
    if (!is_stale(address))
        return error_set(error, -EADDRINUSE,
                         "can't make the console's socket %s: another process listens there (end "
                         "it, or choose another name)",
                         path);
    return unlink(path) ? error_set(error, -errno, "can't remove the stale socket %s: %s (%s)",
                                    path, strerror(errno), error_remedy(errno))
                        : 0;
}

/* The mode is set before bind, which hands it to the file: at no moment may others connect. */
static int listen_at(int fd, struct console_channel *channel)
{
    const struct sockaddr_un *address = &channel->socket.address;
    struct stat st;
    if (fchmod(fd, 0600) || bind(fd, (const struct sockaddr *)address, sizeof *address))
        return -errno;
    if (lstat(address->sun_path, &st) || listen(fd, 1)) {
        int code = errno;
        unlink(address->sun_path);
        return -code;
    }
    channel->socket.device = st.st_dev;
    channel->socket.inode = st.st_ino;
    return 0;
}

int console_open_socket(struct console_channel *channel, const char *path, struct error *error)
{
    struct sockaddr_un *address = &channel->socket.address;
    size_t len = strlen(path);
    if (len >= sizeof address->sun_path)
        return error_set(error, -ENAMETOOLONG,
                         "can't make the console's socket %s: the name is longer than %zu bytes "
                         "(choose a shorter one)",
                         path, sizeof address->sun_path - 1);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, len + 1);
    int result = clear_path(address, error);
    if (result)
        return result;

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    result = fd < 0 ? -errno : listen_at(fd, channel);
    if (result) {
        if (fd >= 0)
            close(fd);
        return error_set(error, result,
                         "can't listen on the console's socket %s: %s (name a place that you may "
                         "write to)",
                         path, strerror(-result));
    }
    channel->ops = &socket_ops;
    channel->arrival = fd;
    channel->socket.peer = -1;
    channel->connections = true;
    return 0;
}
