/* Non-stop mode (GDB manual, "Remote Non-Stop"): resumes are answered at once, and each thread that
 * stops is told of by a notification, while others run. The session is STOPPED meanwhile. What the
 * client needs of the target is done with all threads paused.
 *
 * No change of architecture is told of: gdb has one description for all threads. */
#ifndef GDBSTUB_NON_STOP_H
#define GDBSTUB_NON_STOP_H

#include "session.h"

/* Whether the target can do it. */
bool non_stop_offered(const struct gdb_session *s);
/* Turns it on or off. 0, -EBUSY if threads run, -ENOMEM, or what the target says. */
int non_stop_set(struct gdb_session *s, bool on);

/* False if the target stands still, or is paused already; else pauses it: non_stop_release. */
bool non_stop_hold(struct gdb_session *s);
void non_stop_release(struct gdb_session *s);

/* True while THREAD runs in non-stop mode. */
bool non_stop_runs(const struct gdb_session *s, int thread);
/* Whether an action of KIND does anything to THREAD: what runs goes on with what it does, until the
 * client has taken its stop. */
bool non_stop_concerns(const struct gdb_session *s, int thread, enum gdb_resume_kind kind);
/* Has the target do ACTIONS, which concern their threads; the reply is OK or an error. */
void non_stop_resume(struct gdb_session *s, const struct gdb_resume *actions, size_t n);
/* One thread is to stop with SIGINT, if any runs. */
void non_stop_interrupt(struct gdb_session *s);

/* A thread of the target has stopped. */
void non_stop_on_stop(struct gdb_session *s, const struct gdb_stop *stop);
/* The machine has ended, by the session's last stop, which is to be told. The session is IDLE, or
 * CLOSED: ENDED, until the client has heard. */
void non_stop_on_end(struct gdb_session *s);
/* All threads have stopped, by the session's last stop, for a client that has attached. */
void non_stop_on_attach(struct gdb_session *s);
/* The machine is at its start; its first thread was told of. The others run. */
void non_stop_on_start(struct gdb_session *s);

/* The reply to `?`: a stop, or OK if there is none; and to the acknowledgement of one: the next, or
 * OK. */
void non_stop_status(struct gdb_session *s);
void non_stop_taken(struct gdb_session *s);

#endif
