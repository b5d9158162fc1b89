/* The filter of system calls: tables become programs, which are run here as the kernel would; and
 * what the table of the running machine lets through. */
#include "confine/filter.h"
#include "confine/allowed.h"
#include "kvm/kvm.h"

#include "../check.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define ALLOW SECCOMP_RET_ALLOW
#define TRAP  SECCOMP_RET_TRAP
#define KILL  SECCOMP_RET_KILL_PROCESS

/* ---- BPF, as much of it as filters are made of */

struct machine {
    const struct seccomp_data *data;
    uint32_t accumulator;
};

static bool holds(const struct machine *m, const struct sock_filter *insn)
{
    switch (BPF_OP(insn->code)) {
    case BPF_JEQ:
        return m->accumulator == insn->k;
    case BPF_JGE:
        return m->accumulator >= insn->k;
    case BPF_JSET:
        return m->accumulator & insn->k;
    default:
        check_fail(__FILE__, __LINE__, "no such jump: 0x%x", insn->code);
        return false;
    }
}

static uint32_t run(const struct sock_filter *program, size_t count,
                    const struct seccomp_data *data)
{
    struct machine m = {.data = data};
    for (size_t at = 0; at < count; at++) {
        const struct sock_filter *insn = &program[at];
        if (insn->code == (BPF_LD | BPF_W | BPF_ABS) && insn->k % 4 == 0 && insn->k < sizeof *data)
            memcpy(&m.accumulator, (const char *)data + insn->k, 4);
        else if (BPF_CLASS(insn->code) == BPF_JMP)
            at += holds(&m, insn) ? insn->jt : insn->jf;
        else if (insn->code == (BPF_RET | BPF_K))
            return insn->k;
        else
            check_fail(__FILE__, __LINE__, "instruction %zu: 0x%x, k 0x%x", at, insn->code,
                       insn->k);
    }
    check_fail(__FILE__, __LINE__, "the program does not end");
    return 0;
}

struct filter {
    struct sock_filter program[FILTER_MAX];
    size_t count;
};

static uint32_t judge(const struct filter *f, int number, const uint64_t arguments[6])
{
    struct seccomp_data data = {.nr = number, .arch = AUDIT_ARCH_X86_64};
    memcpy(data.args, arguments, sizeof data.args);
    return run(f->program, f->count, &data);
}

#define JUDGE(f, number, ...) judge((f), (number), (const uint64_t[6]){__VA_ARGS__})

/* ---- From rules to a program */

static void lets_through_what_is_listed(void)
{
    const struct filter_rule rules[] = {{.number = 3}, {.number = 7}, {.number = 5}};
    struct filter f;
    f.count = filter_build(f.program, rules, COUNT(rules), TRAP);
    for (int number = 0; number < 500; number++)
        CHECK_EQ(JUDGE(&f, number, 0), number == 3 || number == 5 || number == 7 ? ALLOW : TRAP);
}

static void compares_arguments(void)
{
    const struct filter_rule rules[] = {
        {.number = 1, .checks = {{FILTER_IS, 2, 77}}},
        {.number = 2, .checks = {{FILTER_IS_NULL, 5, 0}}},
        {.number = 3, .checks = {{FILTER_HAS_NONE, 0, 6}}},
        {.number = 4, .checks = {{FILTER_IS, 0, 1}, {FILTER_IS, 1, 2}}},
    };
    struct filter f;
    f.count = filter_build(f.program, rules, COUNT(rules), TRAP);
    CHECK_EQ(JUDGE(&f, 1, 0, 0, 77), ALLOW);
    CHECK_EQ(JUDGE(&f, 1, 77, 77, 78), TRAP);
    CHECK_EQ(JUDGE(&f, 1, 0, 0, 0xffffffff0000004d), ALLOW); /* an int to the kernel */
    CHECK_EQ(JUDGE(&f, 2, 1, 1, 1, 1, 1, 0), ALLOW);
    CHECK_EQ(JUDGE(&f, 2, 0, 0, 0, 0, 0, 1), TRAP);
    CHECK_EQ(JUDGE(&f, 2, 0, 0, 0, 0, 0, 0x100000000), TRAP);
    CHECK_EQ(JUDGE(&f, 3, 9), ALLOW);
    CHECK_EQ(JUDGE(&f, 3, 2), TRAP);
    CHECK_EQ(JUDGE(&f, 3, 13), TRAP);
    CHECK_EQ(JUDGE(&f, 4, 1, 2), ALLOW);
    CHECK_EQ(JUDGE(&f, 4, 1, 1), TRAP);
    CHECK_EQ(JUDGE(&f, 4, 2, 2), TRAP);
}

