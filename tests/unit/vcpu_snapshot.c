/* A vCPU's state by parts, on the real /dev/kvm: each goes back alone. */
#include "vcpu/vcpu_snapshot.h"
#include "tests/check.h"
#include "tests/unit/tiny_vm.h"
#include "vcpu/cpu_state.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define STAR 0xc0000081u
#define PAT  0x277u

static const enum vcpu_part parts[] = {VCPU_PART_RUN,  VCPU_PART_FPU,   VCPU_PART_DEBUG,
                                       VCPU_PART_MSRS, VCPU_PART_LAPIC, VCPU_PART_MP};

struct tiny {
    struct tiny_vm kvm;
    struct vcpu_snapshot was, changed, now;
};

/* False, with the test skipped or failed, if there is no such VM. */
static bool start(struct tiny *t)
{
    memset(t, 0, sizeof *t);
    return tiny_vm_start(&t->kvm, NULL, true);
}

static void stop(struct tiny *t)
{
    tiny_vm_stop(&t->kvm);
    free(t);
}

/* Not at the reset vector: KVM wakes a CPU that is set to it. */
static void leave_reset_vector(struct kvm_cpu *cpu)
{
    struct kvm_regs regs;
    CHECK_EQ(kvm_get_regs(cpu, &regs), 0);
    regs.rip = 0x7c00;
    CHECK_EQ(kvm_set_regs(cpu, &regs), 0);
}

/* Something of each part, by other calls than those that are tested. */
static void change_each(struct kvm_cpu *cpu)
{
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_vcpu_events events;
    struct kvm_debugregs debugregs;
    struct kvm_lapic_state lapic;
    struct kvm_xsave_area *xsave = calloc(1, sizeof *xsave);
    const struct kvm_mp_state halted = {.mp_state = KVM_MP_STATE_HALTED};
    CHECK_EQ(kvm_get_sregs(cpu, &sregs), 0);
    sregs.es.selector = 0x1230;
    sregs.es.base = 0x12300;
    sregs.cr2 = 0x77;
    CHECK_EQ(kvm_set_sregs(cpu, &sregs), 0);
    CHECK_EQ(kvm_get_regs(cpu, &regs), 0);
    regs.rax = 0x1122334455667788;
    regs.r15 = 15;
    CHECK_EQ(kvm_set_regs(cpu, &regs), 0);
    CHECK_EQ(kvm_get_debugregs(cpu, &debugregs), 0);
    debugregs.db[2] = 0xabcd;
    CHECK_EQ(kvm_set_debugregs(cpu, &debugregs), 0);
    CHECK_EQ(kvm_get_vcpu_events(cpu, &events), 0);
    events.nmi.masked = 1;
    CHECK_EQ(kvm_set_vcpu_events(cpu, &events), 0);
    CHECK_EQ(kvm_get_lapic(cpu, &lapic), 0);
    lapic.regs[0xf0] = 0x7f; /* the spurious vector; the TPR is sregs.cr8 too */
    CHECK_EQ(kvm_set_lapic(cpu, &lapic), 0);
    CHECK_EQ(kvm_get_xsave(cpu, xsave), 0);
    memset((uint8_t *)xsave + 32, 0x5a, 10);  /* st0 */
    memset((uint8_t *)xsave + 160, 0xa5, 16); /* xmm0 */
    xsave->region[128] |= 3;                  /* both are in use */
    CHECK_EQ(kvm_set_xsave(cpu, xsave), 0);
    CHECK_EQ(kvm_set_mp_state(cpu, &halted), 0);
    CHECK_EQ(kvm_set_msr(cpu, STAR, 0x0023001000000000), 1);
    CHECK_EQ(kvm_set_msr(cpu, PAT, 0x0007040600070407), 1);
    free(xsave);
}

static bool same(const struct tiny *t, const struct vcpu_snapshot *a, const struct vcpu_snapshot *b,
                 enum vcpu_part part)
{
    const struct vcpu_snapshot_extent e = vcpu_snapshot_extent(&t->kvm.cpu, a, part);
    return !memcmp((const char *)a + e.offset, (const char *)b + e.offset, e.size);
}

static void each_part_goes_back_alone(void)
{
    struct tiny *t = malloc(sizeof *t);
    if (!start(t))
        return;
    leave_reset_vector(&t->kvm.cpu);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PARTS_ALL, &t->was), 0);
    change_each(&t->kvm.cpu);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PARTS_ALL, &t->changed), 0);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CHECK(!same(t, &t->was, &t->changed, parts[i]));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, parts[i], &t->was), 0);
        CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PARTS_ALL, &t->now), 0);
        for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
            if (!same(t, k == i ? &t->was : &t->changed, &t->now, parts[k]))
                check_fail(__FILE__, __LINE__, "part %d restored: part %d is %s", parts[i],
                           parts[k], k == i ? "not as it was" : "changed");
        CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PARTS_ALL, &t->changed), 0);
    }
    CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PARTS_ALL, &t->was), 0);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PARTS_ALL, &t->now), 0);
    CHECK_MEM(&t->now, &t->was, sizeof t->now);
    stop(t);
}

