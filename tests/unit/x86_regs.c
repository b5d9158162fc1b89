/* The register table, and the description made of it, against the GDB manual, "i386 Features". */
#include <stdlib.h>

#include "gdbstub/target_xml.h"
#include "gdbstub/x86_regs.h"
#include "tests/check.h"

static const enum gdb_arch archs[] = {GDB_ARCH_I8086, GDB_ARCH_I386, GDB_ARCH_X86_64};

static char *description(enum gdb_arch arch)
{
    struct buffer xml = {0};
    target_xml(arch, &xml);
    buffer_append(&xml, "", 1);
    return (char *)xml.data;
}

static void lays_out_32_bit_registers(void)
{
    static const char *const names[] = {"eax", "ecx",    "edx", "ebx", "esp", "ebp", "esi", "edi",
                                        "eip", "eflags", "cs",  "ss",  "ds",  "es",  "fs",  "gs"};
    struct gdb_x86_regs regs = {0};
    uint8_t bytes[X86_REGS_MAX];
    for (unsigned i = 0; i < 8; i++)
        regs.gpr[i] = 0x1111111100000010 + i;
    regs.pc = 0x7c00;
    regs.eflags = 0x202;
    regs.seg[GDB_CS] = 0xf000;
    for (unsigned i = 0; i < 16; i++)
        CHECK_STR(x86_reg_find(GDB_ARCH_I8086, i)->name, names[i]);
    x86_regs_get(GDB_ARCH_I8086, &regs, bytes);
    CHECK_MEM(bytes,
              "\x10\0\0\0\x11\0\0\0\x12\0\0\0\x13\0\0\0\x14\0\0\0\x15\0\0\0\x16\0\0\0\x17\0\0\0"
              "\0\x7c\0\0\x02\x02\0\0\0\xf0\0\0",
              44);
    CHECK_STR(x86_reg_find(GDB_ARCH_I8086, 16)->name, "st0");
    CHECK_STR(x86_reg_find(GDB_ARCH_I8086, 31)->name, "fop");
    CHECK_STR(x86_reg_find(GDB_ARCH_I8086, 32)->name, "xmm0");
    CHECK_STR(x86_reg_find(GDB_ARCH_I8086, 40)->name, "mxcsr");
}

static void lays_out_64_bit_registers(void)
{
    /* gdb's order is not the one in which instructions number them */
    static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"};
    static const unsigned order[] = {GDB_RAX, GDB_RBX, GDB_RCX, GDB_RDX,
                                     GDB_RSI, GDB_RDI, GDB_RBP, GDB_RSP};
    for (unsigned i = 0; i < 16; i++) {
        const struct x86_reg *reg = x86_reg_find(GDB_ARCH_X86_64, i);
        unsigned gpr = i < 8 ? order[i] : i;
        char name[8];
        snprintf(name, sizeof(name), "r%u", i);
        CHECK_STR(reg->name, i < 8 ? names[i] : name);
        CHECK_EQ(reg->offset, offsetof(struct gdb_x86_regs, gpr) + 8 * gpr);
        CHECK_EQ(reg->bits, 64);
    }
    CHECK_STR(x86_reg_find(GDB_ARCH_X86_64, 16)->name, "rip");
    CHECK_STR(x86_reg_find(GDB_ARCH_X86_64, 24)->name, "st0");
    CHECK_STR(x86_reg_find(GDB_ARCH_X86_64, 40)->name, "xmm0");
    CHECK_STR(x86_reg_find(GDB_ARCH_X86_64, 56)->name, "mxcsr");
    CHECK_STR(x86_reg_find(GDB_ARCH_X86_64, 57)->name, "fs_base");
    CHECK_STR(x86_reg_find(GDB_ARCH_X86_64, 58)->name, "gs_base");
}

static void gives_each_register_its_own_value(void)
{
    static const struct {
        const char *name;
        size_t offset;
    } expected[] = {
        {"r12", offsetof(struct gdb_x86_regs, gpr[12])},
        {"r15", offsetof(struct gdb_x86_regs, gpr[15])},
        {"fs_base", offsetof(struct gdb_x86_regs, seg_base[GDB_FS])},
        {"gs_base", offsetof(struct gdb_x86_regs, seg_base[GDB_GS])},
        {"k_gs_base", offsetof(struct gdb_x86_regs, k_gs_base)},
        {"ftag", offsetof(struct gdb_x86_regs, ftag)},
        {"fop", offsetof(struct gdb_x86_regs, fop)},
        {"ss_base", offsetof(struct gdb_x86_regs, seg_base[GDB_SS])},
        {"es_limit", offsetof(struct gdb_x86_regs, seg_limit[GDB_ES])},
        {"idtr_base", offsetof(struct gdb_x86_regs, idtr_base)},
        {"tr", offsetof(struct gdb_x86_regs, tr)},
        {"dr7", offsetof(struct gdb_x86_regs, dr[7])},
    };
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        unsigned number = x86_reg_number(GDB_ARCH_X86_64, expected[i].name);
        CHECK_EQ(x86_reg_find(GDB_ARCH_X86_64, number)->offset, expected[i].offset);
    }
}

