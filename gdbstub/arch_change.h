/* A CPU that stops in another mode than the client has the description of: what the client is sent
 * in place of the stop, and what its resumes mean from there on (crossing.h). */
#ifndef GDBSTUB_ARCH_CHANGE_H
#define GDBSTUB_ARCH_CHANGE_H

#include "session.h"

/* Sends an exec event to the client, which waits for the session's last stop: it reads the
 * description of ARCH anew, and resumes. */
void arch_change_tell(struct gdb_session *s, enum gdb_arch arch);
/* The client resumes by SHAPE. True if that was answered with the stop that it has still to hear
 * of: the target stays as it is. */
bool arch_change_resume(struct gdb_session *s, enum resume_shape shape);
/* Takes from the target what is stale (inserted.h). True if there was any. */
bool arch_change_drop_stale(struct gdb_session *s);
/* The client has read the LEN bytes at ADDR. */
void arch_change_read(struct gdb_session *s, uint64_t addr, uint64_t len);

/* Says once to the client, which waits for a stop, that another CPU than the one that stopped is
 * not what it will be shown as; or that the one that stopped is not, to lldb. */
void arch_change_mention_others(struct gdb_session *s);

#endif
