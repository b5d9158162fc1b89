/* Which instructions are taken for ones that raise nothing, and that a processor agrees. */
#include "debug/step/faultless.h"
#include "kvm/kvm.h"
#include "tests/check.h"
#include "tests/unit/tiny_vm.h"
#include "vcpu/cpu_state.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define CODE     0x7c00u
#define RAM_SIZE 0x20000u

static void make_segments(struct kvm_sregs *sregs, unsigned bits)
{
    const struct kvm_segment data = {
        .limit = bits == 16 ? 0xffff : 0xffffffff,
        .type = 3,
        .s = 1,
        .present = 1,
        .db = bits == 32,
        .g = bits == 32,
        .selector = bits == 32 ? 16 : 0,
    };
    sregs->ds = sregs->es = sregs->ss = sregs->fs = sregs->gs = sregs->cs = data;
    sregs->cs.type = 11;
    sregs->cs.selector = bits == 32 ? 8 : 0;
}

/* ---- By the book */

struct fixture {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    unsigned bits;
};

static struct fixture fixture(unsigned bits)
{
    struct fixture f = {.regs = {.rip = CODE, .rsp = 0x7000, .rflags = 2}, .bits = bits};
    make_segments(&f.sregs, bits);
    return f;
}

static bool is_proven(const uint8_t *bytes, size_t n, unsigned bits, const struct kvm_regs *regs,
                      const struct kvm_sregs *sregs)
{
    struct faultless f;
    faultless_look(&f, bytes, n, bits);
    return faultless_here(&f, regs, sregs);
}

static bool is_faultless(const struct fixture *f, const char *bytes, size_t n)
{
    uint8_t insn[INSN_MAX] = {0};
    memcpy(insn, bytes, n);
    return is_proven(insn, sizeof insn, f->bits, &f->regs, &f->sregs);
}

#define FAULTLESS(f, bytes) is_faultless(f, bytes, sizeof bytes - 1)

static void plain_ones(void)
{
    const struct fixture real = fixture(16), flat = fixture(32);
    static const struct {
        const char *bytes;
        size_t n;
    } yes[] = {
        {"\x40", 1},         {"\x01\xc3", 2},         {"\x89\x1e\x00\x90", 4}, {"\x53", 1},
        {"\x5a", 1},         {"\xeb\xf5", 2},         {"\xe8\x00\x10", 3},     {"\x8d\x07", 2},
        {"\xa1\x00\x20", 3}, {"\x66\x83\xc0\x01", 4}, {"\x0f\xb6\xc0", 3},     {"\x74\x10", 2}};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        CHECK(is_faultless(&real, yes[i].bytes, yes[i].n));
        CHECK(is_faultless(&flat, yes[i].bytes, yes[i].n) || yes[i].bytes[0] == '\xe8' ||
              yes[i].bytes[0] == '\xa1');
    }
}

static void those_that_can_raise_something(void)
{
    const struct fixture f = fixture(16);
    CHECK(!FAULTLESS(&f, "\xf7\xf1"));     /* div %cx */
    CHECK(!FAULTLESS(&f, "\xf0\x01\x07")); /* lock add: to memory it is none, but who knows */
    CHECK(!FAULTLESS(&f, "\xf3\xa4"));     /* rep movsb */
    CHECK(!FAULTLESS(&f, "\x8d\xc0"));     /* lea of a register */
    CHECK(!FAULTLESS(&f, "\x8e\xd8"));     /* mov %ax, %ds */
    CHECK(!FAULTLESS(&f, "\x07"));         /* pop %es */
    CHECK(!FAULTLESS(&f, "\xc3"));         /* ret: to who knows where */
    CHECK(!FAULTLESS(&f, "\x0f\x0b"));     /* ud2 */
    CHECK(!FAULTLESS(&f, "\xff\xff"));     /* nothing */
    CHECK(!FAULTLESS(&f, "\x2e\x89\x07")); /* into the code segment */
    CHECK(!FAULTLESS(&f, "\xc6\xf8\x00")); /* xabort */
    CHECK(!FAULTLESS(&f, "\x66\x66\x66\x66\x40"));
    CHECK(!is_proven((const uint8_t *)"\x40", 1, 16, &f.regs, &f.sregs)); /* the page's last byte */
}

static void what_lies_beyond_a_limit(void)
{
    struct fixture f = fixture(16);
    f.regs.rbx = 0xfff8;
    CHECK(FAULTLESS(&f, "\x89\x07"));
    f.regs.rbx = 0xfff9;
    CHECK(!FAULTLESS(&f, "\x89\x07"));
    CHECK(FAULTLESS(&f, "\x89\xc7"));
    f.sregs.ds.limit = 0x1fff;
    CHECK(!FAULTLESS(&f, "\xa1\x00\x20"));
    CHECK(FAULTLESS(&f, "\x26\xa1\x00\x20"));
    f.regs.rsp = 4;
    CHECK(!FAULTLESS(&f, "\x50"));
    f.regs.rsp = 0xfffc;
    CHECK(!FAULTLESS(&f, "\x58"));
    f.regs.rip = 0xfff1;
    CHECK(!FAULTLESS(&f, "\x40"));
    f.regs.rip = CODE;
    f.sregs.cs.limit = 0x7fff;
    CHECK(!FAULTLESS(&f, "\xe9\x00\x10"));
    CHECK(FAULTLESS(&f, "\xe9\x00\x01"));
}

