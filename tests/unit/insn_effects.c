/* Which parts of the state instructions change, as SDM vol. 2 and APM vol. 3 encode and describe
 * them. */
#include "tests/check.h"

#include "debug/step/insn.h"
#include "debug/step/insn_effects.h"
#include "vcpu/vcpu_snapshot.h"

#include <stdlib.h>

#define FPU   VCPU_PART_FPU
#define DEBUG VCPU_PART_DEBUG
#define MSRS  VCPU_PART_MSRS
#define LAPIC VCPU_PART_LAPIC
#define MP    VCPU_PART_MP
#define IO    (INSN_PART_BOARD | LAPIC)
#define ALL   INSN_PARTS_ALL

static const struct {
    const char *what;
    const char *bytes;
    size_t n;
    unsigned bits;
    unsigned parts;
} rows[] = {
#define ROW(what, bytes, bits, parts)                                                              \
    {                                                                                              \
        what, bytes, sizeof bytes - 1, bits, parts                                                 \
    }
    ROW("nop", "\x90", 16, 0),
    ROW("mov (%bx), %ax", "\x8b\x07", 16, 0),
    ROW("rep stosl", "\xf3\x66\xab", 16, 0),
    ROW("lock incl (%rax)", "\xf0\x48\xff\x00", 64, 0),
    ROW("iretq", "\x48\xcf", 64, 0),
    ROW("pop (%rax)", "\x8f\x00", 64, 0),
    ROW("XOP", "\x8f\xe9\x78\xe1", 64, FPU),
    ROW("bound", "\x62\x07", 16, 0),
    ROW("bound in 32-bit code", "\x62\x05", 32, 0),
    ROW("EVEX", "\x62\xf1\x7c\x48\x28\xc1", 64, FPU),
    ROW("lds", "\xc5\x07", 16, 0),
    ROW("vzeroupper", "\xc5\xf8\x77", 64, FPU),
    ROW("VEX in 32-bit code", "\xc4\xe2\x7d\x18\x00", 32, FPU),
    ROW("aad", "\xd5\x0a", 32, 0),
    ROW("REX2", "\xd5\x10\x90", 64, ALL),
    ROW("fninit", "\xdb\xe3", 16, FPU),
    ROW("wait", "\x9b", 16, FPU),
    ROW("in", "\xe4\x60", 16, IO),
    ROW("in (%dx)", "\x66\xed", 16, IO),
    ROW("out", "\xe6\x80", 64, IO),
    ROW("rep insw", "\xf3\x6d", 16, IO),
    ROW("outsb", "\x6e", 32, IO),
    ROW("hlt", "\xf4", 16, MP),
    ROW("int1", "\xf1", 16, DEBUG),
    ROW("verw %ax", "\x0f\x00\xe8", 64, 0),
    ROW("lgdt", "\x0f\x01\x16\x00\x80", 16, 0),
    ROW("invlpg", "\x0f\x01\x38", 32, 0),
    ROW("rstorssp", "\xf3\x0f\x01\x28", 64, ALL),
    ROW("vmcall", "\x0f\x01\xc1", 64, ALL),
    ROW("vmmcall", "\x0f\x01\xd9", 64, ALL),
    ROW("mwait", "\x0f\x01\xc9", 32, MP),
    ROW("xsetbv", "\x0f\x01\xd1", 64, MSRS | FPU),
    ROW("lmsw %ax", "\x0f\x01\xf0", 16, 0),
    ROW("wrpkru", "\x0f\x01\xef", 64, FPU),
    ROW("swapgs", "\x0f\x01\xf8", 64, MSRS),
    ROW("syscall", "\x0f\x05", 64, MSRS),
    ROW("sysretq", "\x48\x0f\x07", 64, MSRS),
    ROW("sysenter", "\x0f\x34", 32, MSRS),
    ROW("movaps", "\x0f\x28\xc1", 32, FPU),
    ROW("nopw", "\x66\x0f\x1f\x44\x00\x00", 64, 0),
    ROW("endbr64", "\xf3\x0f\x1e\xfa", 64, 0),
    ROW("mov %eax, %cr0", "\x0f\x22\xc0", 32, 0),
    ROW("mov %rax, %cr8", "\x44\x0f\x22\xc0", 64, LAPIC),
    ROW("lock mov %eax, %cr0", "\xf0\x0f\x22\xc0", 32, LAPIC),
    ROW("mov %r8, %cr3", "\x41\x0f\x22\xd8", 64, 0),
    ROW("mov %cr8, %rax", "\x44\x0f\x20\xc0", 64, 0),
    ROW("mov %eax, %dr7", "\x0f\x23\xf8", 32, DEBUG),
    ROW("mov %dr6, %eax", "\x0f\x21\xf0", 32, DEBUG),
    ROW("wrmsr", "\x0f\x30", 32, MSRS | FPU | IO),
    ROW("rdmsr", "\x0f\x32", 32, 0),
    ROW("rdtsc", "\x0f\x31", 32, 0),
    ROW("cpuid", "\x0f\xa2", 32, 0),
    ROW("rsm", "\x0f\xaa", 32, ALL),
    ROW("cmova", "\x0f\x47\xc1", 32, 0),
    ROW("vmread", "\x0f\x78\xc1", 64, ALL),
    ROW("movd", "\x0f\x7e\xc1", 64, FPU),
    ROW("jz", "\x0f\x84\x00\x00", 16, 0),
    ROW("fxsave", "\x0f\xae\x00", 32, FPU),
    ROW("ldmxcsr", "\x0f\xae\x10", 32, FPU),
    ROW("xrstor", "\x48\x0f\xae\x28", 64, FPU),
    ROW("mfence", "\x0f\xae\xf0", 64, 0),
    ROW("clflush", "\x0f\xae\x38", 64, 0),
    ROW("clwb", "\x66\x0f\xae\x30", 64, 0),
    ROW("wrgsbase", "\xf3\x48\x0f\xae\xd8", 64, 0),
    ROW("incsspq", "\xf3\x48\x0f\xae\xe8", 64, ALL),
    ROW("umwait", "\xf2\x0f\xae\xf0", 64, ALL),
    ROW("cmpxchg8b", "\x0f\xc7\x08", 32, 0),
    ROW("rdrand", "\x0f\xc7\xf0", 32, 0),
    ROW("xsavec", "\x0f\xc7\x20", 32, FPU),
    ROW("vmptrld", "\x0f\xc7\x30", 64, ALL),
    ROW("movbe", "\x0f\x38\xf0\x00", 32, 0),
    ROW("invpcid", "\x66\x0f\x38\x82\x00", 64, 0),
    ROW("invept", "\x66\x0f\x38\x80\x00", 64, ALL),
    ROW("pshufb", "\x0f\x38\x00\xc1", 32, FPU),
    ROW("palignr", "\x0f\x3a\x0f\xc1\x04", 32, FPU),
    ROW("an opcode that is none", "\x0f\x04", 64, ALL),
    ROW("nothing", "", 64, ALL),
    ROW("prefixes alone", "\x66\xf3", 16, ALL),
    ROW("0f, and cut off", "\x0f", 16, ALL),
    ROW("VEX or lds, cut off", "\xc5", 16, ALL),
    ROW("its ModRM cut off", "\x0f\xae", 16, ALL),
};

