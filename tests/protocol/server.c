/* The server on real sockets: who may connect, who is told what, and what happens when a client
 * goes away at any moment. One process: the server is polled while its clients wait. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "fake_target.h"
#include "tests/check.h"

enum { PATIENCE_MS = 60000, REST_MS = 100 /* gdbstub/transport.c */ };

struct house {
    struct fake fake;
    struct gdb_server *server;
    char dir[64], path[80], where[96];
    char why_text[256];
    struct gdb_text why;
};

static int open_at(struct house *h, const char *where)
{
    struct gdb_server_config config = {.ops = &fake_ops, .target = &h->fake, .where = where};
    gdb_text_init(&h->why, h->why_text, sizeof(h->why_text));
    return gdb_server_open(&h->server, &config, &h->why);
}

static void make_dir(struct house *h)
{
    memset(h, 0, sizeof(*h));
    fake_init(&h->fake, GDB_ARCH_I8086);
    strcpy(h->dir, "/tmp/stepvm-server-XXXXXX");
    CHECK(mkdtemp(h->dir));
    snprintf(h->path, sizeof(h->path), "%.60s/gdb", h->dir);
    snprintf(h->where, sizeof(h->where), "unix:%s", h->path);
}

static void open_house(struct house *h)
{
    make_dir(h);
    CHECK_EQ(open_at(h, h->where), 0);
}

static void close_house(struct house *h)
{
    gdb_server_close(h->server);
    CHECK_EQ(rmdir(h->dir), 0); /* the socket is gone */
}

static int call(const struct house *h)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    strcpy(addr.sun_path, h->path);
    CHECK_EQ(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
    return fd;
}

