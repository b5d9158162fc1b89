/* A stepvm that runs the hostile guest: its start, its end, and what may come of it. */
#ifndef TESTS_TOOLS_HOSTILE_GUEST_H
#define TESTS_TOOLS_HOSTILE_GUEST_H

#include "tests/tools/rsp.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { LABELS_MAX = 1000, ARGUMENTS_MAX = 40 };

enum outcome {
    OUTCOME_DONE,    /* it came to its end */
    OUTCOME_EXITED,  /* it ended the machine in another way */
    OUTCOME_DIED,    /* with an explanation */
    OUTCOME_STOPPED, /* by a signal, which it obeyed */
    OUTCOMES
};

struct hostile {
    const char *stepvm, *guest, *kind, *mode;
    char *const *options; /* further ones */
    unsigned rounds;
    uint64_t labels[LABELS_MAX];
    unsigned label_count;

    uint64_t seed, random;
    char socket[256], errors[256]; /* paths */
    pid_t pid;
    unsigned outcomes[OUTCOMES], stops, deaths, refusals;
    struct rsp rsp;
};

/* What stepvm has said so far, into BUF. */
static void read_errors(const struct hostile *h, char *buf, size_t size)
{
    const int fd = open(h->errors, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? 0 : read(fd, buf, size - 1);
    buf[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
}

static _Noreturn __attribute__((format(printf, 2, 3))) void wrong(struct hostile *h,
                                                                  const char *format, ...)
{
    static char said[4096];
    va_list args;
    va_start(args, format);
    printf("%s, kind=%s seed=%llu: ", h->mode, h->kind, (unsigned long long)h->seed);
    vprintf(format, args);
    read_errors(h, said, sizeof said);
    printf("\nstepvm said: %s\n", said);
    if (h->pid > 0 && !getenv("HOSTILE_KEEP")) {
        kill(h->pid, SIGKILL);
        waitpid(h->pid, NULL, 0);
    }
    exit(1);
}

/* For struct rsp. */
static void rsp_failed(void *context, const char *what)
{
    wrong(context, "%s", what);
}

static unsigned pick(struct hostile *h, unsigned below)
{
    h->random = h->random * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (unsigned)(h->random >> 33) % below;
}

/* ---- Start */

static void execute(const struct hostile *h)
{
    char append[128];
    const char *argv[ARGUMENTS_MAX] = {h->stepvm, "-m", "12M", "--append", append};
    unsigned n = 5;
    const bool with_client = h->socket[0];
    char where[sizeof h->socket + 8];
    snprintf(append, sizeof append, "kind=%s seed=%llu rounds=%u", h->kind,
             (unsigned long long)h->seed, h->rounds);
    snprintf(where, sizeof where, "unix:%s", h->socket);
    argv[n++] = "--gdb";
    argv[n++] = with_client ? where : "none";
    if (with_client)
        argv[n++] = "-S";
    for (char *const *option = h->options; *option && n < ARGUMENTS_MAX - 2; option++)
        argv[n++] = *option;
    argv[n++] = h->guest;

    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    const int errors = open(h->errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* One that comes before stepvm has got so far as to block it waits until it has. */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    execv(h->stepvm, (char **)(uintptr_t)argv);
    _exit(127);
}

/* Whether it has ended, within MS at most. */
static bool ended(struct hostile *h, unsigned ms, int *status)
{
    for (unsigned waited = 0;; waited++) {
        if (waitpid(h->pid, status, WNOHANG) == h->pid) {
            h->pid = 0;
            return true;
        }
        if (waited >= ms)
            return false;
        rsp_sleep_us(1000);
    }
}

static void start(struct hostile *h)
{
    int status;
    h->random = h->seed * 0x9e3779b97f4a7c15u + 1;
    unlink(h->socket);
    h->pid = fork();
    if (h->pid < 0)
        wrong(h, "fork: %s", strerror(errno));
    if (!h->pid)
        execute(h);
    if (!h->socket[0])
        return;
    for (unsigned tries = 0; !rsp_try_connect(&h->rsp, h->socket); tries++)
        if (tries > RSP_PATIENCE_MS || ended(h, 1, &status))
            wrong(h, "stepvm does not listen");
}

/* ---- End */

static bool is_explained(const char *said)
{
    return strstr(said, "the guest died: CPU ") &&
           (strstr(said, "\neax=") || strstr(said, "\nrax="));
}

/* What STATUS, SIGNAL having been sent to it (0: none) says. */
static enum outcome judge(struct hostile *h, int status, int signal)
{
    static char said[16384];
    read_errors(h, said, sizeof said);
    if (strstr(said, "Sanitizer") || strstr(said, "runtime error"))
        wrong(h, "a sanitizer has found something");
    if (!WIFEXITED(status))
        wrong(h, "killed by signal %d", WTERMSIG(status));
    const int code = WEXITSTATUS(status);
    if (signal && code == 128 + signal)
        return OUTCOME_STOPPED;
    if (code == 2) {
        if (!is_explained(said))
            wrong(h, "died without an explanation");
        return OUTCOME_DIED;
    }
    if (code == 1 && strstr(said, "stepvm: ") && !h->socket[0])
        wrong(h, "it failed");
    if (code && !(code & 1))
        wrong(h, "exit status %d", code);
    return code == 33 ? OUTCOME_DONE : OUTCOME_EXITED;
}

/* It has ended by itself, or does so within MS; else by a signal, at once. */
static void finish(struct hostile *h, unsigned ms)
{
    int status, signal = 0;
    if (!ended(h, ms, &status)) {
        signal = pick(h, 2) ? SIGTERM : SIGINT;
        kill(h->pid, signal);
        if (!ended(h, RSP_PATIENCE_MS, &status))
            wrong(h, "signal %d does not end it", signal);
    }
    h->outcomes[judge(h, status, signal)]++;
    unlink(h->socket);
}

#endif
