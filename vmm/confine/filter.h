/* System calls that are let through, as a table, and the program that the kernel judges them by
 * (seccomp(2), BPF). Pure.
 *
 * Rules are tried in their order; those of one system call stand together. What no rule lets
 * through meets the filter's end. Another architecture's calls, x32's among them, kill. */
#ifndef VMM_CONFINE_FILTER_H
#define VMM_CONFINE_FILTER_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

enum filter_test {
    FILTER_ANY,      /* no check */
    FILTER_IS,       /* the argument, which the kernel takes as an int, is VALUE */
    FILTER_IS_NULL,  /* the pointer is NULL */
    FILTER_HAS_NONE, /* the argument has none of the bits of VALUE */
};

struct filter_check {
    enum filter_test test;
    unsigned argument; /* 0 to 5 */
    uint32_t value;
};

#define FILTER_CHECKS 2

struct filter_rule {
    unsigned number;                           /* __NR_... */
    struct filter_check checks[FILTER_CHECKS]; /* all must hold */
    uint32_t verdict;                          /* SECCOMP_RET_...; 0: SECCOMP_RET_ALLOW */
};

/* SECCOMP_RET_ERRNO with CODE. */
#define FILTER_ERRNO(code) (SECCOMP_RET_ERRNO | (code))

/* At most so many instructions (BPF_MAXINSNS is 4096). */
#define FILTER_MAX 1024

/* Makes the program of the COUNT RULES into PROGRAM, of FILTER_MAX; END is the verdict for all
 * others. How many instructions, or 0: too many, or one call's rules are too long to jump over. */
size_t filter_build(struct sock_filter *program, const struct filter_rule *rules, size_t count,
                    uint32_t end);

#endif
