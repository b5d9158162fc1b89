/* The stub under the real gdb: it must take each description without a warning, show the registers
 * by name, write them back, and follow a change of architecture. The target is the fake one. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_target.h"
#include "tests/check.h"

enum { ARGS = 64, TIMEOUT_MS = 180000 };

struct debugger {
    struct fake fake;
    char dir[64], where[80];
    struct gdb_server *server;
    uint64_t end;        /* where a continue without a breakpoint stops */
    const char *connect; /* gdb's command for it */
    bool non_stop;       /* gdb's mode */
    bool others_wait;    /* all CPUs but the first wait to be started */
    char output[64 * 1024];
};

static bool have_gdb(void)
{
    return system("gdb --version >/dev/null 2>&1") == 0;
}

static void open_server(struct debugger *d, enum gdb_arch arch)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    memset(d, 0, sizeof(*d));
    fake_init(&d->fake, arch);
    d->end = 0x7cff;
    d->connect = "target remote";
    strcpy(d->dir, "/tmp/stepvm-gdb-XXXXXX");
    CHECK(mkdtemp(d->dir));
    snprintf(d->where, sizeof(d->where), "unix:%s/gdb", d->dir);
    struct gdb_server_config config = {.ops = &fake_ops, .target = &d->fake, .where = d->where};
    CHECK_EQ(gdb_server_open(&d->server, &config, &why), 0);
    CHECK_STR(why.buf, "");
}

static void close_server(struct debugger *d)
{
    gdb_server_close(d->server);
    CHECK_EQ(rmdir(d->dir), 0); /* the socket is gone, too */
}

/* The commands for a gdb whose user waits for the prompt: with -ex it hears of nothing but what the
 * command itself waits for. */
static FILE *commands_file(const struct debugger *d, const char *connect,
                           const char *const *commands)
{
    FILE *file = tmpfile();
    CHECK(file);
    fprintf(file, "set non-stop on\n%s\n", connect);
    for (unsigned i = 0; i < 2 * d->fake.threads; i++)
        fprintf(file, "echo\n"); /* one prompt for each that has stopped */
    for (; *commands; commands++)
        fprintf(file, "%s\n", *commands);
    rewind(file);
    return file;
}

static void exec_gdb(const char *const *args, int in, int out)
{
    char *const *argv = (char *const *)(uintptr_t)args;
    if (in >= 0)
        dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    execvp("gdb", argv);
    _exit(127);
}

/* Starts gdb with COMMANDS (a NULL after the last) once it has connected; its output can be read
 * from *FD. */
static pid_t start_gdb(const struct debugger *d, const char *const *commands, int *fd)
{
    const char *args[ARGS] = {"gdb",
                              "-nx",
                              "-q",
                              "-iex",
                              "set debuginfod enabled off",
                              "-iex",
                              "set confirm off",
                              "-iex",
                              "set remotetimeout 180",
                              "-iex",
                              "set prompt"};
    char connect[128];
    size_t n = 11;
    int pipes[2];
    FILE *input = NULL;
    snprintf(connect, sizeof(connect), "%s %s", d->connect, d->where + 5);
    if (d->non_stop)
        input = commands_file(d, connect, commands);
    else
        args[n++] = "-batch", args[n++] = "-ex", args[n++] = connect;
    for (; !input && *commands && n < ARGS - 3; commands++) {
        args[n++] = "-ex";
        args[n++] = *commands;
    }
    if (pipe2(pipes, O_CLOEXEC))
        return -1;
    pid_t pid = fork();
    if (!pid)
        exec_gdb(args, input ? fileno(input) : -1, pipes[1]);
    if (input)
        fclose(input);
    close(pipes[1]);
    *fd = pipes[0];
    return pid;
}

static void report(struct debugger *d, int thread, int code, enum gdb_stop_reason reason)
{
    struct gdb_stop stop = {.code = code, .thread = thread, .reason = reason};
    d->fake.runs[thread - 1] = d->fake.asked[thread - 1] = false;
    gdb_server_report_stop(d->server, &stop);
}

