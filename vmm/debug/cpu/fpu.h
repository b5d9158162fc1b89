/* x87 and SSE registers between KVM's XSAVE area (SDM vol. 1, 10.5.1 and 13.4) and the client's
 * view. Pure.
 *
 * The area keeps one tag bit a register, empty or not; gdb shows the full two bits (8.1.7). */
#ifndef VMM_DEBUG_FPU_H
#define VMM_DEBUG_FPU_H

#include "gdbstub/gdbstub.h"

#include "kvm/kvm.h"

/* Fills VIEW's st to fop, xmm[0] to [15] and mxcsr from AREA. */
void fpu_view(const struct kvm_xsave_area *area, struct gdb_x86_regs *view);
/* Writes them into AREA; other components stay (xsave.h). */
void fpu_take(struct kvm_xsave_area *area, const struct gdb_x86_regs *view);

#endif
