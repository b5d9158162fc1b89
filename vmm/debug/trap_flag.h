/* Taking TF out of what the guest can see of it. Stepping sets TF in the CPU's flags, and two kinds
 * of instruction copy the flags to the stack: pushf, and whatever raises a fault. For a parked
 * vCPU or its own thread. */
#ifndef VMM_DEBUG_TRAP_FLAG_H
#define VMM_DEBUG_TRAP_FLAG_H

#include "debug/gva.h"
#include "memory.h"
#include "vcpu.h"

/* Clears it in the flags on top of the stack, after a pushf. */
void trap_flag_clear_pushed(struct memory *memory, const struct kvm_regs *regs,
                            const struct kvm_sregs *sregs);

/* Clears it in the frame on top of the stack, in a handler that the instruction at OLD_CS:OLD_RIP
 * has entered by a fault (SDM vol. 3, 6.12.1, 6.14.2, 20.1.4). The frame is known by that return
 * address, with or without an error code before it, in 16, 32 or 64 bits; what is no such frame
 * stays as it is. */
void trap_flag_clear_frame(struct memory *memory, const struct kvm_regs *regs,
                           const struct kvm_sregs *sregs, uint16_t old_cs, uint64_t old_rip);

#endif
