/* Which memory an instruction accesses by its operands and the stack: where, and how much of it.
 * What the processor accesses besides, as descriptors and the frames of exceptions, is not in it.
 * SDM vol. 2. */
#ifndef VMM_DEBUG_INSN_ACCESS_H
#define VMM_DEBUG_INSN_ACCESS_H

#include "debug/cpu/gva.h"
#include "debug/step/insn_operand.h"

#include <stdbool.h>
#include <stdint.h>

struct insn_access {
    uint64_t addr; /* linear */
    unsigned len;
    bool reads, writes;
};

#define INSN_ACCESSES 2

struct insn_accesses {
    struct insn_access list[INSN_ACCESSES];
    unsigned count;
    bool more; /* it may access other memory besides: by itself, or by what it has a device do */
};

/* Of the instruction in PARTS (insn_take_apart), at the pc of REGS and SREGS, which are from before
 * it; a string instruction's next iteration. What a far return finds on the stack is read by SPACE.
 * For one that is unknown or cut off: nothing, and MORE. Not looked into are EVEX, XOP and REX2;
 * masks, so that a masked move accesses all of its operand; gathers; and of xsave's area what comes
 * after its header. */
struct insn_accesses insn_accesses(const struct insn_parts *parts, const struct gva_space *space,
                                   const struct kvm_regs *regs, const struct kvm_sregs *sregs);

#endif
