/* The register table, and the description made of it, against the GDB manual, "i386 Features". */
#include <stdlib.h>

#include "debug/cpu/msr_list.h"
#include "gdbstub/stop_reply.h"
#include "gdbstub/target_xml.h"
#include "gdbstub/x86_g.h"
#include "tests/check.h"

static const enum gdb_arch archs[] = {GDB_ARCH_I8086, GDB_ARCH_I386, GDB_ARCH_X86_64};

#define HAS_ALL  (GDB_HAS_XCR0 | GDB_HAS_AVX | GDB_HAS_AVX512 | GDB_HAS_PKU | HAS_MSRS)
#define HAS_MSRS (GDB_HAS_MSR(GDB_MSRS) - GDB_HAS_MSR(0))

/* What CPUs there are. */
static const uint64_t cpus[] = {0, GDB_HAS_XCR0 | GDB_HAS_AVX | GDB_HAS_MSR(GDB_MSR_LSTAR),
                                GDB_HAS_XCR0 | GDB_HAS_AVX | GDB_HAS_AVX512 | HAS_MSRS, HAS_ALL};
enum { CPUS = sizeof(cpus) / sizeof(cpus[0]), LAYOUTS = 3 * CPUS };

static struct x86_layout layout_of(size_t i)
{
    return (struct x86_layout){.arch = archs[i % 3], .has = cpus[i / 3]};
}

static const struct x86_layout plain[] = {
    {.arch = GDB_ARCH_I8086}, {.arch = GDB_ARCH_I386}, {.arch = GDB_ARCH_X86_64}};

static char *description(struct x86_layout layout)
{
    struct buffer xml = {0};
    target_xml(layout, &xml);
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
        CHECK_STR(x86_reg_find(plain[0], i)->name, names[i]);
    x86_regs_get(plain[0], &regs, bytes, sizeof(bytes));
    CHECK_MEM(bytes,
              "\x10\0\0\0\x11\0\0\0\x12\0\0\0\x13\0\0\0\x14\0\0\0\x15\0\0\0\x16\0\0\0\x17\0\0\0"
              "\0\x7c\0\0\x02\x02\0\0\0\xf0\0\0",
              44);
    CHECK_STR(x86_reg_find(plain[0], 16)->name, "st0");
    CHECK_STR(x86_reg_find(plain[0], 31)->name, "fop");
    CHECK_STR(x86_reg_find(plain[0], 32)->name, "xmm0");
    CHECK_STR(x86_reg_find(plain[0], 40)->name, "mxcsr");
}

static void lays_out_64_bit_registers(void)
{
    /* gdb's order is not the one in which instructions number them */
    static const char *const names[] = {"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"};
    static const unsigned order[] = {GDB_RAX, GDB_RBX, GDB_RCX, GDB_RDX,
                                     GDB_RSI, GDB_RDI, GDB_RBP, GDB_RSP};
    for (unsigned i = 0; i < 16; i++) {
        const struct x86_reg *reg = x86_reg_find(plain[2], i);
        unsigned gpr = i < 8 ? order[i] : i;
        char name[8];
        snprintf(name, sizeof(name), "r%u", i);
        CHECK_STR(reg->name, i < 8 ? names[i] : name);
        CHECK_EQ(reg->offset, offsetof(struct gdb_x86_regs, gpr) + 8 * gpr);
        CHECK_EQ(reg->bits, 64);
    }
    CHECK_STR(x86_reg_find(plain[2], 16)->name, "rip");
    CHECK_STR(x86_reg_find(plain[2], 24)->name, "st0");
    CHECK_STR(x86_reg_find(plain[2], 40)->name, "xmm0");
    CHECK_STR(x86_reg_find(plain[2], 56)->name, "mxcsr");
    CHECK_STR(x86_reg_find(plain[2], 57)->name, "fs_base");
    CHECK_STR(x86_reg_find(plain[2], 58)->name, "gs_base");
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
        unsigned number = x86_reg_number(plain[2], expected[i].name);
        CHECK_EQ(x86_reg_find(plain[2], number)->offset, expected[i].offset);
    }
}

/* No two registers of a layout share a name or a byte, and each fits its field. */
static void has_no_register_twice(void)
{
    for (size_t l = 0; l < LAYOUTS; l++) {
        uint8_t used[sizeof(struct gdb_x86_regs)] = {0};
        const struct x86_reg *reg;
        for (unsigned n = 0; (reg = x86_reg_find(layout_of(l), n)); n++) {
            CHECK_EQ(x86_reg_number(layout_of(l), reg->name), n);
            CHECK(reg->bits / 8 <= reg->size && reg->bits / 8 <= X86_REG_MAX);
            for (unsigned i = 0; i < reg->bits / 8; i++)
                CHECK_EQ(used[reg->offset + i]++, 0);
        }
        CHECK(!x86_reg_find(layout_of(l), UINT64_MAX));
    }
}