static void send_text(int fd, const char *text)
{
    CHECK_EQ(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Serves what there is to serve, until nothing is. */
static void serve(struct house *h)
{
    struct pollfd fds[GDB_SERVER_FDS];
    for (int i = 0; i < 1000; i++) {
        size_t n = gdb_server_poll(h->server, fds);
        if (poll(fds, n, 0) <= 0)
            return;
        gdb_server_dispatch(h->server, fds, n);
    }
    CHECK(!"the server comes to rest");
}

static void report(struct house *h, int signal)
{
    struct gdb_stop stop = {.code = signal, .thread = 1};
    CHECK(gdb_server_report_stop(h->server, &stop));
}

/* What FD receives until the other side has no more to say now; "<end>" at its end. */
static const char *receive(struct house *h, int fd)
{
    static char text[4096];
    size_t len = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    serve(h);
    while (poll(&wait, 1, 0) > 0) {
        ssize_t n = recv(fd, text + len, sizeof(text) - len - 8, 0);
        if (n <= 0) {
            strcpy(text + len, n ? "<error>" : "<end>");
            return text;
        }
        len += (size_t)n;
        serve(h);
    }
    text[len] = 0;
    return text;
}

/* A client that has found the target stopped. */
static int attach(struct house *h)
{
    int fd = call(h);
    int interrupts = h->fake.interrupts;
    serve(h);
    CHECK(gdb_server_attached(h->server));
    CHECK_EQ(h->fake.interrupts, interrupts + 1);
    report(h, GDB_SIGINT);
    return fd;
}

static void answers_when_the_target_has_stopped(void)
{
    struct house h;
    open_house(&h);
    struct gdb_stop stop = {.code = GDB_SIGINT, .thread = 1};
    CHECK(!gdb_server_attached(h.server));
    CHECK(!gdb_server_report_stop(h.server, &stop)); /* nobody hears it */
    int fd = call(&h);
    send_text(fd, "+$qC#b4");
    CHECK_STR(receive(&h, fd), "");
    CHECK_EQ(h.fake.interrupts, 1);
    report(&h, GDB_SIGINT);
    CHECK_STR(receive(&h, fd), "+$QC01#f5");
    close(fd);
    serve(&h);
    CHECK(!gdb_server_attached(h.server));
    CHECK_EQ(h.fake.detached, 1);
    close_house(&h);
}

static void survives_a_client_that_vanishes(void)
{
    static const char *const last_words[] = {"",
                                             "$",
                                             "$m0,4",
                                             "$m0,4#",
                                             "+$vCont;c#a8",
                                             "+$vCont;c#a8\003",
                                             "+$Z0,7c00,1#0d",
                                             "$m0,80000#8f"};
    struct house h;
    open_house(&h);
    for (size_t i = 0; i < sizeof(last_words) / sizeof(last_words[0]); i++)
        for (int read_first = 0; read_first < 2; read_first++) {
            int fd = attach(&h), detached = h.fake.detached;
            send_text(fd, last_words[i]);
            if (read_first)
                receive(&h, fd);
            close(fd);
            serve(&h);
            CHECK(!gdb_server_attached(h.server));
            CHECK_EQ(h.fake.detached, detached + 1);
        }
    int fd = call(&h); /* while the target is still asked to stop */
    close(fd);
    serve(&h);
    report(&h, GDB_SIGINT);
    serve(&h);
    CHECK(!gdb_server_attached(h.server));
    close_house(&h);
}

/* The end of what it has sent is read before all of that is served, and a stop comes for the last
 * packet. */
static void survives_one_that_vanishes_before_it_is_served(void)
{
    struct house h;
    open_house(&h);
    int fd = attach(&h);
    send_text(fd, "+$vCont;c#a8$?#3f$?#3f");
    close(fd);
    struct pollfd fds[GDB_SERVER_FDS];
    for (int packet = 0; packet < 2; packet++) {
        const size_t n = gdb_server_poll(h.server, fds);
        CHECK_EQ(poll(fds, n, 0), 1);
        gdb_server_dispatch(h.server, fds, n);
        CHECK(gdb_server_attached(h.server));
    }
    report(&h, GDB_SIGTRAP);
    serve(&h);
    CHECK(!gdb_server_attached(h.server));
    CHECK_EQ(h.fake.detached, 1);
    close_house(&h);
}

static void tells_a_second_client_why(void)
{
    struct house h;
    open_house(&h);
    int first = attach(&h);
    int second = call(&h);
    CHECK_STR(receive(&h, second),
              "+$E.another debugger is connected (end its session first)#1c<end>");
    int third = call(&h); /* the last one still holds the line */
    send_text(third, "+$qSupported#37");
    CHECK(strstr(receive(&h, third), "another debugger"));
    send_text(first, "$qC#b4");
    CHECK_STR(receive(&h, first), "+$QC01#f5");
    CHECK_EQ(h.fake.interrupts, 1);
    close(first);
    serve(&h);
    close(second);
    close(third);
    int again = attach(&h);
    send_text(again, "$qC#b4");
    CHECK_STR(receive(&h, again), "+$QC01#f5");
    close(again);
    close_house(&h);
}

static void cuts_off_a_refused_client_that_talks_on(void)
{
    struct house h;
    open_house(&h);
    int first = attach(&h), second = call(&h);
    char junk[8192] = "";
    serve(&h);
    ssize_t n = 0;
    for (int i = 0; i < 100 && n >= 0; i++) {
        n = send(second, junk, sizeof(junk), MSG_NOSIGNAL);
        serve(&h);
    }
    CHECK_EQ(n, -1);
    CHECK_EQ(errno, EPIPE);
    CHECK(gdb_server_attached(h.server));
    close(first);
    close(second);
    close_house(&h);
}

static void hears_an_interrupt(void)
{
    struct house h;
    open_house(&h);
    int fd = attach(&h);
    send_text(fd, "+$vCont;c#a8");
    CHECK_STR(receive(&h, fd), "+");
    CHECK(h.fake.running);
    send_text(fd, "\003");
    serve(&h);
    CHECK_EQ(h.fake.interrupts, 2);
    report(&h, GDB_SIGINT);
    CHECK(strstr(receive(&h, fd), "$T02thread:01;"));
    close(fd);
    close_house(&h);
}

static void closes_after_the_last_word(void)
{
    struct house h;
    open_house(&h);
    int fd = attach(&h);
    send_text(fd, "$D#44");
    CHECK_STR(receive(&h, fd), "+$OK#9a<end>");
    CHECK_EQ(h.fake.detached, 1);
    CHECK(!gdb_server_attached(h.server));
    close(fd);

    fd = attach(&h); /* and another comes */
    send_text(fd, "$c#63");
    CHECK_STR(receive(&h, fd), "+");
    send_text(fd, "+"); /* there is nothing to acknowledge */
    serve(&h);
    struct gdb_stop end = {.kind = GDB_STOP_EXITED, .code = 3, .message = "bye"};
    CHECK(gdb_server_report_stop(h.server, &end));
    CHECK_STR(receive(&h, fd), "$O627965#92"); /* the end waits for the ack of the text */
    CHECK(gdb_server_attached(h.server));
    send_text(fd, "+");
    CHECK_STR(receive(&h, fd), "$O0a#e0");
    send_text(fd, "+");
    CHECK_STR(receive(&h, fd), "$W03#ba<end>");
    CHECK(!gdb_server_attached(h.server));
    CHECK_EQ(h.fake.detached, 1);
    close(fd);

    fd = attach(&h);
    send_text(fd, "$k#6b");
    CHECK_STR(receive(&h, fd), "+<end>");
    CHECK_EQ(h.fake.killed, 1);
    CHECK_EQ(h.fake.detached, 1);
    close(fd);
    close_house(&h);
}

/* In extended mode the client may start again what has ended; whoever it leaves ends. */
static void holds_what_has_ended(void)
{
    struct house h;
    struct gdb_stop end = {.kind = GDB_STOP_EXITED, .code = 3};
    open_house(&h);
    int fd = attach(&h);
    send_text(fd, "$!#21");
    CHECK_STR(receive(&h, fd), "+$OK#9a");
    CHECK(!gdb_server_holds_ended(h.server));
    send_text(fd, "+$c#63");
    CHECK_STR(receive(&h, fd), "+");
    CHECK(gdb_server_report_stop(h.server, &end));
    CHECK_STR(receive(&h, fd), "$W03#ba");
    CHECK(gdb_server_holds_ended(h.server));
    CHECK(gdb_server_attached(h.server));
    send_text(fd, "+$R00#b2");
    CHECK_STR(receive(&h, fd), "+");
    CHECK(!gdb_server_holds_ended(h.server));
    CHECK_EQ(h.fake.restarted, 1);
    send_text(fd, "$k#6b");
    CHECK_STR(receive(&h, fd), "+");
    CHECK(gdb_server_holds_ended(h.server));
    CHECK_EQ(h.fake.killed, 0);
    close(fd);
    serve(&h);
    CHECK(!gdb_server_holds_ended(h.server));
    CHECK(!gdb_server_attached(h.server));
    CHECK_EQ(h.fake.killed, 1);
    CHECK_EQ(h.fake.detached, 0);

    fd = attach(&h); /* detached from, it is on its own: the client stays, and hears nothing */
    send_text(fd, "$!#21+$D#44");
    CHECK_STR(receive(&h, fd), "+$OK#9a+$OK#9a");
    CHECK(!gdb_server_holds_ended(h.server));
    CHECK(!gdb_server_report_stop(h.server, &end));
    CHECK(gdb_server_attached(h.server));
    close(fd);
    close_house(&h);
}

/* A client that asks for megabytes and does not read them: nothing blocks, memory stays bounded,
 * and once it reads it gets every reply. */
static void waits_for_a_client_that_does_not_read(void)
{
    struct house h;
    open_house(&h);
    int fd = attach(&h);
    send_text(fd, "$QStartNoAckMode#b0");
    CHECK_STR(receive(&h, fd), "+$OK#9a");
    send_text(fd, "+");
    memset(h.fake.memory, 0, sizeof(h.fake.memory));
    for (size_t i = 0; i < sizeof(h.fake.memory); i++)
        h.fake.memory[i] = (uint8_t)(i * 31); /* no runs */
    unsigned asked = 0, got = 0;
    while (asked < 500 && send(fd, "$m0,10000#1a", 12, MSG_NOSIGNAL) == 12) {
        asked++;
        serve(&h);
    }
    CHECK(asked > 10);
    static char buf[65536];
    for (int idle = 0; got < asked && idle < 1000; idle++) {
        ssize_t n = recv(fd, buf, sizeof(buf), 0);
        for (ssize_t i = 0; i < n; i++)
            got += buf[i] == '#';
        if (n > 0)
            idle = 0;
        serve(&h);
    }
    CHECK_EQ(got, asked);
    close(fd);
    close_house(&h);
}

/* True while there are bytes that the client does not take. */
static bool is_stuck(struct house *h)
{
    struct pollfd fds[GDB_SERVER_FDS];
    size_t n = gdb_server_poll(h->server, fds);
    for (size_t i = 0; i < n; i++)
        if (fds[i].events & POLLOUT)
            return true;
    return false;
}

/* Who has detached and has not yet read that it is so hears of no stop: somebody else must see to
 * it. */
static void a_client_that_has_detached_hears_nothing(void)
{
    struct house h;
    struct gdb_stop stop = {.code = GDB_SIGSEGV, .thread = 1};
    open_house(&h);
    int fd = attach(&h);
    send_text(fd, "$QStartNoAckMode#b0");
    CHECK_STR(receive(&h, fd), "+$OK#9a");
    send_text(fd, "+");
    for (size_t i = 0; i < sizeof(h.fake.memory); i++)
        h.fake.memory[i] = (uint8_t)(i * 31); /* no runs */
    for (int i = 0; i < 5000 && !is_stuck(&h); i++) {
        send_text(fd, "$m0,200#bf");
        serve(&h);
    }
    CHECK(is_stuck(&h));
    send_text(fd, "$D#44");
    serve(&h);
    CHECK_EQ(h.fake.detached, 1);
    CHECK(gdb_server_attached(h.server));
    CHECK(!gdb_server_report_stop(h.server, &stop));
    close(fd);
    serve(&h);
    CHECK(!gdb_server_attached(h.server));
    close_house(&h);
}

static void turn(struct house *h)
{
    struct pollfd fds[GDB_SERVER_FDS];
    size_t n = gdb_server_poll(h->server, fds);
    CHECK(poll(fds, n, 0) > 0);
    gdb_server_dispatch(h->server, fds, n);
}

/* The poll loop has others to serve, whatever a client sends at once; it all counts, though. */
static void serves_one_packet_a_turn(void)
{
    struct house h;
    char text[64] = "";
    open_house(&h);
    int fd = attach(&h);
    send_text(fd, "+$qC#b4+$qAttached#8f+$qC#b4");
    turn(&h);
    CHECK(recv(fd, text, sizeof(text) - 1, 0) > 0);
    CHECK_STR(text, "+$QC01#f5");
    CHECK_STR(receive(&h, fd), "+$1#31+$QC01#f5");
    send_text(fd, "+$Z0,7c00,1#0d$Z0,7c01,1#0e$Z0,7c02,1#0f$k#6b");
    close(fd);
    turn(&h);
    CHECK(gdb_server_attached(h.server));
    serve(&h);
    CHECK(!gdb_server_attached(h.server));
    CHECK_STR(h.fake.log, "insert 0 7c00 1\ninsert 0 7c01 1\ninsert 0 7c02 1\n");
    CHECK_EQ(h.fake.killed, 1);
    close_house(&h);
}

/* A client may have left its last bytes unread; who comes right after it is not refused. */
static void comes_as_another_goes(void)
{
    struct house h;
    open_house(&h);
    int first = attach(&h);
    send_text(first, "+");
    close(first);
    int second = call(&h);
    serve(&h);
    CHECK_EQ(h.fake.detached, 1);
    report(&h, GDB_SIGINT);
    send_text(second, "$qC#b4");
    CHECK_STR(receive(&h, second), "+$QC01#f5");
    close(second);
    serve(&h);
    close_house(&h);
}

static void guards_its_socket(void)
{
    struct house h, other;
    struct stat st;
    mode_t mask = umask(0);
    open_house(&h);
    umask(mask);
    CHECK_EQ(stat(h.path, &st), 0);
    CHECK_EQ(st.st_mode & 0777, 0600);
    CHECK_STR(gdb_server_address(h.server), h.path);
    other = h;
    CHECK_EQ(open_at(&other, h.where), -EADDRINUSE); /* one listens there */
    CHECK(!other.server);
    CHECK(strstr(other.why_text, "another program listens there"));
    CHECK_EQ(stat(h.path, &st), 0);
    close_house(&h);
}

static void replaces_a_stale_socket_only(void)
{
    struct house h;
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    make_dir(&h);
    strcpy(addr.sun_path, h.path);
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_EQ(bind(stale, (struct sockaddr *)&addr, sizeof(addr)), 0);
    close(stale);
    CHECK_EQ(open_at(&h, h.where), 0);
    gdb_server_close(h.server);

    int file = open(h.path, O_CREAT | O_WRONLY, 0600);
    close(file);
    CHECK_EQ(open_at(&h, h.where), -EEXIST);
    CHECK(strstr(h.why_text, "it is no socket"));
    CHECK_EQ(unlink(h.path), 0);
    CHECK_EQ(rmdir(h.dir), 0);
}

static void listens_on_loopback(void)
{
    static const char *const places[] = {":0", "127.0.0.1:0", "localhost:0"};
    struct house h;
    make_dir(&h);
    for (size_t i = 0; i < 3; i++) {
        unsigned port = 0;
        CHECK_EQ(open_at(&h, places[i]), 0);
        if (!h.server) {
            check_fail(__FILE__, __LINE__, "%s: %s", places[i], h.why_text);
            continue;
        }
        if (sscanf(gdb_server_address(h.server), "127.0.0.1:%u", &port) == 1) {
            struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
            addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            CHECK_EQ(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
            struct pollfd fds[GDB_SERVER_FDS];
            size_t n = gdb_server_poll(h.server, fds);
            CHECK_EQ(poll(fds, n, PATIENCE_MS), 1);
            gdb_server_dispatch(h.server, fds, n);
            CHECK(gdb_server_attached(h.server));
            close(fd);
        } else {
            CHECK(i == 2); /* localhost may be ::1 */
        }
        gdb_server_close(h.server);
    }
    CHECK_EQ(rmdir(h.dir), 0);
}

static void explains_a_bad_place(void)
{
    static const char *const places[] = {"",
                                         "1234",
                                         "host:",
                                         "127.0.0.1:x",
                                         "127.0.0.1:99999",
                                         ":-1",
                                         "::1:1234",
                                         "unix:",
                                         "unix:/nonexistent/folder/socket"};
    struct house h;
    make_dir(&h);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        CHECK(open_at(&h, places[i]) < 0);
        CHECK(!h.server);
        CHECK(strstr(h.why_text, "cannot listen for gdb at "));
        CHECK(strchr(h.why_text, '('));
    }
    CHECK_EQ(open_at(&h, ":0"), 0);
    char taken[64];
    snprintf(taken, sizeof(taken), "%s", gdb_server_address(h.server));
    struct gdb_server *first = h.server;
    CHECK_EQ(open_at(&h, taken), -EADDRINUSE);
    CHECK(strstr(h.why_text, "choose another port"));
    gdb_server_close(first);
    CHECK_EQ(rmdir(h.dir), 0);
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* With no descriptor left who comes is turned away; with not even one for that he waits, and poll
 * does not report him again and again. */
static void rests_when_nobody_can_be_accepted(void)
{
    struct house h;
    struct rlimit was, low;
    const int first = dup(0); /* the listener's; the next is held back for turning away */
    close(first);
    open_house(&h);
    int away = call(&h), waiting = call(&h);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &was), 0);
    CHECK_EQ(gdb_server_timeout(h.server), -1);
    low = (struct rlimit){.rlim_cur = (rlim_t)first + 2, .rlim_max = was.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    turn(&h);
    low.rlim_cur = (rlim_t)first + 1;
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
    const long before = now_ms();
    serve(&h);
    const int timeout = gdb_server_timeout(h.server);
    CHECK(timeout > 0 || now_ms() - before >= REST_MS); /* or so late that the rest is over */
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &was), 0);
    CHECK(!gdb_server_attached(h.server));
    CHECK_STR(receive(&h, away), "<end>");
    for (int i = 0; i < PATIENCE_MS && gdb_server_timeout(h.server) > 0; i++)
        usleep(1000);
    serve(&h);
    CHECK(gdb_server_attached(h.server));
    close(away);
    close(waiting);
    close_house(&h);
}

