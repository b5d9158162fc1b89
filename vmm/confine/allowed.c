#include "confine/allowed.h"

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <asm/ioctls.h>

#ifndef __NR_close_range /* Linux 5.9 */
#define __NR_close_range 436
#endif

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* clang-format off */
#define IS(argument, value)       {FILTER_IS, (argument), (uint32_t)(value)}
#define IS_NULL(argument)         {FILTER_IS_NULL, (argument), 0}
#define HAS_NONE(argument, value) {FILTER_HAS_NONE, (argument), (value)}
#define OWN_PID                   UINT32_MAX /* in place of a value: config's */

#define ALLOW(name)         {.number = __NR_##name}
#define ALLOW_IF(name, ...) {.number = __NR_##name, .checks = {__VA_ARGS__}}
#define REFUSE(name)        {.number = __NR_##name, .verdict = FILTER_ERRNO(EACCES)}
#define KILL_IF(name, ...)  \
    {.number = __NR_##name, .checks = {__VA_ARGS__}, .verdict = SECCOMP_RET_KILL_PROCESS}
/* clang-format on */

static const struct filter_rule running[] = {
    /* The debugger and the console: packets, keys, what the guest prints. */
    ALLOW_IF(recvfrom, IS_NULL(4)),
    ALLOW_IF(sendto, IS_NULL(4)), /* on what is connected */
    ALLOW(poll),
    ALLOW(read),
    ALLOW(write),
    /* Threads that wait for each other, and time. */
    ALLOW(futex),
    ALLOW(clock_gettime),
    ALLOW(rt_sigprocmask),
    ALLOW(rt_sigreturn),
    ALLOW_IF(tgkill, IS(0, OWN_PID)), /* a vCPU is kicked; Ctrl-Z; abort */
    ALLOW(getpid),
    ALLOW(gettid),
    ALLOW(restart_syscall),
    ALLOW(sched_yield), /* while another vCPU gets its time (run_control) */
    ALLOW(time),
    ALLOW(sched_getaffinity), /* loop; malloc */
    /* Disks and images, whose files are open. */
    ALLOW(pread64),
    ALLOW(pwrite64),
    ALLOW(fdatasync),
    ALLOW(ftruncate), /* a snapshot's file, of what has not become whole */
    ALLOW(lseek),
    ALLOW(fstat),
    ALLOW_IF(newfstatat, IS(3, AT_EMPTY_PATH)), /* as glibc asks fstat */
    REFUSE(newfstatat),                         /* by name, as below */
    ALLOW(close),
    ALLOW(recvmsg), /* files, from the helper */
    /* Memory, none of which can be made code. */
    ALLOW_IF(mmap, HAS_NONE(2, PROT_EXEC)),
    ALLOW_IF(mprotect, HAS_NONE(2, PROT_EXEC)),
    ALLOW(munmap),
    ALLOW(mremap),
    ALLOW(madvise),
    ALLOW(brk),
    ALLOW(mincore), /* monitor info memory */
    ALLOW(sysinfo), /* glibc's qsort: how much memory may it take? */
    ALLOW(getrandom),
    /* Clients that come and go. */
    ALLOW(accept4),
    ALLOW(shutdown), /* of one that is turned away */
    ALLOW_IF(setsockopt, IS(1, IPPROTO_TCP), IS(2, TCP_NODELAY)),
    ALLOW(eventfd2), /* held back, to have a descriptor for one more */
    ALLOW(getpgrp),  /* is the terminal ours? */
    /* Signals. The trap itself can't be given another handler. */
    KILL_IF(rt_sigaction, IS(0, SIGSYS)),
    ALLOW(rt_sigaction),
    ALLOW(rt_sigpending),
    ALLOW(rt_sigtimedwait),
    ALLOW(writev), /* the C library's last words */
    /* Threads that begin (they may be slower than the one that installs this) and end. */
    ALLOW(set_robust_list),
    ALLOW(rseq),
    ALLOW_IF(prctl, IS(0, PR_SET_NAME)),
    ALLOW(exit),
    ALLOW(exit_group),
    ALLOW(wait4), /* for the helper, and for those: */
    /* A snapshot's memory is kept by a copy of this process, with this filter
     * (record/ram_keeper.h). Flags are a long, of which the kernel takes an int. */
    ALLOW_IF(clone, IS(0, SIGCHLD)),
    ALLOW_IF(socketpair, IS(0, AF_UNIX), IS(1, SOCK_SEQPACKET | SOCK_CLOEXEC)),
    ALLOW_IF(close_range, IS(2, 0)),
    /* What is tried and can fail, where a trap would end the program: sockets are removed at the
     * end, which the helper does (file_helper.h); the C library looks for a time zone. */
    REFUSE(openat),
    REFUSE(open),
    REFUSE(lstat),
    REFUSE(stat),
    REFUSE(unlink),
};

static const struct filter_rule helping[] = {
    ALLOW_IF(recvfrom, IS_NULL(4)),
    ALLOW(sendmsg),
    ALLOW_IF(openat, IS(2, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)),
    ALLOW(close),
    ALLOW(newfstatat),
    ALLOW(lstat),
    ALLOW(unlink),
    ALLOW(rt_sigreturn),
    ALLOW(restart_syscall),
    ALLOW(exit_group),
};

/* Of a terminal: its mode, its size, whose it is. Not TIOCSTI, which types for the user. */
static const unsigned long terminal_requests[] = {TCGETS,  TCSETS,     TCGETS2,
                                                  TCSETS2, TIOCGWINSZ, TIOCGPGRP};

static size_t add_requests(struct filter_rule *rules, const unsigned long *requests, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rules[i] = (struct filter_rule)ALLOW_IF(ioctl, IS(1, requests[i]));
    return count;
}

static void set_pid(struct filter_rule *rule, pid_t pid)
{
    for (size_t i = 0; i < FILTER_CHECKS; i++)
        if (rule->checks[i].test == FILTER_IS && rule->checks[i].value == OWN_PID)
            rule->checks[i].value = (uint32_t)pid;
}

size_t allowed_to_run(struct filter_rule *rules, const struct allowed_config *config)
{
    if (config->request_count + COUNT(terminal_requests) + COUNT(running) > ALLOWED_MAX)
        return 0;
    size_t n = add_requests(rules, config->requests, config->request_count);
    n += add_requests(rules + n, terminal_requests, COUNT(terminal_requests));
    memcpy(rules + n, running, sizeof running);
    for (size_t i = 0; i < COUNT(running); i++)
        set_pid(&rules[n + i], config->pid);
    return n + COUNT(running);
}

size_t allowed_to_help(struct filter_rule *rules)
{
    memcpy(rules, helping, sizeof helping);
    return COUNT(helping);
}

const char *allowed_name(int number)
{
    /* Those that people will ask about: no table of all 400. */
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {__NR_execve, "execve"},
        {__NR_execveat, "execveat"},
        {__NR_clone, "clone"},
        {__NR_clone3, "clone3"},
        {__NR_fork, "fork"},
        {__NR_vfork, "vfork"},
        {__NR_ptrace, "ptrace"},
        {__NR_socket, "socket"},
        {__NR_connect, "connect"},
        {__NR_bind, "bind"},
        {__NR_ioctl, "ioctl"},
        {__NR_mmap, "mmap"},
        {__NR_kill, "kill"},
        {__NR_mprotect, "mprotect"},
        {__NR_tgkill, "tgkill"},
        {__NR_prctl, "prctl"},
        {__NR_setsockopt, "setsockopt"},
        {__NR_fcntl, "fcntl"},
    };
    for (size_t i = 0; i < COUNT(names); i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}
