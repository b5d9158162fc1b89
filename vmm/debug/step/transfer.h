/* Where an instruction goes that leaves for another segment or privilege level by what lies on the
 * stack or in MSRs: iret, syscall, sysret, sysenter, sysexit. For a parked vCPU or its own thread.
 */
#ifndef VMM_DEBUG_TRANSFER_H
#define VMM_DEBUG_TRANSFER_H

#include "debug/cpu/gva.h"
#include "debug/step/insn.h"

#include <stdbool.h>
#include <stdint.h>

/* MSRs by callback: false if there is none of that number. */
struct transfer_msrs {
    bool (*read)(void *context, uint32_t index, uint64_t *value);
    void *context;
};

/* The linear address that INSN goes to if it does not fault. False if INSN is none of the above, or
 * where it goes can't be known (a task switch). */
bool transfer_target(const struct insn *insn, const struct gva_space *space,
                     const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                     const struct transfer_msrs *msrs, uint64_t *target);

/* The guest's own TF after INSN, if it does not fault and enters no handler; RFLAGS are the guest's
 * own before it. (SDM vol. 2: POPF, IRET, SYSCALL, SYSRET.) */
bool transfer_trap_flag(const struct insn *insn, const struct gva_space *space,
                        const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                        const struct transfer_msrs *msrs);

#endif
