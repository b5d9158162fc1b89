/* What is refused of a register before KVM sees it: SDM vol. 1, 3.4.3; vol. 3, 26.3.1.2
 * to 26.3.1.4.
 */
#include "tests/check.h"

#include "debug/cpu/reg_check.h"
#include "debug/cpu/reg_view.h"
#include "vcpu/cpu_state.h"

#include <errno.h>

static struct reg_file f;
static struct gdb_x86_regs old;
static char text[160];

/* A CPU in a mode, all zeros else, and what the client sees of it. */
static void make(uint64_t cr0, uint64_t efer)
{
    static const struct cpu_features none;
    memset(&f, 0, sizeof f);
    memset(&old, 0, sizeof old);
    f.sregs.cr0 = cr0;
    f.sregs.efer = efer;
    f.regs.rflags = 2;
    reg_view_of(&f, &none, GDB_PART_BASE, &old);
}

static void check(int expected, const char *why)
{
    struct gdb_text out;
    gdb_text_init(&out, text, sizeof text);
    CHECK_EQ(reg_check(&f, &old, &out), expected);
    CHECK_STR(text, why);
}

/* Whoever writes a register of one part is checked by the base of the CPU, too. */
static void each_part_comes_with_the_base(void)
{
    static const unsigned parts[] = {GDB_PART_BASE, GDB_PART_FPU, GDB_PART_DEBUG, GDB_PART_XCR0,
                                     GDB_PART_MSR};
    static const struct cpu_features none;
    make(CPU_CR0_PE, 0);
    f.sregs.gdt.limit = 0x2f;
    f.sregs.cs.selector = 8;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        memset(&old, 0xff, sizeof old);
        reg_view_of(&f, &none, parts[i], &old);
        CHECK_EQ(old.gdtr_limit, 0x2f);
        CHECK_EQ(old.seg[GDB_CS], 8);
        CHECK_EQ(old.cr0, CPU_CR0_PE);
        check(0, "");
    }
}

static void flags(void)
{
    make(CPU_CR0_PE, 0);
    f.regs.rflags = 0x3f7fd7;
    check(0, "");
    for (unsigned bit = 0; bit < 32; bit++) {
        const bool means = 0x3f7fd7u >> bit & 1;
        make(CPU_CR0_PE, 0);
        f.regs.rflags |= 1u << bit;
        check(means ? 0 : -EINVAL, means ? "" : text);
    }
    f.regs.rflags = 0x80028;
    check(-EINVAL, "bits 0x28 of eflags are reserved");
    old.eflags = 0x2a; /* it had them: nothing is asked for */
    check(0, "");
}

static void virtual_8086_mode(void)
{
    static const struct {
        uint64_t cr0, efer;
        int err;
    } rows[] = {
        {0, 0, -EINVAL}, {CPU_CR0_PE, 0, 0}, {CPU_CR0_PE | CPU_CR0_PG, CPU_EFER_LMA, -EINVAL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make(rows[i].cr0, rows[i].efer);
        f.regs.rflags |= 1u << 17;
        check(rows[i].err,
              rows[i].err ? "VM of eflags: real and long mode have no virtual-8086 mode" : "");
    }
}

static void bases(void)
{
    __u64 *const narrow[] = {&f.sregs.es.base, &f.sregs.cs.base, &f.sregs.ss.base,
                             &f.sregs.ds.base};
    __u64 *const wide[] = {&f.sregs.fs.base, &f.sregs.gs.base,  &f.sregs.ldt.base,
                           &f.sregs.tr.base, &f.sregs.gdt.base, &f.sregs.idt.base};
    for (size_t i = 0; i < 4; i++) {
        make(CPU_CR0_PE | CPU_CR0_PG, CPU_EFER_LMA);
        *narrow[i] = 0xffffffff;
        check(0, "");
        *narrow[i] = 0x100000000;
        check(-EINVAL, text);
    }
    check(-EINVAL, "0x100000000 is no base of ds: it has 32 bits");
    for (size_t i = 0; i < 6; i++) {
        make(CPU_CR0_PE | CPU_CR0_PG, CPU_EFER_LMA);
        *wide[i] = 0x7fffffffffff;
        check(0, "");
        *wide[i] = 0xffff800000000000;
        check(0, "");
        *wide[i] = 0x800000000000;
        check(-EINVAL, text);
        f.sregs.cr4 = CPU_CR4_LA57;
        check(0, "");
        *wide[i] = 0x8000000000000000;
        check(-EINVAL, text);
    }
    check(-EINVAL, "0x8000000000000000 is no base of idtr: not a canonical address");
    old.idtr_base = f.sregs.idt.base;
    check(0, "");
}

static void code_segments(void)
{
    make(CPU_CR0_PE | CPU_CR0_PG, CPU_EFER_LMA);
    f.sregs.cs.l = 1;
    check(0, "");
    f.sregs.cs.db = 1;
    check(-EINVAL, "cs: in long mode a code segment can't have both L and D set");
    f.sregs.cs.l = 0;
    check(0, "");
    make(CPU_CR0_PE, 0);
    f.sregs.cs.l = f.sregs.cs.db = 1;
    check(0, "");
}

int main(void)
{
    TEST(each_part_comes_with_the_base);
    TEST(flags);
    TEST(virtual_8086_mode);
    TEST(bases);
    TEST(code_segments);
    return check_done();
}
