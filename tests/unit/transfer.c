/* Where iret and the system calls go, and what they make of TF (SDM vol. 2: IRET, SYSCALL, SYSRET,
 * SYSENTER, SYSEXIT, POPF). */
#include "tests/unit/ram.h"

#include "debug/step/transfer.h"
#include "vcpu/cpu_state.h"

#define TOP 0x8000
#define GDT 0x1000
#define TF  CPU_FLAG_TF

static bool read_msr(void *context, uint32_t index, uint64_t *value)
{
    (void)context;
    static const struct {
        uint32_t index;
        uint64_t value;
    } all[] = {
        {0x176, 0xaaaa000000001760},
        {0xc0000081, 0x0023001000008100},
        {0xc0000082, 0xffffffff80008200},
        {0xc0000083, 0xffffffff80008300},
        {0xc0000084, 0x700},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].index == index) {
            *value = all[i].value;
            return true;
        }
    return false;
}

static bool no_msr(void *context, uint32_t index, uint64_t *value)
{
    (void)context, (void)index, (void)value;
    return false;
}

static const struct kvm_sregs real = {.ss = {.base = 0x100}};
static const struct kvm_sregs flat32 = {
    .cr0 = CPU_CR0_PE, .cs = {.db = 1}, .ss = {.db = 1}, .gdt = {.base = GDT, .limit = 0x2f}};
static const struct kvm_sregs flat64 = {.cr0 = CPU_CR0_PE,
                                        .cs = {.l = 1},
                                        .efer = CPU_EFER_LMA | CPU_EFER_LME,
                                        .gdt = {.base = GDT, .limit = 0x2f}};
static const struct kvm_sregs compat = {
    .cr0 = CPU_CR0_PE, .cs = {.db = 1}, .ss = {.db = 1}, .efer = CPU_EFER_LMA | CPU_EFER_LME};

/* A stack of N slots of SIZE bytes, and segments at 0x1000 (08), in 64 bits (18). */
static struct memory *guest(const struct kvm_sregs *sregs, unsigned size, const uint64_t *slots,
                            unsigned n)
{
    struct memory *m = ram_new(0x20000);
    const uint64_t code32 = 0x00cf9b001000ffff, code64 = 0x00af9b000000ffff;
    memory_poke(m, GDT + 0x08, &code32, sizeof code32);
    memory_poke(m, GDT + 0x18, &code64, sizeof code64);
    for (unsigned i = 0; i < n; i++)
        memory_poke(m, sregs->ss.base + TOP + i * size, &slots[i], size);
    return m;
}

/* The target of KIND with operands of SIZE bytes; 0 if there is none. */
static uint64_t target_of(enum insn_kind kind, const struct kvm_sregs *sregs, unsigned size,
                          const uint64_t *slots, unsigned n, uint64_t rflags)
{
    const struct insn insn = {.kind = kind, .operand_size = (uint8_t)size};
    const struct kvm_regs regs = {
        .rsp = TOP, .rflags = rflags, .rcx = 0xc00000000001, .rdx = 0xd00000000002};
    const struct transfer_msrs msrs = {read_msr, NULL};
    struct memory *m = guest(sregs, size, slots, n);
    const struct gva_space space = gva_space(m, sregs);
    uint64_t target = 0;
    const bool known = transfer_target(&insn, &space, &regs, sregs, &msrs, &target);
    memory_free(m);
    return known ? target : 0;
}

static void iret_in_real_mode(void)
{
    const uint64_t frame[] = {0x1234, 0xf000, 0x202};
    CHECK_EQ(target_of(INSN_IRET, &real, 2, frame, 3, 0), 0xf1234);
    CHECK_EQ(target_of(INSN_IRET, &real, 4, frame, 3, 0), 0xf1234);
}

static void iret_in_protected_mode(void)
{
    const uint64_t frame[] = {0x34, 0x08, 0x202}, virtual[] = {0x1234, 0xf000, 0x20202};
    const uint64_t nowhere[] = {0x34, 0x30, 0x202};
    CHECK_EQ(target_of(INSN_IRET, &flat32, 4, frame, 3, 0), 0x1034);
    CHECK_EQ(target_of(INSN_IRET, &flat32, 2, frame, 3, 0), 0x1034);
    CHECK_EQ(target_of(INSN_IRET, &flat32, 4, virtual, 3, 0), 0xf1234);
    CHECK_EQ(target_of(INSN_IRET, &flat32, 4, nowhere, 3, 0), 0);
    CHECK_EQ(target_of(INSN_IRET, &flat32, 4, frame, 3, 1 << 14), 0); /* NT: a task switch */
}

