#include "seam.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

extern const char __executable_start[];

int __real_poll(struct pollfd *fds, unsigned long n, int ms);
long __real_syscall(long number, ...);

static struct seam *seam; /* NULL: nothing ever happens */
static bool is_helper;    /* this process was forked */
static int open_at_start;

/* By poll, which even a sandboxed process may call. */
static int count_descriptors(void)
{
    enum { MOST = 256 };
    struct pollfd fds[MOST];
    int n = 0;
    const int before = errno;
    for (int fd = 0; fd < MOST; fd++)
        fds[fd] = (struct pollfd){.fd = fd};
    __real_poll(fds, MOST, 0);
    for (int fd = 0; fd < MOST; fd++)
        n += !(fds[fd].revents & POLLNVAL);
    errno = before;
    return n;
}

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv(SEAM_VARIABLE);
    if (!number)
        return;
    const int fd = atoi(number);
    void *block = mmap(NULL, sizeof *seam, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (block == MAP_FAILED)
        _exit(99);
    unsetenv(SEAM_VARIABLE);
    seam = block;
    open_at_start = count_descriptors();
}

__attribute__((destructor)) static void end(void)
{
    if (!seam)
        return;
    seam->descriptors = count_descriptors() - open_at_start;
    seam->ended = true;
}

/* The error of the call that is made now, 0 if it is to go on as ever. */
static int fault(enum seam_call kind, unsigned long request, const void *site)
{
    if (!seam || seam->helper != is_helper)
        return 0;
    const uint32_t at = __atomic_fetch_add(&seam->calls, 1, __ATOMIC_RELAXED);
    if (at < SEAM_LOG)
        seam->log[at] = (struct seam_log){(uint16_t)kind, (uint32_t)request,
                                          (uint32_t)((const char *)site - __executable_start)};
    if (kind != seam->kind || (uint32_t)request != seam->request)
        return 0;
    static uint32_t count;
    const uint32_t nth = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    if (nth != seam->nth && !(seam->always && nth > seam->nth))
        return 0;
    __atomic_add_fetch(&seam->hits, 1, __ATOMIC_RELAXED);
    if (seam->error > SEAM_SIGNAL)
        return seam->error;
    __real_syscall(SYS_tgkill, getpid(), getpid(),
                   SEAM_SIGNAL - seam->error); /* the first thread */
    return 0;
}

/* Reading and writing an eventfd does not fail, but for EAGAIN: those calls are not looked at. */
enum { EVENTFDS = 1024 };
static bool eventfds[EVENTFDS];

static bool is_eventfd(int fd)
{
    return fd >= 0 && fd < EVENTFDS && eventfds[fd];
}

#define FAULT(name) fault(SEAM_##name, 0, __builtin_return_address(0))

/* A call that returns FAILURE and sets errno, or changes nothing. */
#define CALL(type, name, failure, params, args)                                                    \
    type __real_##name params;                                                                     \
    type __wrap_##name params;                                                                     \
    type __wrap_##name params                                                                      \
    {                                                                                              \
        const int error = FAULT(name);                                                             \
        if (error <= 0)                                                                            \
            return __real_##name args;                                                             \
        errno = error;                                                                             \
        return failure;                                                                            \
    }

/* One that returns the error. */
#define CODE(name, params, args)                                                                   \
    int __real_##name params;                                                                      \
    int __wrap_##name params;                                                                      \
    int __wrap_##name params                                                                       \
    {                                                                                              \
        const int error = FAULT(name);                                                             \
        if (error > 0)                                                                             \
            errno = error; /* as glibc's do, too */                                                \
        return error > 0 ? error : __real_##name args;                                             \
    }

/* One that has done its work, whatever it says. */
#define LAST(name, params, args)                                                                   \
    int __real_##name params;                                                                      \
    int __wrap_##name params;                                                                      \
    int __wrap_##name params                                                                       \
    {                                                                                              \
        const int error = FAULT(name), result = __real_##name args;                                \
        if (error > 0)                                                                             \
            errno = error;                                                                         \
        return error > 0 ? -1 : result;                                                            \
    }

