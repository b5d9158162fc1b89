#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "breakpoint_lists.h"
#include "hex.h"

struct cursor {
    const char *at, *end;
    uint8_t *code; /* where the next expression's bytes go */
};

static size_t left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

static bool take(struct cursor *c, const char *word)
{
    const size_t len = strlen(word);
    if (left(c) < len || memcmp(c->at, word, len))
        return false;
    c->at += len;
    return true;
}

static bool take_number(struct cursor *c, uint64_t *number)
{
    const size_t digits = hex_number(c->at, left(c), number);
    c->at += digits;
    return digits;
}

/* What follows an X. */
static int take_expr(struct cursor *c, struct agent_expr *expr)
{
    uint64_t len;
    if (!take_number(c, &len) || !take(c, ",") || !len)
        return -EINVAL;
    if (len > AGENT_EXPR_MAX)
        return -E2BIG;
    if (left(c) / 2 < len || !hex_decode(c->code, c->at, len))
        return -EINVAL;
    *expr = (struct agent_expr){c->code, len};
    c->code += len;
    c->at += len * 2;
    return 0;
}

/* As many as there are up to the next part of another kind. */
static int take_exprs(struct cursor *c, struct agent_expr *exprs, size_t *n)
{
    int err = 0;
    *n = 0;
    for (take(c, ";"); !err && take(c, "X"); take(c, ";"))
        err = take_expr(c, &exprs[(*n)++]);
    return err;
}

static int take_lists(struct cursor *c, struct breakpoint_lists *lists)
{
    uint64_t persist; /* nothing stays when the client goes: docs/PROTOCOL.md */
    int err = take_exprs(c, lists->exprs, &lists->conditions);
    if (!err && take(c, "cmds:")) {
        if (!take_number(c, &persist) || !take(c, ","))
            return -EINVAL;
        err = take_exprs(c, lists->exprs + lists->conditions, &lists->commands);
    }
    return err ? err : left(c) ? -EINVAL : 0;
}

/* An X is no digit: so many expressions there are, if TEXT is well-formed. */
static size_t count_exprs(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += text[i] == 'X';
    return n;
}

int breakpoint_lists_parse(struct breakpoint_lists **lists, struct x86_layout layout,
                           const char *text, size_t len)
{
    const size_t n = count_exprs(text, len), heads = n * sizeof(struct agent_expr);
    *lists = NULL;
    if (!len)
        return 0;
    if (n > BREAKPOINT_EXPRS_MAX || len / 2 > BREAKPOINT_CODE_MAX)
        return -E2BIG;
    struct breakpoint_lists *made = calloc(1, sizeof(*made) + heads + len / 2);
    if (!made)
        return -ENOMEM;
    made->layout = layout;
    const int err =
        take_lists(&(struct cursor){text, text + len, (uint8_t *)made->exprs + heads}, made);
    if (err || !n)
        free(made);
    else
        *lists = made;
    return err;
}