/* Stdin and stdout are ours for the time of a test: pipes, as behind gdb's `target remote |`. */
static void speaks_on_stdio(void)
{
    struct house h;
    int in[2], out[2], saved_in = dup(0), saved_out = dup(1);
    char text[64] = "";
    make_dir(&h);
    rmdir(h.dir);
    CHECK_EQ(pipe(in) | pipe(out), 0);
    fflush(stdout);
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[0]);
    close(out[1]);
    int opened = open_at(&h, "-");
    bool attached = gdb_server_attached(h.server);
    serve(&h);
    int early = h.fake.interrupts;
    ssize_t wrote = write(in[1], "+$qC#b4", 7);
    serve(&h);
    int asked = h.fake.interrupts;
    struct gdb_stop stop = {.code = GDB_SIGINT, .thread = 1};
    gdb_server_report_stop(h.server, &stop);
    serve(&h);
    ssize_t n = read(out[0], text, sizeof(text) - 1);
    close(out[0]); /* from here on writing to it would raise SIGPIPE */
    wrote += write(in[1], "$qC#b4", 6);
    serve(&h);
    bool still = gdb_server_attached(h.server);
    close(in[1]);
    serve(&h);
    bool finished = gdb_server_finished(h.server), left = !gdb_server_attached(h.server);
    gdb_server_close(h.server);
    dup2(saved_in, 0);
    dup2(saved_out, 1);
    close(saved_in);
    close(saved_out);
    CHECK_EQ(opened, 0);
    CHECK(attached);
    CHECK_EQ(early, 0); /* the client comes with its first byte */
    CHECK_EQ(asked, 1);
    CHECK_EQ(wrote, 13);
    CHECK_EQ(n, 9);
    CHECK_STR(text, "+$QC01#f5");
    CHECK(still);
    CHECK(finished);
    CHECK(left);
    CHECK_EQ(h.fake.detached, 1);
}

int main(void)
{
    TEST(answers_when_the_target_has_stopped);
    TEST(survives_a_client_that_vanishes);
    TEST(survives_one_that_vanishes_before_it_is_served);
    TEST(tells_a_second_client_why);
    TEST(cuts_off_a_refused_client_that_talks_on);
    TEST(hears_an_interrupt);
    TEST(closes_after_the_last_word);
    TEST(holds_what_has_ended);
    TEST(waits_for_a_client_that_does_not_read);
    TEST(a_client_that_has_detached_hears_nothing);
    TEST(serves_one_packet_a_turn);
    TEST(comes_as_another_goes);
    TEST(rests_when_nobody_can_be_accepted);
    TEST(guards_its_socket);
    TEST(replaces_a_stale_socket_only);
    TEST(listens_on_loopback);
    TEST(explains_a_bad_place);
    TEST(speaks_on_stdio);
    return check_done();
}
