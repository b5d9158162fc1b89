#include "judge.h"

#include <ctype.h>
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { ERRORS = 6 };

static const char *const names[] = {
#define SEAM_NAME(name) #name,
    SEAM_CALLS(SEAM_NAME)};

/* The likeliest first: that one is tried in the short version. */
static const int errors[SEAM_KINDS][ERRORS] = {
    [SEAM_accept4] = {ECONNABORTED, EMFILE, EINTR, ENOMEM},
    [SEAM_bind] = {EADDRINUSE, EACCES},
    [SEAM_close] = {EIO},
    [SEAM_connect] = {EACCES},
    [SEAM_eventfd] = {EMFILE},
    [SEAM_fchmod] = {EPERM},
    [SEAM_fclose] = {ENOSPC},
    [SEAM_fcntl64] = {EMFILE},
    [SEAM_fdatasync] = {EIO},
    [SEAM_flock] = {ENOLCK},
    [SEAM_fopen64] = {EMFILE, ENOSPC},
    [SEAM_fork] = {EAGAIN},
    [SEAM_fstat64] = {EIO},
    [SEAM_ftruncate64] = {EIO},
    [SEAM_getsockname] = {ENOBUFS},
    [SEAM_grantpt] = {EACCES},
    [SEAM_inotify_add_watch] = {ENOSPC},
    [SEAM_inotify_init1] = {EMFILE},
    [SEAM_ioctl] = {ENOMEM, EINVAL},
    [SEAM_listen] = {EADDRINUSE},
    [SEAM_lseek64] = {EIO},
    [SEAM_lstat64] = {EACCES},
    [SEAM_mincore] = {EAGAIN, ENOMEM},
    [SEAM_mkostemp64] = {ENOSPC, EMFILE},
    [SEAM_opendir] = {EMFILE},
    [SEAM_open64] = {EMFILE, EACCES, EINTR},
    [SEAM_poll] = {EINTR, ENOMEM},
    [SEAM_posix_openpt] = {EMFILE},
    [SEAM_pread64] = {EIO, EINTR, SEAM_SHORT, SEAM_EMPTY},
    [SEAM_pthread_create] = {EAGAIN},
    [SEAM_prctl] = {EPERM},
    [SEAM_ptsname_r] = {ENOTTY},
    [SEAM_pwrite64] = {ENOSPC, EIO, EINTR, SEAM_SHORT, SEAM_EMPTY},
    [SEAM_read] = {EIO, EINTR, EAGAIN, SEAM_SHORT, SEAM_EMPTY},
    [SEAM_realpath] = {EACCES},
    [SEAM_recvmsg] = {EIO, EINTR},
    [SEAM_recv] = {ECONNRESET, EINTR, EAGAIN, SEAM_SHORT, SEAM_EMPTY},
    [SEAM_sendmsg] = {EPIPE, EINTR},
    [SEAM_send] = {EPIPE, EINTR, EAGAIN, SEAM_SHORT, ENOBUFS},
    [SEAM_setsockopt] = {ENOBUFS},
    [SEAM_shutdown] = {ENOTCONN},
    [SEAM_signalfd] = {EMFILE},
    [SEAM_socket] = {EMFILE},
    [SEAM_socketpair] = {EMFILE},
    [SEAM_syscall] = {EPERM},
    [SEAM_tcgetattr] = {EIO},
    [SEAM_tcsetattr] = {EIO, EINTR},
    [SEAM_unlink] = {EACCES},
    [SEAM_unlockpt] = {EIO},
    [SEAM_write] = {EIO, EINTR, EAGAIN, SEAM_SHORT, ENOSPC},
};

