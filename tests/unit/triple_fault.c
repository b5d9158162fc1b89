/* A triple fault explained: what raised the first exception, and why each handler in turn could not
 * be entered (SDM vol. 3, 6.12 to 6.15, table 6-5; 20.1.4 for real mode). */
#include "tests/unit/ram.h"

#include "debug/catch/fault_cause.h"
#include "debug/catch/fault_delivery.h"
#include "debug/catch/triple_fault.h"
#include "debug/cpu/exception.h"
#include "vcpu/cpu_state.h"

#include <stdlib.h>

#define RAM  0x40000
#define GDT  0x1000
#define IDT  0x2000
#define PC   0x7c00
#define PML4 0x10000

/* ---- CPUs. Each has a GDT with 8 code32, 10 data, 18 code64, 20 not present, 28 a TSS. */

static const uint64_t gdt[] = {
    0,
    0x00cf9a000000ffff,
    0x00cf92000000ffff,
    0x00af9a000000ffff,
    0x00cf1a000000ffff,
    0x0000890012340067,
};

static const struct kvm_segment flat = {.limit = 0xffffffff, .type = 3, .s = 1, .db = 1, .g = 1};
static const struct kvm_segment flat_code = {
    .limit = 0xffffffff, .type = 11, .s = 1, .db = 1, .g = 1, .selector = 8};

struct cpu {
    struct memory *memory;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
};

static void cpu_free(struct cpu *cpu)
{
    memory_free(cpu->memory);
}

static void put(struct cpu *cpu, uint64_t gpa, const void *bytes, size_t n)
{
    CHECK_EQ(memory_poke(cpu->memory, gpa, bytes, n), n);
}

static struct cpu cpu_real(void)
{
    const struct kvm_segment segment = {.limit = 0xffff, .type = 3, .s = 1};
    struct cpu cpu = {.memory = ram_new(RAM), .regs = {.rip = PC, .rsp = 0x7000, .rflags = 2}};
    struct kvm_sregs *s = &cpu.sregs;
    s->cs = s->ds = s->es = s->fs = s->gs = s->ss = segment;
    s->idt.limit = 0x3ff;
    return cpu;
}

static struct cpu cpu_protected(void)
{
    struct cpu cpu = cpu_real();
    struct kvm_sregs *s = &cpu.sregs;
    put(&cpu, GDT, gdt, sizeof gdt);
    s->cr0 = CPU_CR0_PE;
    s->ds = s->es = s->fs = s->gs = s->ss = flat;
    s->cs = flat_code;
    s->gdt = (struct kvm_dtable){.base = GDT, .limit = sizeof gdt - 1};
    s->idt = (struct kvm_dtable){.base = IDT, .limit = 0x7ff};
    return cpu;
}

/* The first 2 MiB are mapped, and nothing else. */
static struct cpu cpu_long(void)
{
    struct cpu cpu = cpu_protected();
    const uint64_t entries[] = {PML4 + 0x1003, PML4 + 0x2003, 0x83};
    for (unsigned i = 0; i < 3; i++)
        put(&cpu, PML4 + i * 0x1000, &entries[i], 8);
    cpu.sregs.cr0 = CPU_CR0_PE | CPU_CR0_PG;
    cpu.sregs.cr3 = PML4;
    cpu.sregs.cr4 = CPU_CR4_PAE;
    cpu.sregs.efer = CPU_EFER_LME | CPU_EFER_LMA;
    cpu.sregs.cs.l = 1;
    cpu.sregs.cs.db = 0;
    cpu.sregs.cs.selector = 0x18;
    cpu.sregs.idt.limit = 0xfff;
    return cpu;
}

