/* The guest's own TF in what it can see of the flags. A step sets TF in the CPU's flags, or hides
 * the guest's own, and two kinds of instruction copy the flags to the stack: pushf, and whatever
 * enters a handler. For a parked vCPU or its own thread. */
#ifndef VMM_DEBUG_TRAP_FLAG_H
#define VMM_DEBUG_TRAP_FLAG_H

#include "debug/cpu/gva.h"
#include "memory/memory.h"
#include "vcpu/vcpu.h"

/* Makes it OWN in the flags on top of the stack, after a pushf. */
void trap_flag_put_pushed(struct memory *memory, const struct kvm_regs *regs,
                          const struct kvm_sregs *sregs, bool own);

/* The frame on top of the stack in a handler that was entered from OLD_CS:OLD_RIP by a fault or an
 * interrupt (SDM vol. 3, 6.12.1, 6.14.2, 20.1.4). It is known by that return address, with or
 * without an error code before it, in 16, 32 or 64 bits. False if what lies there is no such frame;
 * else *FLAGS is the linear address of the flags in it. */
bool trap_flag_find_frame(const struct gva_space *space, const struct kvm_regs *regs,
                          const struct kvm_sregs *sregs, uint16_t old_cs, uint64_t old_rip,
                          uint64_t *flags);
/* Makes it OWN in that frame; what is no such frame stays as it is. */
void trap_flag_put_frame(struct memory *memory, const struct kvm_regs *regs,
                         const struct kvm_sregs *sregs, uint16_t old_cs, uint64_t old_rip,
                         bool own);

#endif
