/* The bytecode machine: each bytecode, each error (GDB manual, "Bytecode Descriptions"). */
#include "tests/check.h"

#include "gdbstub/agent_expr.h"

#include <errno.h>

/* ---- A host: registers 0 to 9 are 100 and up, memory is MEMORY_AT on, variable 7 can be had */

enum { MEMORY_AT = 0x1ff0, MEMORY_SIZE = 0x1010, VARIABLE = 7 }; /* to the end of a page */

struct host {
    uint8_t memory[MEMORY_SIZE];
    uint64_t variable;
    uint64_t traced_addr, traced_len;
    unsigned traced, traced_variables;
    char printed[128];
};

static int read_register(void *context, unsigned number, uint64_t *value)
{
    (void)context;
    *value = 100 + number;
    return number < 10 ? 0 : -EINVAL;
}

static int read_memory(void *context, uint64_t addr, void *buf, size_t len)
{
    const struct host *h = context;
    if (addr < MEMORY_AT || addr - MEMORY_AT > MEMORY_SIZE || len > MEMORY_SIZE + MEMORY_AT - addr)
        return -EFAULT;
    memcpy(buf, h->memory + (addr - MEMORY_AT), len);
    return 0;
}

static int read_variable(void *context, unsigned number, uint64_t *value)
{
    const struct host *h = context;
    *value = h->variable;
    return number == VARIABLE ? 0 : -ENOENT;
}

static int write_variable(void *context, unsigned number, uint64_t value)
{
    struct host *h = context;
    h->variable = value;
    return number == VARIABLE ? 0 : -ENOENT;
}

static int trace_memory(void *context, uint64_t addr, size_t len)
{
    struct host *h = context;
    h->traced++;
    h->traced_addr = addr;
    h->traced_len = len;
    return addr ? 0 : -EFAULT;
}

static int trace_variable(void *context, unsigned number)
{
    struct host *h = context;
    h->traced_variables++;
    return number == VARIABLE ? 0 : -ENOENT;
}

static void print(void *context, const char *text, size_t len)
{
    struct host *h = context;
    CHECK(len < sizeof(h->printed));
    memcpy(h->printed, text, len);
    h->printed[len] = 0;
}

static struct agent_host host_of(struct host *h)
{
    return (struct agent_host){h,
                               read_register,
                               read_memory,
                               read_variable,
                               write_variable,
                               trace_memory,
                               trace_variable,
                               print};
}

static enum agent_error run(struct host *h, const uint8_t *code, size_t len, uint64_t *value)
{
    uint8_t copy[256]; /* so that a sanitizer sees what is read behind the end */
    memcpy(copy + sizeof(copy) - len, code, len);
    const struct agent_expr expr = {copy + sizeof(copy) - len, len};
    const struct agent_host host = host_of(h);
    return agent_expr_run(&expr, &host, value);
}

/* ---- Rows */

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

struct row {
    const uint8_t *code;
    size_t len;
    uint64_t value;
    enum agent_error error;
};

static void check_rows(struct host *h, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t value = 0;
        const enum agent_error error = run(h, rows[i].code, rows[i].len, &value);
        if (error != rows[i].error || (!error && value != rows[i].value))
            check_fail(
                __FILE__, __LINE__, "row %zu: expected %#" PRIx64 " (%s), got %#" PRIx64 " (%s)", i,
                rows[i].value, agent_error_text(rows[i].error), value, agent_error_text(error));
    }
}

#define CHECK_ROWS(h, rows) check_rows(h, rows, sizeof(rows) / sizeof(*rows))

#define MINUS(n) 0x22, (uint8_t) - (n), 0x16, 8
#define SMALLEST 0x25, 0x80, 0, 0, 0, 0, 0, 0, 0
#define END      0x27