/* An interrupt gate; TYPE with the present bit and S, as in the descriptor's sixth byte. */
static void put_gate(struct cpu *cpu, unsigned vector, uint16_t selector, uint8_t type,
                     uint64_t offset)
{
    const bool wide = cpu->sregs.efer & CPU_EFER_LMA;
    const uint16_t words[8] = {(uint16_t)offset, selector, (uint16_t)(type << 8),
                               (uint16_t)(offset >> 16), (uint16_t)(offset >> 32)};
    put(cpu, IDT + vector * (wide ? 16 : 8), words, wide ? 16 : 8);
}

static void check_explained(struct cpu *cpu, const char *code, size_t n, const char *expected)
{
    char buf[1024];
    struct gdb_text text;
    gdb_text_init(&text, buf, sizeof buf);
    put(cpu, PC, code, n);
    triple_fault_explain(cpu->memory, &cpu->regs, &cpu->sregs, &text);
    CHECK_STR(buf, expected);
    cpu_free(cpu);
}

#define EXPLAINED(cpu, code, expected) check_explained(cpu, code, sizeof(code) - 1, expected)

/* ---- The whole */

static void no_table_at_all(void)
{
    struct cpu cpu = cpu_real();
    cpu.sregs.idt = (struct kvm_dtable){.base = 0xd0000000, .limit = 0};
    EXPLAINED(&cpu, "\x0f\x0b",
              "At 0x7c00: ud2. That raises #UD (6).\n"
              "#UD (6) can't be delivered: the IDT (at 0xd0000000, limit 0x0) has no entry 6. That "
              "raises #GP (13).\n"
              "#GP (13) can't be delivered: the IDT (at 0xd0000000, limit 0x0) has no entry 13. "
              "That raises #DF (8).\n"
              "#DF (8) can't be delivered: the IDT (at 0xd0000000, limit 0x0) has no entry 8. That "
              "is the triple fault.\n");
}

/* What a loader's first far jump meets when the GDT is wrong. */
static void a_far_jump_without_a_gdt(void)
{
    struct cpu cpu = cpu_protected();
    cpu.sregs.gdt = (struct kvm_dtable){.base = GDT, .limit = 7};
    cpu.sregs.cs.db = 0;
    cpu.sregs.idt.limit = 0x3f;
    EXPLAINED(&cpu, "\xea\x05\x7c\x08\x00",
              "At 0x7c00: a far jump: selector 0x8 is not in its table (GDT at 0x1000, limit 0x7). "
              "That raises #GP (13).\n"
              "#GP (13) can't be delivered: the IDT (at 0x2000, limit 0x3f) has no entry 13. That "
              "raises #DF (8).\n"
              "#DF (8) can't be delivered: the IDT (at 0x2000, limit 0x3f) has no entry 8. That is "
              "the triple fault.\n");
}

static void a_stack_that_is_not_mapped(void)
{
    struct cpu cpu = cpu_long();
    for (unsigned v = 0; v < 16; v++)
        put_gate(&cpu, v, 0x18, 0x8e, 0x9000);
    cpu.regs.rsp = 0x200000008;
    EXPLAINED(
        &cpu, "\x50",
        "At 0x7c00: 0x200000000 is not mapped (for the stack; sp is 0x200000008). That raises "
        "#PF (14).\n"
        "#PF (14) can't be delivered: 0x1ffffffd0 is not mapped (for the stack; sp is "
        "0x200000008). That raises #DF (8).\n"
        "#DF (8) can't be delivered: 0x1ffffffd0 is not mapped (for the stack; sp is "
        "0x200000008). That is the triple fault.\n");
}

static void paging_without_a_map_of_the_code(void)
{
    struct cpu cpu = cpu_long();
    cpu.regs.rip = 0x300000;
    cpu.sregs.idt.limit = 0;
    EXPLAINED(&cpu, "\x90",
              "At 0x300000: 0x300000 is not mapped, so that no instruction can be fetched. That "
              "raises #PF (14).\n"
              "#PF (14) can't be delivered: the IDT (at 0x2000, limit 0x0) has no entry 14. That "
              "raises #DF (8).\n"
              "#DF (8) can't be delivered: the IDT (at 0x2000, limit 0x0) has no entry 8. That is "
              "the triple fault.\n");
}

