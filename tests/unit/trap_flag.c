/* Frames as the processor pushes them (SDM vol. 3, figures 6-4, 6-9, 20-2), with TF in their flags.
 */
#include "tests/unit/ram.h"

#include "debug/step/trap_flag.h"
#include "vcpu/cpu_state.h"

#define TOP 0x8000

static const struct kvm_sregs real = {.ss = {.base = 0x100}};
static const struct kvm_sregs flat32 = {.cr0 = CPU_CR0_PE, .cs = {.db = 1}, .ss = {.db = 1}};
static const struct kvm_sregs flat64 = {.cr0 = CPU_CR0_PE, .cs = {.l = 1}, .efer = CPU_EFER_LMA};

/* N slots of SIZE bytes at GPA. */
static void push(struct memory *m, uint64_t gpa, unsigned size, const uint64_t *slots, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        memory_poke(m, gpa + i * size, &slots[i], size);
}

static void check_slots(const struct memory *m, uint64_t gpa, unsigned size, const uint64_t *slots,
                        unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t got = 0;
        memory_read(m, gpa + i * size, &got, size);
        CHECK_EQ(got, slots[i]);
    }
}

/* In CPU state SREGS, the frame BEFORE of the fault at 8:0x7c10 must become AFTER. */
static void check_frame(const struct kvm_sregs *sregs, unsigned size, const uint64_t *before,
                        const uint64_t *after, unsigned n)
{
    struct memory *m = ram_new(0x20000);
    const struct kvm_regs regs = {.rsp = TOP};
    push(m, sregs->ss.base + TOP, size, before, n);
    trap_flag_put_frame(m, &regs, sregs, 8, 0x7c10, false);
    check_slots(m, sregs->ss.base + TOP, size, after, n);
    memory_free(m);
}

static void a_frame_in_real_mode(void)
{
    const uint64_t before[] = {0x7c10, 8, 0x0346, 0x0346}, after[] = {0x7c10, 8, 0x0246, 0x0346};
    check_frame(&real, 2, before, after, 4);
}

static void frames_in_protected_mode(void)
{
    const uint64_t plain[] = {0x7c10, 8, 0x10346}, plain_after[] = {0x7c10, 8, 0x10246};
    const uint64_t code[] = {0x18, 0x7c10, 8, 0x10346}, code_after[] = {0x18, 0x7c10, 8, 0x10246};
    check_frame(&flat32, 4, plain, plain_after, 3);
    check_frame(&flat32, 4, code, code_after, 4);
    /* By a 16-bit gate. */
    const uint64_t narrow[] = {0x18, 0x7c10, 8, 0x0346}, narrow_after[] = {0x18, 0x7c10, 8, 0x0246};
    check_frame(&flat32, 2, narrow, narrow_after, 4);
}

static void frames_in_long_mode(void)
{
    const uint64_t plain[] = {0x7c10, 8, 0x10346}, plain_after[] = {0x7c10, 8, 0x10246};
    const uint64_t code[] = {2, 0x7c10, 8, 0x10346, TOP, 0x10};
    const uint64_t code_after[] = {2, 0x7c10, 8, 0x10246, TOP, 0x10};
    check_frame(&flat64, 8, plain, plain_after, 3);
    check_frame(&flat64, 8, code, code_after, 6);
}

static void what_is_no_frame_of_it_stays(void)
{
    const uint64_t other_rip[] = {0x7c11, 8, 0x346}, other_cs[] = {0x7c10, 9, 0x346};
    check_frame(&flat32, 4, other_rip, other_rip, 3);
    check_frame(&flat64, 8, other_cs, other_cs, 3);
}

static void a_stack_that_is_not_there(void)
{
    struct memory *m = ram_new(0x20000);
    const struct kvm_regs regs = {.rsp = 0xfffffffffffffff8};
    trap_flag_put_frame(m, &regs, &flat64, 8, 0x7c10, false);
    trap_flag_put_pushed(m, &regs, &flat64, false);
    memory_free(m);
}

static void pushed_flags(void)
{
    struct memory *m = ram_new(0x20000);
    const struct kvm_regs regs = {
        .rsp = 0x1234fffe}; /* SP = 0xfffe: the upper half is not the stack's */
    const uint64_t before[] = {0x0346}, after[] = {0x0246};
    push(m, 0x100fe, 2, before, 1);
    trap_flag_put_pushed(m, &regs, &real, false);
    check_slots(m, 0x100fe, 2, after, 1);
    trap_flag_put_pushed(m, &regs, &real, true); /* the guest's own, which stepping hides */
    check_slots(m, 0x100fe, 2, before, 1);
    memory_free(m);
}

int main(void)
{
    TEST(a_frame_in_real_mode);
    TEST(frames_in_protected_mode);
    TEST(frames_in_long_mode);
    TEST(what_is_no_frame_of_it_stays);
    TEST(a_stack_that_is_not_there);
    TEST(pushed_flags);
    return check_done();
}
