#include "console/terminal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const int fatal_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};
#define SAY_MS        200
#define FATAL_SIGNALS (sizeof fatal_signals / sizeof fatal_signals[0])

/* The program's one piece of mutable file-scope state: a signal handler is given no context, and
 * the process has but one terminal. Written only while no handler of ours is installed, except for
 * `taken`, which is written last on taking and first on giving back. */
static struct {
    volatile sig_atomic_t taken;
    int fd;
    struct terminal_use use;
    struct termios own_mode;
    struct sigaction before[FATAL_SIGNALS];
} terminal;

/* From a background job this would otherwise stop the process with SIGTTOU. Async-signal-safe. */
static int set_mode(int fd, const struct termios *mode)
{
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    int result = tcsetattr(fd, TCSANOW, mode) ? -errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* Writes TEXT, unless the terminal takes nothing for too long. Async-signal-safe. */
static void say(const char *text)
{
    size_t len = text ? strlen(text) : 0;
    struct pollfd out = {.fd = terminal.use.out, .events = POLLOUT};
    while (len && poll(&out, 1, SAY_MS) == 1) {
        const ssize_t n = write(out.fd, text, len);
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

static void restore(void)
{
    say(terminal.use.leave);
    set_mode(terminal.fd, &terminal.own_mode);
}

/* Restores the terminal, then lets the signal do what it would have done without us: a fault
 * happens again as soon as the handler returns, a signal that was sent is sent again. */
static void on_fatal_signal(int signal, siginfo_t *info, void *context)
{
    (void)context;
    if (terminal.taken)
        restore();
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        if (fatal_signals[i] == signal)
            sigaction(signal, &terminal.before[i], NULL);
    if (info->si_code <= 0)
        raise(signal);
}

static void install_handlers(void)
{
    struct sigaction action = {.sa_sigaction = on_fatal_signal, .sa_flags = SA_SIGINFO};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FATAL_SIGNALS; i++)
        sigaction(fatal_signals[i], &action, &terminal.before[i]);
}

/* Leaves alone what somebody else has installed since. */
static void remove_handlers(void)
{
    for (size_t i = 0; i < FATAL_SIGNALS; i++) {
        struct sigaction now;
        sigaction(fatal_signals[i], NULL, &now);
        if ((now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_fatal_signal)
            sigaction(fatal_signals[i], &terminal.before[i], NULL);
    }
}

int terminal_take(int fd, const struct terminal_use *use)
{
    struct termios mode;
    if (terminal.taken)
        return -EBUSY;
    if (tcgetattr(fd, &mode))
        return -errno;

    terminal.fd = fd;
    terminal.use = *use;
    terminal.own_mode = mode;
    install_handlers();
    terminal.taken = 1;

    mode.c_iflag &= (tcflag_t) ~(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
    mode.c_lflag &= (tcflag_t) ~(ECHO | ECHONL | ICANON | IEXTEN);
    if (use->all_keys)
        mode.c_lflag &= (tcflag_t)~ISIG;
    else
        mode.c_lflag |= ISIG;
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    int result = set_mode(fd, &mode);
    if (result) {
        terminal.taken = 0;
        remove_handlers();
    } else {
        say(use->enter);
    }
    return result;
}

void terminal_give_back(void)
{
    if (!terminal.taken)
        return;
    restore();
    terminal.taken = 0;
    remove_handlers();
}

bool terminal_is_taken(void)
{
    return terminal.taken;
}

bool terminal_is_foreground(int fd)
{
    pid_t group = tcgetpgrp(fd);
    return group < 0 || group == getpgrp(); /* < 0: not this process's terminal, no job control */
}

void terminal_size(int fd, unsigned *columns, unsigned *rows)
{
    struct winsize size;
    const bool known = !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col && size.ws_row;
    *columns = known ? size.ws_col : 80;
    *rows = known ? size.ws_row : 24;
}
