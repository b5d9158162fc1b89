/* Instructions as SDM vol. 2 encodes them. */
#include "tests/check.h"

#include "debug/step/insn.h"
#include "debug/step/insn_raises.h"

#define OF 0x800

static const struct {
    const char *what;
    uint8_t bytes[INSN_MAX];
    size_t n;
    unsigned bits;
    uint64_t flags;
    enum insn_kind kind;
    uint8_t vector;
} rows[] = {
    {"nop", {0x90}, 1, 16, 0, INSN_PLAIN, 0},
    {"int $0x10", {0xcd, 0x10}, 2, 16, 0, INSN_INT, 0x10},
    {"int $0x80, 64-bit", {0xcd, 0x80}, 2, 64, 0, INSN_INT, 0x80},
    {"int, its vector cut off", {0xcd}, 1, 32, 0, INSN_PLAIN, 0},
    {"int3", {0xcc}, 1, 16, 0, INSN_INT, 3},
    {"int1", {0xf1}, 1, 32, 0, INSN_INT, 1},
    {"into without overflow", {0xce}, 1, 16, 0, INSN_PLAIN, 0},
    {"into with overflow", {0xce}, 1, 32, OF, INSN_INT, 4},
    {"0xce in 64-bit code", {0xce}, 1, 64, OF, INSN_PLAIN, 0},
    {"prefixes before int", {0x66, 0x2e, 0xcd, 0x13}, 4, 16, 0, INSN_INT, 0x13},
    {"REX before int", {0x48, 0xcd, 0x21}, 3, 64, 0, INSN_INT, 0x21},
    {"0x48 is dec in 32-bit code", {0x48, 0xcd, 0x21}, 3, 32, 0, INSN_PLAIN, 0},
    {"pushf", {0x9c}, 1, 16, 0, INSN_PUSHF, 0},
    {"pushfl in 16-bit code", {0x66, 0x9c}, 2, 16, 0, INSN_PUSHF, 0},
    {"popf", {0x9d}, 1, 64, 0, INSN_POPF, 0},
    {"prefixes only", {0x66, 0x66}, 2, 16, 0, INSN_PLAIN, 0},
    {"nothing", {0}, 0, 16, 0, INSN_PLAIN, 0},
    {"mov $0xcd, %al", {0xb0, 0xcd}, 2, 16, 0, INSN_PLAIN, 0},
    {"iret", {0xcf}, 1, 32, 0, INSN_IRET, 0},
    {"mov %ds, %eax", {0x8c, 0xd8}, 2, 32, 0, INSN_PLAIN, 0},
    {"mov %eax, %ds", {0x8e, 0xd8}, 2, 32, 0, INSN_PLAIN, 0},
    {"mov to %ss, its ModRM cut off", {0x8e}, 1, 32, 0, INSN_PLAIN, 0},
    {"pop %ss, not there in 64-bit code", {0x17}, 1, 64, 0, INSN_PLAIN, 0},
    {"syscall", {0x0f, 0x05}, 2, 64, 0, INSN_SYSCALL, 0},
    {"sysret", {0x48, 0x0f, 0x07}, 3, 64, 0, INSN_SYSRET, 0},
    {"sysenter", {0x0f, 0x34}, 2, 32, 0, INSN_SYSENTER, 0},
    {"sysexit", {0x0f, 0x35}, 2, 32, 0, INSN_SYSEXIT, 0},
    {"0x0f alone", {0x0f}, 1, 64, 0, INSN_PLAIN, 0},
    {"stosb alone", {0xaa}, 1, 32, 0, INSN_PLAIN, 0},
    {"rep stosb", {0xf3, 0xaa}, 2, 32, 0, INSN_REP, 0},
    {"rep outsb", {0xf2, 0x6e}, 2, 16, 0, INSN_REP, 0},
    {"pause is no rep", {0xf3, 0x90}, 2, 32, 0, INSN_PLAIN, 0},
    {"movss is no rep", {0xf3, 0x0f, 0x10, 0xc1}, 4, 32, 0, INSN_PLAIN, 0},
};

