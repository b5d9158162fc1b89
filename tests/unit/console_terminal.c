/* The console on terminals: stdio on one, whose mode must come back whatever happens, and a pty of
 * its own. The terminals are pseudo-terminals; nobody sits at them. */
#include "console_fixture.h"

#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>

struct pty {
    int master, slave;
    char name[64];
    struct termios mode; /* as it was at first */
};

static void open_pty(struct pty *pty)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(pty->master >= 0);
    CHECK_EQ(grantpt(pty->master), 0);
    CHECK_EQ(unlockpt(pty->master), 0);
    CHECK_EQ(ptsname_r(pty->master, pty->name, sizeof pty->name), 0);
    pty->slave = open(pty->name, O_RDWR | O_NOCTTY);
    CHECK_EQ(tcgetattr(pty->slave, &pty->mode), 0);
}

static void close_pty(struct pty *pty)
{
    close(pty->slave);
    close(pty->master);
}

static bool is_raw(const struct pty *pty)
{
    struct termios mode;
    tcgetattr(pty->slave, &mode);
    return !(mode.c_lflag & (ECHO | ICANON));
}

static void check_own_mode(const struct pty *pty)
{
    struct termios mode;
    CHECK_EQ(tcgetattr(pty->slave, &mode), 0);
    CHECK_EQ(mode.c_iflag, pty->mode.c_iflag);
    CHECK_EQ(mode.c_oflag, pty->mode.c_oflag);
    CHECK_EQ(mode.c_lflag, pty->mode.c_lflag);
    CHECK_MEM(mode.c_cc, pty->mode.c_cc, sizeof mode.c_cc);
}

static void the_mode_is_raw_until_closed(void)
{
    struct pty pty;
    struct console *console;
    struct error error;
    struct termios mode;
    open_pty(&pty);
    CHECK_EQ(open_with(&console, "stdio", pty.slave, pty.slave, -1, &error), 0);
    CHECK_EQ(tcgetattr(pty.slave, &mode), 0);
    CHECK_EQ(mode.c_lflag & (ECHO | ICANON | IEXTEN | ISIG), ISIG);
    CHECK_EQ(mode.c_iflag & (ICRNL | IXON), 0);
    CHECK_EQ(mode.c_oflag & OPOST, OPOST);
    CHECK_EQ(mode.c_cc[VMIN], 1);
    CHECK_EQ(fcntl(pty.slave, F_GETFL) & O_NONBLOCK, 0);
    console_close(console);
    check_own_mode(&pty);
    close_pty(&pty);
}

static void keys_come_as_typed(void)
{
    struct pty pty;
    struct console *console;
    struct error error;
    struct typed typed = {.len = 0};
    char text[8];
    open_pty(&pty);
    CHECK_EQ(open_with(&console, "stdio", pty.slave, pty.slave, -1, &error), 0);
    CHECK_EQ(write(pty.master, "a\r\x13\x11\x16\x04", 6), 6); /* Enter, Ctrl-S, -Q, -V, -D */
    wait_for_input(console, &typed, 6);
    CHECK_MEM(typed.bytes, "a\r\x13\x11\x16\x04", 6);
    console_write(console, "ok\n", 3);
    settle(console, true, &typed);
    CHECK_EQ(read_all(pty.master, text, 4), 4);
    CHECK_MEM(text, "ok\r\n", 4); /* and no echo of the input before it */
    console_close(console);
    close_pty(&pty);
}

/* A terminal holds a few KiB and then makes writers wait: not us. */
static void a_stopped_terminal_stops_nobody(void)
{
    struct pty pty;
    struct console *console;
    struct error error;
    struct typed typed = {.len = 0};
    static char sent[QUEUE], got[QUEUE];
    size_t received = 0, n;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)('A' + i % 61);
    open_pty(&pty);
    CHECK_EQ(open_with(&console, "stdio", pty.slave, pty.slave, -1, &error), 0);
    CHECK_EQ(console_write(console, sent, sizeof sent), sizeof sent);
    settle(console, true, &typed);
    CHECK(console_room(console) < QUEUE);
    do {
        n = read_all(pty.master, got + received,
                     sizeof got - received < 1000 ? sizeof got - received : 1000);
        received += n;
        settle(console, true, &typed);
    } while (n && received < sizeof got);
    CHECK_EQ(received, sizeof sent);
    CHECK_MEM(got, sent, sizeof sent);
    console_close(console);
    check_own_mode(&pty);
    close_pty(&pty);
}