static void what_does_not_show(void)
{
    struct cpu cpu = cpu_protected();
    put_gate(&cpu, 8, 0x10, 0x8e, 0x9000);
    EXPLAINED(&cpu, "\x0f\x30",
              "At 0x7c00 an exception was raised; which one does not show. #DF (8) can't be "
              "delivered: selector 0x10 does not name code. That is the triple fault.\n");
}

static void a_handler_that_can_be_entered(void)
{
    struct cpu cpu = cpu_protected();
    put_gate(&cpu, 6, 8, 0x8f, 0x9000);
    EXPLAINED(&cpu, "\x0f\x0b",
              "At 0x7c00: ud2. That raises #UD (6).\n"
              "#UD (6) has a handler at 0x9000 that can be entered.\n");
}

/* ---- What an instruction raises */

struct cause {
    const char *code;
    size_t n;
    int vector;
    const char *what;
};
#define CAUSE(code, vector, what)                                                                  \
    {                                                                                              \
        code, sizeof(code) - 1, vector, what                                                       \
    }

static void check_causes(struct cpu cpu, const struct cause *causes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char buf[192];
        struct gdb_text text;
        gdb_text_init(&text, buf, sizeof buf);
        uint8_t code[16];
        memset(code, 0x90, sizeof code);
        memcpy(code, causes[i].code, causes[i].n);
        put(&cpu, PC, code, sizeof code);
        const struct gva_space space = gva_space(cpu.memory, &cpu.sregs);
        const struct fault_view view = {&space, &cpu.regs, &cpu.sregs};
        const int vector = fault_of_insn(&view, &text);
        if (vector != causes[i].vector)
            check_fail(__FILE__, __LINE__, "row %zu (%s): expected %d, got %d (%s)", i,
                       causes[i].what, causes[i].vector, vector, buf);
        CHECK_STR(buf, causes[i].what);
    }
    cpu_free(&cpu);
}

static void causes_in_real_mode(void)
{
    static const struct cause causes[] = {
        CAUSE("\x0f\x0b", EXCEPTION_UD, "ud2"),
        CAUSE("\xcd\x80", 0x80, "int $0x80"),
        CAUSE("\xcc", EXCEPTION_BP, "int $0x3"),
        CAUSE("\xf7\xf1", EXCEPTION_DE, "it divides by 0"), /* div %cx */
        CAUSE("\xf7\xf3", -1, ""),                          /* div %bx */
        CAUSE("\xf6\xf5", EXCEPTION_DE, "it divides by 0"), /* div %ch */
        CAUSE("\xf6\xf7", EXCEPTION_DE, "it divides by 0"), /* div %bh: bx is 0x12 */
        CAUSE("\x66\xf7\xf3", -1, ""),
        CAUSE("\xd4\x00", EXCEPTION_DE, "aam divides by 0"),
        CAUSE("\xd4\x0a", -1, ""),
        CAUSE("\x8b\x07", -1, ""), /* mov (%bx), %ax */
        CAUSE("\x67\x8b\x03", -1, ""),
        CAUSE("\x67\x8b\x02", EXCEPTION_GP, /* mov (%edx), %ax */
              "its operand in memory: offset 0x12345 is beyond the limit of ds, 0xffff"),
        CAUSE("\x67\x8b\x45\x02", EXCEPTION_SS, /* mov 2(%ebp), %ax */
              "its operand in memory: offset 0x10001 is beyond the limit of ss, 0xffff"),
        CAUSE("\x67\x3e\x8b\x45\x02", EXCEPTION_GP,
              "its operand in memory: offset 0x10001 is beyond the limit of ds, 0xffff"),
        CAUSE("\x8b\x46\x02", -1, ""), /* mov 2(%bp), %ax wraps */
        CAUSE("\x67\x8d\x02", -1, ""), /* lea */
        CAUSE("\xf4", -1, ""),         /* hlt */
        CAUSE("\xea\x00\x00\xff\xff", -1, ""),
        CAUSE("\x8e\xd8", -1, ""),
        CAUSE("\x50", -1, ""),
        CAUSE("\x90", -1, ""),
    };
    struct cpu cpu = cpu_real();
    cpu.regs.rbx = 0x12;
    cpu.regs.rdx = 0x12345;
    cpu.regs.rbp = 0xffff;
    check_causes(cpu, causes, sizeof causes / sizeof causes[0]);
}