/* What a CPU does in non-stop mode: it goes round from 0x7c00 to the end. */
static void run_thread(struct debugger *d, int thread)
{
    struct gdb_x86_regs *regs = &d->fake.regs[thread - 1];
    bool steps = d->fake.steps[thread - 1];
    int hit = -1;
    for (int i = 0; hit < 0 && i < 512 && !(steps && i); i++) {
        regs->pc = regs->pc < d->end ? regs->pc + 1 : 0x7c00;
        hit = fake_breakpoint_at(&d->fake, regs->pc);
    }
    if (steps)
        report(d, thread, GDB_SIGTRAP, GDB_REASON_NONE);
    else if (hit >= 0)
        report(d, thread, GDB_SIGTRAP, GDB_REASON_SWBREAK);
    else if (d->fake.asked[thread - 1])
        report(d, thread, 0, GDB_REASON_NONE);
}

static void run_threads(struct debugger *d)
{
    for (int thread = 1; (size_t)thread <= d->fake.threads; thread++)
        if (d->fake.runs[thread - 1] && (thread == 1 || !d->others_wait))
            run_thread(d, thread);
}

/* What the machine does between two polls: it answers interrupts and runs what was resumed. */
static void run_target(struct debugger *d, int *interrupts)
{
    struct gdb_stop interrupted = {.code = GDB_SIGINT, .thread = 1};
    if (d->fake.non_stop) {
        run_threads(d);
    } else if (d->fake.interrupts != *interrupts) {
        *interrupts = d->fake.interrupts;
        d->fake.running = false;
        gdb_server_report_stop(d->server, &interrupted);
    } else if (d->fake.running && gdb_server_attached(d->server)) {
        struct gdb_stop stop = fake_run(&d->fake, d->end);
        gdb_server_report_stop(d->server, &stop);
    }
}

/* Runs gdb with COMMANDS to its end; what it printed is in d->output. */
static void gdb(struct debugger *d, const char *const *commands)
{
    int out, interrupts = d->fake.interrupts;
    size_t len = 0;
    pid_t pid = start_gdb(d, commands, &out);
    for (bool done = false; !done;) {
        struct pollfd fds[GDB_SERVER_FDS + 1];
        size_t n = gdb_server_poll(d->server, fds);
        fds[n] = (struct pollfd){.fd = out, .events = POLLIN};
        if (poll(fds, n + 1, TIMEOUT_MS) <= 0) {
            CHECK(!"gdb answers within a minute");
            kill(pid, SIGKILL);
            break;
        }
        gdb_server_dispatch(d->server, fds, n);
        run_target(d, &interrupts);
        if (fds[n].revents) {
            ssize_t got = read(out, d->output + len, sizeof(d->output) - 1 - len);
            done = got <= 0;
            len += got > 0 ? (size_t)got : 0;
        }
    }
    d->output[len] = 0;
    close(out);
    waitpid(pid, NULL, 0);
    if (getenv("SHOW"))
        printf("%s\n", d->output);
}

static void expect(const struct debugger *d, const char *text)
{
    if (!strstr(d->output, text))
        check_fail(__FILE__, __LINE__, "expected \"%s\" in gdb's output:\n%s", text, d->output);
}

static void expect_not(const struct debugger *d, const char *text)
{
    if (strstr(d->output, text))
        check_fail(__FILE__, __LINE__, "unexpected \"%s\" in gdb's output:\n%s", text, d->output);
}

/* gdb always warns once that it was given no program. */
static void expect_warnings(const struct debugger *d, unsigned n)
{
    unsigned found = 0;
    for (const char *p = d->output; (p = strstr(p, "warning: ")); p++)
        found++;
    if (found != n)
        check_fail(__FILE__, __LINE__, "expected %u warnings, got %u:\n%s", n, found, d->output);
}

static void describe(enum gdb_arch arch, const char *name, const char *const *expected)
{
    static struct debugger d;
    static const char *const commands[] = {"show architecture",
                                           "info registers",
                                           "info registers system",
                                           "p/x $st0",
                                           "p $xmm1",
                                           "x/i $pc",
                                           "p $cr0",
                                           "p $efer",
                                           "p/x $mxcsr",
                                           "p/x $fop",
                                           NULL};
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, arch);
    d.fake.regs[0].cr0 = 0x80000001;
    d.fake.regs[0].efer = 0x500;
    gdb(&d, commands);
    expect(&d, name);
    expect(&d, "= [ PE PG ]");
    expect(&d, "= [ LME LMA ]");
    expect(&d, "nop");
    for (; *expected; expected++)
        expect(&d, *expected);
    expect_warnings(&d, 1);
    expect_not(&d, "Invalid");
    expect_not(&d, "void");
    CHECK_EQ(d.fake.detached, 1);
    close_server(&d);
}

