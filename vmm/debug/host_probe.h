/* What this host's KVM really delivers of KVM_SET_GUEST_DEBUG: the capabilities promise more than
 * some backends hold, so it is tried out in a VM of its own (a page, a vCPU, a few instructions).
 */
#ifndef VMM_DEBUG_HOST_PROBE_H
#define VMM_DEBUG_HOST_PROBE_H

#include "error.h"
#include "kvm/kvm.h"

#include <stdbool.h>

struct host_debug {
    bool int3;            /* an int3 exits (KVM_GUESTDBG_USE_SW_BP) */
    bool execute;         /* an execute breakpoint in a debug register exits */
    bool write;           /* a write watchpoint in a debug register exits */
    bool keeps_debugregs; /* a step leaves the guest's debug registers as they were */
    bool keeps_state;     /* a triple fault leaves the registers as they were */
    uint32_t flags;       /* KVM_GUESTDBG_* that may be used: host->guest_debug_flags */
};

/* Fills *DEBUG. 0, or -errno with ERROR set if the VM could not be made or run. */
int host_probe(struct kvm_host *host, struct host_debug *debug, struct error *error);

#endif