static void causes_in_protected_mode(void)
{
    static const struct cause causes[] = {
        CAUSE("\xea\x00\x90\x00\x00\x08\x00", -1, ""),
        CAUSE("\xea\x00\x90\x00\x00\x00\x00", EXCEPTION_GP,
              "a far jump: selector 0x0 is null (GDT at 0x1000, limit 0x2f)"),
        CAUSE("\xea\x00\x90\x00\x00\x10\x00", EXCEPTION_GP,
              "a far jump: selector 0x10 does not name code"),
        CAUSE("\xea\x00\x90\x00\x00\x20\x00", EXCEPTION_NP,
              "a far jump: the segment of selector 0x20 is marked not present"),
        CAUSE("\xea\x00\x90\x00\x00\x30\x00", EXCEPTION_GP,
              "a far jump: selector 0x30 is not in its table (GDT at 0x1000, limit 0x2f)"),
        CAUSE("\xea\x00\x90\x00\x00\x28\x00", -1, ""), /* a TSS: a task switch */
        CAUSE("\x9a\x00\x90\x00\x00\x10\x00", EXCEPTION_GP,
              "a far call: selector 0x10 does not name code"),
        CAUSE("\x8e\xd8", -1, ""),      /* mov %ax, %ds: 10 */
        CAUSE("\x8e\xd0", -1, ""),      /* ss */
        CAUSE("\x8e\xd1", EXCEPTION_GP, /* mov %cx, %ss: 0 */
              "loading ss: selector 0x0 is null (GDT at 0x1000, limit 0x2f)"),
        CAUSE("\x8e\xd9", -1, ""),      /* mov %cx, %ds */
        CAUSE("\x8e\xd2", EXCEPTION_GP, /* mov %dx, %ss: 8 */
              "loading ss: selector 0x8 does not name writable data, as a stack must be"),
        CAUSE("\x8b\x05\x00\x00\x00\x00", -1, ""),          /* mov 0, %eax */
        CAUSE("\x65\x8b\x05\x00\x00\x00\x00", EXCEPTION_GP, /* gs */
              "its operand in memory: gs holds no segment"),
        CAUSE("\x64\x8b\x04\x8d\x10\x00\x00\x00", -1, ""), /* fs, 16(, %ecx, 4) */
        CAUSE("\x64\x8b\x44\x20\x10", EXCEPTION_GP,        /* fs, 16(%eax) by SIB */
              "its operand in memory: offset 0x20 is beyond the limit of fs, 0x1f"),
        CAUSE("\xf4", -1, ""),
    };
    struct cpu cpu = cpu_protected();
    cpu.sregs.gs.unusable = 1;
    cpu.sregs.fs.limit = 0x1f;
    cpu.regs.rax = 0x10;
    cpu.regs.rdx = 8;
    check_causes(cpu, causes, sizeof causes / sizeof causes[0]);
}

