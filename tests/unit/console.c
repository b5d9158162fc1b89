/* The console on files and pipes, and its queue. */
#include "console_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

static void places_that_are_none(void)
{
    static const char *const bad[] = {"",      "stdio2", "stdi",  "file:", "file",
                                      "unix:", "unix",   "pty:x", "none:", "tcp:1234"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct console *console = (void *)1;
        struct error error = {""};
        CHECK_EQ(console_open(&console, bad[i], &error), -EINVAL);
        CHECK(console == NULL);
        CHECK(strstr(error.text, "file:PATH") != NULL);
    }
    console_close(NULL);
}

static void none_takes_everything(void)
{
    struct console *console;
    struct error error;
    struct pollfd fds[CONSOLE_FDS];
    static char much[3 * QUEUE];
    CHECK_EQ(console_open(&console, "none", &error), 0);
    CHECK_EQ(console_write(console, much, sizeof much), sizeof much);
    CHECK_EQ(console_room(console), QUEUE);
    CHECK_EQ(console_poll(console, fds, true), 1);
    console_suspend(console);
    console_resume(console);
    console_close(console);
}

static void a_file_gets_the_bytes_and_nothing_else(void)
{
    struct folder folder;
    struct console *console;
    struct error error;
    struct stat st;
    char text[64] = "";
    mode_t mask = umask(022);
    make_folder(&folder, "file:");
    for (int i = 0; i < 2; i++) { /* the second time it is there already: truncated */
        CHECK_EQ(console_open(&console, folder.where, &error), 0);
        CHECK_EQ(console_write(console, i ? "two" : "one and more", i ? 3 : 12), i ? 3 : 12);
        console_close(console);
    }
    CHECK_EQ(stat(folder.file, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0644);
    int fd = open(folder.file, O_RDONLY);
    CHECK_EQ(read(fd, text, sizeof text), 3);
    CHECK_MEM(text, "two", 3);
    close(fd);
    umask(mask);
    remove_folder(&folder);
}

static void a_file_that_cannot_be(void)
{
    struct folder folder;
    struct console *console;
    struct error error;
    make_folder(&folder, "file:");
    char where[160], expected[400];
    snprintf(where, sizeof where, "%s/deeper", folder.where);
    CHECK_EQ(console_open(&console, where, &error), -ENOENT);
    snprintf(
        expected, sizeof expected,
        "can't write the console's output to %s/deeper: No such file or directory (name a file "
        "that you may write)",
        folder.file);
    CHECK_STR(error.text, expected);
    CHECK_EQ(mkfifo(folder.file, 0600), 0); /* nobody reads: it must not wait for a reader */
    CHECK_EQ(console_open(&console, folder.where, &error), -ENXIO);
    remove_folder(&folder);
}

struct pipes {
    int in[2], out[2]; /* the console reads in[0] and writes out[1] */
    struct console *console;
};

static void open_pipes(struct pipes *p)
{
    struct error error;
    CHECK_EQ(pipe(p->in), 0);
    CHECK_EQ(pipe(p->out), 0);
    CHECK_EQ(open_with(&p->console, "stdio", p->in[0], p->out[1], -1, &error), 0);
}

static void close_pipes(struct pipes *p)
{
    console_close(p->console);
    for (int i = 0; i < 2; i++) {
        close(p->in[i]);
        close(p->out[i]);
    }
}

static void stdio_carries_both_ways(void)
{
    struct pipes p;
    struct typed typed = {.len = 0};
    char text[16];
    open_pipes(&p);
    CHECK_EQ(console_write(p.console, "login: ", 7), 7);
    CHECK_EQ(console_room(p.console), QUEUE - 7);
    settle(p.console, true, &typed);
    CHECK_EQ(console_room(p.console), QUEUE);
    CHECK_EQ(read_all(p.out[0], text, 7), 7);
    CHECK_MEM(text, "login: ", 7);
    CHECK_EQ(write(p.in[1], "root\r", 5), 5);
    wait_for_input(p.console, &typed, 5);
    CHECK_MEM(typed.bytes, "root\r", 5);
    close_pipes(&p);
}

static void shared_descriptors_stay_blocking(void)
{
    struct pipes p;
    open_pipes(&p);
    CHECK_EQ(fcntl(p.in[0], F_GETFL) & O_NONBLOCK, 0);
    CHECK_EQ(fcntl(p.out[1], F_GETFL) & O_NONBLOCK, 0);
    close_pipes(&p);
}

static void unwanted_input_waits(void)
{
    struct pipes p;
    struct typed typed = {.len = 0};
    char many[600];
    memset(many, 'x', sizeof many);
    open_pipes(&p);
    CHECK_EQ(write(p.in[1], many, sizeof many), sizeof many);
    settle(p.console, false, &typed);
    CHECK_EQ(typed.len, 0);
    turn(p.console, true, PATIENCE_MS, &typed);
    CHECK_EQ(typed.len, 256);
    wait_for_input(p.console, &typed, sizeof many);
    CHECK_EQ(typed.longest, 256);
    close_pipes(&p);
}

static void the_end_of_input_is_no_busy_loop(void)
{
    struct pipes p;
    struct typed typed = {.len = 0};
    open_pipes(&p);
    CHECK_EQ(write(p.in[1], "last", 4), 4);
    close(p.in[1]);
    settle(p.console, true, &typed);
    CHECK_EQ(typed.len, 4);
    struct pollfd fds[CONSOLE_FDS];
    CHECK_EQ(console_poll(p.console, fds, true), 1);
    p.in[1] = dup(p.in[0]);
    close_pipes(&p);
}

static void input_from_dev_null_ends_at_once(void)
{
    struct console *console;
    struct error error;
    struct typed typed = {.len = 0};
    int null = open("/dev/null", O_RDWR);
    CHECK_EQ(open_with(&console, "stdio", null, null, -1, &error), 0);
    CHECK_EQ(console_write(console, "x", 1), 1);
    settle(console, true, &typed);
    CHECK_EQ(typed.len, 0);
    CHECK_EQ(console_room(console), QUEUE);
    console_close(console);
    close(null);
}

static char pattern(size_t i)
{
    return (char)(i * 7 + i / 251);
}

static void a_reader_that_sleeps_loses_nothing(void)
{
    struct pipes p;
    struct typed typed = {.len = 0};
    static char bytes[4 * QUEUE], got[4 * QUEUE];
    size_t sent = 0, received = 0;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = pattern(i);
    open_pipes(&p);
    sent = console_write(p.console, bytes, 1000); /* so that what is written later wraps around */
    settle(p.console, false, &typed);
    for (size_t n = 1; n;) { /* until pipe and queue are full */
        n = console_write(p.console, bytes + sent, sizeof bytes - sent);
        sent += n;
        settle(p.console, false, &typed);
    }
    CHECK(sent >= QUEUE && sent < sizeof bytes);
    CHECK_EQ(console_room(p.console), 0);
    while (received < sizeof bytes) {
        size_t want = sizeof got - received < 5000 ? sizeof got - received : 5000;
        size_t n = read_all(p.out[0], got + received, want);
        received += n;
        if (n == 0)
            break;
        settle(p.console, false, &typed);
        sent += console_write(p.console, bytes + sent, sizeof bytes - sent);
        settle(p.console, false, &typed);
    }
    CHECK_EQ(received, sizeof bytes);
    CHECK_MEM(got, bytes, sizeof bytes);
    close_pipes(&p);
}

static void closing_writes_what_is_queued(void)
{
    struct pipes p;
    char text[8];
    open_pipes(&p);
    console_write(p.console, "bye", 3);
    console_close(p.console);
    p.console = NULL;
    CHECK_EQ(read_all(p.out[0], text, 3), 3);
    CHECK_MEM(text, "bye", 3);
    close_pipes(&p);
}

/* Its message on stderr goes to a pipe of ours. */
static void a_reader_that_leaves_is_told_once(void)
{
    struct pipes p;
    struct typed typed = {.len = 0};
    int err[2], saved = dup(2);
    char text[200] = "";
    signal(SIGPIPE, SIG_IGN); /* as main does */
    open_pipes(&p);
    CHECK_EQ(pipe2(err, O_NONBLOCK), 0);
    close(p.out[0]);
    dup2(err[1], 2);
    console_write(p.console, "x", 1);
    settle(p.console, false, &typed);
    CHECK_EQ(console_write(p.console, "xyz", 3), 3);
    settle(p.console, false, &typed);
    dup2(saved, 2);
    close(saved);
    CHECK_EQ(console_room(p.console), QUEUE);
    ssize_t n = read(err[0], text, sizeof text - 1);
    CHECK(n > 0);
    CHECK_STR(text,
              "stepvm: can't write the console's output: Broken pipe (the rest is dropped)\n");
    close(err[0]);
    close(err[1]);
    p.out[0] = dup(p.out[1]);
    close_pipes(&p);
}

static void stderr_is_output_only(void)
{
    struct console *console;
    struct error error;
    struct pollfd fds[CONSOLE_FDS];
    int out[2];
    char text[8];
    CHECK_EQ(pipe(out), 0);
    CHECK_EQ(open_with(&console, "stderr", -1, -1, out[1], &error), 0);
    CHECK_EQ(console_poll(console, fds, true), 1);
    console_write(console, "err", 3);
    CHECK_EQ(console_poll(console, fds, true), 2);
    console_close(console);
    CHECK_EQ(read_all(out[0], text, 3), 3);
    CHECK_MEM(text, "err", 3);
    close(out[0]);
    close(out[1]);
}

static void *write_later(void *console)
{
    for (int i = 0; i < 2000; i++)
        while (console_write(console, "0123456789", 10) != 10)
            usleep(100);
    return NULL;
}

static void output_of_another_thread_ends_the_poll(void)
{
    struct pipes p;
    struct typed typed = {.len = 0};
    pthread_t thread;
    static char got[20000];
    size_t received = 0;
    open_pipes(&p);
    pthread_create(&thread, NULL, write_later, p.console);
    while (received < sizeof got) {
        struct pollfd pollfd = {.fd = p.out[0], .events = POLLIN};
        if (!turn(p.console, true, PATIENCE_MS, &typed)) {
            check_fail(__FILE__, __LINE__, "no wake-up");
            break;
        }
        while (received < sizeof got && poll(&pollfd, 1, 0) == 1)
            received += (size_t)read(p.out[0], got + received, sizeof got - received);
    }
    pthread_join(thread, NULL);
    for (size_t i = 0; i < received; i++)
        CHECK_EQ(got[i], '0' + (int)(i % 10));
    close_pipes(&p);
}

int main(void)
{
    TEST(places_that_are_none);
    TEST(none_takes_everything);
    TEST(a_file_gets_the_bytes_and_nothing_else);
    TEST(a_file_that_cannot_be);
    TEST(stdio_carries_both_ways);
    TEST(shared_descriptors_stay_blocking);
    TEST(unwanted_input_waits);
    TEST(the_end_of_input_is_no_busy_loop);
    TEST(input_from_dev_null_ends_at_once);
    TEST(a_reader_that_sleeps_loses_nothing);
    TEST(closing_writes_what_is_queued);
    TEST(a_reader_that_leaves_is_told_once);
    TEST(stderr_is_output_only);
    TEST(output_of_another_thread_ends_the_poll);
    return check_done();
}
