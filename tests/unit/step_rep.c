/* A repeated string instruction in single iterations (SDM vol. 2, REP). */
#include "tests/check.h"

#include "debug/step/step_rep.h"
#include "vcpu/cpu_state.h"

#define AT 0x7c10

static struct insn rep(unsigned address_size, enum insn_repeat repeat)
{
    return (struct insn){
        .kind = INSN_REP, .length = 2, .address_size = (uint8_t)address_size, .repeat = repeat};
}

/* INSN with RCX, where KVM then says (RIP, COUNT, FLAGS). */
static struct kvm_regs stepped(struct insn insn, uint64_t rcx, uint64_t rip, uint64_t count,
                               uint64_t flags)
{
    struct kvm_regs regs = {.rip = AT, .rcx = rcx};
    struct step_rep r;
    step_rep_begin(&r, &insn, &regs);
    regs = (struct kvm_regs){.rip = rip, .rcx = count, .rflags = flags};
    step_rep_end(&r, &regs);
    return regs;
}

static void runs_with_a_count_of_one(void)
{
    struct step_rep r;
    struct kvm_regs regs = {.rip = AT, .rcx = 5};
    const struct insn wide = rep(8, REPEAT_COUNT), narrow = rep(2, REPEAT_COUNT);
    CHECK(step_rep_begin(&r, &wide, &regs));
    CHECK_EQ(regs.rcx, 1);
    regs.rcx = 0x12340005;
    CHECK(step_rep_begin(&r, &narrow, &regs));
    CHECK_EQ(regs.rcx, 0x12340001);
    regs.rcx = 0x500000000; /* ecx is 0 */
    const struct insn half = rep(4, REPEAT_COUNT);
    CHECK(!step_rep_begin(&r, &half, &regs));
    CHECK(!r.active);
    CHECK_EQ(regs.rcx, 0x500000000);
    regs.rcx = 1;
    CHECK(!step_rep_begin(&r, &wide, &regs));
    CHECK(r.active);
}

static void goes_on_while_there_is_a_count(void)
{
    const struct insn insn = rep(4, REPEAT_COUNT);
    struct kvm_regs regs = stepped(insn, 3, AT + 2, 0, 0);
    CHECK_EQ(regs.rcx, 2);
    CHECK_EQ(regs.rip, AT);
    regs = stepped(insn, 1, AT + 2, 0, 0);
    CHECK_EQ(regs.rcx, 0);
    CHECK_EQ(regs.rip, AT + 2);
    regs = stepped(insn, 1, AT, 0, 0); /* KVM's emulator stays there */
    CHECK_EQ(regs.rip, AT + 2);
    regs = stepped(insn, 0xffffffff00000003, AT + 2, 0, 0);
    CHECK_EQ(regs.rcx, 2); /* a 32-bit write clears the upper half */
    regs = stepped(rep(2, REPEAT_COUNT), 0xabcd0003, AT + 2, 0xabcd0000, 0);
    CHECK_EQ(regs.rcx, 0xabcd0002);
    regs = stepped(rep(8, REPEAT_COUNT), 0x100000000, AT + 2, 0, 0);
    CHECK_EQ(regs.rcx, 0xffffffff);
    CHECK_EQ(regs.rip, AT);
}

static void cmps_and_scas_look_at_zf(void)
{
    CHECK_EQ(stepped(rep(4, REPEAT_WHILE_ZF), 3, AT + 2, 0, CPU_FLAG_ZF).rip, AT);
    CHECK_EQ(stepped(rep(4, REPEAT_WHILE_ZF), 3, AT + 2, 0, 0).rip, AT + 2);
    CHECK_EQ(stepped(rep(4, REPEAT_UNTIL_ZF), 3, AT + 2, 0, 0).rip, AT);
    CHECK_EQ(stepped(rep(4, REPEAT_UNTIL_ZF), 3, AT + 2, 0, CPU_FLAG_ZF).rip, AT + 2);
    CHECK_EQ(stepped(rep(4, REPEAT_UNTIL_ZF), 3, AT, 0, CPU_FLAG_ZF).rip, AT + 2);
    CHECK_EQ(stepped(rep(4, REPEAT_UNTIL_ZF), 3, AT + 2, 0, CPU_FLAG_ZF).rcx, 2);
}

static void a_fault_finds_the_count_as_it_was(void)
{
    const struct kvm_regs regs = stepped(rep(4, REPEAT_COUNT), 0x700000003, 0xf1234, 1, 0);
    CHECK_EQ(regs.rcx, 0x700000003);
    CHECK_EQ(regs.rip, 0xf1234);
    /* A handler that was entered after the iteration keeps its pc. */
    CHECK_EQ(stepped(rep(4, REPEAT_COUNT), 3, 0xf1234, 0, 0).rip, 0xf1234);
}

static void it_ends_once(void)
{
    const struct insn insn = rep(4, REPEAT_COUNT);
    struct kvm_regs regs = {.rip = AT, .rcx = 3};
    struct step_rep r;
    step_rep_begin(&r, &insn, &regs);
    CHECK(!step_rep_is_done(&r, &regs));
    regs.rcx = 0;
    CHECK(step_rep_is_done(&r, &regs));
    CHECK(step_rep_end(&r, &regs));
    CHECK(!step_rep_end(&r, &regs));
    CHECK_EQ(regs.rcx, 2);
    CHECK(!step_rep_is_done(&r, &regs));
}

int main(void)
{
    TEST(runs_with_a_count_of_one);
    TEST(goes_on_while_there_is_a_count);
    TEST(cmps_and_scas_look_at_zf);
    TEST(a_fault_finds_the_count_as_it_was);
    TEST(it_ends_once);
    return check_done();
}