static void causes_in_long_mode(void)
{
    static const struct cause causes[] = {
        CAUSE("\x48\x8b\x03", EXCEPTION_PF, /* mov (%rbx), %rax */
              "its operand in memory: 0x200000 is not mapped"),
        CAUSE("\x48\x8b\x43\xf8", -1, ""),
        CAUSE("\x49\x8b\x03", -1, ""),          /* mov (%r11), %rax */
        CAUSE("\x4b\x8b\x04\x8b", EXCEPTION_PF, /* mov (%r11, %r9, 4), %rax */
              "its operand in memory: 0x400000 is not mapped"),
        CAUSE("\x48\x8b\x05\x00\x00\x00\x70", -1, ""), /* relative to rip */
        CAUSE("\x67\x8b\x03", EXCEPTION_PF, "its operand in memory: 0x200000 is not mapped"),
        CAUSE("\x64\x8b\x01", EXCEPTION_PF, /* fs */
              "its operand in memory: 0xffff800000000000 is not mapped"),
        CAUSE("\x3e\x8b\x01", -1, ""),
        CAUSE("\x48\xf7\xf1", EXCEPTION_DE, "it divides by 0"),
        CAUSE("\x49\xf7\xf1", -1, ""), /* div %r9 */
        CAUSE("\x40\xf6\xf4", -1, ""), /* div %spl */
        CAUSE("\xf4", -1, ""),
        CAUSE("\xc3", -1, ""),
        CAUSE("\x0f\xb9\xc0", EXCEPTION_UD, "ud1"),
    };
    struct cpu cpu = cpu_long();
    cpu.regs.rbx = 0x200000;
    cpu.regs.r9 = 0x100000;
    cpu.regs.rsp = 0x7001;
    cpu.sregs.fs.base = 0xffff800000000000;
    check_causes(cpu, causes, sizeof causes / sizeof causes[0]);
}

static void causes_at_cpl_3(void)
{
    static const struct cause causes[] = {CAUSE("\xf4", EXCEPTION_GP, "hlt at CPL 3")};
    struct cpu cpu = cpu_protected();
    cpu.sregs.cs.selector = 0x1b;
    check_causes(cpu, causes, 1);
}

static void what_a_return_takes(void)
{
    static const struct cause causes[] = {
        CAUSE("\xc3", EXCEPTION_PF, "what it takes from the stack: 0x200000 is not mapped")};
    struct cpu cpu = cpu_long();
    cpu.regs.rsp = 0x200000;
    check_causes(cpu, causes, 1);
}

/* ---- Why a handler can't be entered */

static void check_delivery(struct cpu *cpu, unsigned vector, int raised, const char *expected)
{
    char buf[192];
    struct gdb_text why;
    uint64_t handler = 0;
    gdb_text_init(&why, buf, sizeof buf);
    const struct gva_space space = gva_space(cpu->memory, &cpu->sregs);
    const struct fault_view view = {&space, &cpu->regs, &cpu->sregs};
    CHECK_EQ(fault_of_delivery(&view, vector, &handler, &why), raised);
    CHECK_STR(buf, expected);
    if (raised < 0)
        CHECK_EQ(handler, 0x9000);
}

static void deliveries_in_real_mode(void)
{
    const uint16_t entry[] = {0x8f00, 0x10};
    struct cpu cpu = cpu_real();
    put(&cpu, 6 * 4, entry, sizeof entry);
    check_delivery(&cpu, 6, -1, "");
    cpu.regs.rsp = 5; /* SP - 6 wraps to ffff: the last bytes are past the limit */
    check_delivery(&cpu, 6, EXCEPTION_SS,
                   "offset 0xffff is beyond the limit of ss, 0xffff (for the stack; sp is 0x5)");
    cpu.regs.rsp = 0x7000;
    cpu.sregs.idt.base = RAM;
    check_delivery(&cpu, 6, EXCEPTION_GP, "entry 6 of the IDT at 0x40000 lies where no memory is");
    cpu_free(&cpu);
}

