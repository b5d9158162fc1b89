/* What ends the step of an instruction, in which order. */
#include "tests/unit/ram.h"

#include "debug/cpu/exception.h"
#include "debug/step/step_plan.h"
#include "vcpu/cpu_state.h"

#define CODE 0x7c00u

static bool no_msr(void *context, uint32_t index, uint64_t *value)
{
    (void)context, (void)index, (void)value;
    return false;
}

/* Real mode; the handler of vector N is at 0x1000 + N * 16. */
struct fixture {
    struct memory *memory;
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct step_plan plan;
};

static void set_handler(struct fixture *f, unsigned vector, uint16_t ip)
{
    memory_poke(f->memory, vector * 4, &ip, sizeof ip);
}

static void fixture_make(struct fixture *f)
{
    *f = (struct fixture){
        .memory = ram_new(0x20000),
        .regs = {.rip = CODE, .rsp = 0x7000, .rflags = 2},
        .sregs = {.idt = {.limit = 0x3ff}},
    };
    for (unsigned i = 0; i < VECTORS; i++)
        set_handler(f, i, (uint16_t)(0x1000 + i * 16));
}

static void make_plan(struct fixture *f, const char *bytes, size_t n, bool int3_exits,
                      bool interrupts)
{
    const struct insn insn = insn_decode((const uint8_t *)bytes, n, 16, f->regs.rflags);
    const struct gva_space space = gva_space(f->memory, &f->sregs);
    const struct transfer_msrs msrs = {no_msr, NULL};
    const struct step_question question = {
        .insn = &insn,
        .space = &space,
        .regs = &f->regs,
        .sregs = &f->sregs,
        .msrs = &msrs,
        .int3_exits = int3_exits,
        .interrupts = interrupts,
    };
    step_plan_insn(&f->plan, &question);
}

/* The targets' vectors are VECTORS[], N of them, and nothing else. */
static void check_vectors(const struct fixture *f, const int *vectors, unsigned n)
{
    CHECK_EQ(f->plan.count, n);
    for (unsigned i = 0; i < n && i < f->plan.count; i++) {
        CHECK_EQ(f->plan.targets[i].vector, vectors[i]);
        if (vectors[i] >= 0)
            CHECK_EQ(f->plan.targets[i].addr, 0x1000 + vectors[i] * 16);
    }
}

static void a_plain_one(void)
{
    struct fixture f;
    fixture_make(&f);
    make_plan(&f, "\x90", 1, true, false);
    CHECK(f.plan.trap_flag);
    check_vectors(&f, (const int[]){EXCEPTION_GP, EXCEPTION_SS, EXCEPTION_UD, EXCEPTION_DF}, 4);
    memory_free(f.memory);
}

/* Four debug registers are enough for what a division raises most. */
static void what_it_is_special_in_raising_comes_first(void)
{
    struct fixture f;
    fixture_make(&f);
    make_plan(&f, "\xf6\xf1", 2, true, false);
    check_vectors(
        &f, (const int[]){EXCEPTION_DE, EXCEPTION_GP, EXCEPTION_SS, EXCEPTION_UD, EXCEPTION_DF}, 5);
    f.regs.rflags |= CPU_FLAG_TF;
    make_plan(&f, "\x90", 1, true, false);
    CHECK(!step_plan_at(&f.plan, 0x1000 + EXCEPTION_DB * 16)); /* the trap flag's end is ours */
    make_plan(&f, "\xf4", 1, true, false);
    CHECK_EQ(f.plan.targets[1].vector, EXCEPTION_DB);
    memory_free(f.memory);
}

static void an_int_ends_at_its_handler(void)
{
    struct fixture f;
    fixture_make(&f);
    make_plan(&f, "\xcd\x21", 2, true, false);
    CHECK(!f.plan.trap_flag);
    CHECK_EQ(f.plan.targets[0].addr, 0x1210);
    CHECK_EQ(f.plan.targets[0].vector, 0x21);
    CHECK(!f.plan.targets[0].by_int3);
    memory_free(f.memory);
}

/* A handler at the pc would end the step before it began. */
static void a_handler_at_the_pc_is_none(void)
{
    struct fixture f;
    fixture_make(&f);
    set_handler(&f, 0x21, CODE);
    set_handler(&f, EXCEPTION_UD, CODE);
    make_plan(&f, "\xcd\x21", 2, true, false);
    CHECK(f.plan.trap_flag);
    CHECK(!step_plan_at(&f.plan, CODE));
    memory_free(f.memory);
}

