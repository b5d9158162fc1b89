/* Loading selectors against SDM vol. 2 (MOV, LLDT, LTR) and vol. 3, tables 3-1 and 3-2. */
#include "tests/unit/ram.h"

#include "debug/cpu/selector.h"
#include "vcpu/cpu_state.h"

#include <errno.h>

#define GDT 0x1000

/* Selectors of the GDT below. */
enum { CODE = 0x08, DATA = 0x10, READ_ONLY = 0x18, EXECUTE_ONLY = 0x20, ABSENT = 0x28 };
enum { LDT = 0x30, TSS = 0x40, BUSY_TSS = 0x50, TSS_16 = 0x60, GATE = 0x70, LAST = 0x80 };

struct world {
    struct memory *memory;
    struct kvm_sregs sregs;
    struct gva_space space;
    char text[128];
    struct gdb_text why;
};

static void make(struct world *w, uint64_t efer)
{
    static const uint64_t gdt[17] = {
        [CODE / 8] = 0x00cf9a000000ffff,      [DATA / 8] = 0x00cf92000000ffff,
        [READ_ONLY / 8] = 0x00cf90000000ffff, [EXECUTE_ONLY / 8] = 0x00cf98000000ffff,
        [ABSENT / 8] = 0x00cf12000000ffff,    [LDT / 8] = 0x120082345678001f,
        [LDT / 8 + 1] = 0xffff8000,           [TSS / 8] = 0x0000890056780067,
        [BUSY_TSS / 8] = 0x00008b0056780067,  [TSS_16 / 8] = 0x000081005678002b,
        [GATE / 8] = 0x00008c0056780000,      [LAST / 8] = 0x0000890056780067,
    };
    *w = (struct world){.memory = ram_new(0x10000)};
    memory_poke(w->memory, GDT, gdt, sizeof gdt);
    w->sregs = (struct kvm_sregs){.cr0 = CPU_CR0_PE,
                                  .efer = efer,
                                  .cs = {.l = !!efer, .db = !efer},
                                  .gdt = {.base = GDT, .limit = sizeof gdt - 1},
                                  .ldt = {.unusable = 1}};
    w->space = gva_space(w->memory, &(struct kvm_sregs){0}); /* unpaged, whatever the mode */
    gdb_text_init(&w->why, w->text, sizeof w->text);
}

static int load(struct world *w, unsigned seg, uint32_t selector, struct kvm_segment *segment)
{
    return selector_load(&w->space, &w->sregs, false, seg, segment, selector, &w->why);
}

static void each_segment_takes_its_types(void)
{
    static const struct {
        uint32_t selector;
        bool cs, ss, ds;
    } rows[] = {
        {CODE, true, false, true},
        {CODE | 3, true, false, true},
        {DATA, false, true, true},
        {READ_ONLY, false, false, true},
        {EXECUTE_ONLY, true, false, false},
        {ABSENT, false, false, false},
        {LDT, false, false, false},
        {TSS, false, false, false},
        {0x88, false, false, false},
        {DATA | 4, false, false, false},
        {0x10000, false, false, false},
        {0, false, false, true},
        {3, false, false, true},
    };
    struct world w;
    make(&w, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bool expected[] = {rows[i].cs, rows[i].ss, rows[i].ds};
        static const unsigned segs[] = {GDB_CS, GDB_SS, GDB_DS};
        for (size_t s = 0; s < 3; s++) {
            struct kvm_segment segment = {.base = 77}, was = segment;
            w.why.len = 0;
            const int err = load(&w, segs[s], rows[i].selector, &segment);
            CHECK_EQ(err == 0, expected[s]);
            CHECK_EQ(w.why.len != 0, !expected[s]);
            if (err)
                CHECK_MEM(&segment, &was, sizeof was);
            else
                CHECK_EQ(segment.selector, rows[i].selector);
        }
    }
    memory_free(w.memory);
}

