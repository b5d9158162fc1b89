#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "target_xml.h"
#include "trace_point.h"

/* ---- The set */

size_t trace_points_from(const struct trace_points *set, uint64_t addr)
{
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (set->list[middle]->addr < addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct trace_point *trace_points_find(const struct trace_points *set, uint64_t number,
                                      uint64_t addr)
{
    for (size_t i = trace_points_from(set, addr); i < set->n && set->list[i]->addr == addr; i++)
        if (set->list[i]->number == number)
            return set->list[i];
    return NULL;
}

static void free_point(struct trace_point *p)
{
    free(p->condition.code);
    trace_actions_free(&p->actions);
    trace_actions_free(&p->step_actions);
    buffer_free(&p->text);
    free(p);
}

void trace_points_clear(struct trace_points *set)
{
    for (size_t i = 0; i < set->n; i++)
        free_point(set->list[i]);
    free(set->list);
    *set = (struct trace_points){0};
}

void trace_points_outdate(struct trace_points *set)
{
    for (size_t i = 0; i < set->n; i++)
        set->list[i]->outdated = true;
}

static int reserve(struct trace_points *set)
{
    if (set->n < set->cap)
        return 0;
    size_t cap = set->cap ? 2 * set->cap : 16;
    struct trace_point **list = realloc(set->list, cap * sizeof(struct trace_point *));
    if (!list)
        return -ENOMEM;
    set->list = list;
    set->cap = cap;
    return 0;
}

/* P, for which there is room. */
static void insert(struct trace_points *set, struct trace_point *p)
{
    size_t i = trace_points_from(set, p->addr);
    while (i < set->n && set->list[i]->addr == p->addr && set->list[i]->number < p->number)
        i++;
    memmove(set->list + i + 1, set->list + i, (set->n - i) * sizeof(struct trace_point *));
    set->list[i] = p;
    set->n++;
}

/* ---- Parsing. AT is moved behind what was read. */

struct reader {
    const char *at, *end;
};

static bool number(struct reader *r, uint64_t *value)
{
    size_t n = hex_number(r->at, (size_t)(r->end - r->at), value);
    r->at += n;
    return n;
}

static bool literal(struct reader *r, char c)
{
    bool there = r->at < r->end && *r->at == c;
    r->at += there;
    return there;
}

/* "N:ADDR", which all packets about one tracepoint begin with. */
static bool name(struct reader *r, uint64_t *n, uint64_t *addr)
{
    return number(r, n) && *n <= UINT16_MAX && literal(r, ':') && number(r, addr);
}

static int fail(struct gdb_text *why, int err, const char *what)
{
    gdb_text_printf(why, "%s", what);
    return err;
}

static int malformed(struct gdb_text *why)
{
    return fail(why, -EINVAL, "a tracepoint's definition that can't be read");
}

/* For LEN more bytes, and if ONE_MORE, for a tracepoint. */
static int no_room(const struct trace_points *set, size_t len, bool one_more, struct gdb_text *why)
{
    if (set->bytes + len > TRACE_POINTS_BYTES_MAX)
        return fail(why, -ENOSPC, "the tracepoints' definitions are too long (delete some)");
    if (one_more && set->n == TRACE_POINTS_MAX)
        return fail(why, -ENOSPC, "too many tracepoints (delete some)");
    return 0;
}

static void count_bytes(struct trace_points *set, struct trace_point *p, size_t len)
{
    set->bytes += len;
    p->bytes += len;
}

/* What may follow the five fields: ":Xlen,bytes", or kinds of tracepoints that are not offered. */
static int read_options(struct reader *r, struct trace_point *p, struct gdb_text *why)
{
    while (literal(r, ':')) {
        if (r->at < r->end && (*r->at == 'F' || *r->at == 'S'))
            return fail(why, -EOPNOTSUPP, "fast and static tracepoints are not supported");
        if (p->condition.code || !literal(r, 'X'))
            return malformed(why);
        int err = trace_expr_parse(&p->condition, &r->at, r->end);
        if (err)
            return err == -EINVAL ? malformed(why) : err;
    }
    return 0;
}

/* "N:ADDR:ENA:STEP:PASS[:X..][-]" */
static int read_first(struct reader *r, struct trace_point *p, struct gdb_text *why)
{
    uint64_t n;
    if (!name(r, &n, &p->addr) || !literal(r, ':'))
        return malformed(why);
    p->number = (unsigned)n;
    p->enabled = literal(r, 'E');
    if ((!p->enabled && !literal(r, 'D')) || !literal(r, ':') || !number(r, &p->steps) ||
        !literal(r, ':') || !number(r, &p->passes))
        return malformed(why);
    int err = read_options(r, p, why);
    if (err)
        return err;
    p->whole = !literal(r, '-');
    return r->at == r->end ? 0 : malformed(why);
}

/* OLD, which others know by its address, becomes what NEW is, which is freed. */
static void redefine(struct trace_points *set, struct trace_point *old, struct trace_point *new)
{
    const struct trace_point was = *old;
    set->bytes -= was.bytes;
    new->inserted = was.inserted;
    new->hits = was.hits;
    new->usage = was.usage;
    *old = *new;
    *new = was;
    free_point(new);
}

/* The first packet about P, which is owned from here on. */
static int define(struct trace_points *set, struct reader *r, struct trace_point *p,
                  struct trace_point **point, struct gdb_text *why)
{
    int err = read_first(r, p, why);
    struct trace_point *old = err ? NULL : trace_points_find(set, p->number, p->addr);
    if (!err && old && !old->outdated)
        err = fail(why, -EEXIST, "there is such a tracepoint already");
    if (!err && !old)
        err = reserve(set);
    if (err)
        free_point(p);
    else if (old)
        redefine(set, old, p);
    else
        insert(set, p);
    *point = old ? old : p;
    return err;
}

/* Adds "KIND N:ADDR:REST" to what a later client is told. */
static int remember(struct trace_point *p, char kind, const char *rest, size_t len)
{
    size_t before = p->text.len;
    buffer_printf(&p->text, "%c%x:%llx:", kind, p->number, (unsigned long long)p->addr);
    buffer_append(&p->text, rest, len);
    buffer_append(&p->text, "", 1);
    if (!p->text.failed)
        return 0;
    p->text.failed = false;
    buffer_shorten(&p->text, p->text.len - before);
    return -ENOMEM;
}

/* "N:ADDR:[S]ACTIONS[-]"; a '-' in an action is never its last character. */
static int add_actions(struct trace_points *set, struct reader *r, struct trace_point **point,
                       struct gdb_text *why)
{
    uint64_t n, addr;
    if (!name(r, &n, &addr) || !literal(r, ':'))
        return malformed(why);
    struct trace_point *p = trace_points_find(set, n, addr);
    if (!p || p->whole)
        return fail(why, -ENOENT, "actions of a tracepoint that is not being defined");
    bool more = r->at < r->end && r->end[-1] == '-', steps = literal(r, 'S') || p->in_steps;
    size_t len = (size_t)(r->end - r->at) - more, before = p->text.len;
    int err = remember(p, steps ? 'S' : 'A', r->at, len);
    if (err)
        return err;
    err = trace_actions_parse(steps ? &p->step_actions : &p->actions, r->at, len);
    if (err) {
        buffer_shorten(&p->text, p->text.len - before);
        return err == -EINVAL       ? malformed(why)
               : err == -EOPNOTSUPP ? fail(why, err, "an action that is not supported")
                                    : err;
    }
    p->in_steps = steps;
    p->whole = !more;
    *point = p;
    return 0;
}

int trace_points_define(struct trace_points *set, const char *text, size_t len,
                        struct x86_layout layout, struct trace_point **point, struct gdb_text *why)
{
    struct reader r = {text, text + len};
    const bool first = !literal(&r, '-');
    int err = no_room(set, len, first, why);
    struct trace_point *p = err || !first ? NULL : calloc(1, sizeof(*p));
    if (p) {
        p->layout = layout;
        err = define(set, &r, p, point, why);
    } else if (!err) {
        err = first ? -ENOMEM : add_actions(set, &r, point, why);
    }
    if (!err)
        count_bytes(set, *point, len);
    return err;
}

/* "N:ADDR:TYPE:START:LEN:HEX": kept as it is. */
int trace_points_source(struct trace_points *set, const char *text, size_t len,
                        struct gdb_text *why)
{
    struct reader r = {text, text + len};
    uint64_t n, addr;
    if (!name(&r, &n, &addr) || !literal(&r, ':') || memchr(text, 0, len))
        return malformed(why);
    struct trace_point *p = trace_points_find(set, n, addr);
    if (!p)
        return fail(why, -ENOENT, "the source of a tracepoint that is not there");
    int err = no_room(set, len, false, why);
    if (!err)
        err = remember(p, 'Z', r.at, (size_t)(r.end - r.at));
    if (!err)
        count_bytes(set, p, len);
    return err;
}

/* ---- Telling */

void trace_point_tell(const struct trace_point *p, struct buffer *out)
{
    buffer_printf(out, "T%x:%llx:%c:%llx:%llx", p->number, (unsigned long long)p->addr,
                  p->enabled ? 'E' : 'D', (unsigned long long)p->steps,
                  (unsigned long long)p->passes);
    if (!p->condition.code)
        return;
    buffer_printf(out, ":X%zx,", p->condition.len);
    uint8_t *hex = buffer_extend(out, 2 * p->condition.len);
    if (hex)
        hex_encode((char *)hex, p->condition.code, p->condition.len);
}
