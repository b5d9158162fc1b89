#include "kvm/kvm_kept.h"

#include <stddef.h>

/* KVM_GET_VCPU_EVENTS and KVM_GET_MP_STATE are not among them: KVM takes the one for the time to
 * put what a pending exception says into DR6, and the other to accept an INIT. */
static bool leaves_all_alone(unsigned long request)
{
    static const unsigned long requests[] = {
        KVM_GET_REGS,   KVM_GET_SREGS,     KVM_GET_XSAVE,
        KVM_GET_XSAVE2, KVM_GET_DEBUGREGS, KVM_SET_GUEST_DEBUG,
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        if (requests[i] == request)
            return true;
    return false;
}

static enum kvm_kept_state after_run(enum kvm_kept_state state)
{
    return state == KVM_KEPT ? KVM_KEPT_DOUBTED : KVM_KEPT_NOT;
}

void kvm_kept_call(struct kvm_kept *kept, unsigned long request)
{
    if (request == KVM_RUN) {
        kept->fpu = after_run(kept->fpu);
        kept->debug = after_run(kept->debug);
    } else if (!leaves_all_alone(request)) {
        kept->fpu = kept->debug = KVM_KEPT_NOT;
    }
}

void kvm_kept_unchanged(struct kvm_kept *kept, bool fpu, bool debug)
{
    if (fpu && kept->fpu == KVM_KEPT_DOUBTED)
        kept->fpu = KVM_KEPT;
    if (debug && kept->debug == KVM_KEPT_DOUBTED)
        kept->debug = KVM_KEPT;
}