static void describes_i8086(void)
{
    describe(GDB_ARCH_I8086, "\"i8086\"", (const char *const[]){"eip ", "raw_ip", "fs_base", NULL});
}

static void describes_i386(void)
{
    describe(GDB_ARCH_I386, "\"i386\"", (const char *const[]){"eip ", "raw_ip", "fs_base", NULL});
}

static void describes_x86_64(void)
{
    describe(GDB_ARCH_X86_64, "\"i386:x86-64\"",
             (const char *const[]){"rip ", "r15", "raw_ip", "fs_base", NULL});
}

static void writes_registers_and_memory(void)
{
    static struct debugger d;
    static const char *const commands[] = {"set var $eax = 0x12345678",
                                           "set var $pc = 0x7c40",
                                           "set var $cr0 = 0x11",
                                           "set var $dr7 = 0x400",
                                           "set var $cr3 = 0x1000",
                                           "set var $gdtr_limit = 0x27",
                                           "set var *(int *)0x500 = 0x44332211",
                                           "set var $xmm2.uint128 = 5",
                                           "x/1xw 0x500",
                                           NULL};
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_I8086);
    uint64_t upper = d.fake.regs[0].gpr[GDB_RAX] >> 32;
    gdb(&d, commands);
    expect_warnings(&d, 1);
    expect(&d, "0x500:\t0x44332211");
    CHECK_EQ(d.fake.regs[0].gpr[GDB_RAX], upper << 32 | 0x12345678);
    CHECK_EQ(d.fake.regs[0].pc, 0x7c40);
    CHECK_EQ((uint32_t)d.fake.regs[0].cr0, 0x11);
    CHECK_EQ((uint32_t)d.fake.regs[0].dr[7], 0x400);
    CHECK_EQ(d.fake.regs[0].cr3, 0x1000);
    CHECK_EQ(d.fake.regs[0].gdtr_limit, 0x27);
    CHECK_MEM(d.fake.regs[0].xmm[2], "\5\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    CHECK_MEM(d.fake.memory + 0x500, "\x11\x22\x33\x44", 4);
    close_server(&d);
}

/* Runs COMMANDS on code that is 16-bit below 0x7c10, 32-bit from there and 64-bit from 0x7c20. */
static void switch_modes(struct debugger *d, const char *const *commands)
{
    open_server(d, GDB_ARCH_I8086);
    d->fake.at_32 = 0x7c10;
    d->fake.at_64 = 0x7c20;
    gdb(d, commands);
}

static void follows_modes(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    switch_modes(&d, (const char *const[]){
                         "hbreak *0x7c10", "break *0x7c18", "hbreak *0x7c20", "break *0x7c28",
                         "continue", "p/x $eip", "continue", "p/x $eip", "continue", "p/x $rip",
                         "show architecture", "p $r15 != 0", "continue", "p/x $rip",
                         "set var $rip = 0x7c00", "stepi", "show architecture", "p/x $eip", NULL});
    expect_warnings(&d, 1 + 1); /* that files come over the wire is said once */
    expect(&d, "Breakpoint 1, 0x00007c10");
    expect(&d, "Breakpoint 2, 0x00007c18");
    expect(&d, "Breakpoint 3, 0x0000000000007c20");
    expect(&d, "Breakpoint 4, 0x0000000000007c28");
    expect(&d, "\"i386:x86-64\"");
    expect(&d, "\"i8086\"");
    expect(&d, "= 0x7c01");
    close_server(&d);
}

static void steps_across_modes(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    switch_modes(&d, (const char *const[]){"set var $pc = 0x7c0f", "break *0x7c10", "break *0x7c20",
                                           "stepi", "p/x $eip", "show architecture", "continue",
                                           "p/x $rip", "stepi", "p/x $rip", NULL});
    expect_warnings(&d, 1 + 1);
    expect(&d, "= 0x7c10");
    expect(&d, "\"i386\"");
    expect(&d, "Breakpoint 2, 0x0000000000007c20");
    expect(&d, "= 0x7c20");
    expect(&d, "= 0x7c21");
    close_server(&d);
}

