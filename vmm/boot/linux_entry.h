/* The 32- and 64-bit entries of Linux kernels, of bzImages and of vmlinux alike. */
#ifndef VMM_BOOT_LINUX_ENTRY_H
#define VMM_BOOT_LINUX_ENTRY_H

#include "linux_params.h"

#include "error.h"
#include "memory/memory.h"
#include "vcpu/cpu_state.h"

#include <stdint.h>

/* Writes the zero page for HEADER's kernel to LAYOUT_HANDOVER, and gives STATE: MODE, which is
 * protected or long, entered at ENTRY, with the selectors that the protocol names and RSI the zero
 * page. 0 or -errno with ERROR set. */
int linux_enter(const struct linux_header *header, const struct linux_handover *handover,
                enum cpu_mode mode, uint64_t entry, struct memory *memory, struct cpu_state *state,
                struct error *error);

#endif
