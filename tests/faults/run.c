#include "run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long run_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *run_path(const struct run *run, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", run->setup->dir, name);
    return path;
}

/* The word with its folders' names put in. */
static char *expand(const struct setup *setup, const char *word)
{
    char text[1024] = "";
    for (size_t n = 0; *word && n < sizeof text - 1; word++, n = strlen(text)) {
        const char one[2] = {*word, 0};
        const char *piece = *word == '%'   ? setup->guests
                            : *word == '&' ? setup->inputs
                            : *word == '^' ? setup->dir
                                           : one;
        snprintf(text + n, sizeof text - n, "%s", piece);
    }
    return strdup(text);
}

static void redirect(const char *path, int flags, int to)
{
    const int fd = open(path, flags, 0600);
    if (fd < 0 || dup2(fd, to) < 0)
        _exit(98);
    close(fd);
}

static void be_the_program(const struct run *run)
{
    const struct setup *setup = run->setup;
    char *argv[RUN_ARGS + 2], path[256], number[16];
    size_t n = 0;
    argv[n++] = expand(setup, setup->program);
    for (const char *const *word = run->scenario->args; *word; word++)
        argv[n++] = expand(setup, *word);
    argv[n] = NULL;
    setsid();
    if (run->slave >= 0) {
        ioctl(run->slave, TIOCSCTTY, 0);
        dup2(run->slave, 0);
        dup2(run->slave, 1);
    } else {
        redirect("/dev/null", O_RDONLY, 0);
        redirect(run_path(run, "out", path), O_WRONLY | O_CREAT | O_TRUNC, 1);
    }
    redirect(run_path(run, "err", path), O_WRONLY | O_CREAT | O_TRUNC, 2);
    /* stepvm closes what it inherits, which would make up for a descriptor that it leaves open. */
    close_range(3, (unsigned)setup->seam_fd - 1, 0);
    close_range((unsigned)setup->seam_fd + 1, ~0U, 0);
    snprintf(number, sizeof number, "%d", setup->seam_fd);
    setenv(SEAM_VARIABLE, number, 1);
    setenv("TMPDIR", setup->dir, 1);
    signal(SIGPIPE, SIG_DFL);
    execv(argv[0], argv);
    _exit(97);
}

static void open_terminal(struct run *run)
{
    const struct winsize size = {.ws_row = 30, .ws_col = 90};
    run->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    grantpt(run->master);
    unlockpt(run->master);
    run->slave = open(ptsname(run->master), O_RDWR | O_NOCTTY);
    ioctl(run->slave, TIOCSWINSZ, &size);
}

/* What has come to the terminal is kept as far as there is room. */
static void drain(struct run *run)
{
    char bytes[4096];
    ssize_t n;
    while (run->master >= 0 && (n = read(run->master, bytes, sizeof bytes)) > 0) {
        const size_t len = strlen(run->out), room = RUN_TEXT - 1 - len;
        for (ssize_t i = 0; i < n; i++)
            if (!bytes[i])
                bytes[i] = ' ';
        memcpy(run->out + len, bytes, (size_t)n < room ? (size_t)n : room);
    }
}

void run_type(const struct run *run, const char *text)
{
    (void)!write(run->master, text, strlen(text));
}

bool run_goes_on(struct run *run)
{
    const struct timespec moment = {.tv_nsec = 500000};
    drain(run);
    if (!run->ended && waitpid(run->pid, &run->wait_status, WNOHANG) == run->pid)
        run->ended = true;
    if (!run->ended && run_now_ms() > run->deadline_ms)
        run->late = true;
    if (run->ended || run->late)
        return false;
    nanosleep(&moment, NULL);
    return true;
}

static void read_text(const struct run *run, const char *name, char text[RUN_TEXT])
{
    char path[256];
    FILE *file = fopen(run_path(run, name, path), "r");
    size_t n = file ? fread(text, 1, RUN_TEXT - 1, file) : 0;
    for (size_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = ' ';
    text[n] = 0;
    if (file)
        fclose(file);
}

static bool is_kept(const struct scenario *scenario, const char *name)
{
    const char *found = scenario->keeps ? strstr(scenario->keeps, name) : NULL;
    return found || !strcmp(name, "out") || !strcmp(name, "err");
}

/* Notes what the run has left that it should not, and removes all. */
static void clean(struct run *run)
{
    char path[512];
    DIR *dir = opendir(run->setup->dir);
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        if (!is_kept(run->scenario, entry->d_name))
            snprintf(run->left, sizeof run->left, "%.200s", entry->d_name);
        snprintf(path, sizeof path, "%s/%.200s", run->setup->dir, entry->d_name);
        unlink(path);
    }
    if (dir)
        closedir(dir);
}

static bool same_mode(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && !memcmp(a->c_cc, b->c_cc, sizeof a->c_cc);
}

void run_once(struct run *run, const struct setup *setup, const struct scenario *scenario,
              const struct seam *fault)
{
    struct termios before = {0}, after = {0};
    *run = (struct run){.setup = setup, .scenario = scenario, .master = -1, .slave = -1};
    struct seam *seam = setup->seam;
    seam->kind = fault->kind, seam->request = fault->request, seam->nth = fault->nth;
    seam->error = fault->error, seam->always = fault->always;
    seam->helper = scenario->helper;
    seam->hits = seam->calls = 0;
    seam->descriptors = 0, seam->ended = false;
    if (scenario->terminal) {
        open_terminal(run);
        tcgetattr(run->slave, &before);
    }
    run->deadline_ms = run_now_ms() + setup->patience_ms;
    run->pid = fork();
    if (!run->pid)
        be_the_program(run);
    if (scenario->talk)
        scenario->talk(run);
    while (run_goes_on(run))
        ;
    if (!run->ended) { /* a guest may wait for what will never come: a signal ends it */
        run->late = false, run->stuck = true;
        run->deadline_ms += setup->patience_ms;
        kill(run->pid, SIGTERM);
    }
    while (run_goes_on(run))
        ;
    if (!run->ended) {
        kill(run->pid, SIGKILL);
        waitpid(run->pid, &run->wait_status, 0);
    }
    if (scenario->terminal) {
        drain(run);
        tcgetattr(run->slave, &after);
        run->mode_changed = !same_mode(&before, &after);
        close(run->slave);
        close(run->master);
    } else {
        read_text(run, "out", run->out);
    }
    read_text(run, "err", run->err);
    clean(run);
}