static void puts_back_what_it_got(void)
{
    for (size_t l = 0; l < LAYOUTS; l++) {
        const size_t size = x86_regs_size(layout_of(l));
        struct gdb_x86_regs regs, again;
        uint8_t bytes[X86_REGS_MAX] = {0}, back[X86_REGS_MAX] = {0};
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(i * 11 + 1);
        memset(&regs, 0xee, sizeof(regs));
        x86_regs_put(layout_of(l), &regs, bytes, size);
        x86_regs_get(layout_of(l), &regs, back, size);
        CHECK_MEM(back, bytes, X86_REGS_MAX);
        again = regs;
        x86_regs_put(layout_of(l), &again, back, size);
        CHECK_MEM(&again, &regs, sizeof(regs));
    }
}

/* One after the other, as with a client in one mode and then another. */
static void gets_what_g_sends_in_pieces(void)
{
    struct x86_g g = {0};
    struct gdb_x86_regs regs;
    for (size_t i = 0; i < sizeof(regs); i++)
        ((uint8_t *)&regs)[i] = (uint8_t)(i * 13 + i / 256);
    for (size_t l = 0; l < 2 * LAYOUTS; l++) {
        const struct x86_layout layout = layout_of(l % LAYOUTS);
        uint8_t bytes[X86_REGS_MAX] = {0}, expected[X86_REGS_MAX] = {0};
        x86_g_for(&g, layout);
        CHECK_EQ(g.size, x86_regs_g_size(layout));
        x86_regs_get(layout, &regs, expected, g.size);
        x86_g_for(&g, layout);
        x86_g_get(&g, &regs, bytes);
        CHECK_MEM(bytes, expected, X86_REGS_MAX);
    }
}

/* GDB manual, "i386 Features": bits, 32-bit code, 64-bit code; the first and the last number. */
static void has_what_the_cpu_has(void)
{
    static const struct {
        const char *first, *last;
        unsigned bits, of_32, of_64;
        uint64_t needs;
    } rows[] = {
        {"ymm0h", "ymm7h", 128, 8, 8, GDB_HAS_AVX},
        {"ymm0h", "ymm15h", 128, 0, 16, GDB_HAS_AVX},
        {"xmm16", "xmm31", 128, 0, 16, GDB_HAS_AVX512},
        {"ymm16h", "ymm31h", 128, 0, 16, GDB_HAS_AVX512},
        {"k0", "k7", 64, 8, 8, GDB_HAS_AVX512},
        {"zmm0h", "zmm7h", 256, 8, 8, GDB_HAS_AVX512},
        {"zmm0h", "zmm31h", 256, 0, 32, GDB_HAS_AVX512},
        {"pkru", "pkru", 32, 1, 1, GDB_HAS_PKU},
        {"xcr0", "xcr0", 32, 1, 1, GDB_HAS_XCR0},
        {"lstar", "lstar", 64, 1, 1, GDB_HAS_MSR(GDB_MSR_LSTAR)},
        {"kvm_eoi", "kvm_eoi", 64, 1, 1, GDB_HAS_MSR(GDB_MSR_KVM_EOI)},
    };
    for (size_t l = 0; l < LAYOUTS; l++)
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const struct x86_layout layout = layout_of(l);
            const unsigned of = layout.arch == GDB_ARCH_X86_64 ? rows[i].of_64 : rows[i].of_32;
            const bool there = (layout.has & rows[i].needs) && of;
            int first = -1, last = -1;
            const struct x86_reg *reg;
            for (int n = 0; (reg = x86_reg_find(layout, (unsigned)n)); n++) {
                first = strcmp(reg->name, rows[i].first) ? first : n;
                last = strcmp(reg->name, rows[i].last) ? last : n;
            }
            CHECK_EQ(last >= 0, there);
            if (!there)
                continue;
            CHECK_EQ(last - first + 1, of);
            CHECK_EQ(x86_reg_find(layout, (unsigned)last)->bits, rows[i].bits);
        }
}

/* So that the end of `g` is told by its length, and what all CPUs have does not move. */
static void orders_by_what_g_sends(void)
{
    for (size_t l = 0; l < LAYOUTS; l++) {
        const struct x86_layout layout = layout_of(l), least = plain[layout.arch];
        const struct x86_reg *reg;
        bool behind = false, same = true;
        size_t at = 0;
        CHECK(x86_regs_g_size(layout) <= x86_regs_size(layout));
        for (unsigned n = 0; (reg = x86_reg_find(layout, n)); n++) {
            const bool late = reg->part == GDB_PART_MSR || reg->part == GDB_PART_XCR0;
            behind = behind || late;
            CHECK_EQ(late, behind);
            CHECK_EQ(at < x86_regs_g_size(layout), !behind);
            same = same && at < x86_regs_g_size(least);
            CHECK(!same || reg == x86_reg_find(least, n));
            at += reg->bits / 8;
        }
        CHECK_EQ(at, x86_regs_size(layout));
    }
}