/* One that may do less than it was asked for. */
#define PART(name, params, args, none)                                                             \
    ssize_t __real_##name params;                                                                  \
    ssize_t __wrap_##name params;                                                                  \
    ssize_t __wrap_##name params                                                                   \
    {                                                                                              \
        const int error = is_eventfd(fd) ? 0 : FAULT(name);                                        \
        if (error == SEAM_SHORT && len > 1)                                                        \
            len = 1;                                                                               \
        if (error == SEAM_EMPTY)                                                                   \
            return none;                                                                           \
        if (error > 0)                                                                             \
            errno = error;                                                                         \
        return error > 0 ? -1 : __real_##name args;                                                \
    }

struct sockaddr;
struct termios;

CALL(int, accept4, -1, (int fd, struct sockaddr *a, unsigned *n, int f), (fd, a, n, f))
CALL(int, bind, -1, (int fd, const struct sockaddr *a, unsigned n), (fd, a, n))
CALL(void *, calloc, NULL, (size_t n, size_t size), (n, size))
CALL(int, connect, -1, (int fd, const struct sockaddr *a, unsigned n), (fd, a, n))
CALL(int, fchmod, -1, (int fd, mode_t mode), (fd, mode))
LAST(fclose, (void *file), (file))
CALL(int, fdatasync, -1, (int fd), (fd))
CALL(int, flock, -1, (int fd, int operation), (fd, operation))
CALL(void *, fopen64, NULL, (const char *path, const char *mode), (path, mode))
CALL(int, fstat64, -1, (int fd, void *st), (fd, st))
CALL(int, ftruncate64, -1, (int fd, off_t len), (fd, len))
CALL(int, getsockname, -1, (int fd, struct sockaddr *a, unsigned *n), (fd, a, n))
CALL(int, grantpt, -1, (int fd), (fd))
CALL(int, inotify_add_watch, -1, (int fd, const char *path, uint32_t mask), (fd, path, mask))
CALL(int, inotify_init1, -1, (int flags), (flags))
CALL(int, listen, -1, (int fd, int n), (fd, n))
CALL(off_t, lseek64, -1, (int fd, off_t at, int whence), (fd, at, whence))
CALL(int, lstat64, -1, (const char *path, void *st), (path, st))
CALL(int, madvise, -1, (void *at, size_t len, int advice), (at, len, advice))
CALL(void *, malloc, NULL, (size_t size), (size))
CALL(int, mincore, -1, (void *at, size_t len, unsigned char *out), (at, len, out))
CALL(int, mkostemp64, -1, (char *path, int flags), (path, flags))
CALL(void *, mmap64, MAP_FAILED, (void *at, size_t len, int prot, int flags, int fd, off_t offset),
     (at, len, prot, flags, fd, offset))
LAST(munmap, (void *at, size_t len), (at, len))
CALL(int, poll, -1, (struct pollfd * fds, unsigned long n, int ms), (fds, n, ms))
CALL(void *, opendir, NULL, (const char *path), (path))
CALL(int, posix_openpt, -1, (int flags), (flags))
PART(pread64, (int fd, void *to, size_t len, off_t at), (fd, to, len, at), 0)
CODE(pthread_create, (void *thread, const void *attr, void *(*run)(void *), void *argument),
     (thread, attr, run, argument))
CODE(ptsname_r, (int fd, char *name, size_t size), (fd, name, size))
PART(pwrite64, (int fd, const void *from, size_t len, off_t at), (fd, from, len, at), 0)
PART(read, (int fd, void *to, size_t len), (fd, to, len), 0)
CALL(void *, realloc, NULL, (void *old, size_t size), (old, size))
CALL(void *, reallocarray, NULL, (void *old, size_t n, size_t size), (old, n, size))
CALL(char *, realpath, NULL, (const char *path, char *to), (path, to))
PART(recv, (int fd, void *to, size_t len, int flags), (fd, to, len, flags), 0)
PART(send, (int fd, const void *from, size_t len, int flags), (fd, from, len, flags), 0)
CALL(int, setsockopt, -1, (int fd, int level, int name, const void *value, unsigned len),
     (fd, level, name, value, len))
