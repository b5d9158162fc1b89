/* What loading a selector does to a segment register, as MOV, a far jump, LLDT and LTR do it (SDM
 * vol. 2; vol. 3, 3.4.3 and 3.5), for a debugger that writes the register: the tables, the
 * descriptor's type and its present bit count, privilege does not, and no bit of memory is changed.
 * So a TSS may be busy already, and is not marked so. */
#ifndef VMM_DEBUG_SELECTOR_H
#define VMM_DEBUG_SELECTOR_H

#include "debug/cpu/gva.h"
#include "gdbstub/gdbstub.h"

#include <stdbool.h>

/* Loads SELECTOR into SEGMENT, which is one of SREGS: ES to GS by SEG (GDB_ES ...). V86: in
 * virtual-8086 mode. 0, or -EINVAL with WHY set and nothing changed. */
int selector_load(const struct gva_space *space, struct kvm_sregs *sregs, bool v86, unsigned seg,
                  struct kvm_segment *segment, uint32_t selector, struct gdb_text *why);
/* The same for LDTR and TR of SREGS. */
int selector_load_ldtr(const struct gva_space *space, struct kvm_sregs *sregs, bool v86,
                       uint32_t selector, struct gdb_text *why);
int selector_load_tr(const struct gva_space *space, struct kvm_sregs *sregs, bool v86,
                     uint32_t selector, struct gdb_text *why);

#endif