const int *judge_errors(uint32_t kind, uint32_t request, bool helper)
{
    static const int no_memory[] = {ENOMEM, 0}; /* of whatever is not in the table */
    static const int run[] = {EFAULT, EINTR, EAGAIN, ENOMEM, 0};
    static const int create[] = {ENOMEM, EINTR, EBUSY, 0};
    static const int never_fails[] = {0}; /* for lines that exist */
    static const int interrupted[] = {EINTR, 0};
    if (helper && kind == SEAM_recv) /* from a pair: else it fails when the other end is gone */
        return interrupted;
    if (request == (uint32_t)KVM_IRQ_LINE)
        return never_fails;
    if (request == (uint32_t)KVM_RUN)
        return run;
    if (request == (uint32_t)KVM_CREATE_VM)
        return create;
    return errors[kind][0] ? errors[kind] : no_memory;
}

const char *judge_fault_name(const struct seam *fault, char name[64])
{
    char request[24] = "", error[24];
    if (fault->request)
        snprintf(request, sizeof request, " 0x%x", fault->request);
    if (fault->error > 0)
        snprintf(error, sizeof error, "%s", strerrorname_np(fault->error));
    else if (fault->error <= SEAM_SIGNAL)
        snprintf(error, sizeof error, "signal %d", SEAM_SIGNAL - fault->error);
    else
        snprintf(error, sizeof error, "%s", fault->error == SEAM_SHORT ? "short" : "empty");
    snprintf(name, 64, "%s%s, call %u%s, %s", names[fault->kind], request, fault->nth,
             fault->always ? " on" : "", error);
    return name;
}

bool judge_parse_fault(const char *text, struct seam *fault)
{
    char kind[32];
    *fault = (struct seam){0};
    const int words =
        sscanf(text, "%31s %x %u %d", kind, &fault->request, &fault->nth, &fault->error);
    if (words == 3) {
        fault->request = 0;
        if (sscanf(text, "%31s %u %d", kind, &fault->nth, &fault->error) != 3)
            return false;
    }
    if (words < 1)
        return false;
    while (fault->kind < SEAM_KINDS && strcmp(kind, names[fault->kind]))
        fault->kind++;
    return fault->kind < SEAM_KINDS;
}

const char *judge_outcome_name(enum judge_outcome outcome)
{
    static const char *const outcome_names[] = {"unnoticed", "warned", "answered",
                                                "ended",     "died",   "bad"};
    return outcome_names[outcome];
}

/* ---- What was said */

/* Copies the line at TEXT, each number as one '#'; returns the next line. */
static const char *next_line(const char *text, char line[1024])
{
    size_t n = 0;
    for (; *text && *text != '\n'; text++) {
        const bool digit = isdigit((unsigned char)*text);
        if (digit && n && line[n - 1] == '#')
            continue;
        if (n < 1023)
            line[n++] = digit ? '#' : *text;
    }
    line[n] = 0;
    return *text ? text + 1 : text;
}

static bool has_line(const char *text, const char *wanted)
{
    char line[1024];
    while (*text) {
        text = next_line(text, line);
        if (!strcmp(line, wanted))
            return true;
    }
    return false;
}

struct said {
    unsigned lines; /* that the run without the fault does not say */
    char text[2048];
};

static void find_said(const struct run *run, const struct run *base, struct said *said)
{
    char line[1024];
    *said = (struct said){0};
    for (const char *at = run->err; *at;) {
        const char *start = at;
        at = next_line(at, line);
        if (has_line(base->err, line))
            continue;
        said->lines++;
        const size_t len = strlen(said->text);
        snprintf(said->text + len, sizeof said->text - len, "%.*s", (int)(at - start), start);
    }
}

/* What was tried: why (what to do). */
static bool is_message(const struct said *said, const struct seam *seam)
{
    const char *why = seam->error > 0 ? strerror(seam->error) : "";
    const bool named =
        strstr(said->text, why) || (seam->error == ENOMEM && strstr(said->text, "out of memory"));
    return named && !strncmp(said->text, "stepvm: ", 8) && strchr(said->text, '(') &&
           strstr(said->text, ")\n");
}

/* ---- The judgement */

static enum judge_outcome bad(char why[512], const char *what, const char *detail)
{
    snprintf(why, 512, "%s%s%.300s", what, *detail ? ": " : "", detail);
    return JUDGE_BAD;
}