static void segments_that_are_no_plain_ones(void)
{
    struct fixture f = fixture(32);
    CHECK(FAULTLESS(&f, "\x89\x03"));
    f.sregs.ds.type = 1;
    CHECK(!FAULTLESS(&f, "\x89\x03"));
    f.sregs.ds.type = 7;
    CHECK(!FAULTLESS(&f, "\x89\x03"));
    f.sregs.ds.type = 3;
    f.sregs.ds.unusable = 1;
    CHECK(!FAULTLESS(&f, "\x89\x03"));
}

static void modes_in_which_nothing_is_sure(void)
{
    struct fixture f = fixture(32);
    f.sregs.cr0 = CPU_CR0_PE | CPU_CR0_PG;
    CHECK(!FAULTLESS(&f, "\x40"));
    f.sregs.cr0 = CPU_CR0_PE | 1u << 18;
    CHECK(FAULTLESS(&f, "\x40"));
    f.regs.rflags |= 1u << 18;
    CHECK(!FAULTLESS(&f, "\x40"));
    f = fixture(64);
    CHECK(!FAULTLESS(&f, "\x90"));
}

/* ---- By the processor: random instructions, each stepped where its handlers would show */

#define HANDLERS 0x1000u /* of vector N: 16 bytes at HANDLERS + 16 * N */
#define IDT      0x3000u
#define GDT      0x4000u
#define INSNS    20000u

struct vm {
    struct tiny_vm kvm;
    uint8_t *ram;
    uint64_t random;
    struct kvm_xsave_area fpu;
    struct kvm_debugregs debug;
};

static uint32_t next_random(struct vm *v)
{
    v->random = v->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(v->random >> 32);
}

static bool start(struct vm *v)
{
    *v = (struct vm){.random = 6};
    if (!tiny_vm_start(&v->kvm, NULL, false))
        return false;
    v->ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const struct kvm_userspace_memory_region slot = {
        .memory_size = RAM_SIZE,
        .userspace_addr = (uintptr_t)v->ram,
    };
    const int rc = kvm_set_user_memory_region(&v->kvm.vm, &slot);
    CHECK_EQ(rc, 0);
    return !rc;
}

static void stop(struct vm *v)
{
    tiny_vm_stop(&v->kvm);
    munmap(v->ram, RAM_SIZE);
}

static void put_gate(struct vm *v, unsigned bits, unsigned vector)
{
    const uint32_t handler = HANDLERS + 16 * vector;
    const uint32_t real = handler;
    const uint32_t gate[2] = {8u << 16 | handler, 0x8e00};
    if (bits == 16)
        memcpy(v->ram + 4 * vector, &real, sizeof real);
    else
        memcpy(v->ram + IDT + 8 * vector, gate, sizeof gate);
}

/* What a table before may have overwritten, anew. */
static void put_tables(struct vm *v, unsigned bits)
{
    static const uint64_t gdt[] = {0, 0x00cf9b000000ffff, 0x00cf93000000ffff};
    for (unsigned i = 0; i < 32; i++)
        put_gate(v, bits, i);
    memset(v->ram + HANDLERS, 0x90, 16 * 32);
    memcpy(v->ram + GDT, gdt, sizeof gdt);
}

static void put_registers(struct vm *v, unsigned bits, struct kvm_regs *regs,
                          struct kvm_sregs *sregs)
{
    uint64_t *const general[] = {(uint64_t *)&regs->rax, (uint64_t *)&regs->rbx,
                                 (uint64_t *)&regs->rcx, (uint64_t *)&regs->rdx,
                                 (uint64_t *)&regs->rsi, (uint64_t *)&regs->rdi,
                                 (uint64_t *)&regs->rbp};
    *regs = (struct kvm_regs){.rip = CODE, .rsp = 0x7000, .rflags = 2};
    for (size_t i = 0; i < sizeof general / sizeof general[0]; i++)
        *general[i] = next_random(v) & (next_random(v) & 1 ? 0x1ffff : 0xffff);
    make_segments(sregs, bits);
    if (bits == 32) /* no further than there is memory */
        sregs->es.limit = sregs->ss.limit = sregs->fs.limit = sregs->gs.limit = RAM_SIZE - 1;
    sregs->ds.limit = next_random(v) & 1 ? sregs->es.limit : 0x9fff; /* a smaller one, to be met */
    sregs->cr0 = bits == 32 ? 0x11 : 0x10;
    sregs->idt.base = bits == 32 ? IDT : 0;
    sregs->idt.limit = bits == 32 ? 32 * 8 - 1 : 0x3ff;
    sregs->gdt.base = GDT;
    sregs->gdt.limit = 23;
    CHECK_EQ(kvm_set_sregs(&v->kvm.cpu, sregs), 0);
    CHECK_EQ(kvm_set_regs(&v->kvm.cpu, regs), 0);
}

