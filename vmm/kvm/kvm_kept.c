#include "kvm/kvm_kept.h"

#include <stddef.h>
#include <string.h>

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
    if (leaves_all_alone(request))
        return;
    kept->armed = false;
    kept->fpu = request == KVM_RUN ? after_run(kept->fpu) : KVM_KEPT_NOT;
    kept->debug = request == KVM_RUN ? after_run(kept->debug) : KVM_KEPT_NOT;
}

void kvm_kept_unchanged(struct kvm_kept *kept, bool fpu, bool debug)
{
    if (fpu && kept->fpu == KVM_KEPT_DOUBTED)
        kept->fpu = KVM_KEPT;
    if (debug && kept->debug == KVM_KEPT_DOUBTED)
        kept->debug = KVM_KEPT;
}

/* An exception that it injected is gone with the next entry, and would be another one told again.
 */
void kvm_kept_arm(struct kvm_kept *kept, const struct kvm_guest_debug *debug)
{
    const uint32_t once = KVM_GUESTDBG_INJECT_BP | KVM_GUESTDBG_INJECT_DB;
    kept->armed = !(debug->control & once);
    kept->guest_debug = *debug;
}

bool kvm_kept_is_armed(const struct kvm_kept *kept, const struct kvm_guest_debug *debug)
{
    return kept->armed && !memcmp(&kept->guest_debug, debug, sizeof *debug);
}
