/* The packets that tell of a stop (GDB manual, "Stop Reply Packets"). */
#ifndef GDBSTUB_STOP_REPLY_H
#define GDBSTUB_STOP_REPLY_H

#include "session.h"

/* Adds to R what STOP is. */
void stop_reply(struct gdb_session *s, const struct gdb_stop *stop, struct reply *r);
/* Adds to R, in place of the stop, that the stopped CPU now executes FILE, in the form of a process
 * that has executed another program: gdb then reads the target description anew. */
void stop_reply_exec(struct gdb_session *s, const char *file, struct reply *r);

/* The registers that a debugger looks at after each stop, so that it need not ask for them: the
 * client's numbers of pc, stack and frame pointer. They are among those that every CPU has. */
enum { STOP_REGISTERS = 3 };
const uint8_t *stop_registers(enum gdb_arch arch);

/* The file name that stands for an architecture in that packet. No program has it, and the colon
 * keeps gdb from finding one of the same name in PATH. */
const char *stop_arch_file(enum gdb_arch arch);

#endif
