/* What KVM's files share among themselves: the one place where ioctl(2) is called. */
#ifndef VMM_KVM_CALL_H
#define VMM_KVM_CALL_H

#include "kvm/kvm.h"

/* ioctl(2): what it returned, or -errno. ARG is a struct, or a number cast to a pointer, as REQUEST
 * wants it. Traced if HOST has a trace, and only then timed. */
int kvm_host_call(struct kvm_host *host, unsigned long request, const void *arg);
int kvm_vm_call(struct kvm_vm *vm, unsigned long request, const void *arg);
int kvm_cpu_call(struct kvm_cpu *cpu, unsigned long request, const void *arg);

/* What KVM_RUN has left in the shared page may be outdated now. Events are at the mercy of each
 * call that sets something: which of them do is KVM's affair. */
void kvm_cpu_out_of_sync(struct kvm_cpu *cpu);

/* "KVM_CAP_IRQCHIP", or NULL for one that stepvm never asks for. */
const char *kvm_capability_name(unsigned long capability);

#endif