static void takes_the_first_rule_that_holds(void)
{
    const struct filter_rule rules[] = {
        {.number = 1, .checks = {{FILTER_IS, 0, 1}}, .verdict = SECCOMP_RET_KILL_PROCESS},
        {.number = 1, .checks = {{FILTER_IS, 0, 2}, {FILTER_IS, 1, 3}}},
        {.number = 1, .checks = {{FILTER_IS, 1, 4}}},
        {.number = 1, .checks = {{FILTER_IS, 0, 5}}, .verdict = FILTER_ERRNO(EACCES)},
        {.number = 2},
    };
    struct filter f;
    f.count = filter_build(f.program, rules, COUNT(rules), TRAP);
    CHECK_EQ(JUDGE(&f, 1, 1, 4), KILL);
    CHECK_EQ(JUDGE(&f, 1, 2, 3), ALLOW);
    CHECK_EQ(JUDGE(&f, 1, 2, 4), ALLOW);
    CHECK_EQ(JUDGE(&f, 1, 2, 5), TRAP);
    CHECK_EQ(JUDGE(&f, 1, 5, 4), ALLOW);
    CHECK_EQ(JUDGE(&f, 1, 5, 0), SECCOMP_RET_ERRNO | EACCES);
    CHECK_EQ(JUDGE(&f, 1, 6, 0), TRAP);
    CHECK_EQ(JUDGE(&f, 2, 1), ALLOW);
}

static void kills_calls_of_other_architectures(void)
{
    const struct filter_rule rules[] = {{.number = 3}};
    struct filter f;
    f.count = filter_build(f.program, rules, COUNT(rules), TRAP);
    struct seccomp_data data = {.nr = 3, .arch = AUDIT_ARCH_I386};
    CHECK_EQ(run(f.program, f.count, &data), KILL);
    data.arch = AUDIT_ARCH_X86_64;
    CHECK_EQ(run(f.program, f.count, &data), ALLOW);
    data.nr = 0x40000000 | 3; /* x32 */
    CHECK_EQ(run(f.program, f.count, &data), KILL);
    data.nr = (int)0x80000003;
    CHECK_EQ(run(f.program, f.count, &data), KILL);
    data.nr = -1; /* taken back by a tracer */
    CHECK_EQ(run(f.program, f.count, &data), ALLOW);
}

static void refuses_what_does_not_fit(void)
{
    static struct filter_rule rules[FILTER_MAX];
    struct filter f;
    for (unsigned i = 0; i < FILTER_MAX; i++)
        rules[i] = (struct filter_rule){.number = i};
    CHECK_EQ(filter_build(f.program, rules, FILTER_MAX, TRAP), 0);
    CHECK(filter_build(f.program, rules, 400, TRAP) > 400);
    for (unsigned i = 0; i < 200; i++) /* one call, and too far to jump */
        rules[i] = (struct filter_rule){.number = 1, .checks = {{FILTER_IS, 0, i}}};
    CHECK_EQ(filter_build(f.program, rules, 200, TRAP), 0);
}

/* ---- The running machine's */

#define PID 4711

static size_t running_rules(struct filter_rule *rules)
{
    struct allowed_config config = {.pid = PID};
    config.requests = kvm_running_requests(&config.request_count);
    return allowed_to_run(rules, &config);
}

static void running(struct filter *f)
{
    struct filter_rule rules[ALLOWED_MAX];
    const size_t count = running_rules(rules);
    f->count = filter_build(f->program, rules, count, TRAP);
    CHECK(count > 0);
    CHECK(f->count > 0);
}

/* A rule that stands apart from the others of its call is never looked at. */
static void rules_of_a_call_stand_together(void)
{
    struct filter_rule rules[ALLOWED_MAX];
    bool seen[1024] = {false};
    const size_t count = running_rules(rules);
    for (size_t i = 0; i < count; i++) {
        if (i && rules[i].number == rules[i - 1].number)
            continue;
        if (seen[rules[i].number])
            check_fail(__FILE__, __LINE__, "call %u is in two places", rules[i].number);
        seen[rules[i].number] = true;
    }
}

static void a_machine_can_run(void)
{
    struct filter f;
    running(&f);
    CHECK_EQ(JUDGE(&f, __NR_ioctl, 9, KVM_RUN), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_ioctl, 9, KVM_GET_MSR_INDEX_LIST), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_ioctl, 0, TIOCGWINSZ), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_tgkill, PID, PID + 1, SIGUSR1), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_mmap, 0, 4096, PROT_READ | PROT_WRITE), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_newfstatat, 3, 0, 0, AT_EMPTY_PATH), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_rt_sigaction, SIGSEGV), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_exit_group, 0), ALLOW);
}

