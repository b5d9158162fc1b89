/* The sandbox itself: a process that has entered it, and then tries what it could not be stopped
 * from trying, each in a child of its own. */
#include "confine/confine.h"
#include "confine/file_helper.h"
#include "confine/filter.h"
#include "confine/rights.h"

#include "../check.h"
#include "temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { NO_FILTER = 99, FAILED = 98 };

static void trapped(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    confine_trapped(info);
}

static void enter(void)
{
    struct confinement confinement;
    struct error error;
    const struct confine_config config = {.trapped = trapped};
    int err = confine_rights(&error);
    if (!err)
        err = confine_calls(&confinement, &config, &error);
    if (err) {
        printf("    %s\n", error.text);
        fflush(stdout);
        _exit(err == -ENOSYS ? NO_FILTER : FAILED); /* as under valgrind */
    }
    if (strncmp(confinement.text, "on", 2))
        _exit(NO_FILTER);
}

/* The wait status of a child that enters the sandbox and then does ATTEMPT. */
static int confined(void (*attempt)(void))
{
    int status;
    fflush(stdout);
    const pid_t pid = fork();
    if (!pid) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0}); /* deaths are expected */
        if (!freopen("/dev/null", "w", stderr))
            _exit(FAILED);
        enter();
        attempt();
        _exit(0);
    }
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    return status;
}

/* Exit status 0 of a child that has done it. */
static void expect_allowed(const char *what, void (*attempt)(void))
{
    const int status = confined(attempt);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)
        SKIP("this build, or this host, has no filter");
    else if (!WIFEXITED(status) || WEXITSTATUS(status))
        check_fail(__FILE__, __LINE__, "%s: wait status 0x%x", what, (unsigned)status);
}

static void expect_death(const char *what, void (*attempt)(void))
{
    const int status = confined(attempt);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)
        SKIP("this build, or this host, has no filter");
    else if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
        check_fail(__FILE__, __LINE__, "%s: wait status 0x%x, not SIGSYS", what, (unsigned)status);
}

#define EXPECT_ALLOWED(attempt) expect_allowed(#attempt, attempt)
#define EXPECT_DEATH(attempt)   expect_death(#attempt, attempt)

/* For what is tried: _exit(1) says that it came out otherwise. */
static void must(bool condition)
{
    if (!condition)
        _exit(1);
}

/* ---- What it can't */

static void open_a_file(void)
{
    must(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    must(open("/tmp/x", O_RDWR | O_CREAT, 0600) < 0 && errno == EACCES);
    must(syscall(SYS_open, "/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
}

static void look_at_a_name(void)
{
    struct stat st;
    must(stat("/etc/passwd", &st) < 0 && errno == EACCES);
    must(unlink("/tmp/x") < 0 && errno == EACCES);
}

static void run_a_program(void)
{
    char *const arguments[] = {(char[]){"true"}, NULL};
    execv("/bin/true", arguments);
}

static void fork_a_process(void)
{
    fork();
}

static void *nothing(void *argument)
{
    return argument;
}

static void start_a_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, nothing, NULL);
}

static void make_a_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}

