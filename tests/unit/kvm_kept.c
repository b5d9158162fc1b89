/* How long what KVM has given of the x87, vector and debug registers is taken for what they are, and
 * what it was told for what it knows. */
#include "kvm/kvm_kept.h"
#include "kvm/kvm.h"
#include "tests/check.h"

static struct kvm_kept read_both(void)
{
    return (struct kvm_kept){.fpu = KVM_KEPT, .debug = KVM_KEPT};
}

static void is_doubted_after_a_run(void)
{
    struct kvm_kept k = read_both();
    kvm_kept_call(&k, KVM_SET_GUEST_DEBUG);
    CHECK_EQ(k.fpu, KVM_KEPT);
    kvm_kept_call(&k, KVM_RUN);
    CHECK_EQ(k.fpu, KVM_KEPT_DOUBTED);
    CHECK_EQ(k.debug, KVM_KEPT_DOUBTED);
}

static void is_kept_if_the_run_changed_nothing(void)
{
    struct kvm_kept k = read_both();
    for (int step = 0; step < 3; step++) {
        kvm_kept_call(&k, KVM_RUN);
        kvm_kept_unchanged(&k, true, true);
        CHECK_EQ(k.fpu, KVM_KEPT);
        CHECK_EQ(k.debug, KVM_KEPT);
    }
}

static void keeps_the_one_without_the_other(void)
{
    struct kvm_kept k = read_both();
    kvm_kept_call(&k, KVM_RUN);
    kvm_kept_unchanged(&k, true, false);
    CHECK_EQ(k.fpu, KVM_KEPT);
    CHECK_EQ(k.debug, KVM_KEPT_DOUBTED);
    kvm_kept_call(&k, KVM_RUN);
    kvm_kept_unchanged(&k, true, true);
    CHECK_EQ(k.fpu, KVM_KEPT);
    CHECK_EQ(k.debug, KVM_KEPT_NOT);
}

/* As the completion of an access, or a signal and another try: what the first did is not known. */
static void is_lost_by_a_second_run(void)
{
    struct kvm_kept k = read_both();
    kvm_kept_call(&k, KVM_RUN);
    kvm_kept_call(&k, KVM_RUN);
    kvm_kept_unchanged(&k, true, true);
    CHECK_EQ(k.fpu, KVM_KEPT_NOT);
    CHECK_EQ(k.debug, KVM_KEPT_NOT);
}

static void is_never_there_unread(void)
{
    struct kvm_kept k = {0};
    kvm_kept_unchanged(&k, true, true);
    CHECK_EQ(k.fpu, KVM_KEPT_NOT);
    kvm_kept_call(&k, KVM_RUN);
    kvm_kept_unchanged(&k, true, true);
    CHECK_EQ(k.fpu, KVM_KEPT_NOT);
    CHECK_EQ(k.debug, KVM_KEPT_NOT);
}

/* Each that stepvm makes, but for those known to be harmless. */
static void is_lost_by_other_calls(void)
{
    static const unsigned long harmless[] = {
        KVM_GET_REGS,   KVM_GET_SREGS,     KVM_GET_XSAVE,
        KVM_GET_XSAVE2, KVM_GET_DEBUGREGS, KVM_SET_GUEST_DEBUG,
    };
    size_t count, kept = 0;
    const unsigned long *requests = kvm_running_requests(&count);
    for (size_t i = 0; i < count; i++) {
        const struct kvm_guest_debug step = {.control = KVM_GUESTDBG_SINGLESTEP};
        struct kvm_kept k = read_both(), doubted = read_both();
        bool is_harmless = false;
        for (size_t n = 0; n < sizeof harmless / sizeof harmless[0]; n++)
            is_harmless = is_harmless || harmless[n] == requests[i];
        kvm_kept_call(&doubted, KVM_RUN);
        kvm_kept_call(&doubted, requests[i]);
        kvm_kept_arm(&k, &step);
        kvm_kept_call(&k, requests[i]);
        CHECK_EQ(kvm_kept_is_armed(&k, &step), is_harmless);
        if (requests[i] == KVM_RUN)
            continue;
        CHECK_EQ(k.fpu, is_harmless ? KVM_KEPT : KVM_KEPT_NOT);
        CHECK_EQ(k.debug, is_harmless ? KVM_KEPT : KVM_KEPT_NOT);
        CHECK_EQ(doubted.fpu, is_harmless ? KVM_KEPT_DOUBTED : KVM_KEPT_NOT);
        kept += is_harmless;
    }
    CHECK_EQ(kept, sizeof harmless / sizeof harmless[0]);
}

static void is_armed_only_as_it_was_told(void)
{
    const struct kvm_guest_debug step = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP,
        .arch.debugreg = {[0] = 0x7c00, [7] = 0x402},
    };
    struct kvm_guest_debug other = step;
    struct kvm_kept k = {0};
    CHECK_EQ(kvm_kept_is_armed(&k, &step), false);
    CHECK_EQ(kvm_kept_is_armed(&k, &(struct kvm_guest_debug){0}), false); /* nobody knows yet */
    kvm_kept_arm(&k, &step);
    CHECK_EQ(kvm_kept_is_armed(&k, &step), true);
    other.control &= ~KVM_GUESTDBG_SINGLESTEP;
    CHECK_EQ(kvm_kept_is_armed(&k, &other), false);
    other = step;
    other.arch.debugreg[0]++;
    CHECK_EQ(kvm_kept_is_armed(&k, &other), false);
}

/* Each of them makes the guest see one exception more. */
static void an_injection_is_never_spared(void)
{
    static const uint32_t injections[] = {KVM_GUESTDBG_INJECT_BP, KVM_GUESTDBG_INJECT_DB};
    for (size_t i = 0; i < 2; i++) {
        const struct kvm_guest_debug debug = {
            .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | injections[i],
        };
        struct kvm_kept k = {0};
        kvm_kept_arm(&k, &debug);
        CHECK_EQ(kvm_kept_is_armed(&k, &debug), false);
    }
}

int main(void)
{
    TEST(is_doubted_after_a_run);
    TEST(is_kept_if_the_run_changed_nothing);
    TEST(keeps_the_one_without_the_other);
    TEST(is_lost_by_a_second_run);
    TEST(is_never_there_unread);
    TEST(is_lost_by_other_calls);
    TEST(is_armed_only_as_it_was_told);
    TEST(an_injection_is_never_spared);
    return check_done();
}