static void calculates(void)
{
    const struct row rows[] = {
        {BYTES(0x22, 7, 0x22, 5, 0x02, END), 12, 0},
        {BYTES(0x22, 7, 0x22, 5, 0x03, END), 2, 0},
        {BYTES(0x22, 5, 0x22, 7, 0x03, END), UINT64_MAX - 1, 0},
        {BYTES(0x22, 7, MINUS(5), 0x04, END), (uint64_t)-35, 0},
        {BYTES(MINUS(7), 0x22, 2, 0x05, END), (uint64_t)-3, 0},
        {BYTES(MINUS(7), 0x22, 2, 0x06, END), 0x7ffffffffffffffc, 0},
        {BYTES(MINUS(7), 0x22, 2, 0x07, END), (uint64_t)-1, 0},
        {BYTES(MINUS(7), 0x22, 4, 0x08, END), 1, 0},
        {BYTES(SMALLEST, MINUS(1), 0x05, END), 0x8000000000000000, 0},
        {BYTES(SMALLEST, MINUS(1), 0x07, END), 0, 0},
        {BYTES(SMALLEST, MINUS(1), 0x06, END), 0, 0},
        {BYTES(0x22, 6, 0x0e, END), 0, 0},
        {BYTES(0x22, 0, 0x0e, END), 1, 0},
        {BYTES(0x22, 0x3c, 0x22, 0x0f, 0x0f, END), 0x0c, 0},
        {BYTES(0x22, 0x3c, 0x22, 0x0f, 0x10, END), 0x3f, 0},
        {BYTES(0x22, 0x3c, 0x22, 0x0f, 0x11, END), 0x33, 0},
        {BYTES(0x22, 0x3c, 0x12, END), UINT64_MAX - 0x3c, 0},
    };
    CHECK_ROWS(&(struct host){0}, rows);
}

static void shifts(void)
{
    const struct row rows[] = {
        {BYTES(0x22, 3, 0x22, 4, 0x09, END), 0x30, 0},
        {BYTES(0x22, 3, 0x22, 63, 0x09, END), 0x8000000000000000, 0},
        {BYTES(0x22, 3, 0x22, 64, 0x09, END), 0, 0},
        {BYTES(0x22, 3, MINUS(1), 0x09, END), 0, 0},
        {BYTES(MINUS(16), 0x22, 2, 0x0a, END), (uint64_t)-4, 0},
        {BYTES(MINUS(16), 0x22, 64, 0x0a, END), UINT64_MAX, 0},
        {BYTES(0x22, 16, 0x22, 200, 0x0a, END), 0, 0},
        {BYTES(MINUS(16), 0x22, 2, 0x0b, END), 0x3ffffffffffffffc, 0},
        {BYTES(MINUS(16), 0x22, 64, 0x0b, END), 0, 0},
    };
    CHECK_ROWS(&(struct host){0}, rows);
}

static void compares(void)
{
    const struct row rows[] = {
        {BYTES(0x22, 5, 0x22, 5, 0x13, END), 1, 0},  {BYTES(0x22, 5, 0x22, 6, 0x13, END), 0, 0},
        {BYTES(MINUS(5), 0x22, 6, 0x14, END), 1, 0}, {BYTES(0x22, 6, MINUS(5), 0x14, END), 0, 0},
        {BYTES(0x22, 6, 0x22, 6, 0x14, END), 0, 0},  {BYTES(MINUS(5), 0x22, 6, 0x15, END), 0, 0},
        {BYTES(0x22, 6, MINUS(5), 0x15, END), 1, 0}, {BYTES(0x22, 6, 0x22, 6, 0x15, END), 0, 0},
    };
    CHECK_ROWS(&(struct host){0}, rows);
}

static void extends(void)
{
    const struct row rows[] = {
        {BYTES(0x22, 0x80, 0x16, 8, END), 0xffffffffffffff80, 0},
        {BYTES(0x22, 0x7f, 0x16, 8, END), 0x7f, 0},
        {BYTES(0x23, 0x12, 0x7f, 0x16, 8, END), 0x7f, 0},
        {BYTES(0x22, 1, 0x16, 1, END), UINT64_MAX, 0},
        {BYTES(SMALLEST, 0x16, 64, END), 0x8000000000000000, 0},
        {BYTES(SMALLEST, 0x16, 255, END), 0x8000000000000000, 0},
        {BYTES(0x22, 5, 0x16, 0, END), 0, 0},
        {BYTES(0x23, 0x12, 0x34, 0x2a, 8, END), 0x34, 0},
        {BYTES(MINUS(1), 0x2a, 63, END), 0x7fffffffffffffff, 0},
        {BYTES(MINUS(1), 0x2a, 64, END), UINT64_MAX, 0},
        {BYTES(MINUS(1), 0x2a, 0, END), 0, 0},
    };
    CHECK_ROWS(&(struct host){0}, rows);
}

