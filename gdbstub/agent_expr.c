#include <string.h>

#include "agent_expr.h"
#include "agent_format.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "memory is read as x86 guests have it");

struct machine {
    const struct agent_expr *expr;
    const struct agent_host *host;
    size_t pc, depth;
    uint64_t operand; /* of the bytecode that runs */
    uint64_t stack[AGENT_STACK_MAX];
};

/* AT is the lowest of the values that the bytecode takes, and the place of the first that it
 * leaves. */
typedef enum agent_error bytecode(struct machine *m, uint64_t *at);

/* ---- Arithmetic: C has no meaning for some of what it must bear, as shifts by 64 and more */

static uint64_t left(uint64_t a, uint64_t n)
{
    return n < 64 ? a << n : 0;
}

static uint64_t right(uint64_t a, uint64_t n)
{
    return n < 64 ? a >> n : 0;
}

static uint64_t right_signed(uint64_t a, uint64_t n)
{
    return (uint64_t)((int64_t)a >> (n < 64 ? n : 63));
}

static uint64_t low_bits(uint64_t a, uint64_t n)
{
    return n < 64 ? a & ((UINT64_C(1) << n) - 1) : a;
}

static uint64_t sign_extended(uint64_t a, uint64_t n)
{
    return n && n < 64 ? right_signed(a << (64 - n), 64 - n) : low_bits(a, n);
}

#define ARITHMETIC(name, value)                                                                    \
    static enum agent_error name(struct machine *m, uint64_t *at)                                  \
    {                                                                                              \
        const uint64_t a = at[0], b = at[1];                                                       \
        (void)m;                                                                                   \
        at[0] = (value);                                                                           \
        return AGENT_OK;                                                                           \
    }

ARITHMETIC(add, a + b)
ARITHMETIC(sub, a - b)
ARITHMETIC(mul, a *b)
ARITHMETIC(lsh, left(a, b))
ARITHMETIC(rsh_signed, right_signed(a, b))
ARITHMETIC(rsh_unsigned, right(a, b))
ARITHMETIC(bit_and, a &b)
ARITHMETIC(bit_or, a | b)
ARITHMETIC(bit_xor, a ^ b)
ARITHMETIC(equal, a == b)
ARITHMETIC(less_signed, (int64_t)a < (int64_t)b)
ARITHMETIC(less_unsigned, a < b)

static enum agent_error log_not(struct machine *m, uint64_t *at)
{
    (void)m;
    *at = !*at;
    return AGENT_OK;
}

static enum agent_error bit_not(struct machine *m, uint64_t *at)
{
    (void)m;
    *at = ~*at;
    return AGENT_OK;
}

static enum agent_error ext(struct machine *m, uint64_t *at)
{
    *at = sign_extended(*at, m->operand);
    return AGENT_OK;
}

static enum agent_error zero_ext(struct machine *m, uint64_t *at)
{
    *at = low_bits(*at, m->operand);
    return AGENT_OK;
}

/* ---- Division: that by -1 is a negation, because the smallest number has no counterpart */

static enum agent_error div_signed(struct machine *m, uint64_t *at)
{
    const int64_t a = (int64_t)at[0], b = (int64_t)at[1];
    (void)m;
    if (!b)
        return AGENT_DIVIDE_BY_ZERO;
    at[0] = b == -1 ? -at[0] : (uint64_t)(a / b);
    return AGENT_OK;
}

static enum agent_error rem_signed(struct machine *m, uint64_t *at)
{
    const int64_t a = (int64_t)at[0], b = (int64_t)at[1];
    (void)m;
    if (!b)
        return AGENT_DIVIDE_BY_ZERO;
    at[0] = b == -1 ? 0 : (uint64_t)(a % b);
    return AGENT_OK;
}

static enum agent_error div_unsigned(struct machine *m, uint64_t *at)
{
    (void)m;
    if (!at[1])
        return AGENT_DIVIDE_BY_ZERO;
    at[0] /= at[1];
    return AGENT_OK;
}