static void suspended_the_terminal_has_its_own_mode(void)
{
    struct pty pty;
    struct console *console;
    struct error error;
    struct pollfd fds[CONSOLE_FDS];
    open_pty(&pty);
    CHECK_EQ(open_with(&console, "stdio", pty.slave, pty.slave, -1, &error), 0);
    for (int i = 0; i < 2; i++) {
        CHECK(is_raw(&pty));
        console_suspend(console);
        console_suspend(console);
        check_own_mode(&pty);
        CHECK_EQ(console_poll(console, fds, true), 1); /* what is typed now is the shell's */
        check_own_mode(&pty);
        console_resume(console);
        CHECK_EQ(console_poll(console, fds, true), 2);
    }
    console_suspend(console);
    console_close(console);
    check_own_mode(&pty);
    close_pty(&pty);
}

static void a_failed_opening_leaves_the_mode(void)
{
    struct pty pty;
    struct console *console;
    struct error error;
    open_pty(&pty);
    CHECK_EQ(open_with(&console, "stdi", pty.slave, pty.slave, -1, &error), -EINVAL);
    check_own_mode(&pty);
    close_pty(&pty);
}

/* In the child: takes the terminal, then dies of SIGNAL; 0 is a real fault, an invalid opcode. */
static void die_at(const struct pty *pty, int signal_number)
{
    struct console *console;
    struct error error;
    struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signal(signal_number ? signal_number : SIGILL, SIG_DFL); /* not the sanitizers' */
    if (open_with(&console, "stdio", pty->slave, pty->slave, -1, &error) || !is_raw(pty))
        _exit(99);
    if (signal_number == SIGABRT)
        abort();
    if (signal_number)
        raise(signal_number);
    else
        __asm__ volatile("ud2");
    _exit(98);
}

static void a_fatal_signal_restores_and_still_kills(void)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, 0};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct pty pty;
        int status = 0;
        open_pty(&pty);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            die_at(&pty, signals[i]);
        CHECK_EQ(waitpid(child, &status, 0), child);
        CHECK(WIFSIGNALED(status));
        CHECK_EQ(WTERMSIG(status), signals[i] ? signals[i] : SIGILL);
        check_own_mode(&pty);
        close_pty(&pty);
    }
}

static void handlers_are_given_back(void)
{
    struct pty pty;
    struct console *console;
    struct error error;
    struct sigaction before, during, after;
    open_pty(&pty);
    sigaction(SIGABRT, NULL, &before);
    CHECK_EQ(open_with(&console, "stdio", pty.slave, pty.slave, -1, &error), 0);
    sigaction(SIGABRT, NULL, &during);
    console_close(console);
    sigaction(SIGABRT, NULL, &after);
    CHECK(during.sa_handler != before.sa_handler);
    CHECK(after.sa_handler == before.sa_handler);
    close_pty(&pty);
}

/* A job of a shell on PTY, first in the background, then, after a word on GO, in the foreground.
 * Its exit status is the number of the first thing that went wrong. */
static int background_job(const struct pty *pty, int ready, int go)
{
    struct console *console;
    struct error error;
    struct pollfd fds[CONSOLE_FDS];
    struct typed typed = {.len = 0};
    char byte = 0;
    setpgid(0, 0);
    if (write(ready, "", 1) != 1 || read(go, &byte, 1) != 1)
        return 10;
    if (open_with(&console, "stdio", pty->slave, pty->slave, -1, &error))
        return 11;
    if (is_raw(pty))
        return 12;
    if (console_poll(console, fds, true) != 1)
        return 13;
    console_write(console, "from behind", 11);
    settle(console, true, &typed);
    console_suspend(console);
    console_resume(console);
    if (is_raw(pty))
        return 14;
    if (write(ready, "", 1) != 1 || read(go, &byte, 1) != 1)
        return 15;
    if (console_poll(console, fds, true) != 2 || !is_raw(pty))
        return 16;
    /* Pushed back while the mode is ours: closing must neither stop nor keep it. */
    if (write(ready, "", 1) != 1 || read(go, &byte, 1) != 1)
        return 17;
    console_close(console);
    return is_raw(pty) ? 18 : check_failures;
}