static void has_constants_and_a_stack(void)
{
    const struct row rows[] = {
        {BYTES(END), 0, 0},
        {BYTES(0x22, 0xfe, END), 0xfe, 0},
        {BYTES(0x23, 0xfe, 0xdc, END), 0xfedc, 0},
        {BYTES(0x24, 0xfe, 0xdc, 0xba, 0x98, END), 0xfedcba98, 0},
        {BYTES(0x25, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10, END), 0xfedcba9876543210, 0},
        {BYTES(0x22, 5, 0x28, 0x02, END), 10, 0},
        {BYTES(0x22, 5, 0x22, 6, 0x29, END), 5, 0},
        {BYTES(0x22, 5, 0x22, 6, 0x2b, 0x03, END), 1, 0},
        {BYTES(0x22, 1, 0x22, 2, 0x22, 3, 0x32, 0, END), 3, 0},
        {BYTES(0x22, 1, 0x22, 2, 0x22, 3, 0x32, 2, END), 1, 0},
        /* 1 2 3 -> 3 1 2 */
        {BYTES(0x22, 1, 0x22, 2, 0x22, 3, 0x33, END), 2, 0},
        {BYTES(0x22, 1, 0x22, 2, 0x22, 3, 0x33, 0x29, END), 1, 0},
        {BYTES(0x22, 1, 0x22, 2, 0x22, 3, 0x33, 0x29, 0x29, END), 3, 0},
    };
    CHECK_ROWS(&(struct host){0}, rows);
}

static void jumps(void)
{
    const struct row rows[] = {
        {BYTES(0x21, 0, 5, 0x22, 1, 0x22, 2, END), 2, 0},
        {BYTES(0x22, 1, 0x20, 0, 8, 0x22, 5, END, 0x22, 6, END), 6, 0},
        {BYTES(0x22, 0, 0x20, 0, 8, 0x22, 5, END, 0x22, 6, END), 5, 0},
        {BYTES(0x22, 0, 0x20, 0xff, 0xff, 0x22, 5, END), 5, 0}, /* not taken: nobody looks */
        /* from 3 down to 0 */
        {BYTES(0x22, 3, 0x22, 1, 0x03, 0x28, 0x20, 0, 2, END), 0, 0},
    };
    CHECK_ROWS(&(struct host){0}, rows);
}

static void reads_the_host(void)
{
    struct host h = {.memory = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88}, .variable = 33};
    const struct row rows[] = {
        {BYTES(0x26, 0, 9, END), 109, 0},
        {BYTES(0x23, 0x1f, 0xf0, 0x17, END), 0x81, 0},
        {BYTES(0x23, 0x1f, 0xf0, 0x18, END), 0x8281, 0},
        {BYTES(0x23, 0x1f, 0xf1, 0x19, END), 0x85848382, 0},
        {BYTES(0x23, 0x1f, 0xf0, 0x1a, END), 0x8887868584838281, 0},
        {BYTES(0x2c, 0, VARIABLE, END), 33, 0},
        {BYTES(0x22, 44, 0x2d, 0, VARIABLE, END), 44, 0},
        {BYTES(0x2c, 0, VARIABLE, END), 44, 0},
    };
    CHECK_ROWS(&h, rows);
}

static void traces(void)
{
    struct host h = {.variable = 5};
    const struct row memory[] = {
        {BYTES(0x22, 9, 0x23, 0x12, 0x34, 0x22, 8, 0x0c, END), 9, 0},
    };
    CHECK_ROWS(&h, memory);
    CHECK_EQ(h.traced_addr, 0x1234);
    CHECK_EQ(h.traced_len, 8);
    const struct row quick[] = {
        {BYTES(0x23, 0x12, 0x34, 0x0d, 200, END), 0x1234, 0},
    };
    CHECK_ROWS(&h, quick);
    CHECK_EQ(h.traced_len, 200);
    const struct row sixteen[] = {
        {BYTES(0x23, 0x12, 0x34, 0x30, 0x12, 0x34, END), 0x1234, 0},
    };
    CHECK_ROWS(&h, sixteen);
    CHECK_EQ(h.traced_len, 0x1234);
    CHECK_EQ(h.traced, 3);
    const struct row variable[] = {
        {BYTES(0x2e, 0, VARIABLE, END), 5, 0},
    };
    CHECK_ROWS(&h, variable);
    CHECK_EQ(h.traced_variables, 1);
}

