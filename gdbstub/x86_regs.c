#include <assert.h>
#include <string.h>

#include "x86_regs.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the fields are copied as they lie");

#define AT(field)                                                                                  \
    offsetof(struct gdb_x86_regs, field), sizeof(((const struct gdb_x86_regs *)0)->field)

/* clang-format off */
#define BASE(feature, archs, name, bits, type, group, field) \
    { feature, archs, 0, GDB_PART_BASE, name, bits, type, group, AT(field) }
#define XSAVE(feature, archs, needs, name, bits, type, group, field) \
    { feature, archs, needs, GDB_PART_FPU, name, bits, type, group, AT(field) }

#define GPR32(name, type, reg) BASE(X86_CORE, X86_32, name, 32, type, NULL, gpr[reg])
#define GPR64(name, type, reg) BASE(X86_CORE, X86_64, name, 64, type, NULL, gpr[reg])
#define SEG(name, reg)         BASE(X86_CORE, X86_ALL, name, 32, "int32", NULL, seg[reg])
#define ST(n)                  XSAVE(X86_CORE, X86_ALL, 0, "st" #n, 80, "i387_ext", NULL, st[n])
#define FPU(name)              XSAVE(X86_CORE, X86_ALL, 0, #name, 32, "int32", "float", name)
#define XMM(n, archs)          XSAVE(X86_SSE, archs, 0, "xmm" #n, 128, "vec128", NULL, xmm[n])

#define SYS64(name, field, group) BASE(X86_SYSTEM, X86_ALL, name, 64, "int64", group, field)
#define SYS32(name, field)        BASE(X86_SYSTEM, X86_ALL, name, 32, "int32", "system", field)
/* gdb 13 refuses to assign an int to a flags type of another size, so these are 32 bits in 64-bit
 * code, too; what lies above is reserved and kept. */
