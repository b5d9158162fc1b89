/* Where the units beyond x87 and SSE lie in KVM's XSAVE area (SDM vol. 1, 13.4 and 13.5.4 to
 * 13.5.7), and their registers between it and the client's view. Pure. */
#ifndef VMM_DEBUG_XSAVE_H
#define VMM_DEBUG_XSAVE_H

#include "gdbstub/gdbstub.h"
#include "kvm/kvm.h"

/* Numbers of state components: bits of XCR0 and XSTATE_BV. */
enum {
    XSAVE_X87,
    XSAVE_SSE,
    XSAVE_AVX,
    XSAVE_OPMASK = 5,
    XSAVE_ZMM_HI256,
    XSAVE_HI16_ZMM,
    XSAVE_PKRU = 9,
    XSAVE_COMPONENTS,
};

/* Of the standard format. The places differ between processors: only CPUID tells them. */
struct xsave_layout {
    uint64_t components;               /* bits of those that this CPU has, and we know */
    uint32_t offset[XSAVE_COMPONENTS]; /* from the area's start, in bytes */
};

/* By CPUID leaf 0xd (SDM vol. 1, 13.2). What would not lie within SIZE bytes is left out. */
struct xsave_layout xsave_layout_of(const struct kvm_cpuid2 *cpuid, uint32_t size);
/* GDB_HAS_AVX, _AVX512, _PKU. */
uint64_t xsave_features(const struct xsave_layout *layout);

/* Fills VIEW's ymmh, xmm[16] to [31], zmmh, k and pkru from AREA. What the CPU lacks, and what is
 * in its initial state, is 0. */
void xsave_view(const struct xsave_layout *layout, const struct kvm_xsave_area *area,
                struct gdb_x86_regs *view);
/* Writes into AREA the components of which VIEW says otherwise; they are then no longer in their
 * initial state. */
void xsave_take(const struct xsave_layout *layout, struct kvm_xsave_area *area,
                const struct gdb_x86_regs *view);

#endif