/* From a breakpoint on the instruction that changes the mode gdb sends the same for stepi and for
 * continue: both stop behind it, with a word, and the latter goes on when it is told to. */
static void steps_off_a_breakpoint_into_a_mode(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    switch_modes(&d, (const char *const[]){"break *0x7c0f", "break *0x7c18", "continue", "stepi",
                                           "p/x $eip", "continue", "p/x $eip", NULL});
    expect(&d, "Breakpoint 1, 0x00007c0f");
    expect(&d, "Breakpoint 2, 0x00007c18");
    expect(&d, "The CPU now runs 32-bit code.");
    expect(&d, "= 0x7c10");
    expect(&d, "= 0x7c18");
    close_server(&d);
}

/* The byte at 0x500 is written at 0x7c08; a dprintf, and a condition that only gdb can evaluate, on
 * the way. */
static void goes_back(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_I386);
    d.fake.writer = 0x7c08;
    d.fake.memory[FAKE_WRITTEN] = 6;
    fake_record(&d.fake);
    gdb(&d, (const char *const[]){"break *0x7c10",
                                  "continue",
                                  "watch *(char *)0x500",
                                  "break *0x7c0c if $pc == 5",
                                  "break *0x7c04 if $eip == 0x7c04",
                                  "break *0x7c06 if $eip == 5",
                                  "dprintf *0x7c02,\"at %x\\n\", $eip",
                                  "reverse-stepi",
                                  "p/x $pc",
                                  "reverse-continue",
                                  "p/x $pc",
                                  "reverse-continue",
                                  "p/x $pc",
                                  "reverse-continue",
                                  "p/x $pc",
                                  "reverse-stepi",
                                  "delete",
                                  "continue",
                                  "p/x $pc",
                                  NULL});
    expect(&d, "$1 = 0x7c0f\n");
    expect(&d, "Old value = 7 ");
    expect(&d, "New value = 6 ");
    expect(&d, "$2 = 0x7c08\n");
    expect(&d, "Breakpoint 4, 0x00007c04");
    expect(&d, "$3 = 0x7c04\n");
    expect(&d, "at 7c02\n\nNo more reverse-execution history.\n0x00007c00");
    expect(&d, "$4 = 0x7c00\n");
    expect(&d, "No more reverse-execution history.\n0x00007c10");
    expect(&d, "$5 = 0x7c10\n");
    expect_warnings(&d, 1);
    close_server(&d);
}

static void goes_back_across_modes(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_I8086);
    d.fake.at_32 = 0x7c10;
    d.fake.at_64 = 0x7c20;
    fake_record(&d.fake);
    gdb(&d, (const char *const[]){"hbreak *0x7c28", "break *0x7c04", "continue", "continue",
                                  "p/x $rip", "reverse-stepi 8", "p/x $rip", "reverse-stepi",
                                  "p/x $eip", "show architecture", "reverse-continue", "p/x $eip",
                                  "show architecture", "reverse-continue", NULL});
    expect(&d, "$1 = 0x7c28\n");
    expect(&d, "$2 = 0x7c20\n");
    expect(&d, "$3 = 0x7c1f\n");
    expect(&d, "\"i386\"");
    expect(&d, "Breakpoint 2, 0x00007c04");
    expect(&d, "$4 = 0x7c04\n");
    expect(&d, "\"i8086\"");
    expect(&d, "No more reverse-execution history.\n0x00007c00");
    expect_not(&d, "packet reply is too long");
    close_server(&d);
}

static void tells_a_second_debugger_why(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_I386);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int first = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(addr.sun_path, sizeof(addr.sun_path), "%.100s", d.where + 5);
    CHECK_EQ(connect(first, (struct sockaddr *)&addr, sizeof(addr)), 0);
    gdb(&d, (const char *const[]){NULL});
    expect(&d, "another debugger is connected");
    CHECK_EQ(gdb_server_attached(d.server), true);
    close(first);
    close_server(&d);
}

static void prints_monitor_output(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_X86_64);
    gdb(&d, (const char *const[]){"monitor hello there", "monitor fail", "info threads", NULL});
    expect(&d, "you said hello there\n");
    expect(&d, "monitor fail: No such file or directory\n");
    expect(&d, "CPU <0>");
    expect_not(&d, "Protocol error");
    close_server(&d);
}

/* Of three CPUs one comes to a breakpoint and is stepped, the others have not moved; then all go,
 * and each comes to one. */
