/* What a CPU can't hold, and KVM takes all the same: entering the guest with it would fail, or end
 * in something else than was written. Pure. */
#ifndef VMM_DEBUG_REG_CHECK_H
#define VMM_DEBUG_REG_CHECK_H

#include "debug/cpu/reg_file.h"
#include "gdbstub/gdbstub.h"

/* Looks at what of F, the base part, differs from OLD, what the client saw: EFLAGS's reserved bits
 * (SDM vol. 1, 3.4.3), and what entries to the guest check of VM, of bases, and of CS's L and D
 * (SDM vol. 3, 26.3.1.2 to 26.3.1.4; APM vol. 2, 15.5.1). 0, or -EINVAL with WHY set. */
int reg_check(const struct reg_file *f, const struct gdb_x86_regs *old, struct gdb_text *why);

#endif
