/* The trace as its client sees it: the frame that it has selected in place of the machine, and the
 * commands' common part. */
#ifndef GDBSTUB_TRACE_CLIENT_H
#define GDBSTUB_TRACE_CLIENT_H

#include "session.h"

/* Whether this session and its target can trace. */
bool trace_offered(const struct gdb_session *s);

/* OK, or the error. */
void trace_reply(struct gdb_session *s, int err, const struct gdb_text *why);
/* All threads have stopped: a trace that has ended meanwhile is cleared away. */
void trace_client_stopped(struct gdb_session *s);
/* No frame is selected any more, and none is being handed out. */
void trace_client_leave(struct gdb_session *s);

/* Whether a frame is selected. If so the reply says that nothing can be written. */
bool trace_refuses_write(struct gdb_session *s);
/* `g`, `p` of the selected frame: its registers in hex, 'x' for what was not collected. */
void trace_reply_registers(struct gdb_session *s, struct x86_layout layout, size_t size);
void trace_reply_register(struct gdb_session *s, const struct x86_reg *reg);
/* As the target's read_memory, of the selected frame, or of memory that never changes. */
int64_t trace_read_memory(struct gdb_session *s, uint64_t addr, void *buf, size_t len);

#endif
