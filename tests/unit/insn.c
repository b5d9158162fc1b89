#include "tests/check.h"

#include "debug/insn.h"

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
    {"prefixes only", {0x66, 0x66}, 2, 16, 0, INSN_PLAIN, 0},
    {"nothing", {0}, 0, 16, 0, INSN_PLAIN, 0},
    {"mov $0xcd, %al", {0xb0, 0xcd}, 2, 16, 0, INSN_PLAIN, 0},
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

int main(void)
{
    TEST(the_table_holds);
    return check_done();
}
