/* Trace state variables (GDB manual, "Tracepoint Packets": QTDV): what a trace's expressions count
 * with. Not locked: the trace does that. */
#ifndef GDBSTUB_TRACE_VARIABLE_H
#define GDBSTUB_TRACE_VARIABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TRACE_VARIABLES_MAX = 1024, TRACE_VARIABLE_NAME_MAX = 256 };

struct trace_variable {
    unsigned number;
    uint64_t initial, value;
    bool builtin; /* the stub's: the time */
    char *name;   /* in hex */
};

/* All zero is none. In order of number. */
struct trace_variables {
    struct trace_variable *list;
    size_t n, cap;
};

/* Takes the LEN bytes behind "QTDV:"; a variable that is there gets the new value. 0, -EINVAL,
 * -ENOSPC or -ENOMEM. */
int trace_variables_define(struct trace_variables *set, const char *text, size_t len);
/* None is left but the stub's own: $trace_timestamp, in microseconds since 1970. 0 or -ENOMEM. */
int trace_variables_reset(struct trace_variables *set);
/* Each has its first value again. */
void trace_variables_restart(struct trace_variables *set);
void trace_variables_free(struct trace_variables *set);

/* 0, or -ENOENT if there is none of that number; -EPERM for a write to the stub's. */
int trace_variable_read(const struct trace_variables *set, uint64_t number, uint64_t *value);
int trace_variable_write(struct trace_variables *set, uint64_t number, uint64_t value);

#endif
