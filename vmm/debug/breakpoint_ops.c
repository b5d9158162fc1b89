/* Target operations on break- and watchpoints. */
#include "debug/debug_state.h"

#include <errno.h>

static bool is_watch(enum breakpoint_type type)
{
    return type >= WATCH_WRITE;
}

static const enum breakpoint_type breakpoint_types[] = {
    [GDB_BREAK_SOFTWARE] = BREAKPOINT_SOFTWARE,
    [GDB_BREAK_HARDWARE] = BREAKPOINT_HARDWARE,
    [GDB_WATCH_WRITE] = WATCH_WRITE,
    [GDB_WATCH_READ] = WATCH_READ,
    [GDB_WATCH_ACCESS] = WATCH_ACCESS,
    [GDB_TRACEPOINT] = BREAKPOINT_TRACE,
};

static int explain_insert(int err, struct gdb_text *why)
{
    if (err == -ENOSPC)
        gdb_text_printf(why, "%d breakpoints are set already: delete some", BREAKPOINTS_MAX);
    if (err == -E2BIG)
        gdb_text_printf(why, "more than %u bytes can't be watched at once", WATCH_MAX_LEN);
    if (err == -EINVAL)
        gdb_text_printf(why, "a watchpoint needs at least one byte, and an end in memory");
    return err;
}

/* KIND is the length of a watchpoint. An x86 breakpoint is one byte whatever the instruction's
 * length. ADDR is one of whoever stopped last: gdb inserts all anew when it resumes. */
int debug_insert_breakpoint(void *target, enum gdb_breakpoint_type type, uint64_t addr,
                            uint64_t kind, struct gdb_text *why)
{
    struct debug *d = target;
    struct gva_space space;
    uint64_t gpa = 0;
    const enum breakpoint_type own = breakpoint_types[type];
    int err = debug_space(d, d->current, &space);
    if (err)
        return err;
    if (is_watch(own))
        return explain_insert(breakpoints_watch(d->breakpoints, own, addr, kind, &space), why);
    const bool mapped = gva_translate(&space, addr, &gpa);
    return explain_insert(breakpoints_insert(d->breakpoints, own, addr, mapped, gpa), why);
}

int debug_remove_breakpoint(void *target, enum gdb_breakpoint_type type, uint64_t addr,
                            uint64_t kind, struct gdb_text *why)
{
    struct debug *d = target;
    const enum breakpoint_type own = breakpoint_types[type];
    int err = is_watch(own) ? breakpoints_unwatch(d->breakpoints, own, addr, kind)
                            : breakpoints_remove(d->breakpoints, own, addr);
    if (err)
        gdb_text_printf(why, "no such breakpoint is set");
    return err;
}