CALL(int, shutdown, -1, (int fd, int how), (fd, how))
CALL(ssize_t, recvmsg, -1, (int fd, void *message, int flags), (fd, message, flags))
CALL(ssize_t, sendmsg, -1, (int fd, const void *message, int flags), (fd, message, flags))
CALL(int, signalfd, -1, (int fd, const void *set, int flags), (fd, set, flags))
CALL(int, socket, -1, (int domain, int type, int protocol), (domain, type, protocol))
CALL(int, socketpair, -1, (int domain, int type, int protocol, int *fds),
     (domain, type, protocol, fds))
CALL(char *, strdup, NULL, (const char *text), (text))
CALL(char *, strndup, NULL, (const char *text, size_t len), (text, len))
CALL(int, tcgetattr, -1, (int fd, struct termios *mode), (fd, mode))
CALL(int, tcsetattr, -1, (int fd, int when, const struct termios *mode), (fd, when, mode))
CALL(int, unlink, -1, (const char *path), (path))
CALL(int, unlockpt, -1, (int fd), (fd))
PART(write, (int fd, const void *from, size_t len), (fd, from, len), 0)

int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
    const int error = FAULT(close);
    if (fd >= 0 && fd < EVENTFDS)
        eventfds[fd] = false;
    const int result = __real_close(fd);
    if (error > 0)
        errno = error;
    return error > 0 ? -1 : result;
}

int __real_eventfd(unsigned n, int flags);
int __wrap_eventfd(unsigned n, int flags);
int __wrap_eventfd(unsigned n, int flags)
{
    const int error = FAULT(eventfd);
    const int fd = error > 0 ? -1 : __real_eventfd(n, flags);
    if (error > 0)
        errno = error;
    if (fd >= 0 && fd < EVENTFDS)
        eventfds[fd] = true;
    return fd;
}

int __real_fork(void);
int __wrap_fork(void);
int __wrap_fork(void)
{
    const int error = FAULT(fork);
    const int pid = error > 0 ? -1 : __real_fork();
    if (error > 0)
        errno = error;
    is_helper |= !pid;
    return pid;
}

/* As many arguments as there can be; those that are missing are not looked at. */
#define ANY(type, name, first, a)                                                                  \
    type __real_##name(first a, ...);                                                              \
    type __wrap_##name(first a, ...);                                                              \
    type __wrap_##name(first a, ...)                                                               \
    {                                                                                              \
        long more[6];                                                                              \
        va_list args;                                                                              \
        va_start(args, a);                                                                         \
        for (int i = 0; i < 6; i++)                                                                \
            more[i] = va_arg(args, long);                                                          \
        va_end(args);                                                                              \
        const int error = fault(SEAM_##name, (unsigned long)a, __builtin_return_address(0));       \
        const type result =                                                                        \
            error > 0 ? -1                                                                         \
                      : __real_##name(a, more[0], more[1], more[2], more[3], more[4], more[5]);    \
        if (error > 0)                                                                             \
            errno = error;                                                                         \
        if (!result && SEAM_##name == SEAM_syscall && a == SYS_clone)                              \
            seam = NULL; /* the child */                                                           \
        return result;                                                                             \
    }

ANY(int, prctl, int, option)
ANY(long, syscall, long, number)

/* Those whose last argument may be missing; what is read then is not looked at. */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    const int error = FAULT(open64);
    if (error > 0)
        errno = error;
    return error > 0 ? -1 : __real_open64(path, flags, mode);
}

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...)
{
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    const int error = FAULT(fcntl64);
    if (error > 0)
        errno = error;
    return error > 0 ? -1 : __real_fcntl64(fd, command, argument);
}

int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    const int error = fault(SEAM_ioctl, request, __builtin_return_address(0));
    if (error > 0)
        errno = error;
    return error > 0 ? -1 : __real_ioctl(fd, request, argument);
}
