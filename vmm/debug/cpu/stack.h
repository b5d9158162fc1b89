/* The guest's stack, as the processor addresses it now. For a parked vCPU or its own thread. */
#ifndef VMM_DEBUG_STACK_H
#define VMM_DEBUG_STACK_H

#include "debug/cpu/gva.h"

#include <stdbool.h>
#include <stdint.h>

/* The linear address OFFSET bytes above the top of the stack; a 16-bit stack wraps at 64 KiB (SDM
 * vol. 1, 6.2.3). */
uint64_t stack_at(const struct kvm_regs *regs, const struct kvm_sregs *sregs, unsigned offset);
/* The SIZE (at most 8) bytes there. False, and *VALUE unchanged, if they are not all mapped. */
bool stack_read(const struct gva_space *space, const struct kvm_regs *regs,
                const struct kvm_sregs *sregs, unsigned offset, unsigned size, uint64_t *value);

#endif
