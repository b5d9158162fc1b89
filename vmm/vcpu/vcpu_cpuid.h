/* CPUID as the guest's CPUs have it: what KVM supports here, with the topology of this machine in
 * place of the host's. Pure. */
#ifndef VMM_VCPU_CPUID_H
#define VMM_VCPU_CPUID_H

#include <linux/kvm.h>
#include <stdint.h>

/* What CPU INDEX of COUNT is to answer, made of what KVM SUPPORTED has: each CPU is a core without
 * hyperthreads, all are of one package, and INDEX is its APIC id. That it runs under a hypervisor
 * is said too (without that bit a guest does not look for KVM's own leaves). Leaves that SUPPORTED
 * does not have stay away, but for the subleaves of topology. The caller frees it; NULL: no memory.
 */
struct kvm_cpuid2 *vcpu_cpuid_make(const struct kvm_cpuid2 *supported, unsigned index,
                                   unsigned count);

#endif
