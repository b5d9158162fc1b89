#include "confine/file_helper.h"

#include "confine/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_MS 2000 /* how long it may take to remove sockets */

enum request_kind { REQUEST_OPEN, REQUEST_NOTE, REQUEST_STOP };

struct request {
    uint32_t kind, index;
    uint32_t turn;
};

/* A descriptor comes with it if it is 0 after REQUEST_OPEN. TURN is the request's: one to which the
 * answer could not be taken may be answered still. */
struct reply {
    int32_t error;
    uint32_t turn;
};

union descriptor_message {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
};

/* ---- The helper's side */

/* A new file gets the number of one that has just been removed (ext4), so the time tells them
 * apart: of the last change, which nobody sets. */
struct noted {
    bool there;
    dev_t device;
    ino_t inode;
    struct timespec changed;
};

struct service {
    const struct file_helper *list;
    int channel;
    struct noted noted[FILE_HELPER_MAX];
};

static struct noted look(const char *path)
{
    struct stat st;
    if (lstat(path, &st) || !S_ISSOCK(st.st_mode))
        return (struct noted){.there = false};
    return (struct noted){true, st.st_dev, st.st_ino, st.st_ctim};
}

static bool is_same(const struct noted *a, const struct noted *b)
{
    return a->there && b->there && a->device == b->device && a->inode == b->inode &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

static void note_sockets(struct service *s)
{
    for (size_t i = 0; i < s->list->count; i++)
        if (s->list->sockets[i])
            s->noted[i] = look(s->list->paths[i]);
}

static void remove_sockets(const struct service *s)
{
    for (size_t i = 0; i < s->list->count; i++) {
        if (!s->noted[i].there)
            continue;
        const struct noted now = look(s->list->paths[i]);
        if (is_same(&s->noted[i], &now))
            unlink(s->list->paths[i]);
    }
}

static int open_to_read(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

static int open_listed(const struct service *s, uint32_t index)
{
    if (index >= s->list->count || s->list->sockets[index])
        return -EACCES;
    return open_to_read(s->list->paths[index]);
}

static bool send_reply(const struct service *s, const struct reply *reply, const int *fd)
{
    struct iovec part = {(void *)(uintptr_t)reply, sizeof *reply};
    union descriptor_message message = {.header = {
                                            .cmsg_len = CMSG_LEN(sizeof(int)),
                                            .cmsg_level = SOL_SOCKET,
                                            .cmsg_type = SCM_RIGHTS,
                                        }};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;
    if (fd) {
        memcpy(CMSG_DATA(&message.header), fd, sizeof *fd);
        header.msg_control = &message;
        header.msg_controllen = sizeof message;
    }
    do
        n = sendmsg(s->channel, &header, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n >= 0;
}

/* FD_OR_ERROR is sent, if it is a descriptor, and closed. Where it can't be sent (ETOOMANYREFS: as
 * many as this user may have are on their way), why is the answer, for somebody waits for one.
 * False: nor can that be sent. */
static bool answer(const struct service *s, uint32_t turn, int fd_or_error)
{
    struct reply reply = {fd_or_error < 0 ? fd_or_error : 0, turn};
    bool sent = send_reply(s, &reply, fd_or_error < 0 ? NULL : &fd_or_error);
    if (!sent) {
        reply.error = -errno;
        sent = send_reply(s, &reply, NULL);
    }
    if (fd_or_error >= 0)
        close(fd_or_error);
    return sent;
}

/* False: nobody will ask any more. */
static bool serve(struct service *s)
{
    struct request request;
    ssize_t n;
    do
        n = recv(s->channel, &request, sizeof request, 0);
    while (n < 0 && errno == EINTR);
    if (n != sizeof request || request.kind == REQUEST_STOP)
        return false;
    if (request.kind != REQUEST_NOTE)
        return answer(s, request.turn,
                      request.kind == REQUEST_OPEN ? open_listed(s, request.index) : -EINVAL);
    note_sockets(s);
    return true;
}

__attribute__((noreturn)) static void help(const struct file_helper *list, int channel)
{
    struct service service = {.list = list, .channel = channel};
    prctl(PR_SET_NAME, "stepvm-files", 0, 0, 0); /* as ps shows it */
    confine_helper(channel);
    while (serve(&service))
        ;
    remove_sockets(&service);
    _exit(0);
}

/* ---- The other one's */

void file_helper_init(struct file_helper *helper)
{
    *helper = (struct file_helper){.channel = -1};
}

void file_helper_add(struct file_helper *helper, const char *path, bool socket)
{
    if (!path || helper->count == FILE_HELPER_MAX)
        return;
    helper->sockets[helper->count] = socket;
    helper->paths[helper->count++] = path;
}

int file_helper_start(struct file_helper *helper, struct error *error)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
        return error_set(error, -errno,
                         "making a socket to the process that opens files: %s (raise ulimit -n, or "
                         "do without: --no-sandbox)",
                         strerror(errno));
    const pid_t pid = fork();
    if (!pid)
        help(helper, ends[1]);
    const int code = errno;
    close(ends[1]);
    helper->channel = ends[0];
    helper->pid = pid;
    if (pid > 0)
        return 0;
    file_helper_stop(helper);
    return error_set(error, -code,
                     "making the process that opens files: %s (raise ulimit -u, or do without: "
                     "--no-sandbox)",
                     strerror(code));
}

/* The next reply, whatever it answers: 0 and *FD, or -1 if there came none; or -errno. */
static int take_reply(const struct file_helper *helper, struct reply *reply, int *fd)
{
    struct iovec part = {reply, sizeof *reply};
    union descriptor_message message;
    struct msghdr header = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &message,
        .msg_controllen = sizeof message,
    };
    ssize_t n;
    *fd = -1;
    do
        n = recvmsg(helper->channel, &header, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == ECONNRESET ? -EPIPE : -errno; /* it went with the question unread */
    if (n != sizeof *reply)
        return -EPIPE;
    const struct cmsghdr *sent = CMSG_FIRSTHDR(&header);
    if (sent && sent->cmsg_type == SCM_RIGHTS)
        memcpy(fd, CMSG_DATA(sent), sizeof *fd);
    return 0;
}

/* The descriptor of the file of that INDEX, or the answer's error. */
static int ask(struct file_helper *helper, size_t index)
{
    const struct request request = {REQUEST_OPEN, (uint32_t)index, ++helper->turn};
    struct reply reply;
    int fd;
    if (send(helper->channel, &request, sizeof request, MSG_NOSIGNAL) != sizeof request)
        return -EPIPE;
    for (;;) {
        const int err = take_reply(helper, &reply, &fd);
        if (err)
            return err;
        if (reply.turn == request.turn)
            break;
        if (fd >= 0)
            close(fd); /* of an answer that could not be taken */
    }
    if (reply.error)
        return reply.error;
    return fd < 0 ? -EMFILE : fd; /* there was no room for it here */
}

int file_helper_open(void *context, const char *path)
{
    struct file_helper *helper = context;
    if (!helper->took_over)
        return open_to_read(path);
    for (size_t i = 0; i < helper->count; i++)
        if (!helper->sockets[i] && !strcmp(helper->paths[i], path))
            return ask(helper, i);
    return -EACCES;
}

/* With no answer to wait for: whoever starts a debugger waits with us. */
void file_helper_take_over(struct file_helper *helper)
{
    const struct request request = {REQUEST_NOTE, 0, 0};
    if (helper->channel < 0)
        return;
    helper->took_over = true;
    (void)!send(helper->channel, &request, sizeof request, MSG_NOSIGNAL);
}

void file_helper_stop(struct file_helper *helper)
{
    const struct request request = {REQUEST_STOP, 0, 0};
    if (helper->channel < 0)
        return;
    struct pollfd end = {.fd = helper->channel, .events = POLLIN};
    if (send(helper->channel, &request, sizeof request, MSG_NOSIGNAL) == sizeof request)
        poll(&end, 1, STOP_MS);
    close(helper->channel);
    if (helper->pid > 0)
        waitpid(helper->pid, NULL, end.revents ? 0 : WNOHANG);
    helper->channel = -1;
}
