/* The bytecode machine on programs of random bytes, the same ones at each run: each comes to an
 * end, within its bounds. The sanitizers look for the rest. */
#include "tests/check.h"

#include "gdbstub/agent_expr.h"
#include "gdbstub/agent_format.h"

#include <errno.h>
#include <stdlib.h>

enum { PROGRAMS = 200000, PROGRAM_MAX = 128, LAST_OPCODE = 0x34 };

struct host {
    uint64_t random;
    unsigned calls, errors[AGENT_UNSUPPORTED + 1];
    uint64_t printed;
};

static uint64_t next(uint64_t *random) /* xorshift64 */
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    return *random ^= *random << 17;
}

/* Most of what is asked for is there. */
static int answer(struct host *h)
{
    h->calls++;
    return next(&h->random) % 16 ? 0 : -EFAULT;
}

static int read_number(void *context, unsigned number, uint64_t *value)
{
    struct host *h = context;
    *value = next(&h->random) >> number % 64;
    return answer(h);
}

static int read_memory(void *context, uint64_t addr, void *buf, size_t len)
{
    struct host *h = context;
    CHECK(len && len <= AGENT_STRING_MAX);
    memset(buf, addr % 256 ? 'x' : 0, len);
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
    struct host *h = context;
    (void)text;
    CHECK(len <= AGENT_TEXT_MAX);
    h->printed += len;
}

/* ---- Programs */

struct program {
    uint8_t code[PROGRAM_MAX];
    size_t len;
};

static void add(struct program *p, uint8_t byte)
{
    if (p->len < PROGRAM_MAX)
        p->code[p->len++] = byte;
}

/* Small numbers make more of a program than bytes of any value: lengths, jumps, opcodes. */
static void add_some_byte(struct program *p, uint64_t r)
{
    if (r >> 8 & 1)
        add(p, (uint8_t)(r % (LAST_OPCODE + 2)));
    else
        add(p, (uint8_t)(r >> 9 & 1 ? r >> 16 & 7 : r));
}

/* A printf of what may be a format. */
static void add_print(struct program *p, uint64_t *random)
{
    static const char letters[] = "%%%%ddsxXocp05.-+#\\nl\"";
    const size_t len = next(random) % 16;
    add(p, 0x34);
    add(p, (uint8_t)(next(random) % 4));
    add(p, 0);
    add(p, (uint8_t)(len + next(random) % 2));
    for (size_t i = 0; i < len; i++)
        add(p, (uint8_t)letters[next(random) % (sizeof(letters) - 1)]);
    add(p, 0);
}

static void make_program(struct program *p, uint64_t *random)
{
    const uint64_t r = next(random);
    p->len = 0;
    for (unsigned i = 0; i < (r & 7); i++) {
        add(p, 0x22);
        add(p, (uint8_t)next(random));
    }
    if (!(r >> 8 & 7))
        add_print(p, random);
    for (unsigned i = 0; i < (r >> 16 & 31); i++)
        add_some_byte(p, next(random));
    if (r >> 24 & 1)
        add(p, 0x21), add(p, 0), add(p, (uint8_t)(r >> 32 & 31));
    else
        add(p, 0x27);
}

/* In memory of its own size, so that a look behind its end is seen. */
static enum agent_error run(const struct program *p, const struct agent_host *host)
{
    uint64_t value;
    uint8_t *code = malloc(p->len);
    memcpy(code, p->code, p->len);
    const enum agent_error error = agent_expr_run(&(struct agent_expr){code, p->len}, host, &value);
    free(code);
    return error;
}

static void random_programs(void)
{
    static struct host h = {.random = 88172645463325252};
    const struct agent_host host = {
        &h,           read_number,    read_memory, read_number, write_variable,
        trace_memory, trace_variable, print};
    struct program program;
    for (unsigned i = 0; i < PROGRAMS; i++) {
        make_program(&program, &h.random);
        const enum agent_error error = run(&program, &host);
        CHECK(error <= AGENT_UNSUPPORTED);
        h.errors[error]++;
    }
    /* The programs are worth something: each way to end was taken. */
    for (int error = AGENT_OK; error <= AGENT_UNSUPPORTED; error++)
        if (!h.errors[error])
            check_fail(__FILE__, __LINE__, "no program ended in: %s",
                       agent_error_text((enum agent_error)error));
    CHECK(h.calls > PROGRAMS / 10);
    CHECK(h.printed > PROGRAMS / 20);
}

int main(void)
{
    TEST(random_programs);
    return check_done();
}
