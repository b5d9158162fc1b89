#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "trace_action.h"

static bool take_number(const char **at, const char *end, uint64_t *number)
{
    size_t n = hex_number(*at, (size_t)(end - *at), number);
    *at += n;
    return n;
}

static bool take(const char **at, const char *end, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(end - *at) < n || memcmp(*at, text, n))
        return false;
    *at += n;
    return true;
}

int trace_expr_parse(struct agent_expr *expr, const char **at, const char *end)
{
    uint64_t len;
    *expr = (struct agent_expr){0};
    if (!take_number(at, end, &len) || !take(at, end, ",") || !len || len > AGENT_EXPR_MAX ||
        (size_t)(end - *at) / 2 < len)
        return -EINVAL;
    uint8_t *code = malloc(len);
    if (!code)
        return -ENOMEM;
    if (!hex_decode(code, *at, len)) {
        free(code);
        return -EINVAL;
    }
    *expr = (struct agent_expr){code, len};
    *at += 2 * len;
    return 0;
}

/* ---- One action behind its letter */

/* The mask of registers: read for its shape only. */
static int parse_registers(struct trace_action *action, const char **at, const char *end)
{
    const char *start = *at;
    action->kind = TRACE_COLLECT_REGISTERS;
    while (*at < end && hex_digit(**at) >= 0)
        ++*at;
    return *at > start ? 0 : -EINVAL;
}

/* The client's "no register" is -1, in the manual and in gdb. */
static int parse_memory(struct trace_action *action, const char **at, const char *end)
{
    uint64_t base = 0;
    action->kind = TRACE_COLLECT_MEMORY;
    action->based = !take(at, end, "-1");
    if (action->based && (!take_number(at, end, &base) || base > INT32_MAX))
        return -EINVAL;
    action->base = (unsigned)base;
    return take(at, end, ",") && take_number(at, end, &action->addr) && take(at, end, ",") &&
                   take_number(at, end, &action->len)
               ? 0
               : -EINVAL;
}

static int parse_expression(struct trace_action *action, const char **at, const char *end)
{
    action->kind = TRACE_EVALUATE;
    return trace_expr_parse(&action->expr, at, end);
}

static const struct {
    char letter;
    int (*parse)(struct trace_action *action, const char **at, const char *end);
} kinds[] = {
    {'R', parse_registers},
    {'M', parse_memory},
    {'X', parse_expression},
};

static int parse_one(struct trace_action *action, const char **at, const char *end)
{
    char letter = *(*at)++;
    *action = (struct trace_action){0};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].letter == letter)
            return kinds[i].parse(action, at, end);
    return -EOPNOTSUPP;
}

/* ---- All of a packet's */

static void shorten(struct trace_actions *a, size_t n)
{
    while (a->n > n)
        free(a->list[--a->n].expr.code);
}

static int add(struct trace_actions *a, const struct trace_action *action)
{
    if (a->n == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 4;
        struct trace_action *list = realloc(a->list, cap * sizeof(*list));
        if (!list)
            return -ENOMEM;
        a->list = list;
        a->cap = cap;
    }
    a->list[a->n++] = *action;
    return 0;
}

int trace_actions_parse(struct trace_actions *a, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    size_t before = a->n;
    int err = len ? 0 : -EINVAL;
    while (!err && at < end) {
        struct trace_action action;
        err = parse_one(&action, &at, end);
        if (!err && (err = add(a, &action)))
            free(action.expr.code);
    }
    if (err)
        shorten(a, before);
    return err;
}

void trace_actions_free(struct trace_actions *a)
{
    shorten(a, 0);
    free(a->list);
    *a = (struct trace_actions){0};
}