/* The session's leader: the shell. Exit status: the job's, or 20 and more. */
static int shell(const struct pty *pty)
{
    int ready[2], go[2], status;
    char byte;
    signal(SIGTTOU, SIG_IGN); /* as shells do, to call themselves back to the foreground */
    if (setsid() < 0 || ioctl(pty->slave, TIOCSCTTY, 0) < 0 || pipe(ready) || pipe(go))
        return 20;
    pid_t job = fork();
    if (job == 0) {
        signal(SIGTTOU, SIG_DFL);
        _exit(background_job(pty, ready[1], go[0]));
    }
    const pid_t front[] = {getpgrp(), job, getpgrp()};
    for (int i = 0; i < 3; i++)
        if (read(ready[0], &byte, 1) != 1 || tcsetpgrp(pty->slave, front[i]) ||
            write(go[1], "", 1) != 1)
            break; /* the job has given up: its status says why */
    close(go[1]);
    if (waitpid(job, &status, WUNTRACED) != job)
        return 21;
    if (WIFSTOPPED(status)) {
        kill(job, SIGKILL);
        waitpid(job, &status, 0);
        return 22;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 23;
}

static void a_background_job_is_not_stopped(void)
{
    struct pty pty;
    int status = 0;
    open_pty(&pty);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(shell(&pty));
    CHECK_EQ(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    CHECK_EQ(WEXITSTATUS(status), 0);
    check_own_mode(&pty);
    close_pty(&pty);
}

/* Opens a pty console and finds its name in what it says. */
static struct console *open_pty_console(char *name, size_t size)
{
    struct console *console;
    struct error error;
    int err[2];
    char text[200] = "", expected[200];
    CHECK_EQ(pipe2(err, O_NONBLOCK), 0);
    CHECK_EQ(open_with(&console, "pty", -1, -1, err[1], &error), 0);
    CHECK(read(err[0], text, sizeof text - 1) > 0);
    close(err[0]);
    close(err[1]);
    const char *path = strstr(text, "/dev/");
    snprintf(name, size, "%.*s", path ? (int)strcspn(path, "\n") : 0, path ? path : "");
    snprintf(expected, sizeof expected, "stepvm: the serial console is on %s\n", name);
    CHECK_STR(text, expected);
    return console;
}

static void a_pty_carries_both_ways(void)
{
    char name[64], text[16];
    struct typed typed = {.len = 0};
    struct console *console = open_pty_console(name, sizeof name);
    for (int i = 0; i < 2; i++) { /* peers may come and go */
        typed.len = 0;
        CHECK_EQ(console_write(console, "unheard", 7), 7);
        CHECK_EQ(console_room(console), QUEUE);
        settle(console, true, &typed);
        int peer = open(name, O_RDWR | O_NOCTTY);
        CHECK(peer >= 0);
        settle(console, true, &typed);
        console_write(console, "grub>\n", 6);
        settle(console, true, &typed);
        CHECK_EQ(read_all(peer, text, 6), 6);
        CHECK_MEM(text, "grub>\n", 6);
        CHECK_EQ(typed.len, 0); /* nothing is echoed back as input */
        CHECK_EQ(write(peer, "boot\r", 5), 5);
        wait_for_input(console, &typed, 5);
        CHECK_MEM(typed.bytes, "boot\r", 5);
        close(peer);
        settle(console, true, &typed);
    }
    console_close(console);
}

static void a_pty_that_is_left_is_no_busy_loop(void)
{
    char name[64];
    struct typed typed = {.len = 0};
    static char much[2 * QUEUE];
    struct console *console = open_pty_console(name, sizeof name);
    int peer = open(name, O_RDWR | O_NOCTTY);
    settle(console, false, &typed);
    console_write(console, much, sizeof much); /* more than a tty holds */
    settle(console, false, &typed);
    CHECK(console_room(console) < QUEUE);
    CHECK_EQ(write(peer, "bye", 3), 3);
    close(peer);
    settle(console, false, &typed);
    CHECK_EQ(console_write(console, much, sizeof much), sizeof much);
    wait_for_input(console, &typed, 3);
    CHECK_MEM(typed.bytes, "bye", 3);
    settle(console, true, &typed);
    console_close(console);
}

int main(void)
{
    TEST(the_mode_is_raw_until_closed);
    TEST(keys_come_as_typed);
    TEST(a_stopped_terminal_stops_nobody);
    TEST(suspended_the_terminal_has_its_own_mode);
    TEST(a_failed_opening_leaves_the_mode);
    TEST(a_fatal_signal_restores_and_still_kills);
    TEST(handlers_are_given_back);
    TEST(a_background_job_is_not_stopped);
    TEST(a_pty_carries_both_ways);
    TEST(a_pty_that_is_left_is_no_busy_loop);
    return check_done();
}