static void runs_threads_apart(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_I386);
    d.fake.threads = 3;
    d.non_stop = true;
    gdb(&d, (const char *const[]){"break *0x7c10", "thread 2", "continue", "p/x $pc", "stepi",
                                  "p/x $pc", "thread 1", "p/x $pc", "thread 3", "stepi", "stepi",
                                  "p/x $pc", "delete", "break *0x7c20 thread 1", "thread 1",
                                  "continue", "info threads", "detach", NULL});
    expect(&d, "Thread 2 hit Breakpoint 1, 0x00007c10 in ?? ()");
    expect(&d, "$1 = 0x7c10\n");
    expect(&d, "$2 = 0x7c11\n");
    expect(&d, "$3 = 0x7c00\n");
    expect(&d, "$4 = 0x7c02\n");
    expect(&d, "Thread 1 hit Breakpoint 2, 0x00007c20 in ?? ()");
    expect_not(&d, "internal-error");
    expect_not(&d, "(running)");
    CHECK_EQ(d.fake.detached, 1);
    CHECK_EQ(d.fake.paused, false);
    CHECK(!strstr(d.fake.log, "TOUCHED") && !strstr(d.fake.log, "PAUSED"));
    close_server(&d);
}

/* Memory is read and breakpoints are set while CPUs run; that one comes to such a breakpoint. */
static void works_while_threads_run(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_X86_64);
    d.fake.threads = 2;
    d.non_stop = true;
    gdb(&d,
        (const char *const[]){"thread 2", "continue &", "x/2xb 0x7c00", "p $pc", "monitor hello",
                              "thread 1", "break *0x7c08", "continue", "p/x $pc", "kill", NULL});
    expect(&d, "0x7c00:\t0x90\t0x90");
    expect(&d, "Selected thread is running.");
    expect(&d, "you said hello");
    expect(&d, "hit Breakpoint 1, 0x0000000000007c08 in ?? ()");
    expect_not(&d, "internal-error");
    CHECK_EQ(d.fake.killed, 1);
    CHECK(!strstr(d.fake.log, "TOUCHED") && !strstr(d.fake.log, "PAUSED"));
    close_server(&d);
}

static void runs_again(struct debugger *d)
{
    gdb(d,
        (const char *const[]){"break *0x7c10", "continue", "kill", "info threads", "run", "p/x $pc",
                              "detach", "info threads", "starti", "p/x $pc", "detach", NULL});
    expect(d, "killed]");
    expect(d, "No threads.");
    expect(d, "$1 = 0x7c10\n");
    expect(d, "detached]");
    expect(d, "$2 = 0x7c00\n");
    expect_not(d, "internal-error");
    CHECK_EQ(d->fake.killed, 0);
    CHECK_EQ(d->fake.restarted, 2);
    CHECK_EQ(d->fake.detached, 2);
    close_server(d);
}

static void runs_the_program_again(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_I8086);
    d.connect = "target extended-remote";
    runs_again(&d);
    open_server(&d, GDB_ARCH_I8086);
    d.connect = "target extended-remote";
    d.non_stop = true;
    d.fake.threads = 2;
    d.others_wait = true;
    runs_again(&d);
}

/* Nobody is left who could start it again. */
static void leaves_what_it_has_killed(void)
{
    static struct debugger d;
    if (!have_gdb()) {
        SKIP("gdb is not installed");
        return;
    }
    open_server(&d, GDB_ARCH_I8086);
    d.connect = "target extended-remote";
    gdb(&d, (const char *const[]){"kill", NULL});
    CHECK_EQ(d.fake.killed, 1);
    CHECK_EQ(d.fake.detached, 0);
    close_server(&d);
}

int main(void)
{
    TEST(describes_i8086);
    TEST(describes_i386);
    TEST(describes_x86_64);
    TEST(writes_registers_and_memory);
    TEST(follows_modes);
    TEST(steps_across_modes);
    TEST(steps_off_a_breakpoint_into_a_mode);
    TEST(goes_back);
    TEST(goes_back_across_modes);
    TEST(tells_a_second_debugger_why);
    TEST(prints_monitor_output);
    TEST(runs_threads_apart);
    TEST(works_while_threads_run);
    TEST(runs_the_program_again);
    TEST(leaves_what_it_has_killed);
    return check_done();
}