static void iret_in_long_mode(void)
{
    const uint64_t wide[] = {0xffffffff80001234, 0x18, 0x202, TOP, 0x10};
    const uint64_t narrow[] = {0x34, 0x08, 0x202, TOP, 0x10};
    CHECK_EQ(target_of(INSN_IRET, &flat64, 8, wide, 5, 0), 0xffffffff80001234);
    CHECK_EQ(target_of(INSN_IRET, &flat64, 8, narrow, 5, 0), 0x1034);
}

static void a_stack_that_is_not_there(void)
{
    struct memory *m = ram_new(0x1000);
    const struct gva_space space = gva_space(m, &flat64);
    const struct kvm_regs regs = {.rsp = 0xffffffffffffffff, .rflags = TF};
    const struct insn iret = {.kind = INSN_IRET, .operand_size = 8};
    const struct insn popf = {.kind = INSN_POPF, .operand_size = 8};
    const struct transfer_msrs msrs = {no_msr, NULL};
    uint64_t target;
    CHECK(!transfer_target(&iret, &space, &regs, &flat64, &msrs, &target));
    CHECK(transfer_trap_flag(&popf, &space, &regs, &flat64, &msrs)); /* it faults: as before */
    memory_free(m);
}

static void system_calls(void)
{
    CHECK_EQ(target_of(INSN_SYSCALL, &flat64, 4, NULL, 0, 0), 0xffffffff80008200);
    CHECK_EQ(target_of(INSN_SYSCALL, &compat, 4, NULL, 0, 0), 0xffffffff80008300);
    CHECK_EQ(target_of(INSN_SYSCALL, &flat32, 4, NULL, 0, 0), 0x8100);
    CHECK_EQ(target_of(INSN_SYSRET, &flat64, 8, NULL, 0, 0), 0xc00000000001);
    CHECK_EQ(target_of(INSN_SYSRET, &flat64, 4, NULL, 0, 0), 1);
    CHECK_EQ(target_of(INSN_SYSENTER, &flat64, 4, NULL, 0, 0), 0xaaaa000000001760);
    CHECK_EQ(target_of(INSN_SYSENTER, &flat32, 4, NULL, 0, 0), 0x1760);
    CHECK_EQ(target_of(INSN_SYSEXIT, &flat64, 8, NULL, 0, 0), 0xd00000000002);
    CHECK_EQ(target_of(INSN_SYSEXIT, &flat32, 4, NULL, 0, 0), 2);
    CHECK_EQ(target_of(INSN_PLAIN, &flat64, 4, NULL, 0, 0), 0);
}

static bool flag_after(enum insn_kind kind, const struct kvm_sregs *sregs, unsigned size,
                       const uint64_t *slots, unsigned n, uint64_t rflags, uint64_t r11)
{
    const struct insn insn = {.kind = kind, .operand_size = (uint8_t)size};
    const struct kvm_regs regs = {.rsp = TOP, .rflags = rflags, .r11 = r11};
    const struct transfer_msrs msrs = {read_msr, NULL};
    struct memory *m = guest(sregs, size, slots, n);
    const struct gva_space space = gva_space(m, sregs);
    const bool flag = transfer_trap_flag(&insn, &space, &regs, sregs, &msrs);
    memory_free(m);
    return flag;
}

static void the_trap_flag_afterwards(void)
{
    const uint64_t set[] = {TF, 0x08, TF}, clear[] = {0, 0x08, 0};
    const uint64_t only_flags[] = {0, 0x08, TF};
    CHECK(flag_after(INSN_PLAIN, &flat32, 4, NULL, 0, TF, 0));
    CHECK(!flag_after(INSN_PLAIN, &flat32, 4, NULL, 0, 0, 0));
    CHECK(flag_after(INSN_POPF, &real, 2, set, 3, 0, 0));
    CHECK(!flag_after(INSN_POPF, &real, 2, clear, 3, TF, 0));
    CHECK(flag_after(INSN_IRET, &flat32, 4, only_flags, 3, 0, 0));
    CHECK(flag_after(INSN_IRET, &flat64, 8, only_flags, 3, 0, 0));
    CHECK(!flag_after(INSN_IRET, &flat64, 8, clear, 3, TF, 0));
    CHECK(!flag_after(INSN_SYSCALL, &flat64, 4, NULL, 0, TF, 0)); /* SFMASK has it */
    CHECK(flag_after(INSN_SYSCALL, &flat32, 4, NULL, 0, TF, 0));
    CHECK(flag_after(INSN_SYSRET, &flat64, 8, NULL, 0, 0, TF));
    CHECK(!flag_after(INSN_SYSRET, &flat64, 8, NULL, 0, TF, 0));
    CHECK(flag_after(INSN_SYSENTER, &flat32, 4, NULL, 0, TF, 0));
}

int main(void)
{
    TEST(iret_in_real_mode);
    TEST(iret_in_protected_mode);
    TEST(iret_in_long_mode);
    TEST(a_stack_that_is_not_there);
    TEST(system_calls);
    TEST(the_trap_flag_afterwards);
    return check_done();
}