static void one_handler_for_two_vectors(void)
{
    struct fixture f;
    fixture_make(&f);
    set_handler(&f, EXCEPTION_GP, 0x1000 + EXCEPTION_UD * 16);
    make_plan(&f, "\x90", 1, true, false);
    CHECK_EQ(f.plan.count, 3);
    CHECK_EQ(step_plan_at(&f.plan, 0x1000 + EXCEPTION_UD * 16)->vector, EXCEPTION_GP);
    memory_free(f.memory);
}

static void the_interrupt_shadow(void)
{
    struct fixture f;
    fixture_make(&f);
    make_plan(&f, "\x8e\xd0", 2, true, false);
    CHECK(!f.plan.trap_flag);
    CHECK_EQ(f.plan.targets[0].addr, CODE + 2);
    CHECK_EQ(f.plan.targets[0].vector, -1);
    CHECK(f.plan.targets[0].by_int3);
    make_plan(&f, "\x8e\xd0", 2, false, false); /* there TF does it */
    CHECK(f.plan.trap_flag);
    CHECK_EQ(f.plan.targets[0].vector, EXCEPTION_NP);
    make_plan(&f, "\xfb", 1, true, false);
    CHECK_EQ(f.plan.targets[0].addr, CODE + 1);
    memory_free(f.memory);
}

/* IP wraps at 64 KiB, the segment's base does not. */
static void hlt_at_the_end_of_a_segment(void)
{
    struct fixture f;
    fixture_make(&f);
    f.regs.rip = 0xffff;
    f.sregs.cs.base = 0x100;
    make_plan(&f, "\xf4", 1, true, false);
    CHECK(!f.plan.trap_flag);
    CHECK_EQ(f.plan.targets[0].addr, 0x100);
    memory_free(f.memory);
}

static void iret_has_both(void)
{
    struct fixture f;
    fixture_make(&f);
    memory_poke(f.memory, 0x7000, "\x34\x12\x00\x00\x02\x02", 6);
    make_plan(&f, "\xcf", 1, true, false);
    CHECK(f.plan.trap_flag);
    CHECK_EQ(f.plan.targets[0].addr, 0x1234);
    memory_free(f.memory);
}

static void interrupts_that_may_come(void)
{
    struct fixture f;
    fixture_make(&f);
    make_plan(&f, "\x90", 1, true, true);
    CHECK_EQ(f.plan.count, 4); /* IF is clear */
    f.regs.rflags |= CPU_FLAG_IF;
    make_plan(&f, "\x90", 1, true, true);
    for (unsigned i = 0; i < VECTORS; i++)
        CHECK_EQ(step_plan_at(&f.plan, 0x1000 + i * 16)->vector, i);
    CHECK_EQ(f.plan.count, VECTORS);
    f.sregs.idt.limit = 0x40 * 4 - 1;
    make_plan(&f, "\x90", 1, true, true);
    CHECK_EQ(f.plan.count, 0x40);
    memory_free(f.memory);
}

static void waiting_and_delivery(void)
{
    struct fixture f;
    fixture_make(&f);
    const struct insn insn = {.kind = INSN_PLAIN};
    const struct gva_space space = gva_space(f.memory, &f.sregs);
    const struct step_question question = {
        .insn = &insn, .space = &space, .regs = &f.regs, .sregs = &f.sregs, .int3_exits = true};
    step_plan_wait(&f.plan, &question);
    CHECK(!f.plan.trap_flag);
    CHECK_EQ(f.plan.count, 1);
    CHECK_EQ(f.plan.targets[0].addr, CODE);
    step_plan_delivery(&f.plan, &question, EXCEPTION_DB, false);
    CHECK(!f.plan.trap_flag);
    CHECK_EQ(f.plan.targets[0].vector, EXCEPTION_DB);
    CHECK(step_plan_at(&f.plan, 0x1000 + EXCEPTION_DF * 16));
    step_plan_delivery(&f.plan, &question, 0x20, true);
    CHECK_EQ(f.plan.targets[0].addr, CODE);
    CHECK_EQ(f.plan.targets[1].vector, 0x20);
    step_plan_delivery(&f.plan, &question, -1, true);
    CHECK_EQ(f.plan.targets[0].addr, CODE);
    CHECK_EQ(f.plan.targets[0].vector, -1);
    memory_free(f.memory);
}

int main(void)
{
    TEST(a_plain_one);
    TEST(what_it_is_special_in_raising_comes_first);
    TEST(an_int_ends_at_its_handler);
    TEST(a_handler_at_the_pc_is_none);
    TEST(one_handler_for_two_vectors);
    TEST(the_interrupt_shadow);
    TEST(hlt_at_the_end_of_a_segment);
    TEST(iret_has_both);
    TEST(interrupts_that_may_come);
    TEST(waiting_and_delivery);
    return check_done();
}
