#include "record/ram_keeper.h"

#include "memory/memory.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_close_range /* Linux 5.9 */
#define SYS_close_range 436
#endif

#define PATIENCE_MS 10000 /* how long it may take to copy RAM_KEEPER_MOST pages, or to end */

/* Shared by both. */
struct window {
    uint8_t bytes[RAM_KEEPER_MOST][MEMORY_PAGE];
    const uint8_t *pages[RAM_KEEPER_MOST];
    size_t count;
};

struct ram_keeper {
    struct window *window;
    int channel; /* -1: it has ended */
    pid_t pid;
    int status;    /* waitpid's, once it has ended */
    uint8_t asked; /* the last question's number: an answer that comes too late is to another */
};

/* ---- The other process. It may have been forked while another thread held any lock: system calls
 * only. */

static void close_all_but(int fd)
{
    const unsigned kept = (unsigned)fd;
    const bool below = !kept || !syscall(SYS_close_range, 0u, kept - 1, 0u);
    if (below && !syscall(SYS_close_range, kept + 1, ~0u, 0u))
        return;
    for (int each = 0; each < 65536; each++)
        if (each != fd)
            close(each);
}

/* A byte is a question, and the same one is the answer. */
static bool serve(struct window *window, int channel)
{
    char byte;
    const ssize_t n = recv(channel, &byte, 1, 0);
    if (n != 1)
        return n < 0 && errno == EINTR;
    for (size_t i = 0; i < window->count; i++)
        memcpy(window->bytes[i], window->pages[i], MEMORY_PAGE);
    return send(channel, &byte, 1, MSG_NOSIGNAL) == 1;
}

__attribute__((noreturn)) static void keep(struct window *window, int channel)
{
    close_all_but(channel);
    prctl(PR_SET_NAME, "stepvm-snapshot", 0, 0, 0); /* as ps shows it */
    while (serve(window, channel))
        ;
    _exit(0);
}

/* ---- This one */

/* Not fork(2), which waits for the C library's locks: another thread may have one while it waits
 * for a slow terminal. The child begins with all signals blocked, and so it stays: it is of our
 * process group, and Ctrl-C is not for it. */
static pid_t fork_off(struct window *window, int channel)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    const long pid = syscall(SYS_clone, (long)SIGCHLD, 0l, 0l, 0l, 0l);
    if (!pid)
        keep(window, channel);
    const int code = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid < 0 ? -code : (pid_t)pid;
}

static struct ram_keeper *new_keeper(void)
{
    struct ram_keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        return NULL;
    keeper->channel = -1;
    keeper->window = mmap(NULL, sizeof *keeper->window, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (keeper->window != MAP_FAILED)
        return keeper;
    free(keeper);
    return NULL;
}

int ram_keeper_start(struct ram_keeper **out)
{
    int ends[2];
    struct ram_keeper *keeper = new_keeper();
    *out = NULL;
    if (!keeper)
        return -ENOMEM;
    int err = 0;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
        err = -errno;
    } else {
        keeper->channel = ends[0];
        keeper->pid = fork_off(keeper->window, ends[1]);
        err = keeper->pid < 0 ? keeper->pid : 0;
        close(ends[1]);
    }
    if (err)
        ram_keeper_stop(keeper);
    else
        *out = keeper;
    return err;
}

static void hang_up(struct ram_keeper *keeper)
{
    close(keeper->channel);
    keeper->channel = -1;
}

/* It is not waited for without end: somebody may have stopped it. */
void ram_keeper_stop(struct ram_keeper *keeper)
{
    if (!keeper)
        return;
    if (keeper->channel >= 0) {
        struct pollfd end = {.fd = keeper->channel};
        const bool told = keeper->pid > 0 && !shutdown(keeper->channel, SHUT_WR);
        while (told && poll(&end, 1, PATIENCE_MS) < 0 && errno == EINTR)
            ;
        hang_up(keeper);
        while (keeper->pid > 0 && waitpid(keeper->pid, NULL, end.revents ? 0 : WNOHANG) < 0 &&
               errno == EINTR)
            ;
    }
    munmap(keeper->window, sizeof *keeper->window);
    free(keeper);
}

static int say_ended(const struct ram_keeper *keeper, struct error *error)
{
    if (WIFSIGNALED(keeper->status))
        return error_set(error, -ESRCH,
                         "process %d, which kept its memory, was ended by signal %d (by somebody, "
                         "or by the host for want of memory: see dmesg)",
                         (int)keeper->pid, WTERMSIG(keeper->status));
    return error_set(error, -ESRCH, "process %d, which kept its memory, has ended",
                     (int)keeper->pid);
}

int ram_keeper_check(struct ram_keeper *keeper, struct error *error)
{
    if (keeper->channel >= 0 && waitpid(keeper->pid, &keeper->status, WNOHANG) == keeper->pid)
        hang_up(keeper);
    return keeper->channel < 0 ? say_ended(keeper, error) : 0;
}

/* 0 or -errno. */
static int ask(struct ram_keeper *keeper)
{
    ssize_t n;
    keeper->asked++;
    do
        n = send(keeper->channel, &keeper->asked, 1, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : 0;
}

static int receive(const struct ram_keeper *keeper, uint8_t *byte)
{
    struct pollfd answer = {.fd = keeper->channel, .events = POLLIN};
    ssize_t n;
    do
        n = poll(&answer, 1, PATIENCE_MS);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return n ? -errno : -ETIMEDOUT;
    do
        n = recv(keeper->channel, byte, 1, 0);
    while (n < 0 && errno == EINTR);
    return n == 1 ? 0 : n ? -errno : -ECONNRESET;
}

static int give_up(struct ram_keeper *keeper, int err, struct error *error)
{
    struct error ended;
    if (ram_keeper_check(keeper, &ended)) {
        *error = ended;
        return -ESRCH;
    }
    return error_set(error, err,
                     "process %d, which keeps its memory, does not answer: %s (if it is stopped: "
                     "kill -CONT %d)",
                     (int)keeper->pid, strerror(-err), (int)keeper->pid);
}

int ram_keeper_get(struct ram_keeper *keeper, const uint8_t *const *pages, size_t count,
                   const uint8_t **bytes, struct error *error)
{
    struct window *window = keeper->window;
    *bytes = window->bytes[0];
    if (keeper->channel < 0)
        return say_ended(keeper, error);
    memcpy(window->pages, pages, count * sizeof *pages);
    window->count = count;
    uint8_t answered = 0;
    int err = ask(keeper);
    do
        err = err ? err : receive(keeper, &answered);
    while (!err && answered != keeper->asked);
    return err ? give_up(keeper, err, error) : 0;
}
