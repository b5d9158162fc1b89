/* The bytecode machine: the first two bytes decide what it finds in the target, the rest is the
 * program. Each comes to an end, within its bounds. */
#include "fuzz.h"

#include "gdbstub/agent_expr.h"
#include "gdbstub/agent_format.h"

#include <errno.h>

/* Text, and each way to end, in the words of agent_error_text. */
const unsigned fuzz_rounds = 100000;
const char *const fuzz_goals[] = {
    "text",
    "no error",
    "a bytecode that does not exist",
    "too many values on the stack",
    "too few values on the stack",
    "bytecode without an end",
    "a jump out of the bytecode",
    "division by zero",
    "too many steps",
    "a register that can't be read",
    "memory that can't be read",
    "a trace variable that does not exist",
    "a printf format that is not supported",
    "bytecode that is not supported here",
    NULL,
};

struct host {
    uint8_t answers, salt;
    unsigned asked;
};

/* A bit for each of eight questions, over and over. */
static int answer(struct host *h)
{
    return h->answers >> h->asked++ % 8 & 1 ? -EFAULT : 0;
}

static int read_number(void *context, unsigned number, uint64_t *value)
{
    struct host *h = context;
    *value = (uint64_t)h->salt * 0x0102040810204081 >> number % 64;
    return answer(h);
}

static int read_memory(void *context, uint64_t addr, void *buf, size_t len)
{
    struct host *h = context;
    CHECK(len && len <= AGENT_STRING_MAX);
    memset(buf, (addr ^ h->salt) % 256 ? 'x' : 0, len);
    return answer(h);
}

static int write_variable(void *context, unsigned number, uint64_t value)
{
    (void)number, (void)value;
    return answer(context);
}

static int trace_memory(void *context, uint64_t addr, size_t len)
{
    (void)addr, (void)len;
    return answer(context);
}

static int trace_variable(void *context, unsigned number)
{
    (void)number;
    return answer(context);
}

static void print(void *context, const char *text, size_t len)
{
    (void)context, (void)text;
    CHECK(len <= AGENT_TEXT_MAX);
    fuzz_reached("text");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct host h = {.answers = (uint8_t)fuzz_number(&in, 1), .salt = (uint8_t)fuzz_number(&in, 1)};
    const struct agent_host host = {
        &h,           read_number,    read_memory, read_number, write_variable,
        trace_memory, trace_variable, print};
    struct agent_expr program;
    uint64_t value;
    program.code = fuzz_copy(&in, AGENT_EXPR_MAX, &program.len);
    const enum agent_error error = agent_expr_run(&program, &host, &value);
    free(program.code);
    CHECK(error <= AGENT_UNSUPPORTED);
    fuzz_reached(agent_error_text(error));
    return fuzz_verdict();
}
