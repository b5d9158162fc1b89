/* insn_reach.c: where instructions access memory, by addresses computed by hand. */
#include "debug/step/insn_reach.h"
#include "tests/check.h"

#include <string.h>

static const struct kvm_regs regs = {.rax = 0xfee00000,
                                     .rbx = 0x10,
                                     .rcx = 4,
                                     .rsi = 0x12340020,
                                     .rdi = 0x56780040,
                                     .rbp = 0x7000,
                                     .rip = 0x100000};

static struct kvm_sregs flat(void)
{
    struct kvm_sregs sregs;
    memset(&sregs, 0, sizeof sregs);
    sregs.es.base = 0x1000;
    sregs.ss.base = 0x2000;
    sregs.gs.base = 0xffff800000000000;
    return sregs;
}

/* Up to three linear addresses, -1 for none. */
static void reaches(unsigned bits, const char *insn, size_t n, uint64_t first, uint64_t second)
{
    const struct kvm_sregs sregs = flat();
    uint64_t addr[INSN_REACHES] = {0};
    const size_t count = insn_reach((const uint8_t *)insn, n, bits, &regs, &sregs, addr);
    CHECK_EQ(count, (first != UINT64_MAX) + (second != UINT64_MAX));
    if (count > 0)
        CHECK_EQ(addr[0], first);
    if (count > 1)
        CHECK_EQ(addr[1], second);
}

#define REACHES(bits, insn, first)          reaches(bits, insn, sizeof insn - 1, first, UINT64_MAX)
#define REACHES_TWO(bits, insn, first, two) reaches(bits, insn, sizeof insn - 1, first, two)
#define NOWHERE(bits, insn)                 REACHES(bits, insn, UINT64_MAX)

static void by_modrm(void)
{
    REACHES(32, "\x89\x98\x00\x03\x00\x00", 0xfee00300);             /* mov %ebx,0x300(%eax) */
    REACHES(32, "\x8b\x04\x88", 0xfee00010);                         /* mov (%eax,%ecx,4),%eax */
    REACHES(64, "\x8b\x04\x25\xb0\x00\xe0\xfe", 0xfffffffffee000b0); /* mov 0xfffffffffee000b0 */
    REACHES(64, "\x65\x8b\x04\x25\x08\x00\x00\x00", 0xffff800000000008); /* mov %gs:8,%eax */
    REACHES(16, "\x8b\x07", 0x10);                                       /* mov (%bx),%ax */
    REACHES(16, "\x8b\x46\x02", 0x9002);                                 /* mov 2(%bp),%ax: in ss */
    REACHES(64, "\x8b\x05\x10\x00\x00\x00", 0x100016);                   /* mov 0x10(%rip),%eax */
    NOWHERE(32, "\x89\xd8");                                             /* mov %ebx,%eax */
}

static void by_other_means(void)
{
    REACHES(32, "\xa1\x20\x00\xe0\xfe", 0xfee00020);                 /* mov 0xfee00020,%eax */
    REACHES(16, "\xa1\x34\x12", 0x1234);                             /* mov 0x1234,%ax */
    REACHES_TWO(32, "\xa5", 0x12340020, 0x56781040);                 /* movsl */
    REACHES_TWO(16, "\xab", 0x20, 0x1040);                           /* stosw */
    REACHES(64, "\xa1\x00\x00\xe0\xfe\x00\x00\x00\x00", 0xfee00000); /* movabs */
}

static void hostile(void)
{
    const struct kvm_sregs sregs = flat();
    uint64_t addr[INSN_REACHES];
    uint8_t bytes[15];
    memset(bytes, 0x66, sizeof bytes);
    CHECK_EQ(insn_reach(bytes, sizeof bytes, 32, &regs, &sregs, addr), 0);
    CHECK_EQ(insn_reach(bytes, 0, 64, &regs, &sregs, addr), 0);
    for (unsigned opcode = 0; opcode < 256; opcode++) {
        bytes[0] = (uint8_t)opcode;
        for (size_t n = 1; n <= sizeof bytes; n++)
            CHECK(insn_reach(bytes, n, 64, &regs, &sregs, addr) <= INSN_REACHES);
    }
}

int main(void)
{
    TEST(by_modrm);
    TEST(by_other_means);
    TEST(hostile);
    return check_done();
}
