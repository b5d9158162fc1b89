/* What a client may send with a breakpoint or watchpoint: conditions, of which one must be true for
 * a hit to be a stop, and commands, which are run at hits and make that there is no stop (GDB
 * manual, "Packets", Z0). */
#ifndef GDBSTUB_BREAKPOINT_LISTS_H
#define GDBSTUB_BREAKPOINT_LISTS_H

#include "agent_expr.h"
#include "x86_regs.h"

enum {
    BREAKPOINT_EXPRS_MAX = 256,
    BREAKPOINT_CODE_MAX = 32 * 1024, /* bytes of all expressions */
};

struct breakpoint_lists {
    struct x86_layout layout; /* whose registers the expressions name */
    size_t conditions, commands;
    struct agent_expr exprs[]; /* the conditions, then the commands; the code lies behind them */
};

/* Reads the LEN characters that follow a breakpoint's kind and the semicolon there:
 *
 *     X LEN , BYTES ...              conditions
 *     cmds: PERSIST , X LEN , BYTES ...
 *
 * with or without a semicolon between any two parts. *LISTS, which the caller frees, is NULL if
 * there is no expression. 0, -EINVAL (not of that shape), -E2BIG (more than the above), -ENOMEM. */
int breakpoint_lists_parse(struct breakpoint_lists **lists, struct x86_layout layout,
                           const char *text, size_t len);

#endif