/* No two registers of an architecture share a name or a byte, and each fits its field. */
static void has_no_register_twice(void)
{
    for (size_t a = 0; a < 3; a++) {
        uint8_t used[sizeof(struct gdb_x86_regs)] = {0};
        const struct x86_reg *reg;
        for (unsigned n = 0; (reg = x86_reg_find(archs[a], n)); n++) {
            CHECK_EQ(x86_reg_number(archs[a], reg->name), n);
            CHECK(reg->bits / 8 <= reg->size);
            for (unsigned i = 0; i < reg->bits / 8; i++)
                CHECK_EQ(used[reg->offset + i]++, 0);
        }
        CHECK(!x86_reg_find(archs[a], UINT64_MAX));
    }
}

static void puts_back_what_it_got(void)
{
    for (size_t a = 0; a < 3; a++) {
        struct gdb_x86_regs regs, again;
        uint8_t bytes[X86_REGS_MAX] = {0}, back[X86_REGS_MAX] = {0};
        for (size_t i = 0; i < x86_regs_size(archs[a]); i++)
            bytes[i] = (uint8_t)(i * 11 + 1);
        memset(&regs, 0xee, sizeof(regs));
        x86_regs_put(archs[a], &regs, bytes);
        x86_regs_get(archs[a], &regs, back);
        CHECK_MEM(back, bytes, X86_REGS_MAX);
        again = regs;
        x86_regs_put(archs[a], &again, back);
        CHECK_MEM(&again, &regs, sizeof(regs));
    }
}

static void keeps_the_upper_half_that_is_not_shown(void)
{
    struct gdb_x86_regs regs = {.gpr[GDB_RAX] = 0x1122334455667788};
    const struct x86_reg *eax = x86_reg_find(GDB_ARCH_I386, 0);
    x86_reg_put(eax, &regs, (const uint8_t *)"\xdd\xcc\xbb\xaa");
    CHECK_EQ(regs.gpr[GDB_RAX], 0x11223344aabbccdd);
}

static void describes_the_same_registers(void)
{
    for (size_t a = 0; a < 3; a++) {
        char *xml = description(archs[a]), *at = xml;
        const struct x86_reg *reg;
        for (unsigned n = 0; (reg = x86_reg_find(archs[a], n)); n++) {
            char line[128];
            snprintf(line, sizeof(line), "<reg name=\"%s\" bitsize=\"%u\" type=\"%s\"", reg->name,
                     reg->bits, reg->type);
            at = strstr(at, line); /* and in the same order */
            if (!at) {
                check_fail(__FILE__, __LINE__, "expected next in the description: %s", line);
                break;
            }
        }
        CHECK(!at || !strstr(at + 1, "<reg "));
        free(xml);
    }
}

static void describes_the_architecture(void)
{
    static const char *const names[] = {"i8086", "i386", "i386:x86-64"};
    for (size_t a = 0; a < 3; a++) {
        char *xml = description(archs[a]), line[128];
        snprintf(line, sizeof(line), "<architecture>%s</architecture>\n<osabi>none</osabi>",
                 names[a]);
        CHECK(strstr(xml, line));
        CHECK_EQ(!!strstr(xml, "org.gnu.gdb.i386.segments"), archs[a] == GDB_ARCH_X86_64);
        CHECK(strstr(xml, "<flags id=\"x86_cr0\" size=\"4\"><field name=\"PE\" start=\"0\" "
                          "end=\"0\"/>"));
        CHECK(strstr(xml, "<field name=\"RW3\" start=\"28\" end=\"29\"/>"));
        free(xml);
    }
}

static void escapes_xml(void)
{
    struct buffer out = {0};
    buffer_xml_escaped(&out, "<a & \"b\">\n'");
    buffer_append(&out, "", 1);
    CHECK_STR((const char *)out.data, "&#60;a &#38; &#34;b&#34;&#62;&#39;");
    buffer_free(&out);
}

int main(void)
{
    TEST(lays_out_32_bit_registers);
    TEST(lays_out_64_bit_registers);
    TEST(gives_each_register_its_own_value);
    TEST(has_no_register_twice);
    TEST(puts_back_what_it_got);
    TEST(keeps_the_upper_half_that_is_not_shown);
    TEST(describes_the_same_registers);
    TEST(describes_the_architecture);
    TEST(escapes_xml);
    return check_done();
}