static void traces_strings(void)
{
    /* A page ends in the middle. */
    struct host h = {.memory = "hello, great big world\0 and more"};
    const struct row to_its_end[] = {
        {BYTES(0x23, 0x1f, 0xf0, 0x22, 200, 0x2f, END), 0, 0},
    };
    CHECK_ROWS(&h, to_its_end);
    CHECK_EQ(h.traced_addr, MEMORY_AT);
    CHECK_EQ(h.traced_len, 23);
    const struct row no_further[] = {
        {BYTES(0x23, 0x1f, 0xf0, 0x22, 20, 0x2f, END), 0, 0},
    };
    CHECK_ROWS(&h, no_further);
    CHECK_EQ(h.traced_len, 20);
    const struct row out_of_memory[] = {
        {BYTES(0x23, 0x2f, 0xf0, 0x22, 200, 0x2f, END), 0, AGENT_NO_MEMORY},
    };
    memset(h.memory + MEMORY_SIZE - 16, 'x', 16);
    CHECK_ROWS(&h, out_of_memory);
}

static void prints(void)
{
    struct host h = {.memory = "name"};
    const struct row rows[] = {
        /* A value that stays; the last argument first, then channel and function. */
        {BYTES(0x22, 9, 0x22, 7, 0x23, 0x1f, 0xf0, 0x22, 1, 0x22, 2, /* */
               0x34, 2, 0, 8, '%', 's', '=', '%', 'd', '\\', 'n', 0, END),
         9, 0},
    };
    CHECK_ROWS(&h, rows);
    CHECK_STR(h.printed, "name=7\n");
}

static void says_what_is_wrong(void)
{
    const struct row rows[] = {
        {BYTES(0x00, END), 0, AGENT_BAD_OPCODE},
        {BYTES(0x31, END), 0, AGENT_BAD_OPCODE},
        {BYTES(0x35, END), 0, AGENT_BAD_OPCODE},
        {BYTES(0xff, END), 0, AGENT_BAD_OPCODE},
        {BYTES(0x01, END), 0, AGENT_UNSUPPORTED},
        {BYTES(0x22, 1, 0x1b, END), 0, AGENT_UNSUPPORTED},
        {BYTES(0x22, 1, 0x1f, END), 0, AGENT_UNSUPPORTED},
        {BYTES(0x28, END), 0, AGENT_STACK_UNDERFLOW},
        {BYTES(0x22, 1, 0x02, END), 0, AGENT_STACK_UNDERFLOW},
        {BYTES(0x22, 1, 0x22, 1, 0x33, END), 0, AGENT_STACK_UNDERFLOW},
        {BYTES(0x22, 1, 0x32, 1, END), 0, AGENT_STACK_UNDERFLOW},
        {BYTES(0x32, 0, END), 0, AGENT_STACK_UNDERFLOW},
        {BYTES(0x22, 1, 0x21, 0, 0), 0, AGENT_STACK_OVERFLOW},
        {BYTES(0x21, 0, 0), 0, AGENT_TOO_LONG},
        {BYTES(0x22, 1), 0, AGENT_TRUNCATED},
        {BYTES(0x22), 0, AGENT_TRUNCATED},
        {BYTES(0x25, 1, 2, 3, 4, 5, 6, 7), 0, AGENT_TRUNCATED},
        {BYTES(0x21, 0), 0, AGENT_TRUNCATED},
        {BYTES(0x21, 0, 4, END), 0, AGENT_BAD_JUMP},
        {BYTES(0x22, 1, 0x20, 0, 6, END), 0, AGENT_BAD_JUMP},
        {BYTES(0x22, 1, 0x22, 0, 0x05, END), 0, AGENT_DIVIDE_BY_ZERO},
        {BYTES(0x22, 1, 0x22, 0, 0x06, END), 0, AGENT_DIVIDE_BY_ZERO},
        {BYTES(0x22, 1, 0x22, 0, 0x07, END), 0, AGENT_DIVIDE_BY_ZERO},
        {BYTES(0x22, 1, 0x22, 0, 0x08, END), 0, AGENT_DIVIDE_BY_ZERO},
        {BYTES(0x26, 0, 10, END), 0, AGENT_NO_REGISTER},
        {BYTES(0x22, 1, 0x17, END), 0, AGENT_NO_MEMORY},
        {BYTES(0x23, 0x2f, 0xff, 0x18, END), 0, AGENT_NO_MEMORY},
        {BYTES(0x22, 0, 0x22, 1, 0x0c, END), 0, AGENT_NO_MEMORY},
        {BYTES(0x2c, 0, 8, END), 0, AGENT_NO_VARIABLE},
        {BYTES(0x22, 1, 0x2d, 0, 8, END), 0, AGENT_NO_VARIABLE},
        {BYTES(0x2e, 0, 8, END), 0, AGENT_NO_VARIABLE},
        /* printf: its head, its length, its arguments, its format */
        {BYTES(0x22, 0, 0x22, 0, 0x34, 0, 0), 0, AGENT_TRUNCATED},
        {BYTES(0x22, 0, 0x22, 0, 0x34, 0, 0, 3, 'a', 0), 0, AGENT_TRUNCATED},
        {BYTES(0x22, 0, 0x34, 0, 0, 1, 0, END), 0, AGENT_STACK_UNDERFLOW},
        {BYTES(0x22, 0, 0x22, 0, 0x34, 1, 0, 1, 0, END), 0, AGENT_STACK_UNDERFLOW},
        {BYTES(0x22, 0, 0x22, 0, 0x34, 0, 0, 0, END), 0, AGENT_BAD_FORMAT},
        {BYTES(0x22, 0, 0x22, 0, 0x34, 0, 0, 1, 'a', END), 0, AGENT_BAD_FORMAT},
    };
    CHECK_ROWS(&(struct host){0}, rows);
    uint64_t value;
    CHECK_EQ(run(&(struct host){0}, (const uint8_t *)"", 0, &value), AGENT_TRUNCATED);
}