static void only_the_parts_asked_for_are_written(void)
{
    struct tiny *t = malloc(sizeof *t);
    if (!start(t))
        return;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const struct vcpu_snapshot_extent all =
            vcpu_snapshot_extent(&t->kvm.cpu, &t->now, VCPU_PARTS_ALL);
        memset(&t->was, 0xee, sizeof t->was);
        memset(&t->now, 0xee, sizeof t->now);
        t->now.msrs.count = 0;
        CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, parts[i], &t->now), 0);
        t->now.msrs.count = parts[i] == VCPU_PART_MSRS ? t->now.msrs.count : 0xeeeeeeee;
        const struct vcpu_snapshot_extent e = vcpu_snapshot_extent(&t->kvm.cpu, &t->now, parts[i]);
        CHECK_EQ(e.offset % 8, 0);
        CHECK_EQ(e.size % 8, 0);
        CHECK_MEM(&t->now, &t->was, e.offset);
        if (parts[i] != VCPU_PART_FPU && parts[i] != VCPU_PART_MSRS) /* their room is larger */
            CHECK_MEM((char *)&t->now + e.offset + e.size, (char *)&t->was + e.offset + e.size,
                      all.size - e.offset - e.size);
    }
    stop(t);
}

/* RUN has CR8, which is the upper half of the LAPIC's task priority. */
static void the_task_priority_stays_whole(void)
{
    struct tiny *t = malloc(sizeof *t);
    struct kvm_lapic_state lapic;
    if (!start(t))
        return;
    CHECK_EQ(kvm_get_lapic(&t->kvm.cpu, &lapic), 0);
    lapic.regs[0x80] = 0x28;
    CHECK_EQ(kvm_set_lapic(&t->kvm.cpu, &lapic), 0);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PART_RUN, &t->was), 0);
    CHECK_EQ(t->was.sregs.cr8, 2);
    CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PART_RUN, &t->was), 0);
    CHECK_EQ(kvm_get_lapic(&t->kvm.cpu, &lapic), 0);
    CHECK_EQ(lapic.regs[0x80], 0x28);
    t->was.sregs.cr8 = 3;
    CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PART_RUN, &t->was), 0);
    CHECK_EQ(kvm_get_lapic(&t->kvm.cpu, &lapic), 0);
    CHECK_EQ(lapic.regs[0x80], 0x30);
    stop(t);
}

/* The guest's own TF, where KVM was about to step by one of its own. */
static void the_trap_flag_is_there_though_steps_were_armed(void)
{
    struct tiny *t = malloc(sizeof *t);
    const struct kvm_guest_debug steps = {.control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP};
    const struct kvm_guest_debug none = {0};
    struct kvm_regs regs;
    if (!start(t))
        return;
    leave_reset_vector(&t->kvm.cpu);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PART_RUN, &t->was), 0);
    t->was.regs.rflags |= CPU_FLAG_TF;
    CHECK_EQ(kvm_set_guest_debug(&t->kvm.cpu, &steps), 0);
    CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PART_RUN, &t->was), 0);
    CHECK_EQ(kvm_get_regs(&t->kvm.cpu, &regs), 0);
    CHECK(regs.rflags & CPU_FLAG_TF);
    CHECK_EQ(kvm_set_guest_debug(&t->kvm.cpu, &none), 0);
    CHECK_EQ(kvm_get_regs(&t->kvm.cpu, &regs), 0);
    CHECK(regs.rflags & CPU_FLAG_TF);
    stop(t);
}

static void msrs_take_one_call(void)
{
    struct tiny *t = malloc(sizeof *t);
    if (!start(t))
        return;
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PART_MSRS, &t->was), 0);
    CHECK(t->was.msrs.count >= 8);
    CHECK(t->was.msrs.count < VCPU_SNAPSHOT_MSRS); /* else some may have been left out */
    const uint64_t before = kvm_host_calls(&t->kvm.host, KVM_GET_MSRS);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PART_MSRS, &t->was), 0);
    CHECK_EQ(kvm_host_calls(&t->kvm.host, KVM_GET_MSRS) - before, 1);
    stop(t);
}

/* One that this KVM does not take is left out, and those after it are set. */
static void what_kvm_refuses_is_left_out(void)
{
    struct tiny *t = malloc(sizeof *t);
    uint64_t value = 0;
    if (!start(t))
        return;
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PART_MSRS, &t->was), 0);
    t->was.msrs.count = 3;
    t->was.msrs.entries[0] = (struct kvm_msr_entry){.index = PAT, .data = 0x0606060606060606};
    t->was.msrs.entries[1] = (struct kvm_msr_entry){.index = 0xdeadbeef, .data = 1};
    t->was.msrs.entries[2] = (struct kvm_msr_entry){.index = STAR, .data = 0x0013000800000000};
    CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PART_MSRS, &t->was), 0);
    CHECK_EQ(kvm_get_msr(&t->kvm.cpu, PAT, &value), 1);
    CHECK_EQ(value, 0x0606060606060606);
    CHECK_EQ(kvm_get_msr(&t->kvm.cpu, STAR, &value), 1);
    CHECK_EQ(value, 0x0013000800000000);
    stop(t);
}

