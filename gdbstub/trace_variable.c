#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hex.h"
#include "trace_variable.h"

/* The index of NUMBER's, or where it belongs. */
static size_t place(const struct trace_variables *set, uint64_t number)
{
    size_t low = 0, high = set->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (set->list[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct trace_variable *find(const struct trace_variables *set, uint64_t number)
{
    size_t i = place(set, number);
    return i < set->n && set->list[i].number == number ? &set->list[i] : NULL;
}

static int reserve(struct trace_variables *set)
{
    if (set->n < set->cap)
        return 0;
    if (set->n == TRACE_VARIABLES_MAX)
        return -ENOSPC;
    size_t cap = set->cap ? 2 * set->cap : 8;
    struct trace_variable *list = realloc(set->list, cap * sizeof(*list));
    if (!list)
        return -ENOMEM;
    set->list = list;
    set->cap = cap;
    return 0;
}

/* Takes over V, its name too, but not on error. */
static int put(struct trace_variables *set, struct trace_variable v)
{
    struct trace_variable *old = find(set, v.number);
    if (old) {
        free(old->name);
        *old = v;
        return 0;
    }
    int err = reserve(set);
    if (err)
        return err;
    size_t i = place(set, v.number);
    memmove(set->list + i + 1, set->list + i, (set->n - i) * sizeof(*set->list));
    set->list[i] = v;
    set->n++;
    return 0;
}

/* A number and the ':' behind it. */
static bool field(const char **at, const char *end, uint64_t *value)
{
    size_t n = hex_number(*at, (size_t)(end - *at), value);
    *at += n;
    return n && *at < end && *(*at)++ == ':';
}

static bool is_name(const char *hex, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (hex_digit(hex[i]) < 0)
            return false;
    return len % 2 == 0 && len <= 2 * TRACE_VARIABLE_NAME_MAX;
}

/* "N:VALUE:BUILTIN:NAME". The stub's own the client has from it: it stays as it is. */
int trace_variables_define(struct trace_variables *set, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    uint64_t number, value, builtin;
    if (!field(&at, end, &number) || number > INT32_MAX || !field(&at, end, &value) ||
        !field(&at, end, &builtin) || !is_name(at, (size_t)(end - at)))
        return -EINVAL;
    const struct trace_variable *old = find(set, number);
    if (old && old->builtin && builtin)
        return 0;
    struct trace_variable v = {.number = (unsigned)number, .initial = value, .value = value};
    v.name = strndup(at, (size_t)(end - at));
    int err = v.name ? put(set, v) : -ENOMEM;
    if (err)
        free(v.name);
    return err;
}

void trace_variables_free(struct trace_variables *set)
{
    for (size_t i = 0; i < set->n; i++)
        free(set->list[i].name);
    free(set->list);
    *set = (struct trace_variables){0};
}

int trace_variables_reset(struct trace_variables *set)
{
    struct trace_variable time = {.number = 1, .builtin = true};
    trace_variables_free(set);
    time.name = strdup("74726163655f74696d657374616d70"); /* trace_timestamp, as gdbserver's */
    int err = time.name ? put(set, time) : -ENOMEM;
    if (err)
        free(time.name);
    return err;
}

void trace_variables_restart(struct trace_variables *set)
{
    for (size_t i = 0; i < set->n; i++)
        set->list[i].value = set->list[i].initial;
}

static uint64_t microseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int trace_variable_read(const struct trace_variables *set, uint64_t number, uint64_t *value)
{
    const struct trace_variable *v = find(set, number);
    if (!v)
        return -ENOENT;
    *value = v->builtin ? microseconds() : v->value;
    return 0;
}

int trace_variable_write(struct trace_variables *set, uint64_t number, uint64_t value)
{
    struct trace_variable *v = find(set, number);
    if (!v)
        return -ENOENT;
    if (v->builtin)
        return -EPERM;
    v->value = value;
    return 0;
}