#define FLAGS(name, type, field, group) BASE(X86_SYSTEM, X86_ALL, name, 32, type, group, field)
#define ATTR(name, field)               FLAGS(name, "x86_attr", field, "system")
#define FSGS(feature, archs, name, reg) BASE(feature, archs, name, 64, "int64", NULL, seg_base[reg])
#define DR(n, bits, type) \
    { X86_SYSTEM, X86_ALL, 0, GDB_PART_DEBUG, "dr" #n, bits, type, "system", AT(dr[n]) }

#define YMMH(n, archs) \
    XSAVE(X86_AVX, archs, GDB_HAS_AVX, "ymm" #n "h", 128, "uint128", NULL, ymmh[n])
#define AVX512(archs, name, bits, type, field) \
    XSAVE(X86_AVX512, archs, GDB_HAS_AVX512, name, bits, type, NULL, field)
#define XMM_HIGH(n)    AVX512(X86_64, "xmm" #n, 128, "vec128", xmm[n])
#define YMMH_HIGH(n)   AVX512(X86_64, "ymm" #n "h", 128, "uint128", ymmh[n])
#define OPMASK(n)      AVX512(X86_ALL, "k" #n, 64, "uint64", k[n])
#define ZMMH(n, archs) AVX512(archs, "zmm" #n "h", 256, "v2_uint128", zmmh[n])
#define MSR(name, msr_index) \
    { X86_MSR, X86_ALL, GDB_HAS_MSR(msr_index), GDB_PART_MSR, name, 64, "int64", "msr", \
      AT(msr[msr_index]) }

const struct x86_reg x86_regs[] = {
    GPR32("eax", "int32", GDB_RAX),    GPR32("ecx", "int32", GDB_RCX),
    GPR32("edx", "int32", GDB_RDX),    GPR32("ebx", "int32", GDB_RBX),
    GPR32("esp", "data_ptr", GDB_RSP), GPR32("ebp", "data_ptr", GDB_RBP),
    GPR32("esi", "int32", GDB_RSI),    GPR32("edi", "int32", GDB_RDI),
    BASE(X86_CORE, X86_32, "eip", 32, "code_ptr", NULL, pc),

    GPR64("rax", "int64", GDB_RAX),    GPR64("rbx", "int64", GDB_RBX),
    GPR64("rcx", "int64", GDB_RCX),    GPR64("rdx", "int64", GDB_RDX),
    GPR64("rsi", "int64", GDB_RSI),    GPR64("rdi", "int64", GDB_RDI),
    GPR64("rbp", "data_ptr", GDB_RBP), GPR64("rsp", "data_ptr", GDB_RSP),
    GPR64("r8", "int64", 8),           GPR64("r9", "int64", 9),
    GPR64("r10", "int64", 10),         GPR64("r11", "int64", 11),
    GPR64("r12", "int64", 12),         GPR64("r13", "int64", 13),
    GPR64("r14", "int64", 14),         GPR64("r15", "int64", 15),
    BASE(X86_CORE, X86_64, "rip", 64, "code_ptr", NULL, pc),

    BASE(X86_CORE, X86_ALL, "eflags", 32, "x86_eflags", NULL, eflags),
    SEG("cs", GDB_CS), SEG("ss", GDB_SS), SEG("ds", GDB_DS),
    SEG("es", GDB_ES), SEG("fs", GDB_FS), SEG("gs", GDB_GS),
    ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
    FPU(fctrl), FPU(fstat), FPU(ftag), FPU(fiseg), FPU(fioff), FPU(foseg), FPU(fooff), FPU(fop),

    XMM(0, X86_ALL), XMM(1, X86_ALL), XMM(2, X86_ALL), XMM(3, X86_ALL),
    XMM(4, X86_ALL), XMM(5, X86_ALL), XMM(6, X86_ALL), XMM(7, X86_ALL),
    XMM(8, X86_64),  XMM(9, X86_64),  XMM(10, X86_64), XMM(11, X86_64),
    XMM(12, X86_64), XMM(13, X86_64), XMM(14, X86_64), XMM(15, X86_64),
    XSAVE(X86_SSE, X86_ALL, 0, "mxcsr", 32, "x86_mxcsr", "vector", mxcsr),

    /* In 64-bit code these two have a place of gdb's own, elsewhere they are ours. */
    FSGS(X86_SEGMENTS, X86_64, "fs_base", GDB_FS), FSGS(X86_SEGMENTS, X86_64, "gs_base", GDB_GS),

    SYS64("raw_ip", raw_ip, NULL), SYS64("raw_sp", raw_sp, NULL),
    SYS64("cs_base", seg_base[GDB_CS], NULL), SYS64("ss_base", seg_base[GDB_SS], NULL),
    SYS64("ds_base", seg_base[GDB_DS], NULL), SYS64("es_base", seg_base[GDB_ES], NULL),
    FSGS(X86_SYSTEM, X86_32, "fs_base", GDB_FS), FSGS(X86_SYSTEM, X86_32, "gs_base", GDB_GS),
    FLAGS("cr0", "x86_cr0", cr0, NULL), SYS64("cr2", cr2, NULL),
    SYS64("cr3", cr3, NULL), FLAGS("cr4", "x86_cr4", cr4, NULL),
    SYS64("cr8", cr8, NULL), FLAGS("efer", "x86_efer", efer, NULL),
    SYS32("cs_limit", seg_limit[GDB_CS]), SYS32("ss_limit", seg_limit[GDB_SS]),
    SYS32("ds_limit", seg_limit[GDB_DS]), SYS32("es_limit", seg_limit[GDB_ES]),
    SYS32("fs_limit", seg_limit[GDB_FS]), SYS32("gs_limit", seg_limit[GDB_GS]),
    ATTR("cs_attr", seg_attr[GDB_CS]), ATTR("ss_attr", seg_attr[GDB_SS]),
    ATTR("ds_attr", seg_attr[GDB_DS]), ATTR("es_attr", seg_attr[GDB_ES]),
    ATTR("fs_attr", seg_attr[GDB_FS]), ATTR("gs_attr", seg_attr[GDB_GS]),
    SYS64("gdtr_base", gdtr_base, "system"), SYS32("gdtr_limit", gdtr_limit),
    SYS64("idtr_base", idtr_base, "system"), SYS32("idtr_limit", idtr_limit),
    SYS32("ldtr", ldtr), SYS64("ldtr_base", ldtr_base, "system"),
    SYS32("ldtr_limit", ldtr_limit), ATTR("ldtr_attr", ldtr_attr),
    SYS32("tr", tr), SYS64("tr_base", tr_base, "system"),
    SYS32("tr_limit", tr_limit), ATTR("tr_attr", tr_attr),
    DR(0, 64, "int64"), DR(1, 64, "int64"), DR(2, 64, "int64"), DR(3, 64, "int64"),
    DR(6, 32, "x86_dr6"), DR(7, 32, "x86_dr7"),
    /* The rows up to here are those of every CPU. */

    YMMH(0, X86_ALL), YMMH(1, X86_ALL), YMMH(2, X86_ALL), YMMH(3, X86_ALL),
    YMMH(4, X86_ALL), YMMH(5, X86_ALL), YMMH(6, X86_ALL), YMMH(7, X86_ALL),
    YMMH(8, X86_64), YMMH(9, X86_64), YMMH(10, X86_64), YMMH(11, X86_64),
    YMMH(12, X86_64), YMMH(13, X86_64), YMMH(14, X86_64), YMMH(15, X86_64),

    XMM_HIGH(16), XMM_HIGH(17), XMM_HIGH(18), XMM_HIGH(19),
    XMM_HIGH(20), XMM_HIGH(21), XMM_HIGH(22), XMM_HIGH(23),
    XMM_HIGH(24), XMM_HIGH(25), XMM_HIGH(26), XMM_HIGH(27),
    XMM_HIGH(28), XMM_HIGH(29), XMM_HIGH(30), XMM_HIGH(31),
    YMMH_HIGH(16), YMMH_HIGH(17), YMMH_HIGH(18), YMMH_HIGH(19),
    YMMH_HIGH(20), YMMH_HIGH(21), YMMH_HIGH(22), YMMH_HIGH(23),
    YMMH_HIGH(24), YMMH_HIGH(25), YMMH_HIGH(26), YMMH_HIGH(27),
    YMMH_HIGH(28), YMMH_HIGH(29), YMMH_HIGH(30), YMMH_HIGH(31),
    OPMASK(0), OPMASK(1), OPMASK(2), OPMASK(3),
    OPMASK(4), OPMASK(5), OPMASK(6), OPMASK(7),
    ZMMH(0, X86_ALL), ZMMH(1, X86_ALL), ZMMH(2, X86_ALL), ZMMH(3, X86_ALL),
    ZMMH(4, X86_ALL), ZMMH(5, X86_ALL), ZMMH(6, X86_ALL), ZMMH(7, X86_ALL),
    ZMMH(8, X86_64), ZMMH(9, X86_64), ZMMH(10, X86_64), ZMMH(11, X86_64),
    ZMMH(12, X86_64), ZMMH(13, X86_64), ZMMH(14, X86_64), ZMMH(15, X86_64),
    ZMMH(16, X86_64), ZMMH(17, X86_64), ZMMH(18, X86_64), ZMMH(19, X86_64),
    ZMMH(20, X86_64), ZMMH(21, X86_64), ZMMH(22, X86_64), ZMMH(23, X86_64),
    ZMMH(24, X86_64), ZMMH(25, X86_64), ZMMH(26, X86_64), ZMMH(27, X86_64),
    ZMMH(28, X86_64), ZMMH(29, X86_64), ZMMH(30, X86_64), ZMMH(31, X86_64),

    XSAVE(X86_PKEYS, X86_ALL, GDB_HAS_PKU, "pkru", 32, "int32", NULL, pkru),

    { X86_XCR, X86_ALL, GDB_HAS_XCR0, GDB_PART_XCR0, "xcr0", 32, "x86_xcr0", NULL, AT(xcr0) },
    { X86_MSR, X86_ALL, 0, GDB_PART_MSR, "k_gs_base", 64, "int64", NULL, AT(k_gs_base) },
    MSR("star", GDB_MSR_STAR), MSR("lstar", GDB_MSR_LSTAR), MSR("cstar", GDB_MSR_CSTAR),
    MSR("sfmask", GDB_MSR_SFMASK),
    MSR("sysenter_cs", GDB_MSR_SYSENTER_CS), MSR("sysenter_esp", GDB_MSR_SYSENTER_ESP),
    MSR("sysenter_eip", GDB_MSR_SYSENTER_EIP),
    MSR("tsc", GDB_MSR_TSC), MSR("tsc_aux", GDB_MSR_TSC_AUX),
    MSR("tsc_adjust", GDB_MSR_TSC_ADJUST), MSR("tsc_deadline", GDB_MSR_TSC_DEADLINE),
    MSR("apic_base", GDB_MSR_APIC_BASE), MSR("pat", GDB_MSR_PAT),
    MSR("mtrr_def_type", GDB_MSR_MTRR_DEF_TYPE), MSR("misc_enable", GDB_MSR_MISC_ENABLE),
    MSR("debugctl", GDB_MSR_DEBUGCTL), MSR("feature_control", GDB_MSR_FEATURE_CONTROL),
    MSR("spec_ctrl", GDB_MSR_SPEC_CTRL), MSR("xss", GDB_MSR_XSS),
    MSR("kvm_wall_clock", GDB_MSR_KVM_WALL_CLOCK),
    MSR("kvm_system_time", GDB_MSR_KVM_SYSTEM_TIME),
    MSR("kvm_async_pf", GDB_MSR_KVM_ASYNC_PF), MSR("kvm_steal_time", GDB_MSR_KVM_STEAL_TIME),
    MSR("kvm_eoi", GDB_MSR_KVM_EOI),
};
const size_t x86_reg_rows = sizeof(x86_regs) / sizeof(x86_regs[0]);

/* SDM vol. 1, 3.4.3 (EFLAGS), 10.2.3 (MXCSR) and 13.3 (XCR0); vol. 3, 2.5 (CRn), 2.2.1 (EFER),
 * 3.4.5 (attributes), 17.2 (DRn). */
const struct x86_flags x86_flags[] = {
    { X86_CORE, "x86_eflags", 4,
      "CF:0 :1 PF:2 AF:4 ZF:6 SF:7 TF:8 IF:9 DF:10 OF:11 NT:14 RF:16 VM:17 AC:18 VIF:19 VIP:20 "
      "ID:21" },
    { X86_SSE, "x86_mxcsr", 4,
      "IE:0 DE:1 ZE:2 OE:3 UE:4 PE:5 DAZ:6 IM:7 DM:8 ZM:9 OM:10 UM:11 PM:12 FZ:15" },
    { X86_SYSTEM, "x86_cr0", 4, "PE:0 MP:1 EM:2 TS:3 ET:4 NE:5 WP:16 AM:18 NW:29 CD:30 PG:31" },
    { X86_SYSTEM, "x86_cr4", 4,
      "VME:0 PVI:1 TSD:2 DE:3 PSE:4 PAE:5 MCE:6 PGE:7 PCE:8 OSFXSR:9 OSXMMEXCPT:10 UMIP:11 "
      "LA57:12 VMXE:13 SMXE:14 FSGSBASE:16 PCIDE:17 OSXSAVE:18 SMEP:20 SMAP:21 PKE:22 CET:23 "
      "PKS:24" },
    { X86_SYSTEM, "x86_efer", 4, "SCE:0 LME:8 LMA:10 NXE:11 SVME:12 LMSLE:13 FFXSR:14" },
    { X86_XCR, "x86_xcr0", 4,
      "X87:0 SSE:1 AVX:2 BNDREGS:3 BNDCSR:4 OPMASK:5 ZMM_HI256:6 HI16_ZMM:7 PKRU:9 TILECFG:17 "
      "TILEDATA:18 APX:19" },
    { X86_SYSTEM, "x86_attr", 4,
      "TYPE:0-3 S:4 DPL:5-6 P:7 AVL:12 L:13 DB:14 G:15 unusable:16" },
    { X86_SYSTEM, "x86_dr6", 4, "B0:0 B1:1 B2:2 B3:3 BD:13 BS:14 BT:15 RTM:16" },
    { X86_SYSTEM, "x86_dr7", 4,
      "L0:0 G0:1 L1:2 G1:3 L2:4 G2:5 L3:6 G3:7 LE:8 GE:9 RTM:11 GD:13 RW0:16-17 LEN0:18-19 "
      "RW1:20-21 LEN1:22-23 RW2:24-25 LEN2:26-27 RW3:28-29 LEN3:30-31" },
};
const size_t x86_flags_rows = sizeof(x86_flags) / sizeof(x86_flags[0]);
/* clang-format on */

bool x86_reg_belongs(const struct x86_reg *reg, struct x86_layout layout)
{
    return (reg->archs & 1u << layout.arch) && !(reg->needs & ~layout.has);
}

/* Of the rows before END. */
static size_t size_until(struct x86_layout layout, enum x86_feature end)
{
    size_t bytes = 0;
    for (size_t i = 0; i < x86_reg_rows && x86_regs[i].feature < end; i++)
        bytes += x86_reg_belongs(&x86_regs[i], layout) ? x86_regs[i].bits / 8 : 0;
    assert(bytes <= X86_REGS_MAX);
    return bytes;
}

size_t x86_regs_size(struct x86_layout layout)
{
    return size_until(layout, X86_FEATURES);
}

size_t x86_regs_g_size(struct x86_layout layout)
{
    return size_until(layout, X86_XCR);
}

const struct x86_reg *x86_reg_find(struct x86_layout layout, uint64_t number)
{
    for (size_t i = 0; i < x86_reg_rows; i++)
        if (x86_reg_belongs(&x86_regs[i], layout) && !number--)
            return &x86_regs[i];
    return NULL;
}

unsigned x86_reg_number(struct x86_layout layout, const char *name)
{
    unsigned number = 0;
    for (size_t i = 0; i < x86_reg_rows; i++) {
        if (!x86_reg_belongs(&x86_regs[i], layout))
            continue;
        if (!strcmp(x86_regs[i].name, name))
            return number;
        number++;
    }
    assert(!"a register that the table has");
    return 0;
}

void x86_reg_get(const struct x86_reg *reg, const struct gdb_x86_regs *regs, uint8_t *out)
{
    assert(reg->bits / 8 <= reg->size && reg->bits / 8 <= X86_REG_MAX);
    memcpy(out, (const uint8_t *)regs + reg->offset, reg->bits / 8);
}

void x86_reg_put(const struct x86_reg *reg, struct gdb_x86_regs *regs, const uint8_t *in)
{
    assert(reg->bits / 8 <= reg->size);
    memcpy((uint8_t *)regs + reg->offset, in, reg->bits / 8);
}

/* The next row of LAYOUT from *ROW on that ends within LEN bytes, AT of which are used; NULL if
 * there is none. */
static const struct x86_reg *next_within(struct x86_layout layout, size_t *row, size_t at,
                                         size_t len)
{
    while (*row < x86_reg_rows && !x86_reg_belongs(&x86_regs[*row], layout))
        ++*row;
    if (*row == x86_reg_rows || x86_regs[*row].bits / 8 > len - at)
        return NULL;
    return &x86_regs[(*row)++];
}

void x86_regs_get(struct x86_layout layout, const struct gdb_x86_regs *regs, uint8_t *out,
                  size_t len)
{
    const struct x86_reg *reg;
    for (size_t row = 0, at = 0; (reg = next_within(layout, &row, at, len)); at += reg->bits / 8)
        x86_reg_get(reg, regs, out + at);
}

void x86_regs_put(struct x86_layout layout, struct gdb_x86_regs *regs, const uint8_t *in,
                  size_t len)
{
    const struct x86_reg *reg;
    for (size_t row = 0, at = 0; (reg = next_within(layout, &row, at, len)); at += reg->bits / 8)
        x86_reg_put(reg, regs, in + at);
}
