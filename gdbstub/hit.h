/* What becomes of a CPU that has come to something that is inserted (set_hit_filter in gdbstub.h):
 * first the tracepoints there collect what they are to, then the client's breakpoints there say
 * whether it is a stop, by their conditions. */
#ifndef GDBSTUB_HIT_H
#define GDBSTUB_HIT_H

#include "session.h"

/* The filter; CONTEXT is the session. On the threads of CPUs, several at a time, while the target
 * runs: what it reads of the session changes only while the target stands still. */
enum gdb_verdict hit_filter(void *context, const struct gdb_hit *hit);
/* The same where the client has left a trace behind; CONTEXT is the trace. */
enum gdb_verdict hit_filter_of_trace(void *context, const struct gdb_hit *hit);
/* What hits are asked about may have changed: sets the filter, or removes it where nothing needs
 * one. The target stands still. */
void hit_update(struct gdb_session *s);

#endif
