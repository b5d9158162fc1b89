/* The bytecode machine of agent expressions (GDB manual, appendix "The GDB Agent Expression
 * Mechanism"): conditions, commands and what a tracepoint collects. The bytes come from the client
 * and are not trusted: each run is bounded in steps, stack and text, and ends in a value or in an
 * error. It keeps no state and takes no locks, so that it runs on any thread. */
#ifndef GDBSTUB_AGENT_EXPR_H
#define GDBSTUB_AGENT_EXPR_H

#include <stddef.h>
#include <stdint.h>

enum {
    AGENT_EXPR_MAX = 4096,   /* bytes of one expression, for those who take them from the client */
    AGENT_STACK_MAX = 128,   /* values of 64 bits */
    AGENT_STEPS_MAX = 10000, /* bytecodes executed: gdb makes no loops */
    AGENT_TRACENZ_MAX = 0xffff, /* bytes that one tracenz looks at */
};

/* LEN bytes of code; who holds it owns them. */
struct agent_expr {
    uint8_t *code;
    size_t len;
};

/* What an expression can reach. An operation that is NULL makes the bytecode that needs it fail
 * with AGENT_UNSUPPORTED. Those that can fail return 0 or -errno. */
struct agent_host {
    void *context;
    /* By the client's register number, zero-extended. */
    int (*read_register)(void *context, unsigned number, uint64_t *value);
    /* All of the LEN bytes, or an error. */
    int (*read_memory)(void *context, uint64_t addr, void *buf, size_t len);
    /* Trace state variables. */
    int (*read_variable)(void *context, unsigned number, uint64_t *value);
    int (*write_variable)(void *context, unsigned number, uint64_t value);
    /* Record them: trace, trace_quick, trace16, tracenz; tracev. LEN may be anything. */
    int (*trace_memory)(void *context, uint64_t addr, size_t len);
    int (*trace_variable)(void *context, unsigned number);
    /* The whole text of a printf, at most AGENT_TEXT_MAX bytes (agent_format.h). */
    void (*print)(void *context, const char *text, size_t len);
};

enum agent_error {
    AGENT_OK,
    AGENT_BAD_OPCODE,
    AGENT_STACK_OVERFLOW,
    AGENT_STACK_UNDERFLOW,
    AGENT_TRUNCATED, /* no `end`, or an operand that is not whole */
    AGENT_BAD_JUMP,  /* to outside of the expression */
    AGENT_DIVIDE_BY_ZERO,
    AGENT_TOO_LONG, /* more than AGENT_STEPS_MAX */
    AGENT_NO_REGISTER,
    AGENT_NO_MEMORY,
    AGENT_NO_VARIABLE,
    AGENT_BAD_FORMAT,  /* of a printf */
    AGENT_UNSUPPORTED, /* floating point, or what the host has no operation for */
};

/* Runs EXPR. AGENT_OK: *VALUE is the top of the stack at `end`, 0 if that is empty; else it is
 * undefined. What was written, traced or printed before an error stays so. */
enum agent_error agent_expr_run(const struct agent_expr *expr, const struct agent_host *host,
                                uint64_t *value);
/* The error in words that end a sentence, as "division by zero". */
const char *agent_error_text(enum agent_error error);

#endif
