/* Which parts of a vCPU's state an instruction may change, for who compares no more than that.
 * Pure. */
#ifndef VMM_DEBUG_INSN_EFFECTS_H
#define VMM_DEBUG_INSN_EFFECTS_H

#include "debug/step/insn_operand.h"

/* Beside the bits of enum vcpu_part: interrupt controllers and timer in the kernel, and devices. */
#define INSN_PART_BOARD 0x100u
#define INSN_PARTS_ALL  (0x100u | 63)

/* The VCPU_PART_* beyond VCPU_PART_RUN, and INSN_PART_BOARD, that the instruction in PARTS
 * (insn_take_apart) may change by itself. Rather too many than too few: all for one that is unknown
 * or cut off.
 *
 * What is not the instruction's own doing is not in it. An interrupt that is delivered changes the
 * LAPIC or the PICs; a #DB, which breakpoints of the guest's own or its trap flag raise, changes
 * the debug registers; an access to memory may reach the LAPIC, the IOAPIC or a device, by its
 * address alone. */
unsigned insn_effects(const struct insn_parts *parts);

#endif