/* ---- After a shutdown */

static void on_alarm(int signal)
{
    (void)signal;
}

/* Real mode at 0:CODE, where CODE is, with 64 KiB of RAM. */
static uint8_t *start_code(struct tiny *t, const uint8_t *code, size_t size)
{
    struct kvm_sregs sregs;
    const struct kvm_regs regs = {.rip = 0x7c00, .rflags = 2, .rsp = 0x7c00};
    uint8_t *ram = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct kvm_userspace_memory_region slot = {.memory_size = 0x10000,
                                                     .userspace_addr = (uintptr_t)ram};
    CHECK_EQ(kvm_set_user_memory_region(&t->kvm.vm, &slot), 0);
    CHECK_EQ(kvm_get_sregs(&t->kvm.cpu, &sregs), 0);
    sregs.cs.selector = 0;
    sregs.cs.base = 0;
    sregs.cr0 = 0x10;
    CHECK_EQ(kvm_set_sregs(&t->kvm.cpu, &sregs), 0);
    CHECK_EQ(kvm_set_regs(&t->kvm.cpu, &regs), 0);
    memcpy(ram + 0x7c00, code, size);
    return ram;
}

/* MXCSR where no vector register is in use (XSTATE_BV, SDM vol. 1, 13.4.2): KVM_SET_XSAVE does not
 * take it then, and KVM_GET_XSAVE tells it only once the guest has run. */
static void mxcsr_goes_back_to_its_first_value(void)
{
    enum { MXCSR = 24 / 4, IN_USE = 512 / 4 };
    static const uint8_t code[] = {0xe6, 0x80, 0xe6, 0x80}; /* out %al, $0x80, twice */
    struct tiny *t = malloc(sizeof *t);
    if (!start(t))
        return;
    uint8_t *ram = start_code(t, code, sizeof code);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PART_FPU, &t->was), 0);
    CHECK_EQ(t->was.xsave.region[MXCSR], 0x1f80);
    t->was.xsave.region[IN_USE] = 0;
    t->changed = t->was;
    t->changed.xsave.region[MXCSR] = 0x9fa0;
    t->changed.xsave.region[IN_USE] = 3;
    CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PART_FPU, &t->changed), 0);
    CHECK_EQ(kvm_run(&t->kvm.cpu), 0);
    CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PART_FPU, &t->was), 0);
    CHECK_EQ(kvm_run(&t->kvm.cpu), 0);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PART_FPU, &t->now), 0);
    CHECK_EQ(t->now.xsave.region[MXCSR], 0x1f80);
    munmap(ram, 0x10000);
    stop(t);
}

/* As guests/triple.s dies. A run that never ends is interrupted. */
static void a_cpu_that_was_shut_down_runs_again(void)
{
    static const uint8_t code[] = {
        0xe6, 0x80,                                     /* out %al, $0x80 */
        0x66, 0x0f, 0x01, 0x1e, 0x0a, 0x7c, 0x0f, 0x0b, /* lidtl 0x7c0a; ud2 */
        0x00, 0x00, 0x00, 0x00, 0x00, 0xd0,             /* nothing, where no memory is */
    };
    struct tiny *t = malloc(sizeof *t);
    if (!start(t))
        return;
    uint8_t *ram = start_code(t, code, sizeof code);
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
    CHECK_EQ(vcpu_snapshot_save(&t->kvm.cpu, VCPU_PARTS_ALL, &t->was), 0);
    for (unsigned round = 0; round < 3; round++) {
        alarm(120);
        CHECK_EQ(kvm_run(&t->kvm.cpu), 0);
        CHECK_EQ(t->kvm.cpu.run->exit_reason, KVM_EXIT_IO);
        alarm(120);
        CHECK_EQ(kvm_run(&t->kvm.cpu), 0);
        CHECK_EQ(t->kvm.cpu.run->exit_reason, KVM_EXIT_SHUTDOWN);
        CHECK_EQ(vcpu_snapshot_restore(&t->kvm.cpu, VCPU_PARTS_ALL, &t->was), 0);
    }
    alarm(0);
    munmap(ram, 0x10000);
    stop(t);
}

int main(void)
{
    TEST(each_part_goes_back_alone);
    TEST(only_the_parts_asked_for_are_written);
    TEST(the_task_priority_stays_whole);
    TEST(the_trap_flag_is_there_though_steps_were_armed);
    TEST(msrs_take_one_call);
    TEST(what_kvm_refuses_is_left_out);
    TEST(mxcsr_goes_back_to_its_first_value);
    TEST(a_cpu_that_was_shut_down_runs_again);
    return check_done();
}