static enum agent_error rem_unsigned(struct machine *m, uint64_t *at)
{
    (void)m;
    if (!at[1])
        return AGENT_DIVIDE_BY_ZERO;
    at[0] %= at[1];
    return AGENT_OK;
}

/* ---- The stack */

static enum agent_error constant(struct machine *m, uint64_t *at)
{
    *at = m->operand;
    return AGENT_OK;
}

static enum agent_error dup(struct machine *m, uint64_t *at)
{
    (void)m;
    at[1] = at[0];
    return AGENT_OK;
}

static enum agent_error pop(struct machine *m, uint64_t *at)
{
    (void)m, (void)at;
    return AGENT_OK;
}

static enum agent_error swap(struct machine *m, uint64_t *at)
{
    const uint64_t a = at[0];
    (void)m;
    at[0] = at[1];
    at[1] = a;
    return AGENT_OK;
}

static enum agent_error rot(struct machine *m, uint64_t *at)
{
    const uint64_t a = at[0], b = at[1], c = at[2];
    (void)m;
    at[0] = c;
    at[1] = a;
    at[2] = b;
    return AGENT_OK;
}

static enum agent_error pick(struct machine *m, uint64_t *at)
{
    if (m->operand >= (uint64_t)(at - m->stack))
        return AGENT_STACK_UNDERFLOW;
    *at = at[-1 - (int64_t)m->operand];
    return AGENT_OK;
}

/* ---- Jumps */

static enum agent_error jump(struct machine *m, uint64_t *at)
{
    (void)at;
    if (m->operand >= m->expr->len)
        return AGENT_BAD_JUMP;
    m->pc = m->operand;
    return AGENT_OK;
}

static enum agent_error if_goto(struct machine *m, uint64_t *at)
{
    return *at ? jump(m, at) : AGENT_OK;
}

/* ---- What the host has */

static enum agent_error reg(struct machine *m, uint64_t *at)
{
    const struct agent_host *h = m->host;
    if (!h->read_register)
        return AGENT_UNSUPPORTED;
    return h->read_register(h->context, (unsigned)m->operand, at) ? AGENT_NO_REGISTER : AGENT_OK;
}

static enum agent_error ref(struct machine *m, uint64_t *at, size_t len)
{
    const struct agent_host *h = m->host;
    uint64_t value = 0;
    if (!h->read_memory)
        return AGENT_UNSUPPORTED;
    if (h->read_memory(h->context, *at, &value, len))
        return AGENT_NO_MEMORY;
    *at = value;
    return AGENT_OK;
}

static enum agent_error ref8(struct machine *m, uint64_t *at)
{
    return ref(m, at, 1);
}

static enum agent_error ref16(struct machine *m, uint64_t *at)
{
    return ref(m, at, 2);
}

static enum agent_error ref32(struct machine *m, uint64_t *at)
{
    return ref(m, at, 4);
}

static enum agent_error ref64(struct machine *m, uint64_t *at)
{
    return ref(m, at, 8);
}

static enum agent_error getv(struct machine *m, uint64_t *at)
{
    const struct agent_host *h = m->host;
    if (!h->read_variable)
        return AGENT_UNSUPPORTED;
    return h->read_variable(h->context, (unsigned)m->operand, at) ? AGENT_NO_VARIABLE : AGENT_OK;
}

static enum agent_error setv(struct machine *m, uint64_t *at)
{
    const struct agent_host *h = m->host;
    if (!h->write_variable)
        return AGENT_UNSUPPORTED;
    return h->write_variable(h->context, (unsigned)m->operand, *at) ? AGENT_NO_VARIABLE : AGENT_OK;
}

/* ---- Recording */

static enum agent_error trace_bytes(struct machine *m, uint64_t addr, uint64_t len)
{
    const struct agent_host *h = m->host;
    if (!h->trace_memory)
        return AGENT_UNSUPPORTED;
    return h->trace_memory(h->context, addr, len) ? AGENT_NO_MEMORY : AGENT_OK;
}

static enum agent_error trace(struct machine *m, uint64_t *at)
{
    return trace_bytes(m, at[0], at[1]);
}

static enum agent_error trace_quick(struct machine *m, uint64_t *at)
{
    return trace_bytes(m, at[0], m->operand);
}

