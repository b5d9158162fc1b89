/* What a hit of the client's breakpoints and watchpoints comes to: their conditions are judged and
 * their commands run, on the thread of the CPU that hit, while others run. */
#ifndef GDBSTUB_BREAKPOINT_HIT_H
#define GDBSTUB_BREAKPOINT_HIT_H

#include "session.h"

/* Whether HIT, of GDB_HIT_BREAKPOINT or _WATCH, is a stop: by one that is hit, has no commands, and
 * has no condition or one that is true. A condition that can't be evaluated stops, whatever else
 * there is: the client will find out why. Commands are run where a condition is true, or none is
 * there; what is wrong with them is printed as they would print. */
bool breakpoint_is_stop(struct gdb_session *s, const struct gdb_hit *hit);

#endif
