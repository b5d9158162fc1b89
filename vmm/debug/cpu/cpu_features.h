/* What a machine's CPUs have beyond what every x86 CPU of ours has: it decides which registers the
 * client is told of, and where KVM keeps them. */
#ifndef VMM_DEBUG_CPU_FEATURES_H
#define VMM_DEBUG_CPU_FEATURES_H

#include "debug/cpu/xsave.h"
#include "kvm/kvm.h"

struct cpu_features {
    uint64_t has; /* GDB_HAS_* */
    struct xsave_layout xsave;
};

/* Asks KVM about CPU, which is parked and has the host's CPUID as every one of the machine; the
 * MSRs of msr_list one by one, because no list of KVM's names all that it knows. 0 or -errno. */
int cpu_features_learn(struct kvm_cpu *cpu, struct cpu_features *features);

#endif
