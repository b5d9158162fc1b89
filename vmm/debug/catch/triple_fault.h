/* A triple fault explained: from the state that the CPU had just before the instruction that led to
 * it. Pure. */
#ifndef VMM_DEBUG_TRIPLE_FAULT_H
#define VMM_DEBUG_TRIPLE_FAULT_H

#include "gdbstub/gdbstub.h"
#include "memory/memory.h"

#include <linux/kvm.h>

/* A line each into OUT: what the instruction at the pc raises, why that one's handler could not be
 * entered, what that raised in turn, and so on to the double fault's. Where it does not show, it
 * says so. True if the chain was followed from the instruction to its end, a triple fault: then it
 * must have been one. */
bool triple_fault_explain(const struct memory *memory, const struct kvm_regs *regs,
                          const struct kvm_sregs *sregs, struct gdb_text *out);

#endif