/* What no instruction that is proven may change (step_exit.c tells KVM's caller so). */
static void fill_other_registers(struct vm *v)
{
    struct kvm_debugregs debug;
    CHECK_EQ(kvm_get_xsave(&v->kvm.cpu, &v->fpu), 0);
    for (int i = 0; i < 8; i++)
        memset(v->fpu.region + 8 + 4 * i, 0x5a, 10); /* st0 to st7 */
    memset(v->fpu.region + 40, 0xa5, 16 * 16);       /* xmm0 to xmm15 */
    v->fpu.region[128] |= 3;                         /* XSTATE_BV: both are in use */
    CHECK_EQ(kvm_set_xsave(&v->kvm.cpu, &v->fpu), 0);
    CHECK_EQ(kvm_get_debugregs(&v->kvm.cpu, &debug), 0);
    for (int i = 0; i < 4; i++)
        debug.db[i] = 0x1234500 + (unsigned)i;
    CHECK_EQ(kvm_set_debugregs(&v->kvm.cpu, &debug), 0);
    CHECK_EQ(kvm_get_xsave(&v->kvm.cpu, &v->fpu), 0);
    CHECK_EQ(kvm_get_debugregs(&v->kvm.cpu, &v->debug), 0);
}

static void expect_other_registers(struct vm *v)
{
    struct kvm_xsave_area fpu;
    struct kvm_debugregs debug;
    CHECK_EQ(kvm_get_xsave(&v->kvm.cpu, &fpu), 0);
    CHECK_EQ(kvm_get_debugregs(&v->kvm.cpu, &debug), 0);
    CHECK_MEM(fpu.region, v->fpu.region, 512 + 8);
    CHECK_MEM(&debug, &v->debug, sizeof debug);
}

/* Steps over it. Whether a handler was entered: its frame is on the stack. */
static bool raises(struct vm *v, const struct kvm_regs *before)
{
    const struct kvm_guest_debug debug = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
    };
    struct kvm_regs after;
    CHECK_EQ(kvm_set_guest_debug(&v->kvm.cpu, &debug), 0);
    CHECK_EQ(kvm_run(&v->kvm.cpu), 0);
    CHECK_EQ(kvm_get_regs(&v->kvm.cpu, &after), 0);
    const uint64_t frame = before->rsp - after.rsp;
    return v->kvm.cpu.run->exit_reason != KVM_EXIT_DEBUG ||
           (after.rip - HANDLERS < 16 * 32 && (frame == 6 || frame == 12 || frame == 16));
}

static unsigned step_random_ones(struct vm *v, unsigned bits)
{
    unsigned proven = 0;
    for (unsigned i = 0; i < INSNS && !check_failures; i++) {
        struct kvm_regs regs;
        struct kvm_sregs sregs;
        uint8_t insn[INSN_MAX];
        CHECK_EQ(kvm_get_sregs(&v->kvm.cpu, &sregs), 0);
        for (size_t n = 0; n < sizeof insn; n++)
            insn[n] = (uint8_t)next_random(v);
        put_tables(v, bits);
        memcpy(v->ram + CODE, insn, sizeof insn);
        put_registers(v, bits, &regs, &sregs);
        if (!is_proven(insn, sizeof insn, bits, &regs, &sregs))
            continue;
        proven++;
        if (raises(v, &regs))
            check_fail(__FILE__, __LINE__, "%u bits: %02x %02x %02x %02x %02x raises something",
                       bits, insn[0], insn[1], insn[2], insn[3], insn[4]);
        expect_other_registers(v);
    }
    return proven;
}

static void the_processor_agrees(void)
{
    struct vm v;
    if (!start(&v))
        return;
    fill_other_registers(&v);
    const unsigned real = step_random_ones(&v, 16), flat = step_random_ones(&v, 32);
    CHECK(real > INSNS / 5);
    CHECK(flat > INSNS / 5);
    printf("    %u and %u of %u are proven\n", real, flat, INSNS);
    stop(&v);
}

int main(void)
{
    TEST(plain_ones);
    TEST(those_that_can_raise_something);
    TEST(what_lies_beyond_a_limit);
    TEST(segments_that_are_no_plain_ones);
    TEST(modes_in_which_nothing_is_sure);
    TEST(the_processor_agrees);
    return check_done();
}
