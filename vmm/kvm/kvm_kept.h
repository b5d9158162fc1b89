/* Calls on a vCPU that would change nothing, or tell what is known, some 3 us each.
 *
 * What KVM gave last of the registers that few instructions change: x87 and vector registers, debug
 * registers. A client that looks at all registers after each step would pay for both every time,
 * though a plain instruction changes neither.
 *
 *     a read -> KEPT -> KVM_RUN -> DOUBTED -> kvm_kept_unchanged -> KEPT
 *
 * What KVM_RUN did, only its caller can know. Who says nothing has it asked anew. So has any other
 * call on the vCPU but those few that are known to leave both alone.
 *
 * What it was told by KVM_SET_GUEST_DEBUG: that, too, need not be repeated before there has been
 * such a call or a KVM_RUN, so that the next step can be armed while the client still thinks.
 * Pure. */
#ifndef VMM_KVM_KEPT_H
#define VMM_KVM_KEPT_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#define KVM_XSAVE_MAX 12288
struct kvm_xsave_area {
    uint32_t region[KVM_XSAVE_MAX / 4];
};

enum kvm_kept_state { KVM_KEPT_NOT, KVM_KEPT_DOUBTED, KVM_KEPT };

/* All zero: nothing is kept. */
struct kvm_kept {
    enum kvm_kept_state fpu, debug;
    bool armed; /* with guest_debug, and nothing has changed since */
    struct kvm_guest_debug guest_debug;
    struct kvm_debugregs debugregs;
    struct kvm_xsave_area xsave; /* as many bytes as KVM gives are in use */
};

/* REQUEST is about to be made of the vCPU. */
void kvm_kept_call(struct kvm_kept *kept, unsigned long request);
/* What the last KVM_RUN executed has changed nothing of the FPU (x87 and vector registers), or of
 * the debug registers, as far as FPU and DEBUG say so: the caller knows the instruction, and that
 * nothing else came in. */
void kvm_kept_unchanged(struct kvm_kept *kept, bool fpu, bool debug);
/* KVM_SET_GUEST_DEBUG has been made with DEBUG. */
void kvm_kept_arm(struct kvm_kept *kept, const struct kvm_guest_debug *debug);
/* Whether it would change nothing now. */
bool kvm_kept_is_armed(const struct kvm_kept *kept, const struct kvm_guest_debug *debug);

#endif