static void null_makes_unusable(void)
{
    struct world w;
    struct kvm_segment segment = {.base = 77, .present = 1};
    make(&w, CPU_EFER_LMA);
    CHECK_EQ(load(&w, GDB_SS, 0, &segment), 0); /* in 64-bit code SS may be */
    CHECK_EQ(segment.unusable, 1);
    CHECK_EQ(segment.base, 0);
    CHECK_EQ(load(&w, GDB_CS, 0, &segment), -EINVAL);
    memory_free(w.memory);
}

static void real_mode_shifts(void)
{
    struct world w;
    struct kvm_segment segment = {.limit = 0xffff, .type = 3};
    make(&w, 0);
    w.sregs.cr0 = 0;
    CHECK_EQ(load(&w, GDB_CS, 0xf000, &segment), 0);
    CHECK_EQ(segment.base, 0xf0000);
    CHECK_EQ(segment.limit, 0xffff);
    CHECK_EQ(load(&w, GDB_CS, 0x10000, &segment), -EINVAL);
    CHECK_EQ(selector_load_ldtr(&w.space, &w.sregs, false, LDT, &w.why), -EINVAL);
    CHECK_EQ(selector_load_tr(&w.space, &w.sregs, false, TSS, &w.why), -EINVAL);
    w.sregs.cr0 = CPU_CR0_PE;
    CHECK_EQ(selector_load_tr(&w.space, &w.sregs, true, TSS, &w.why), -EINVAL);
    CHECK_EQ(selector_load(&w.space, &w.sregs, true, GDB_DS, &segment, 0x1234, &w.why), 0);
    CHECK_EQ(segment.base, 0x12340);
    memory_free(w.memory);
}

static void system_segments_take_their_types(void)
{
    static const struct {
        uint32_t selector;
        bool ldtr, tr, tr_long;
    } rows[] = {
        {LDT, true, false, false},      {TSS, false, true, true},
        {BUSY_TSS, false, true, true},  {TSS_16, false, true, false},
        {GATE, false, false, false},    {CODE, false, false, false},
        {TSS | 4, false, false, false}, {0, true, false, false},
        {LAST, false, true, false},     {0x88, false, false, false},
        {0x10040, false, false, false},
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        const bool is_long = i & 1;
        const uint32_t selector = rows[i / 2].selector;
        struct world w;
        make(&w, is_long ? CPU_EFER_LMA : 0);
        CHECK_EQ(selector_load_ldtr(&w.space, &w.sregs, false, selector, &w.why) == 0,
                 rows[i / 2].ldtr);
        CHECK_EQ(selector_load_tr(&w.space, &w.sregs, false, selector, &w.why) == 0,
                 is_long ? rows[i / 2].tr_long : rows[i / 2].tr);
        memory_free(w.memory);
    }
}

static void bases_have_64_bits_in_long_mode(void)
{
    struct world w;
    uint64_t descriptor = 0;
    make(&w, CPU_EFER_LMA);
    CHECK_EQ(selector_load_ldtr(&w.space, &w.sregs, false, LDT, &w.why), 0);
    CHECK_EQ(w.sregs.ldt.base, 0xffff800012345678);
    CHECK_EQ(w.sregs.ldt.limit, 0x1f);
    CHECK_EQ(w.sregs.ldt.type, 2);
    CHECK_EQ(selector_load_tr(&w.space, &w.sregs, false, TSS, &w.why), 0);
    CHECK_EQ(w.sregs.tr.type, 0xb);
    memory_read(w.memory, GDT + TSS, &descriptor, sizeof descriptor);
    CHECK_EQ(descriptor, 0x0000890056780067); /* not marked busy */
    w.sregs.efer = 0;
    CHECK_EQ(selector_load_ldtr(&w.space, &w.sregs, false, LDT, &w.why), 0);
    CHECK_EQ(w.sregs.ldt.base, 0x12345678);
    memory_free(w.memory);
}

int main(void)
{
    TEST(each_segment_takes_its_types);
    TEST(null_makes_unusable);
    TEST(real_mode_shifts);
    TEST(system_segments_take_their_types);
    TEST(bases_have_64_bits_in_long_mode);
    return check_done();
}
