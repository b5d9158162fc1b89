/* What killed a vCPU, in words a person can act on. */
#ifndef VMM_DEBUG_EXPLAIN_H
#define VMM_DEBUG_EXPLAIN_H

#include "memory/memory.h"
#include "vcpu/vcpu.h"

#include <stddef.h>

/* One or a few lines, each ending in a newline, into BUF of SIZE bytes. VCPU is parked by STOP;
 * MEMORY is the guest's. */
void explain_death(struct vcpu *vcpu, const struct memory *memory, const struct vcpu_stop *stop,
                   char *buf, size_t size);

/* The gdb signal that stands for it: SIGSEGV triple fault, SIGILL emulation failure, SIGABRT. */
int explain_signal(const struct vcpu_stop *stop);

#endif