static void holds_as_much_as_it_says(void)
{
    uint8_t code[AGENT_STACK_MAX * 2 + 2];
    uint64_t value = 0;
    const struct agent_expr whole = {code, AGENT_STACK_MAX + 2}, more = {code, AGENT_STACK_MAX + 3};
    const struct agent_host host = {0};
    memset(code, 0x28, sizeof(code));
    code[0] = 0x22;
    code[1] = 3;
    code[AGENT_STACK_MAX + 1] = END; /* AGENT_STACK_MAX - 1 times dup */
    CHECK_EQ(agent_expr_run(&whole, &host, &value), AGENT_OK);
    CHECK_EQ(value, 3);
    code[AGENT_STACK_MAX + 1] = 0x28;
    code[AGENT_STACK_MAX + 2] = END;
    CHECK_EQ(agent_expr_run(&more, &host, &value), AGENT_STACK_OVERFLOW);
}

static void does_without_a_host(void)
{
    const struct row rows[] = {
        {BYTES(0x26, 0, 1, END), 0, 0},
        {BYTES(0x22, 1, 0x17, END), 0, 0},
        {BYTES(0x2c, 0, 1, END), 0, 0},
        {BYTES(0x22, 1, 0x2d, 0, 1, END), 0, 0},
        {BYTES(0x2e, 0, 1, END), 0, 0},
        {BYTES(0x22, 1, 0x22, 1, 0x0c, END), 0, 0},
        {BYTES(0x22, 1, 0x0d, 1, END), 0, 0},
        {BYTES(0x22, 1, 0x30, 0, 1, END), 0, 0},
        {BYTES(0x22, 1, 0x22, 1, 0x2f, END), 0, 0},
        {BYTES(0x22, 0, 0x22, 0, 0x34, 0, 0, 1, 0, END), 0, 0},
    };
    const struct agent_host none = {0};
    uint64_t value;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint8_t code[32];
        memcpy(code, rows[i].code, rows[i].len);
        CHECK_EQ(agent_expr_run(&(struct agent_expr){code, rows[i].len}, &none, &value),
                 AGENT_UNSUPPORTED);
    }
}

static void has_words_for_each_error(void)
{
    for (int error = AGENT_OK; error <= AGENT_UNSUPPORTED; error++)
        CHECK(*agent_error_text((enum agent_error)error));
}

int main(void)
{
    TEST(calculates);
    TEST(shifts);
    TEST(compares);
    TEST(extends);
    TEST(has_constants_and_a_stack);
    TEST(jumps);
    TEST(reads_the_host);
    TEST(traces);
    TEST(traces_strings);
    TEST(prints);
    TEST(says_what_is_wrong);
    TEST(holds_as_much_as_it_says);
    TEST(does_without_a_host);
    TEST(has_words_for_each_error);
    return check_done();
}