/* What no fault excuses; NULL if there is nothing. */
static const char *never(const struct run *run, const struct seam *seam)
{
    if (run->late)
        return "it did not end";
    if (strstr(run->err, "Sanitizer") || strstr(run->err, "runtime error:"))
        return "found by a sanitizer";
    if (WIFSIGNALED(run->wait_status))
        return strsignal(WTERMSIG(run->wait_status));
    if (seam->ended && seam->descriptors > 0)
        return "descriptors are open at the end";
    if (run->mode_changed && seam->kind != SEAM_tcsetattr)
        return "the terminal's mode has changed";
    /* A socket that can't be told from another's, or not removed, has to stay: the first send is
     * what asks the helper to note it. */
    const bool is_lost = seam->kind == SEAM_unlink || seam->kind == SEAM_lstat64 ||
                         (seam->kind == SEAM_send && seam->nth == 1);
    if (*run->left && !is_lost)
        return run->left;
    return NULL;
}

static enum judge_outcome went_on(const struct run *run, const struct run *base,
                                  const struct seam *seam, const struct said *said, char why[512])
{
    if (run->refused)
        return JUDGE_ANSWERED;
    if (said->lines)
        return said->lines == 1 && is_message(said, seam)
                   ? JUDGE_WARNED
                   : bad(why, "it goes on, and says", said->text);
    if (!run->scenario->varies && strcmp(run->out, base->out))
        return bad(why, "it goes on silently, and prints", run->out);
    if (!run->scenario->varies && strcmp(run->told, base->told))
        return bad(why, "it goes on silently, and tells the client", run->told);
    return JUDGE_UNNOTICED;
}

enum judge_outcome judge(const struct run *run, const struct run *base, const struct seam *seam,
                         char why[512])
{
    const char *wrong = never(run, seam);
    if (wrong)
        return bad(why, wrong, "");
    struct said said;
    find_said(run, base, &said);
    const int status = WEXITSTATUS(run->wait_status);
    if (status == 2 && strstr(said.text, "stepvm: the guest died: "))
        return JUDGE_DIED;
    if (seam->error <= SEAM_SIGNAL && status == 128 + SEAM_SIGNAL - seam->error && !said.lines)
        return JUDGE_ENDED;
    if (status == run->scenario->status && !(status == 1 && said.lines))
        return went_on(run, base, seam, &said, why);
    /* The guest makes of it what it will. */
    const bool transfer = seam->kind == SEAM_pread64 || seam->kind == SEAM_pwrite64;
    if (transfer && status > 1 && status < 128 && said.lines == 1 && is_message(&said, seam))
        return JUDGE_WARNED;
    /* Nothing more will be typed: only a signal can end it. */
    if (run->stuck && run->scenario->terminal && seam->error == SEAM_EMPTY)
        return status == 128 + SIGTERM && !said.lines ? JUDGE_UNNOTICED
                                                      : bad(why, "after an end of file", said.text);
    if (run->stuck)
        return status == 128 + SIGTERM && said.lines == 1 && is_message(&said, seam)
                   ? JUDGE_WARNED
                   : bad(why, "it did not end by itself, and said", said.text);
    if (status == 128 + SIGTERM && run->refused) /* nobody else could end it */
        return said.lines ? bad(why, "the client lost it, and it says", said.text) : JUDGE_ANSWERED;
    if (status != 1) {
        snprintf(why, 512, "exit status %d: %.300s", status, said.text);
        return JUDGE_BAD;
    }
    return said.lines == 1 && is_message(&said, seam)
               ? JUDGE_ENDED
               : bad(why, said.lines ? "said badly" : "status 1, nothing said", said.text);
}

const char *judge_base(const struct run *base, const struct seam *seam)
{
    const char *wrong = never(base, seam);
    if (wrong)
        return wrong;
    if (base->refused)
        return "a client's packet is refused without a fault";
    if (WEXITSTATUS(base->wait_status) != base->scenario->status)
        return "another exit status without a fault";
    return seam->calls > SEAM_LOG ? "too many calls for the log" : NULL;
}