static void deliveries_in_protected_mode(void)
{
    struct cpu cpu = cpu_protected();
    put_gate(&cpu, 6, 8, 0x8e, 0x9000);
    check_delivery(&cpu, 6, -1, "");
    put_gate(&cpu, 6, 8, 0x0e, 0x9000);
    check_delivery(&cpu, 6, EXCEPTION_NP, "entry 6 of the IDT is marked not present");
    put_gate(&cpu, 6, 8, 0x9a, 0x9000);
    check_delivery(&cpu, 6, EXCEPTION_GP, "entry 6 of the IDT is no gate (type 0x1a)");
    put_gate(&cpu, 6, 0, 0, 0);
    check_delivery(&cpu, 6, EXCEPTION_GP, "entry 6 of the IDT is no gate (type 0x0, not present)");
    put_gate(&cpu, 6, 0x20, 0x8e, 0x9000);
    check_delivery(&cpu, 6, EXCEPTION_NP, "the segment of selector 0x20 is marked not present");
    put_gate(&cpu, 6, 0, 0x8e, 0x9000);
    check_delivery(&cpu, 6, EXCEPTION_GP, "selector 0x0 is null (GDT at 0x1000, limit 0x2f)");
    put_gate(&cpu, 6, 8, 0x8e, 0x9000);
    cpu.sregs.ss.limit = 0xfff;
    check_delivery(&cpu, 6, EXCEPTION_SS,
                   "offset 0x6ff4 is beyond the limit of ss, 0xfff (for the stack; sp is 0x7000)");
    cpu_free(&cpu);
}

/* From CPL 3 the stack is that of the TSS. */
static void deliveries_to_an_inner_level(void)
{
    const uint32_t stack[] = {0x8000, 0x10};
    struct cpu cpu = cpu_protected();
    put_gate(&cpu, 6, 8, 0x8e, 0x9000);
    cpu.sregs.cs.selector = 0x1b;
    cpu.sregs.tr = (struct kvm_segment){.base = 0x3000, .limit = 0x67};
    check_delivery(&cpu, 6, EXCEPTION_TS, "selector 0x0 is null (GDT at 0x1000, limit 0x2f)");
    put(&cpu, 0x3004, stack, sizeof stack);
    check_delivery(&cpu, 6, -1, "");
    cpu.sregs.tr.limit = 8;
    check_delivery(&cpu, 6, EXCEPTION_TS, "the TSS (at 0x3000, limit 0x8) has no stack for it");
    cpu_free(&cpu);
}

static void deliveries_in_long_mode(void)
{
    struct cpu cpu = cpu_long();
    put_gate(&cpu, 6, 0x18, 0x8e, 0x9000);
    check_delivery(&cpu, 6, -1, "");
    put_gate(&cpu, 6, 8, 0x8e, 0x9000);
    check_delivery(&cpu, 6, EXCEPTION_GP, "selector 0x8 of its gate does not name 64-bit code");
    put_gate(&cpu, 6, 0x18, 0x86, 0x9000);
    check_delivery(&cpu, 6, EXCEPTION_GP, "entry 6 of the IDT is no gate (type 0x6)");
    cpu.sregs.idt.limit = 6 * 16 + 14;
    check_delivery(&cpu, 6, EXCEPTION_GP, "the IDT (at 0x2000, limit 0x6e) has no entry 6");
    cpu_free(&cpu);
}

int main(void)
{
    TEST(no_table_at_all);
    TEST(a_far_jump_without_a_gdt);
    TEST(a_stack_that_is_not_mapped);
    TEST(paging_without_a_map_of_the_code);
    TEST(what_does_not_show);
    TEST(a_handler_that_can_be_entered);
    TEST(causes_in_real_mode);
    TEST(causes_in_protected_mode);
    TEST(causes_in_long_mode);
    TEST(causes_at_cpl_3);
    TEST(what_a_return_takes);
    TEST(deliveries_in_real_mode);
    TEST(deliveries_in_protected_mode);
    TEST(deliveries_to_an_inner_level);
    TEST(deliveries_in_long_mode);
    return check_done();
}
