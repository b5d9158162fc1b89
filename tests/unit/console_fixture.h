/* What the console's tests share: a folder of their own, a loop that polls, redirected standard
 * descriptors. Waiting is for a thing to happen, with an end far beyond what it takes. */
#ifndef TESTS_CONSOLE_FIXTURE_H
#define TESTS_CONSOLE_FIXTURE_H

#include "vmm/console/console.h"

#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define QUEUE       65536u

/* What console_dispatch has handed over. */
struct typed {
    char bytes[4096];
    size_t len, longest;
};

__attribute__((unused)) static void take_input(void *context, const uint8_t *bytes, size_t len)
{
    struct typed *typed = context;
    if (len > sizeof typed->bytes - typed->len)
        len = sizeof typed->bytes - typed->len;
    memcpy(typed->bytes + typed->len, bytes, len);
    typed->len += len;
    if (len > typed->longest)
        typed->longest = len;
}

/* One turn of a poll loop; true if there was something to do within TIMEOUT ms. */
__attribute__((unused)) static bool turn(struct console *console, bool want_input, int timeout,
                                         struct typed *typed)
{
    struct pollfd fds[CONSOLE_FDS];
    size_t n = console_poll(console, fds, want_input);
    int found = poll(fds, n, timeout);
    console_dispatch(console, fds, n, take_input, typed);
    return found > 0;
}

/* Turns until nothing is left to do at once. Not ending is a busy loop: it is cut and reported. */
__attribute__((unused)) static void settle(struct console *console, bool want_input,
                                           struct typed *typed)
{
    for (int i = 0; i < 1000; i++)
        if (!turn(console, want_input, 0, typed))
            return;
    check_fail(__FILE__, __LINE__, "the console always finds something to do: a busy loop");
}

/* Turns until LEN bytes of input have come. */
__attribute__((unused)) static void wait_for_input(struct console *console, struct typed *typed,
                                                   size_t len)
{
    while (typed->len < len)
        if (!turn(console, true, PATIENCE_MS, typed)) {
            check_fail(__FILE__, __LINE__, "expected %zu bytes of input, got %zu", len, typed->len);
            return;
        }
}

/* Reads exactly LEN bytes (fewer at the end of file). */
__attribute__((unused)) static size_t read_all(int fd, void *buf, size_t len)
{
    size_t done = 0;
    while (done < len) {
        struct pollfd pollfd = {.fd = fd, .events = POLLIN};
        if (poll(&pollfd, 1, PATIENCE_MS) != 1)
            break;
        ssize_t n = read(fd, (char *)buf + done, len - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

/* Opens a console while 0, 1 and 2 are other descriptors (-1: as they are). */
__attribute__((unused)) static int open_with(struct console **console, const char *where, int in,
                                             int out, int err, struct error *error)
{
    const int replacement[3] = {in, out, err};
    int saved[3];
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
        if (replacement[i] >= 0)
            dup2(replacement[i], i);
    }
    int result = console_open(console, where, error);
    fflush(NULL);
    for (int i = 0; i < 3; i++) {
        dup2(saved[i], i);
        close(saved[i]);
    }
    return result;
}

struct folder {
    char path[64];
    char file[96]; /* a name in it */
    char where[112];
};

__attribute__((unused)) static void make_folder(struct folder *folder, const char *prefix)
{
    strcpy(folder->path, "/tmp/stepvm-console-XXXXXX");
    CHECK(mkdtemp(folder->path) != NULL);
    snprintf(folder->file, sizeof folder->file, "%s/it", folder->path);
    snprintf(folder->where, sizeof folder->where, "%s%s", prefix, folder->file);
}

__attribute__((unused)) static void remove_folder(struct folder *folder)
{
    unlink(folder->file);
    CHECK_EQ(rmdir(folder->path), 0);
}

#endif
