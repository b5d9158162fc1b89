/* A CPU and its memory for those who explain a fault, and the checks that an instruction and the
 * entry of a handler have in common (SDM vol. 3, chapters 4 to 6). Pure.
 *
 * A check returns the vector of the exception that the processor would raise, with WHY saying what
 * is wrong, or -1. What a page allows is not looked at, only whether it is mapped. */
#ifndef VMM_DEBUG_FAULT_VIEW_H
#define VMM_DEBUG_FAULT_VIEW_H

#include "debug/cpu/gva.h"
#include "gdbstub/gdbstub.h"

#include <linux/kvm.h>

struct fault_view {
    const struct gva_space *space;
    const struct kvm_regs *regs;
    const struct kvm_sregs *sregs;
};

enum fault_use { FAULT_CODE, FAULT_STACK, FAULT_DATA };

bool fault_in_real_mode(const struct fault_view *view); /* or virtual-8086 mode */

/* Loading SELECTOR to be used so, outside of real mode. *SEGMENT is what it names, or all zeros. */
int fault_of_selector(const struct fault_view *view, uint16_t selector, enum fault_use use,
                      struct kvm_segment *segment, struct gdb_text *why);
/* The linear addresses FIRST to LAST, of which only these two are looked at. */
int fault_of_address(const struct fault_view *view, uint64_t first, uint64_t last,
                     struct gdb_text *why);
/* Accessing SIZE bytes at OFFSET in SEGMENT, which is called NAME ("ds"). */
int fault_of_access(const struct fault_view *view, const struct kvm_segment *segment,
                    const char *name, uint64_t offset, unsigned size, struct gdb_text *why);
/* Pushing SIZE bytes with the stack pointer at SP, in stack segment SS, by code as it is now. */
int fault_of_push(const struct fault_view *view, const struct kvm_segment *ss, uint64_t sp,
                  unsigned size, struct gdb_text *why);

#endif
