/* A CPU's state as text, for the dump that a dying guest leaves and for monitor commands. */
#ifndef VMM_CPU_DUMP_H
#define VMM_CPU_DUMP_H

#include "vcpu/cpu_state.h"

#include <stddef.h>

/* All of STATE in lines of at most 100 characters, into BUF of SIZE bytes, terminated. The general
 * registers are 16 where the CPU is in 64-bit code and 8 elsewhere. */
void cpu_dump(const struct cpu_state *state, char *buf, size_t size);

/* "real mode", "protected mode, 16-bit", "protected mode", "long mode", "compatibility mode". */
const char *cpu_mode_name(const struct cpu_state *state);

#endif