static void the_table_holds(void)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct insn insn = insn_decode(rows[i].bytes, rows[i].n, rows[i].bits, rows[i].flags);
        if (insn.kind != rows[i].kind || insn.vector != rows[i].vector)
            check_fail(__FILE__, __LINE__, "%s: expected kind %d vector %d, got %d and %d",
                       rows[i].what, rows[i].kind, rows[i].vector, insn.kind, insn.vector);
    }
}

/* What holds interrupts off, or sleeps: where the next one begins (SDM vol. 2, 2.1.5). */
static const struct {
    const char *what;
    uint8_t bytes[INSN_MAX];
    size_t n;
    unsigned bits;
    enum insn_kind kind;
    uint8_t length;
} lengths[] = {
    {"sti", {0xfb}, 1, 16, INSN_STI, 1},
    {"hlt", {0xf4}, 1, 64, INSN_HLT, 1},
    {"hlt with a prefix", {0x66, 0xf4}, 2, 16, INSN_HLT, 2},
    {"rep stosl in 16-bit code", {0xf3, 0x66, 0xab}, 3, 16, INSN_REP, 3},
    {"pop %ss", {0x17}, 1, 16, INSN_LOAD_SS, 1},
    {"mov %ax, %ss", {0x8e, 0xd0}, 2, 16, INSN_LOAD_SS, 2},
    {"mov %r8d, %ss", {0x41, 0x8e, 0xd0}, 3, 64, INSN_LOAD_SS, 3},
    {"mov (%bx), %ss", {0x8e, 0x17}, 2, 16, INSN_LOAD_SS, 2},
    {"mov 0x1234, %ss", {0x8e, 0x16, 0x34, 0x12}, 4, 16, INSN_LOAD_SS, 4},
    {"mov 1(%bp), %ss", {0x8e, 0x56, 1}, 3, 16, INSN_LOAD_SS, 3},
    {"mov 0x100(%bp), %ss", {0x8e, 0x96, 0, 1}, 4, 16, INSN_LOAD_SS, 4},
    {"mov (%esp), %ss", {0x8e, 0x14, 0x24}, 3, 32, INSN_LOAD_SS, 3},
    {"mov 4(%esp), %ss", {0x8e, 0x54, 0x24, 4}, 4, 32, INSN_LOAD_SS, 4},
    {"mov 0x12345678, %ss", {0x8e, 0x15, 0x78, 0x56, 0x34, 0x12}, 6, 32, INSN_LOAD_SS, 6},
    {"mov 0(,%eax,1), %ss", {0x8e, 0x14, 0x05, 0, 0, 0, 0}, 7, 32, INSN_LOAD_SS, 7},
    {"mov 0x100(%rax), %ss", {0x8e, 0x90, 0, 1, 0, 0}, 6, 64, INSN_LOAD_SS, 6},
    {"mov (%eax), %ss by 0x67", {0x67, 0x8e, 0x10}, 3, 16, INSN_LOAD_SS, 3},
    {"mov (%bx), %ss by 0x67", {0x67, 0x8e, 0x17}, 3, 32, INSN_LOAD_SS, 3},
    {"its SIB cut off", {0x8e, 0x14}, 2, 32, INSN_PLAIN, 0},
};

static void lengths_are_known(void)
{
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        const struct insn insn = insn_decode(lengths[i].bytes, lengths[i].n, lengths[i].bits, 0);
        if (insn.kind != lengths[i].kind || insn.length != lengths[i].length)
            check_fail(__FILE__, __LINE__, "%s: expected kind %d of %u bytes, got %d of %u",
                       lengths[i].what, lengths[i].kind, lengths[i].length, insn.kind, insn.length);
    }
}