static enum agent_error tracenz(struct machine *m, uint64_t *at)
{
    const uint64_t max = at[1] < AGENT_TRACENZ_MAX ? at[1] : AGENT_TRACENZ_MAX;
    size_t len = 0;
    if (!m->host->read_memory)
        return AGENT_UNSUPPORTED;
    const enum agent_error error = agent_string_size(m->host, at[0], max, &len);
    return error ? error : trace_bytes(m, at[0], len);
}

static enum agent_error tracev(struct machine *m, uint64_t *at)
{
    const struct agent_host *h = m->host;
    if (!h->trace_variable)
        return AGENT_UNSUPPORTED;
    if (h->trace_variable(h->context, (unsigned)m->operand))
        return AGENT_NO_VARIABLE;
    return getv(m, at);
}

/* The number of arguments is its operand; the format, with its length before it and a 0 as its last
 * byte, follows. AT has the function to print by and its channel, which are ours to ignore; the
 * first argument is the uppermost below. */
static enum agent_error print(struct machine *m, uint64_t *at)
{
    const struct agent_host *h = m->host;
    const uint8_t *code = m->expr->code + m->pc;
    const size_t left_over = m->expr->len - m->pc, n = m->operand;
    const size_t len = left_over < 2 ? 0 : (size_t)code[0] << 8 | code[1];
    if (left_over < 2 || left_over - 2 < len)
        return AGENT_TRUNCATED;
    if (n > (size_t)(at - m->stack))
        return AGENT_STACK_UNDERFLOW;
    if (!h->print)
        return AGENT_UNSUPPORTED;
    m->pc += 2 + len;
    m->depth -= n;
    const struct agent_arguments arguments = {.end = at, .n = n};
    return agent_format(h, (const char *)code + 2, len, &arguments);
}

static enum agent_error floating(struct machine *m, uint64_t *at)
{
    (void)m, (void)at;
    return AGENT_UNSUPPORTED;
}

/* ---- The table (GDB manual, "Bytecode Descriptions") */

struct opcode {
    bytecode *run;
    uint8_t operand; /* bytes of it, the most significant first */
    uint8_t pops, pushes;
};

enum { OP_END = 0x27 };

/* clang-format off */
static const struct opcode opcodes[] = {
    [0x01] = {floating,      0, 0, 0},
    [0x02] = {add,           0, 2, 1},
    [0x03] = {sub,           0, 2, 1},
    [0x04] = {mul,           0, 2, 1},
    [0x05] = {div_signed,    0, 2, 1},
    [0x06] = {div_unsigned,  0, 2, 1},
    [0x07] = {rem_signed,    0, 2, 1},
    [0x08] = {rem_unsigned,  0, 2, 1},
    [0x09] = {lsh,           0, 2, 1},
    [0x0a] = {rsh_signed,    0, 2, 1},
    [0x0b] = {rsh_unsigned,  0, 2, 1},
    [0x0c] = {trace,         0, 2, 0},
    [0x0d] = {trace_quick,   1, 1, 1},
    [0x0e] = {log_not,       0, 1, 1},
    [0x0f] = {bit_and,       0, 2, 1},
    [0x10] = {bit_or,        0, 2, 1},
    [0x11] = {bit_xor,       0, 2, 1},
    [0x12] = {bit_not,       0, 1, 1},
    [0x13] = {equal,         0, 2, 1},
    [0x14] = {less_signed,   0, 2, 1},
    [0x15] = {less_unsigned, 0, 2, 1},
    [0x16] = {ext,           1, 1, 1},
    [0x17] = {ref8,          0, 1, 1},
    [0x18] = {ref16,         0, 1, 1},
    [0x19] = {ref32,         0, 1, 1},
    [0x1a] = {ref64,         0, 1, 1},
    [0x1b] = {floating,      0, 0, 0}, /* ref_float, ref_double, ref_long_double, l_to_d, d_to_l */
    [0x1c] = {floating,      0, 0, 0},
    [0x1d] = {floating,      0, 0, 0},
    [0x1e] = {floating,      0, 0, 0},
    [0x1f] = {floating,      0, 0, 0},
    [0x20] = {if_goto,       2, 1, 0},
    [0x21] = {jump,          2, 0, 0},
    [0x22] = {constant,      1, 0, 1},
    [0x23] = {constant,      2, 0, 1},
    [0x24] = {constant,      4, 0, 1},
    [0x25] = {constant,      8, 0, 1},
    [0x26] = {reg,           2, 0, 1},
    [0x28] = {dup,           0, 1, 2},
    [0x29] = {pop,           0, 1, 0},
    [0x2a] = {zero_ext,      1, 1, 1},
    [0x2b] = {swap,          0, 2, 2},
    [0x2c] = {getv,          2, 0, 1},
    [0x2d] = {setv,          2, 1, 1},
    [0x2e] = {tracev,        2, 0, 1},
    [0x2f] = {tracenz,       0, 2, 0},
    [0x30] = {trace_quick,   2, 1, 1}, /* trace16 */
    [0x32] = {pick,          1, 0, 1},
    [0x33] = {rot,           0, 3, 3},
    [0x34] = {print,         1, 2, 0},
};
/* clang-format on */