static void trace_another(void)
{
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void write_to_another(void)
{
    syscall(SYS_process_vm_writev, getppid(), NULL, 0, NULL, 0, 0);
}

static void kill_another(void)
{
    kill(getppid(), SIGCONT);
}

static void signal_another_thread_group(void)
{
    const pid_t parent = getppid();
    syscall(SYS_tgkill, parent, parent, SIGCONT);
}

static void map_code(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void type_for_the_user(void)
{
    ioctl(STDIN_FILENO, TIOCSTI, "x");
}

static void call_as_32_bit_code(void)
{
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory"); /* getpid */
}

static void call_as_x32(void)
{
    syscall(0x40000000 | SYS_getpid);
}

static void catch_the_trap(void)
{
    signal(SIGSYS, SIG_IGN);
}

static void loosen_the_filter(void)
{
    prctl(PR_SET_SECCOMP, 0);
}

static void opens_and_names_no_file(void)
{
    EXPECT_ALLOWED(open_a_file);
    EXPECT_ALLOWED(look_at_a_name);
}

static void runs_and_starts_nothing(void)
{
    EXPECT_DEATH(run_a_program);
    EXPECT_DEATH(fork_a_process);
    EXPECT_DEATH(start_a_thread);
    EXPECT_DEATH(make_a_socket);
}

static void leaves_other_processes_alone(void)
{
    EXPECT_DEATH(trace_another);
    EXPECT_DEATH(write_to_another);
    EXPECT_DEATH(kill_another);
    EXPECT_DEATH(signal_another_thread_group);
    EXPECT_DEATH(type_for_the_user);
}

static void makes_no_code(void)
{
    EXPECT_DEATH(map_code);
    EXPECT_DEATH(make_code);
}

static void has_no_way_round(void)
{
    EXPECT_DEATH(call_as_32_bit_code);
    EXPECT_DEATH(call_as_x32);
    EXPECT_DEATH(catch_the_trap);
    EXPECT_DEATH(loosen_the_filter);
}

/* ---- What it can */

static void work(void)
{
    for (size_t size = 1; size < 1 << 24; size *= 2) {
        void *bytes = malloc(size);
        must(bytes != NULL);
        bytes = realloc(bytes, 3 * size);
        must(bytes != NULL);
        free(bytes);
    }
    fprintf(stderr, "%s\n", strerror(EACCES));
    raise(SIGCONT);
}

static pthread_barrier_t barrier;

static void *thread_that_opens(void *result)
{
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* the other one has entered the sandbox */
    *(int *)result = open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
    void *bytes = malloc(1 << 20); /* an arena of its own */
    memset(bytes, 1, 1 << 20);
    free(bytes);
    return NULL;
}

static void still_works(void)
{
    EXPECT_ALLOWED(work);
}

/* The filter is that of the threads which are there already, too. */
static void holds_for_all_threads(void)
{
    int status;
    fflush(stdout);
    const pid_t pid = fork();
    if (!pid) {
        pthread_t thread;
        int result = -1;
        pthread_barrier_init(&barrier, NULL, 2);
        pthread_create(&thread, NULL, thread_that_opens, &result);
        pthread_barrier_wait(&barrier);
        enter();
        pthread_barrier_wait(&barrier);
        pthread_join(thread, NULL);
        _exit(result == EACCES ? 0 : 1);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)
        SKIP("this build, or this host, has no filter");
    else
        CHECK_EQ(status, 0);
}

/* A kernel, or a container, that has no seccomp: it is said, and nothing is cut off. */
static void tells_of_a_host_without_it(void)
{
    int status;
    fflush(stdout);
    const pid_t pid = fork();
    if (!pid) {
        static const struct filter_rule rules[] = {
            {.number = __NR_seccomp, .verdict = FILTER_ERRNO(ENOSYS)}};
        struct sock_filter program[FILTER_MAX];
        struct sock_fprog outer = {.filter = program};
        struct confinement confinement;
        struct error error = {""};
        const struct confine_config config = {.trapped = trapped};
        outer.len = (unsigned short)filter_build(program, rules, 1, SECCOMP_RET_ALLOW);
        if (rights_gain_none() || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &outer))
            _exit(NO_FILTER);
        const int err = confine_calls(&confinement, &config, &error);
        if (!err)
            _exit(NO_FILTER);
        _exit(err != -ENOSYS || !strstr(error.text, "seccomp: Function not implemented") ||
              strcmp(confinement.text, "no filter of system calls: Function not implemented"));
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)
        SKIP("this build, or this host, has no filter");
    else
        CHECK_EQ(status, 0);
}

/* ---- Rights */

/* The number behind KEY in /proc/self/status. */
static uint64_t status_of(const char *key, int base)
{
    char line[256];
    uint64_t value = UINT64_MAX;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key)))
            value = strtoull(line + strlen(key), NULL, base);
    if (file)
        fclose(file);
    return value;
}

static void in_a_child(void (*check)(void))
{
    int status;
    fflush(stdout);
    const pid_t pid = fork();
    if (!pid) {
        check();
        fflush(stdout);
        _exit(check_failures != 0);
    }
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK_EQ(status, 0);
}

