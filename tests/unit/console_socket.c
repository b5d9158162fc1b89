/* The console on a Unix socket: who may come, who waits, what is left behind. */
#include "console_fixture.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        close(fd);
        return -errno;
    }
    return fd;
}

static int listen_on(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    CHECK_EQ(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_EQ(listen(fd, 1), 0);
    return fd;
}

struct bench {
    struct folder folder;
    struct console *console;
    struct typed typed;
};

static void start(struct bench *bench)
{
    struct error error;
    *bench = (struct bench){.console = NULL};
    make_folder(&bench->folder, "unix:");
    CHECK_EQ(console_open(&bench->console, bench->folder.where, &error), 0);
}

static void stop(struct bench *bench)
{
    console_close(bench->console);
    CHECK_EQ(access(bench->folder.file, F_OK), -1); /* removed at close */
    remove_folder(&bench->folder);
}

static void check_receives(int fd, const char *text)
{
    char got[64] = "";
    size_t len = strlen(text);
    CHECK_EQ(read_all(fd, got, len), len);
    CHECK_STR(got, text);
}

static void for_its_owner_only(void)
{
    struct bench b;
    struct stat st;
    start(&b);
    CHECK_EQ(stat(b.folder.file, &st), 0);
    CHECK_EQ(st.st_mode & 07777, 0600);
    stop(&b);
}

static void a_peer_gets_what_comes_after_it(void)
{
    struct bench b;
    start(&b);
    CHECK_EQ(console_write(b.console, "unheard", 7), 7);
    settle(b.console, true, &b.typed);
    int peer = connect_to(b.folder.file);
    settle(b.console, true, &b.typed);
    console_write(b.console, "heard", 5);
    settle(b.console, true, &b.typed);
    check_receives(peer, "heard");
    CHECK_EQ(write(peer, "ls\r", 3), 3);
    wait_for_input(b.console, &b.typed, 3);
    CHECK_MEM(b.typed.bytes, "ls\r", 3);
    close(peer);
    settle(b.console, true, &b.typed);
    CHECK_EQ(console_write(b.console, "unheard", 7), 7);
    CHECK_EQ(console_room(b.console), QUEUE);
    stop(&b);
}

static void the_second_peer_waits_for_its_turn(void)
{
    struct bench b;
    start(&b);
    int first = connect_to(b.folder.file);
    settle(b.console, true, &b.typed);
    int second = connect_to(b.folder.file);
    CHECK_EQ(write(second, "B", 1), 1);
    settle(b.console, true, &b.typed);
    CHECK_EQ(b.typed.len, 0);
    CHECK_EQ(write(first, "A", 1), 1);
    close(first);
    settle(b.console, true, &b.typed);
    CHECK_EQ(b.typed.len, 2);
    CHECK_MEM(b.typed.bytes, "AB", 2);
    console_write(b.console, "hello", 5);
    settle(b.console, true, &b.typed);
    check_receives(second, "hello");
    close(second);
    stop(&b);
}

/* printf 'reboot\r' | nc -U path, while the guest's receiver is full. */
static void last_words_are_kept(void)
{
    struct bench b;
    start(&b);
    int peer = connect_to(b.folder.file);
    settle(b.console, false, &b.typed);
    CHECK_EQ(write(peer, "reboot\r", 7), 7);
    close(peer);
    console_write(b.console, "x", 1);
    settle(b.console, false, &b.typed);
    CHECK_EQ(b.typed.len, 0);
    wait_for_input(b.console, &b.typed, 7);
    CHECK_MEM(b.typed.bytes, "reboot\r", 7);
    settle(b.console, true, &b.typed);
    peer = connect_to(b.folder.file);
    settle(b.console, false, &b.typed);
    console_write(b.console, "again", 5);
    settle(b.console, false, &b.typed);
    check_receives(peer, "again");
    close(peer);
    stop(&b);
}

static void last_words_come_before_the_next_peer(void)
{
    struct bench b;
    char words[600];
    start(&b);
    memset(words, 'a', sizeof words);
    int first = connect_to(b.folder.file);
    settle(b.console, true, &b.typed);
    int second = connect_to(b.folder.file);
    CHECK_EQ(write(second, "B", 1), 1);
    CHECK_EQ(write(first, words, sizeof words), sizeof words);
    close(first);
    turn(b.console, false, 0, &b.typed); /* the hang-up is seen before the words are wanted */
    wait_for_input(b.console, &b.typed, sizeof words + 1);
    CHECK_MEM(b.typed.bytes, words, sizeof words);
    CHECK_EQ(b.typed.bytes[sizeof words], 'B');
    close(second);
    stop(&b);
}

static void who_speaks_to_the_deaf_and_leaves_blocks_nobody(void)
{
    struct bench b;
    start(&b);
    int peer = connect_to(b.folder.file);
    settle(b.console, false, &b.typed);
    CHECK_EQ(write(peer, "lost", 4), 4);
    close(peer);
    settle(b.console, false, &b.typed);
    peer = connect_to(b.folder.file);
    settle(b.console, false, &b.typed);
    console_write(b.console, "new", 3);
    settle(b.console, false, &b.typed);
    check_receives(peer, "new");
    close(peer);
    stop(&b);
}

static void one_direction_may_close_first(void)
{
    struct bench b;
    start(&b);
    int peer = connect_to(b.folder.file);
    CHECK_EQ(write(peer, "go", 2), 2);
    shutdown(peer, SHUT_WR);
    wait_for_input(b.console, &b.typed, 2);
    settle(b.console, true, &b.typed);
    console_write(b.console, "still here", 10);
    settle(b.console, true, &b.typed);
    check_receives(peer, "still here");
    close(peer);
    settle(b.console, true, &b.typed);
    peer = connect_to(b.folder.file);
    settle(b.console, true, &b.typed);
    console_write(b.console, "next", 4);
    settle(b.console, true, &b.typed);
    check_receives(peer, "next");
    close(peer);
    stop(&b);
}

/* Nothing has set SIGPIPE aside here. */
static void writing_to_who_has_left_kills_nobody(void)
{
    struct bench b;
    static char much[QUEUE];
    start(&b);
    int peer = connect_to(b.folder.file);
    settle(b.console, false, &b.typed);
    console_write(b.console, much, sizeof much);
    close(peer);
    settle(b.console, false, &b.typed);
    CHECK_EQ(console_room(b.console), QUEUE);
    stop(&b);
}

static void a_stale_socket_makes_way(void)
{
    struct folder folder;
    struct console *console;
    struct error error;
    make_folder(&folder, "unix:");
    close(listen_on(folder.file));
    CHECK_EQ(console_open(&console, folder.where, &error), 0);
    int peer = connect_to(folder.file);
    CHECK(peer >= 0);
    close(peer);
    console_close(console);
    remove_folder(&folder);
}

static void what_is_in_use_stays(void)
{
    struct folder folder;
    struct console *console;
    struct error error;
    make_folder(&folder, "unix:");
    int other = listen_on(folder.file);
    CHECK_EQ(console_open(&console, folder.where, &error), -EADDRINUSE);
    CHECK(strstr(error.text, "another process listens there") != NULL);
    CHECK_EQ(access(folder.file, F_OK), 0);
    close(other);
    unlink(folder.file);

    close(open(folder.file, O_CREAT | O_WRONLY, 0600));
    CHECK_EQ(console_open(&console, folder.where, &error), -EEXIST);
    CHECK(strstr(error.text, "a file of that name exists") != NULL);
    CHECK_EQ(access(folder.file, F_OK), 0);
    remove_folder(&folder);
}

static void only_its_own_socket_is_removed(void)
{
    struct bench b;
    start(&b);
    unlink(b.folder.file);
    close(open(b.folder.file, O_CREAT | O_WRONLY, 0600));
    console_close(b.console);
    CHECK_EQ(access(b.folder.file, F_OK), 0);
    remove_folder(&b.folder);
}

static void names_that_do_not_fit(void)
{
    struct console *console;
    struct error error;
    char where[300] = "unix:/tmp/";
    memset(where + 10, 'x', 110);
    CHECK_EQ(console_open(&console, where, &error), -ENAMETOOLONG);
    CHECK_EQ(console_open(&console, "unix:/nonexistent/it", &error), -ENOENT);
    CHECK_STR(error.text, "can't listen on the console's socket /nonexistent/it: No such file or "
                          "directory (name a place that you may write to)");
}

int main(void)
{
    TEST(for_its_owner_only);
    TEST(a_peer_gets_what_comes_after_it);
    TEST(the_second_peer_waits_for_its_turn);
    TEST(last_words_are_kept);
    TEST(last_words_come_before_the_next_peer);
    TEST(who_speaks_to_the_deaf_and_leaves_blocks_nobody);
    TEST(one_direction_may_close_first);
    TEST(writing_to_who_has_left_kills_nobody);
    TEST(a_stale_socket_makes_way);
    TEST(what_is_in_use_stays);
    TEST(only_its_own_socket_is_removed);
    TEST(names_that_do_not_fit);
    return check_done();
}