/* SDM vol. 1, table 3-4. */
static void sizes(void)
{
    static const struct {
        uint8_t bytes[4];
        unsigned bits, operand, address;
    } all[] = {
        {{0xcf}, 16, 2, 2},       {{0x66, 0xcf}, 16, 4, 2},       {{0x67, 0xcf}, 16, 2, 4},
        {{0xcf}, 32, 4, 4},       {{0x66, 0xcf}, 32, 2, 4},       {{0x67, 0xcf}, 32, 4, 2},
        {{0xcf}, 64, 4, 8},       {{0x66, 0xcf}, 64, 2, 8},       {{0x67, 0xcf}, 64, 4, 4},
        {{0x48, 0xcf}, 64, 8, 8}, {{0x48, 0x66, 0xcf}, 64, 2, 8}, {{0x66, 0x48, 0xcf}, 64, 8, 8},
        {{0x9d}, 64, 8, 8},       {{0x66, 0x9d}, 64, 2, 8},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const struct insn insn = insn_decode(all[i].bytes, 4, all[i].bits, 0);
        CHECK_EQ(insn.operand_size, all[i].operand);
        CHECK_EQ(insn.address_size, all[i].address);
    }
}

static void repeats(void)
{
    static const uint8_t all[][2] = {{0xf3, 0xa4}, {0xf2, 0xa4}, {0xf3, 0xa6},
                                     {0xf2, 0xa7}, {0xf3, 0xae}, {0xf2, 0xaf}};
    static const enum insn_repeat repeat[] = {REPEAT_COUNT,    REPEAT_COUNT,    REPEAT_WHILE_ZF,
                                              REPEAT_UNTIL_ZF, REPEAT_WHILE_ZF, REPEAT_UNTIL_ZF};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        CHECK_EQ(insn_decode(all[i], 2, 32, 0).repeat, repeat[i]);
}

static void where_the_opcode_is(void)
{
    static const uint8_t insn[] = {0x66, 0x48, 0xcf};
    CHECK_EQ(insn_opcode(insn, 3, 64), 2);
    CHECK_EQ(insn_opcode(insn, 3, 32), 1);
    CHECK_EQ(insn_opcode(insn, 1, 64), 1);
}

/* SDM vol. 2: the exceptions that each one's page lists. */
static void what_is_raised(void)
{
    const uint32_t de = RAISES(EXCEPTION_DE), np = RAISES(EXCEPTION_NP), nm = RAISES(EXCEPTION_NM),
                   br = RAISES(EXCEPTION_BR), xm = RAISES(EXCEPTION_XM), ts = RAISES(EXCEPTION_TS);
    CHECK_EQ(insn_raises(0, 0x90, 0, 32), 0);          /* nop */
    CHECK_EQ(insn_raises(0, 0xf6, 0xf1, 16), de);      /* div %cl */
    CHECK_EQ(insn_raises(0, 0xf6, 0xd1, 16), 0);       /* not %cl */
    CHECK_EQ(insn_raises(0, 0xd4, 0, 32), de);         /* aam $0 */
    CHECK_EQ(insn_raises(0, 0xd4, 0, 64), 0);          /* undefined */
    CHECK_EQ(insn_raises(0, 0x8e, 0xe8, 64), np);      /* mov %eax, %gs */
    CHECK(insn_raises(0, 0x62, 0x01, 32) & br);        /* bound */
    CHECK(!(insn_raises(0, 0x62, 0x01, 64) & br));     /* EVEX */
    CHECK_EQ(insn_raises(0, 0xff, 0x28, 32), np | ts); /* jmp far (%eax) */
    CHECK_EQ(insn_raises(0, 0xff, 0x20, 32), 0);       /* jmp (%eax) */
    CHECK(insn_raises(0, 0xd9, 0xd0, 32) & nm);        /* fnop */
    CHECK(!(insn_raises(0, 0xd9, 0xd0, 32) & xm));
    CHECK(insn_raises(1, 0x58, 0xc1, 32) & xm); /* addps */
    CHECK_EQ(insn_raises(1, 0xa2, 0, 32), 0);   /* cpuid */
    CHECK_EQ(insn_decode((const uint8_t[]){0x66, 0xf7, 0xf9}, 3, 16, 0).raises, de);
    CHECK(insn_decode((const uint8_t[]){0x0f, 0x58, 0xc1}, 3, 64, 0).raises & xm);
    CHECK_EQ(insn_decode((const uint8_t[]){0xf6}, 1, 16, 0).raises, 0); /* cut off */
}

int main(void)
{
    TEST(the_table_holds);
    TEST(lengths_are_known);
    TEST(sizes);
    TEST(repeats);
    TEST(where_the_opcode_is);
    TEST(what_is_raised);
    return check_done();
}
