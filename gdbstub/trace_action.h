/* What is collected where a tracepoint is hit: the actions of a QTDP packet, parsed (GDB manual,
 * "Tracepoint Packets"). They come from the client: nothing in them is believed but its shape. */
#ifndef GDBSTUB_TRACE_ACTION_H
#define GDBSTUB_TRACE_ACTION_H

#include <stdbool.h>

#include "agent_expr.h"

enum trace_action_kind {
    TRACE_COLLECT_REGISTERS, /* all of them: which of them the client wants is not kept */
    TRACE_COLLECT_MEMORY,
    TRACE_EVALUATE, /* an expression that collects by itself */
};

struct trace_action {
    enum trace_action_kind kind;
    /* Of memory: its first address, relative to the client's register BASE if BASED; its length. */
    bool based;
    unsigned base;
    uint64_t addr, len;
    struct agent_expr expr;
};

/* All zero is none. */
struct trace_actions {
    struct trace_action *list;
    size_t n, cap;
};

/* Adds those in the LEN characters of TEXT. 0, -EINVAL (not the shape of actions), -EOPNOTSUPP (a
 * kind that is not known), -ENOMEM: then none is added. */
int trace_actions_parse(struct trace_actions *a, const char *text, size_t len);
void trace_actions_free(struct trace_actions *a);

/* Reads "LENGTH,BYTES", hex both, at *AT before END into *EXPR, which the caller frees, and moves
 * *AT behind it. 0, -EINVAL or -ENOMEM. */
int trace_expr_parse(struct agent_expr *expr, const char **at, const char *end);

#endif
