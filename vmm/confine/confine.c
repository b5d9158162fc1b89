#include "confine/confine.h"

#include "confine/allowed.h"
#include "confine/rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Why this build has no filter: a sanitizer's run-time makes calls of its own (opens files, forks a
 * tracer), coverage writes files at the end. The Makefile says so. */
#ifdef STEPVM_NO_FILTER
static const char *const no_filter = STEPVM_NO_FILTER;
#else
static const char *const no_filter;
#endif

void confine_not(struct confinement *confinement, const char *why)
{
    snprintf(confinement->text, sizeof confinement->text, "off: %s", why);
}

int confine_rights(struct error *error)
{
    rights_close_inherited();
    int err = rights_gain_none();
    if (!err)
        err = rights_drop(0);
    return err ? error_set(error, err, "the sandbox can't give up privileges: %s (--no-sandbox)",
                           strerror(-err))
               : 0;
}

/* Without SPEC_ALLOW, kernels before 5.16 turn off speculative store bypass for a filtered process,
 * the guest in it included, which slows it down and guards against code that shares an address
 * space: here none does. Linux has it since 4.17. */
static int install(const struct sock_filter *program, size_t count)
{
    const struct sock_fprog prog = {(unsigned short)count,
                                    (struct sock_filter *)(uintptr_t)program};
    const unsigned flags = SECCOMP_FILTER_FLAG_TSYNC;
    long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
                     &prog);
    if (r < 0 && errno == EINVAL)
        r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
    if (r > 0)
        return -EBUSY; /* the thread that can't have it, for it has another */
    return r ? -errno : 0;
}

static int install_rules(const struct filter_rule *rules, size_t count, uint32_t end)
{
    struct sock_filter program[FILTER_MAX];
    const size_t n = count ? filter_build(program, rules, count, end) : 0;
    return n ? install(program, n) : -E2BIG;
}

/* The handler is another thread's as soon as it is installed, and stays for good: the filter kills
 * who would change it. */
static void install_handler(void (*trapped)(int, siginfo_t *, void *))
{
    struct sigaction action = {
        .sa_sigaction = trapped,
        .sa_flags = SA_SIGINFO | SA_NODEFER | (int)SA_RESETHAND,
    };
    sigemptyset(&action.sa_mask);
    sigaction(SIGSYS, &action, NULL);
}

int confine_calls(struct confinement *confinement, const struct confine_config *config,
                  struct error *error)
{
    struct filter_rule rules[ALLOWED_MAX];
    const struct allowed_config allowed = {config->requests, config->request_count, getpid()};
    if (no_filter) {
        snprintf(confinement->text, sizeof confinement->text, "no filter of system calls: %s",
                 no_filter);
        return 0;
    }
    install_handler(config->trapped);
    const int err = install_rules(rules, allowed_to_run(rules, &allowed), SECCOMP_RET_TRAP);
    if (err) {
        snprintf(confinement->text, sizeof confinement->text, "no filter of system calls: %s",
                 strerror(-err));
        return error_set(
            error, err,
            "the sandbox has no filter of system calls: seccomp: %s (is CONFIG_SECCOMP_"
            "FILTER in this kernel, and allowed in this container?)",
            strerror(-err));
    }
    snprintf(confinement->text, sizeof confinement->text,
             "on: system calls filtered, no privileges, files by a process of their own");
    return 0;
}

void confine_trapped(const siginfo_t *info)
{
    char text[300];
    const char *name = allowed_name(info->si_syscall);
    const int n =
        snprintf(text, sizeof text,
                 "stepvm: the sandbox stopped system call %d%s%s%s, which stepvm does not "
                 "make: a bug, or somebody has taken it over (please report it, see "
                 "SECURITY.md; --no-sandbox goes without)\n",
                 info->si_syscall, name ? " (" : "", name ? name : "", name ? ")" : "");
    (void)!write(STDERR_FILENO, text, (size_t)n);
    raise(SIGSYS); /* its handler has been reset */
    _exit(128 + SIGSYS);
}

void confine_helper(int channel)
{
    struct filter_rule rules[ALLOWED_MAX];
    const uint64_t to_open = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH | 1u << CAP_FOWNER;
    rights_close_all_but(channel);
    rights_gain_none();
    rights_drop(to_open);
    if (!no_filter)
        install_rules(rules, allowed_to_help(rules), SECCOMP_RET_KILL_PROCESS);
}
