/* How long what KVM has given of the x87, vector and debug registers is taken for what they are. */
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
        struct kvm_kept k = read_both(), doubted = read_both();
        bool is_harmless = false;
        for (size_t n = 0; n < sizeof harmless / sizeof harmless[0]; n++)
            is_harmless = is_harmless || harmless[n] == requests[i];
        kvm_kept_call(&doubted, KVM_RUN);
        kvm_kept_call(&doubted, requests[i]);
        kvm_kept_call(&k, requests[i]);
        if (requests[i] == KVM_RUN)
            continue;
        CHECK_EQ(k.fpu, is_harmless ? KVM_KEPT : KVM_KEPT_NOT);
        CHECK_EQ(k.debug, is_harmless ? KVM_KEPT : KVM_KEPT_NOT);
        CHECK_EQ(doubted.fpu, is_harmless ? KVM_KEPT_DOUBTED : KVM_KEPT_NOT);
        kept += is_harmless;
    }
    CHECK_EQ(kept, sizeof harmless / sizeof harmless[0]);
}

int main(void)
{
    TEST(is_doubted_after_a_run);
    TEST(is_kept_if_the_run_changed_nothing);
    TEST(keeps_the_one_without_the_other);
    TEST(is_lost_by_a_second_run);
    TEST(is_never_there_unread);
    TEST(is_lost_by_other_calls);
    return check_done();
}