static void nothing_else_can_be_done(void)
{
    static const int never[] = {
        __NR_execve,
        __NR_execveat,
        __NR_fork,
        __NR_vfork,
        __NR_clone3,
        __NR_ptrace,
        __NR_socket,
        __NR_connect,
        __NR_bind,
        __NR_listen,
        __NR_sendmsg,
        __NR_creat,
        __NR_rename,
        __NR_mkdir,
        __NR_chmod,
        __NR_fchmod,
        __NR_symlink,
        __NR_link,
        __NR_mount,
        __NR_setuid,
        __NR_unshare,
        __NR_setns,
        __NR_bpf,
        __NR_keyctl,
        __NR_io_uring_setup,
        __NR_userfaultfd,
        __NR_memfd_create,
        __NR_dup2,
        __NR_fcntl,
        __NR_process_vm_writev,
        __NR_pidfd_getfd,
        __NR_openat2,
        __NR_kill,
        __NR_tkill,
        __NR_seccomp,
        __NR_modify_ldt,
        __NR_arch_prctl,
        __NR_shmat,
        __NR_perf_event_open,
    };
    struct filter f;
    running(&f);
    for (size_t i = 0; i < COUNT(never); i++)
        if (JUDGE(&f, never[i], 0) != TRAP)
            check_fail(__FILE__, __LINE__, "call %d is let through", never[i]);
}

static void arguments_are_looked_at(void)
{
    struct filter f;
    running(&f);
    CHECK_EQ(JUDGE(&f, __NR_ioctl, 0, TIOCSTI), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_ioctl, 4, KVM_CREATE_VM), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_ioctl, 4, KVM_CREATE_VCPU), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_mmap, 0, 4096, PROT_READ | PROT_EXEC), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_mprotect, 0, 4096, PROT_EXEC), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_tgkill, 1, 1, SIGKILL), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_sendto, 3, 0, 0, 0, 0x7f0000000000), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_prctl, PR_SET_SECCOMP), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_setsockopt, 3, 1, 1), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_clone, SIGCHLD), ALLOW); /* a whole process, and no thread */
    CHECK_EQ(JUDGE(&f, __NR_clone, 0), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_clone, SIGCHLD | CLONE_VM), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_clone, SIGCHLD | CLONE_NEWUSER), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_socketpair, AF_INET, SOCK_SEQPACKET | SOCK_CLOEXEC), TRAP);
    CHECK_EQ(JUDGE(&f, __NR_openat, 0), SECCOMP_RET_ERRNO | EACCES);
    CHECK_EQ(JUDGE(&f, __NR_unlink, 0), SECCOMP_RET_ERRNO | EACCES);
    CHECK_EQ(JUDGE(&f, __NR_newfstatat, 0, 0, 0, 0), SECCOMP_RET_ERRNO | EACCES);
    CHECK_EQ(JUDGE(&f, __NR_rt_sigaction, SIGSYS), KILL);
}

static void the_helper_opens_for_reading(void)
{
    struct filter_rule rules[ALLOWED_MAX];
    struct filter f;
    f.count = filter_build(f.program, rules, allowed_to_help(rules), KILL);
    CHECK(f.count > 0);
    const unsigned flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    CHECK_EQ(JUDGE(&f, __NR_openat, 0, 0, flags), ALLOW);
    CHECK_EQ(JUDGE(&f, __NR_openat, 0, 0, flags | O_RDWR), KILL);
    CHECK_EQ(JUDGE(&f, __NR_openat, 0, 0, flags | O_CREAT), KILL);
    CHECK_EQ(JUDGE(&f, __NR_execve, 0), KILL);
    CHECK_EQ(JUDGE(&f, __NR_socket, 0), KILL);
    CHECK_EQ(JUDGE(&f, __NR_write, 0), KILL);
}

int main(void)
{
    TEST(lets_through_what_is_listed);
    TEST(compares_arguments);
    TEST(takes_the_first_rule_that_holds);
    TEST(kills_calls_of_other_architectures);
    TEST(refuses_what_does_not_fit);
    TEST(rules_of_a_call_stand_together);
    TEST(a_machine_can_run);
    TEST(nothing_else_can_be_done);
    TEST(arguments_are_looked_at);
    TEST(the_helper_opens_for_reading);
    return check_done();
}
