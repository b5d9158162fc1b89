/* What gdb calls the program: the machine, from power-on until it ends. A client in extended mode
 * (GDB manual, `target extended-remote`) outlives it:
 *
 *     held       it has ended by itself, or was killed: it stays as it is, stopped; vRun starts it
 *                anew, and if the client leaves, it is killed indeed
 *     let go     the client has detached from it: it runs; vAttach stops it, vRun starts it anew
 *
 * In both the session is IDLE: there are no threads, and nothing is inserted. */
#ifndef GDBSTUB_PROGRAM_H
#define GDBSTUB_PROGRAM_H

#include "session.h"

/* The stopped target is held. */
void program_hold(struct gdb_session *s);
/* The target is about to be detached from: it is let go. */
void program_let_go(struct gdb_session *s);
bool program_is_held(const struct gdb_session *s);
bool program_is_let_go(const struct gdb_session *s);

/* Stops the machine that was let go; session_stopped says when it has. The client WAITS for that
 * stop as its answer (in non-stop mode for OK, and hears of the stops then), or for nothing. */
void program_seize(struct gdb_session *s, bool waits);
/* Starts the machine anew: it is stopped at power-on, the answer is that stop. One that was let go
 * is seized first; the answer comes then. Nobody WAITS for an answer to `R`. */
void program_run(struct gdb_session *s, bool waits);
/* The machine that was to be started anew has stopped. */
void program_run_wanted(struct gdb_session *s);

#endif
