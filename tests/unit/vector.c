/* Handlers and descriptors, from tables written as SDM vol. 3 draws them (3.4.5, 6.11, 6.14.1). */
#include "tests/unit/ram.h"

#include "debug/cpu/vector.h"
#include "vcpu/cpu_state.h"

#define GDT 0x1000
#define IDT 0x2000

static void put64(struct memory *m, uint64_t gpa, uint64_t value)
{
    memory_poke(m, gpa, &value, sizeof value);
}

static void real_mode(void)
{
    struct memory *m = ram_new(0x10000);
    struct kvm_sregs sregs = {.idt = {.base = 0, .limit = 0x4f}};
    const struct gva_space space = gva_space(m, &sregs);
    uint64_t handler = 0;
    memory_poke(m, 0x13 * 4, "\x34\x12\x00\xf0", 4);
    CHECK(vector_handler(&space, &sregs, 0x13, &handler));
    CHECK_EQ(handler, 0xf1234);
    CHECK(!vector_handler(&space, &sregs, 0x14, &handler)); /* past the limit */
    memory_free(m);
}

static void protected_mode(void)
{
    struct memory *m = ram_new(0x10000);
    struct kvm_sregs sregs = {
        .cr0 = CPU_CR0_PE,
        .gdt = {.base = GDT, .limit = 0x1f},
        .idt = {.base = IDT, .limit = 0x3f},
    };
    const struct gva_space space = gva_space(m, &sregs);
    uint64_t handler = 0;
    put64(m, GDT + 8, 0x00cf9a000000ffff);     /* flat code */
    put64(m, GDT + 16, 0x12409a345678ffff);    /* code at 0x12345678 */
    put64(m, IDT + 1 * 8, 0x00128e0000085678); /* interrupt gate 08:00125678 */
    put64(m, IDT + 2 * 8, 0x00008f0000100010); /* trap gate 10:00000010 */
    put64(m, IDT + 3 * 8, 0x00000e0000085678); /* not present */
    put64(m, IDT + 4 * 8, 0x0000850000180000); /* task gate */
    put64(m, IDT + 5 * 8, 0xffff86000008abcd); /* 16-bit gate: the upper half is none */
    put64(m, IDT + 6 * 8, 0x00008e0000200000); /* a selector past the GDT */
    CHECK(vector_handler(&space, &sregs, 1, &handler));
    CHECK_EQ(handler, 0x125678);
    CHECK(vector_handler(&space, &sregs, 2, &handler));
    CHECK_EQ(handler, 0x12345688);
    CHECK(!vector_handler(&space, &sregs, 3, &handler));
    CHECK(!vector_handler(&space, &sregs, 4, &handler));
    CHECK(vector_handler(&space, &sregs, 5, &handler));
    CHECK_EQ(handler, 0xabcd);
    CHECK(!vector_handler(&space, &sregs, 6, &handler));
    CHECK(!vector_handler(&space, &sregs, 8, &handler));
    memory_free(m);
}

static void long_mode(void)
{
    struct memory *m = ram_new(0x10000);
    struct kvm_sregs sregs = {
        .cr0 = CPU_CR0_PE, /* no paging here: the walk has its own tests */
        .efer = CPU_EFER_LMA,
        .idt = {.base = IDT, .limit = 0x1f},
    };
    const struct gva_space space = gva_space(m, &sregs);
    uint64_t handler = 0;
    put64(m, IDT + 16, 0x80128e0000085678);
    put64(m, IDT + 24, 0x00000000ffffffff);
    CHECK(vector_handler(&space, &sregs, 1, &handler));
    CHECK_EQ(handler, 0xffffffff80125678);
    CHECK(!vector_handler(&space, &sregs, 2, &handler));
    memory_free(m);
}

/* All at once, as each alone. */
static void all_of_them(void)
{
    struct memory *m = ram_new(0x10000);
    struct kvm_sregs sregs = {.idt = {.base = 0x100, .limit = 0xffff}};
    struct vector_handler handlers[VECTORS];
    struct gva_space space = gva_space(m, &sregs);
    for (unsigned i = 0; i < VECTORS; i++)
        memory_poke(m, 0x100 + i * 4, &(uint16_t[]){(uint16_t)i, 0x200}, 4);
    CHECK_EQ(vector_handlers(&space, &sregs, handlers), VECTORS);
    for (unsigned i = 0; i < VECTORS; i++) {
        CHECK_EQ(handlers[i].vector, i);
        CHECK_EQ(handlers[i].addr, 0x2000 + i);
    }
    sregs = (struct kvm_sregs){
        .cr0 = CPU_CR0_PE,
        .gdt = {.base = GDT, .limit = 0x1f},
        .idt = {.base = IDT, .limit = 4 * 8 + 6}, /* the last one is cut off */
    };
    space = gva_space(m, &sregs);
    put64(m, GDT + 8, 0x00cf9a000000ffff);
    put64(m, GDT + 16, 0x12409a345678ffff);
    put64(m, IDT + 1 * 8, 0x00128e0000085678);
    put64(m, IDT + 2 * 8, 0x00008f0000100010); /* by another selector */
    put64(m, IDT + 3 * 8, 0x00008e0000200000); /* by one that is not there */
    put64(m, IDT + 4 * 8, 0x00128e0000085678);
    CHECK_EQ(vector_handlers(&space, &sregs, handlers), 2);
    CHECK_EQ(handlers[0].vector, 1);
    CHECK_EQ(handlers[0].addr, 0x125678);
    CHECK_EQ(handlers[1].vector, 2);
    CHECK_EQ(handlers[1].addr, 0x12345688);
    sregs.idt.base = 0x100000; /* no memory */
    CHECK_EQ(vector_handlers(&space, &sregs, handlers), 0);
    memory_free(m);
}

static void descriptors(void)
{
    struct memory *m = ram_new(0x10000);
    struct kvm_sregs sregs = {
        .gdt = {.base = GDT, .limit = 0x17},
        .ldt = {.base = 0x3000, .limit = 7},
    };
    const struct gva_space space = gva_space(m, &sregs);
    struct kvm_segment s;
    put64(m, GDT + 8, 0x00cf9a000000ffff);
    put64(m, GDT + 16, 0x0000890000000067); /* a TSS: no code or data */
    put64(m, 0x3000, 0x0040f20000000fff);   /* LDT entry 0: data, DPL 3, not granular */
    CHECK(descriptor_load(&space, &sregs, 0x08, &s));
    CHECK_EQ(s.selector, 8);
    CHECK_EQ(s.base, 0);
    CHECK_EQ(s.limit, 0xffffffff);
    CHECK_EQ(s.type, 0xb); /* accessed, as the processor sets it */
    CHECK_EQ(s.db, 1);
    CHECK_EQ(s.dpl, 0);
    CHECK(!descriptor_load(&space, &sregs, 0x00, &s)); /* null */
    CHECK(!descriptor_load(&space, &sregs, 0x10, &s));
    CHECK(!descriptor_load(&space, &sregs, 0x18, &s)); /* past the limit */
    CHECK(descriptor_load(&space, &sregs, 0x07, &s));
    CHECK_EQ(s.limit, 0xfff);
    CHECK_EQ(s.dpl, 3);
    sregs.ldt.unusable = 1;
    CHECK(!descriptor_load(&space, &sregs, 0x07, &s));
    memory_free(m);
}

int main(void)
{
    TEST(real_mode);
    TEST(protected_mode);
    TEST(long_mode);
    TEST(all_of_them);
    TEST(descriptors);
    return check_done();
}