static void takes_whole_registers_only(void)
{
    struct gdb_x86_regs regs = {.gpr[GDB_RAX] = 1, .gpr[GDB_RBX] = 2};
    x86_regs_put(plain[2], &regs, (const uint8_t *)"\3\0\0\0\0\0\0\0\4\0\0\0\0\0\0", 15);
    CHECK_EQ(regs.gpr[GDB_RAX], 3);
    CHECK_EQ(regs.gpr[GDB_RBX], 2);
}

static void names_msrs_as_the_list_does(void)
{
    const struct x86_layout layout = {.arch = GDB_ARCH_X86_64, .has = HAS_ALL};
    for (unsigned i = 0; i < GDB_MSRS; i++) {
        const unsigned number = x86_reg_number(layout, msr_list[i].name);
        CHECK_EQ(x86_reg_find(layout, number)->offset, offsetof(struct gdb_x86_regs, msr[i]));
        CHECK_EQ(x86_reg_find(layout, number)->needs, GDB_HAS_MSR(i));
    }
}

static void keeps_the_upper_half_that_is_not_shown(void)
{
    struct gdb_x86_regs regs = {.gpr[GDB_RAX] = 0x1122334455667788};
    const struct x86_reg *eax = x86_reg_find(plain[1], 0);
    x86_reg_put(eax, &regs, (const uint8_t *)"\xdd\xcc\xbb\xaa");
    CHECK_EQ(regs.gpr[GDB_RAX], 0x11223344aabbccdd);
}

static void describes_the_same_registers(void)
{
    for (size_t l = 0; l < LAYOUTS; l++) {
        char *xml = description(layout_of(l)), *at = xml;
        const struct x86_reg *reg;
        for (unsigned n = 0; (reg = x86_reg_find(layout_of(l), n)); n++) {
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

/* gdb knows a type in the feature that defines it only, and refuses an AVX-512 feature alone. */
static void describes_the_architecture(void)
{
    static const char *const names[] = {"i8086", "i386", "i386:x86-64"};
    for (size_t l = 0; l < LAYOUTS; l++) {
        const struct x86_layout layout = layout_of(l);
        char *xml = description(layout), line[128];
        snprintf(line, sizeof(line), "<architecture>%s</architecture>\n<osabi>none</osabi>",
                 names[l % 3]);
        CHECK(strstr(xml, line));
        CHECK_EQ(!!strstr(xml, "org.gnu.gdb.i386.segments"), layout.arch == GDB_ARCH_X86_64);
        CHECK_EQ(!!strstr(xml, "\"org.gnu.gdb.i386.avx\""), !!(layout.has & GDB_HAS_AVX));
        const char *avx512 = strstr(xml, "\"org.gnu.gdb.i386.avx512\"");
        CHECK_EQ(!!avx512, !!(layout.has & GDB_HAS_AVX512));
        CHECK(!avx512 || (strstr(avx512, "<union id=\"vec128\"") &&
                          strstr(avx512, "<vector id=\"v2_uint128\"")));
        CHECK_EQ(!!strstr(xml, "\"org.gnu.gdb.i386.pkeys\""), !!(layout.has & GDB_HAS_PKU));
        CHECK(strstr(xml, "<reg name=\"k_gs_base\" bitsize=\"64\" type=\"int64\" "
                          "save-restore=\"no\"/>"));
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

static void numbers_what_a_stop_tells(void)
{
    static const char *const names[][STOP_REGISTERS] = {
        [GDB_ARCH_I8086] = {"eip", "esp", "ebp"},
        [GDB_ARCH_I386] = {"eip", "esp", "ebp"},
        [GDB_ARCH_X86_64] = {"rip", "rsp", "rbp"},
    };
    for (size_t arch = 0; arch < sizeof names / sizeof names[0]; arch++)
        for (size_t i = 0; i < STOP_REGISTERS; i++) {
            const struct x86_layout layout = {.arch = (enum gdb_arch)arch};
            CHECK_EQ(stop_registers(layout.arch)[i], x86_reg_number(layout, names[arch][i]));
        }
}

int main(void)
{
    TEST(lays_out_32_bit_registers);
    TEST(lays_out_64_bit_registers);
    TEST(gives_each_register_its_own_value);
    TEST(has_no_register_twice);
    TEST(puts_back_what_it_got);
    TEST(gets_what_g_sends_in_pieces);
    TEST(has_what_the_cpu_has);
    TEST(orders_by_what_g_sends);
    TEST(takes_whole_registers_only);
    TEST(names_msrs_as_the_list_does);
    TEST(keeps_the_upper_half_that_is_not_shown);
    TEST(describes_the_same_registers);
    TEST(describes_the_architecture);
    TEST(escapes_xml);
    TEST(numbers_what_a_stop_tells);
    return check_done();
}