enum { OPCODES = sizeof(opcodes) / sizeof(*opcodes) };

/* ---- The machine */

static enum agent_error take_operand(struct machine *m, size_t len)
{
    if (len > m->expr->len - m->pc)
        return AGENT_TRUNCATED;
    m->operand = 0;
    for (const uint8_t *byte = m->expr->code + m->pc; len; len--, m->pc++)
        m->operand = m->operand << 8 | *byte++;
    return AGENT_OK;
}

static enum agent_error execute(struct machine *m, uint8_t code)
{
    const struct opcode *op = code < OPCODES ? &opcodes[code] : NULL;
    if (!op || !op->run)
        return AGENT_BAD_OPCODE;
    const enum agent_error error = take_operand(m, op->operand);
    if (error)
        return error;
    if (m->depth < op->pops)
        return AGENT_STACK_UNDERFLOW;
    uint64_t *at = m->stack + m->depth - op->pops;
    m->depth = m->depth - op->pops + op->pushes;
    return m->depth > AGENT_STACK_MAX ? AGENT_STACK_OVERFLOW : op->run(m, at);
}

enum agent_error agent_expr_run(const struct agent_expr *expr, const struct agent_host *host,
                                uint64_t *value)
{
    struct machine m; /* the stack is not cleared: what is read of it has been pushed */
    m.expr = expr;
    m.host = host;
    m.pc = m.depth = 0;
    for (unsigned steps = 0; steps < AGENT_STEPS_MAX; steps++) {
        if (m.pc >= expr->len)
            return AGENT_TRUNCATED;
        const uint8_t code = expr->code[m.pc++];
        if (code == OP_END) {
            *value = m.depth ? m.stack[m.depth - 1] : 0;
            return AGENT_OK;
        }
        const enum agent_error error = execute(&m, code);
        if (error)
            return error;
    }
    return AGENT_TOO_LONG;
}

const char *agent_error_text(enum agent_error error)
{
    static const char *const texts[] = {
        [AGENT_OK] = "no error",
        [AGENT_BAD_OPCODE] = "a bytecode that does not exist",
        [AGENT_STACK_OVERFLOW] = "too many values on the stack",
        [AGENT_STACK_UNDERFLOW] = "too few values on the stack",
        [AGENT_TRUNCATED] = "bytecode without an end",
        [AGENT_BAD_JUMP] = "a jump out of the bytecode",
        [AGENT_DIVIDE_BY_ZERO] = "division by zero",
        [AGENT_TOO_LONG] = "too many steps",
        [AGENT_NO_REGISTER] = "a register that can't be read",
        [AGENT_NO_MEMORY] = "memory that can't be read",
        [AGENT_NO_VARIABLE] = "a trace variable that does not exist",
        [AGENT_BAD_FORMAT] = "a printf format that is not supported",
        [AGENT_UNSUPPORTED] = "bytecode that is not supported here",
    };
    return texts[error];
}