static unsigned effects(const uint8_t *bytes, size_t n, unsigned bits)
{
    struct insn_parts parts;
    insn_take_apart(&parts, bytes, n, bits);
    return insn_effects(&parts);
}

static void the_table_holds(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        /* Of its own size, so that a sanitizer sees a read past the end. */
        uint8_t *bytes = malloc(rows[i].n + !rows[i].n);
        memcpy(bytes, rows[i].bytes, rows[i].n);
        const unsigned parts = effects(bytes, rows[i].n, rows[i].bits);
        if (parts != rows[i].parts)
            check_fail(__FILE__, __LINE__, "%s: expected 0x%x, got 0x%x", rows[i].what,
                       rows[i].parts, parts);
        free(bytes);
    }
}

/* Whatever the bytes are: never RUN's bit alone or one that is not there, and the same with all
 * that follows. */
static void any_bytes_have_an_answer(void)
{
    uint8_t bytes[INSN_MAX];
    srandom(1);
    for (unsigned i = 0; i < 1000000; i++) {
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)(random() >> 7);
        bytes[0] = i % 3 ? bytes[0] : 0x0f;
        const unsigned bits = 16u << i % 3;
        const unsigned parts = effects(bytes, sizeof bytes, bits);
        CHECK_EQ(parts & ~INSN_PARTS_ALL, 0);
        if (insn_opcode(bytes, sizeof bytes, bits) < 8)
            CHECK_EQ(effects(bytes, 11, bits), parts);
    }
}

int main(void)
{
    TEST(the_table_holds);
    TEST(any_bytes_have_an_answer);
    return check_done();
}