static void check_privileges(void)
{
    struct error error;
    CHECK_EQ(confine_rights(&error), 0);
    CHECK_EQ(status_of("NoNewPrivs:", 10), 1);
    CHECK_EQ(status_of("CapInh:", 16), 0);
    CHECK_EQ(status_of("CapPrm:", 16), 0);
    CHECK_EQ(status_of("CapEff:", 16), 0);
    CHECK_EQ(status_of("CapAmb:", 16), 0);
    if (getuid() == 0)
        CHECK_EQ(status_of("CapBnd:", 16), 0);
}

static void check_kept_privilege(void)
{
    const uint64_t had = status_of("CapPrm:", 16);
    CHECK_EQ(rights_drop(1u << CAP_FOWNER), 0);
    CHECK_EQ(status_of("CapEff:", 16), had & 1u << CAP_FOWNER);
}

static void check_descriptors(void)
{
    struct error error;
    const int inherited = open("/dev/null", O_RDONLY),
              ours = open("/dev/null", O_RDONLY | O_CLOEXEC);
    CHECK_EQ(dup2(inherited, 700), 700);
    CHECK_EQ(confine_rights(&error), 0);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        CHECK(fcntl(fd, F_GETFD) >= 0);
    CHECK(fcntl(ours, F_GETFD) >= 0);
    CHECK(fcntl(inherited, F_GETFD) < 0);
    CHECK(fcntl(700, F_GETFD) < 0);
}

static void gives_up_privileges(void)
{
    in_a_child(check_privileges);
    in_a_child(check_kept_privilege);
}

static void closes_what_it_was_started_with(void)
{
    in_a_child(check_descriptors);
}

/* ---- The process that opens files */

static void helper_opens_what_it_was_told(void)
{
    struct temp_file file, other;
    struct file_helper helper;
    struct error error;
    char text[8] = "";
    temp_file(&file, "before", 6);
    temp_file(&other, "secret", 6);
    file_helper_init(&helper);
    file_helper_add(&helper, NULL, false);
    file_helper_add(&helper, file.path, false);
    file_helper_add(&helper, "/nowhere/at/all", false);
    CHECK_EQ(file_helper_start(&helper, &error), 0);
    file_helper_take_over(&helper);

    CHECK_EQ(unlink(file.path), 0); /* rebuilt: another file of that name */
    close(file.fd);
    file.fd = open(file.path, O_RDWR | O_CREAT | O_EXCL, 0600);
    CHECK_EQ(pwrite(file.fd, "after", 5, 0), 5);
    const int fd = file_helper_open(&helper, file.path);
    CHECK(fd >= 0);
    CHECK_EQ(read(fd, text, sizeof text), 5);
    CHECK_STR(text, "after");
    CHECK_EQ(write(fd, "x", 1), -1);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
    CHECK_EQ(file_helper_open(&helper, "/nowhere/at/all"), -ENOENT);
    CHECK_EQ(file_helper_open(&helper, other.path), -EACCES);
    file_helper_stop(&helper);
    temp_file_remove(&file);
    temp_file_remove(&other);
}

/* As somebody would who has taken over the process that asks. */
static void helper_refuses_nonsense(void)
{
    static const struct {
        uint32_t kind, index, turn;
    } requests[] = {
        {0, 1, 0}, {0, 2, 0}, {0, UINT32_MAX, 0}, {77, 0, 0}, {UINT32_MAX, UINT32_MAX, 0}};
    struct temp_file file;
    struct file_helper helper;
    struct error error;
    temp_file(&file, "x", 1);
    file_helper_init(&helper);
    file_helper_add(&helper, file.path, false);
    file_helper_add(&helper, "/etc/passwd", true); /* a socket's name is not opened */
    CHECK_EQ(file_helper_start(&helper, &error), 0);
    file_helper_take_over(&helper);
    for (size_t i = 0; i < COUNT(requests); i++) {
        int32_t reply[2] = {0};
        CHECK_EQ(send(helper.channel, &requests[i], sizeof requests[i], MSG_NOSIGNAL), 12);
        CHECK_EQ(recv(helper.channel, reply, sizeof reply, 0), sizeof reply);
        CHECK(reply[0] < 0);
    }
    const int fd = file_helper_open(&helper, file.path);
    CHECK(fd >= 0);
    close(fd);
    CHECK_EQ(send(helper.channel, "short", 5, MSG_NOSIGNAL), 5); /* it ends */
    CHECK_EQ(file_helper_open(&helper, file.path), -EPIPE);
    file_helper_stop(&helper);
    temp_file_remove(&file);
}

