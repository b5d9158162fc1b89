#include "hit.h"

#include "breakpoint_hit.h"

/* ---- Tracepoints */

static bool trace_needs_hits(const struct gdb_session *s)
{
    return s->tracing && (s->tracing->inserted || trace_is_running(s->tracing));
}

/* GDB_HIT_STEP, or GDB_HIT_GO_ON: it is never a stop by itself. */
static enum gdb_verdict trace(struct gdb_session *s, const struct gdb_hit *hit)
{
    return s->tracing ? trace_hit(s->tracing, hit) : GDB_HIT_GO_ON;
}

/* ---- The client's breakpoints and watchpoints */

static bool client_needs_hits(const struct gdb_session *s)
{
    return s->inserted.with_lists;
}

/* ---- Both */

enum gdb_verdict hit_filter(void *context, const struct gdb_hit *hit)
{
    struct gdb_session *s = context;
    enum gdb_verdict traced = hit->replayed ? GDB_HIT_GO_ON : trace(s, hit);
    bool concerns_client = hit->kind != GDB_HIT_STEPPED && !hit->traced_only;
    bool stops = concerns_client && breakpoint_is_stop(s, hit);
    return stops ? GDB_HIT_STOP : traced;
}

enum gdb_verdict hit_filter_of_trace(void *context, const struct gdb_hit *hit)
{
    return hit->replayed ? GDB_HIT_GO_ON : trace_hit(context, hit);
}

void hit_update(struct gdb_session *s)
{
    bool needed = client_needs_hits(s) || trace_needs_hits(s);
    if (s->filters == needed || !s->ops->set_hit_filter)
        return;
    s->filters = needed;
    s->ops->set_hit_filter(s->target, needed ? hit_filter : NULL, s);
}
