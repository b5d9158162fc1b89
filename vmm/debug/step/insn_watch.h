/* What an instruction accesses, as watchpoints ask for it. */
#ifndef VMM_DEBUG_INSN_WATCH_H
#define VMM_DEBUG_INSN_WATCH_H

#include "debug/breakpoint/breakpoints.h"
#include "debug/step/insn_access.h"

/* Fills OUT from insn_accesses, whose arguments the others are: by what SPACE maps where before the
 * instruction. */
void insn_watch(struct watch_accesses *out, const struct insn_parts *parts,
                const struct gva_space *space, const struct kvm_regs *regs,
                const struct kvm_sregs *sregs);

#endif