static int lowest_free(void)
{
    const int fd = dup(STDIN_FILENO);
    close(fd);
    return fd;
}

/* An answer that could not be taken is not taken for that to another question. */
static void helper_answers_in_turn(void)
{
    static const uint32_t request[] = {0 /* open */, 0, 100};
    struct temp_file files[2];
    struct file_helper helper;
    struct error error;
    char text[8] = "";
    file_helper_init(&helper);
    for (unsigned i = 0; i < 2; i++) {
        temp_file(&files[i], i ? "other" : "first", 5);
        file_helper_add(&helper, files[i].path, false);
    }
    CHECK_EQ(file_helper_start(&helper, &error), 0);
    file_helper_take_over(&helper);
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(send(helper.channel, request, sizeof request, MSG_NOSIGNAL), sizeof request);
    const int before = lowest_free(), fd = file_helper_open(&helper, files[1].path);
    CHECK_EQ(read(fd, text, sizeof text), 5);
    CHECK_STR(text, "other");
    close(fd);
    CHECK_EQ(lowest_free(), before); /* the descriptors of the others are not kept */
    file_helper_stop(&helper);
    temp_file_remove(&files[0]);
    temp_file_remove(&files[1]);
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    CHECK_EQ(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* PATH, in which the socket that the helper has noted is, or what CHANGE has made of it; nobody has
 * it open any more if it is CLOSED. */
static void end_with_socket(const char *path, bool closed, void (*change)(const char *path))
{
    struct file_helper helper;
    struct error error;
    file_helper_init(&helper);
    file_helper_add(&helper, path, true);
    file_helper_add(&helper, "/nowhere/at/all", false);
    CHECK_EQ(file_helper_start(&helper, &error), 0);
    const int fd = listen_at(path);
    file_helper_take_over(&helper);
    CHECK_EQ(file_helper_open(&helper, "/nowhere/at/all"), -ENOENT); /* it has done so */
    if (closed)
        close(fd);
    if (change)
        change(path);
    file_helper_stop(&helper);
    if (!closed)
        close(fd);
}

static void replace(const char *path)
{
    char aside[300];
    snprintf(aside, sizeof aside, "%s.aside", path); /* else the new one could get its number */
    CHECK_EQ(rename(path, aside), 0);
    close(listen_at(path));
    unlink(aside);
}

/* Its number is free for the next file, as when the one before has been killed and the next stepvm
 * is there before its helper looks. */
static void replace_by_its_number(const char *path)
{
    struct stat was, is;
    CHECK_EQ(lstat(path, &was), 0);
    do {
        CHECK_EQ(unlink(path), 0);
        close(listen_at(path));
        CHECK_EQ(lstat(path, &is), 0);
    } while (was.st_ctim.tv_sec == is.st_ctim.tv_sec && was.st_ctim.tv_nsec == is.st_ctim.tv_nsec);
}

static void replace_by_a_file(const char *path)
{
    unlink(path);
    close(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static void helper_removes_sockets(void)
{
    struct temp_file name;
    temp_file(&name, "", 0);
    unlink(name.path);
    end_with_socket(name.path, false, NULL);
    CHECK_EQ(access(name.path, F_OK), -1);
    end_with_socket(name.path, false, replace);
    CHECK_EQ(unlink(name.path), 0); /* was another's, and stayed */
    end_with_socket(name.path, true, replace_by_its_number);
    CHECK_EQ(unlink(name.path), 0);
    end_with_socket(name.path, false, replace_by_a_file);
    temp_file_remove(&name);
}

int main(void)
{
    TEST(opens_and_names_no_file);
    TEST(runs_and_starts_nothing);
    TEST(leaves_other_processes_alone);
    TEST(makes_no_code);
    TEST(has_no_way_round);
    TEST(still_works);
    TEST(holds_for_all_threads);
    TEST(tells_of_a_host_without_it);
    TEST(gives_up_privileges);
    TEST(closes_what_it_was_started_with);
    TEST(helper_opens_what_it_was_told);
    TEST(helper_refuses_nonsense);
    TEST(helper_answers_in_turn);
    TEST(helper_removes_sockets);
    return check_done();
}
