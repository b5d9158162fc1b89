#include <assert.h>
#include <string.h>

#include "x86_regs.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the fields are copied as they lie");

#define AT(field)                                                                                  \
    offsetof(struct gdb_x86_regs, field), sizeof(((const struct gdb_x86_regs *)0)->field)

/* clang-format off */
#define GPR32(name, type, reg) { X86_CORE, X86_32, name, 32, type, NULL, AT(gpr[reg]) }
#define GPR64(name, type, reg) { X86_CORE, X86_64, name, 64, type, NULL, AT(gpr[reg]) }
#define SEG(name, reg)         { X86_CORE, X86_ALL, name, 32, "int32", NULL, AT(seg[reg]) }
#define ST(n)                  { X86_CORE, X86_ALL, "st" #n, 80, "i387_ext", NULL, AT(st[n]) }
#define FPU(name)              { X86_CORE, X86_ALL, #name, 32, "int32", "float", AT(name) }
#define XMM(n, archs)          { X86_SSE, archs, "xmm" #n, 128, "vec128", NULL, AT(xmm[n]) }
#define SYS64(name, type, field, group) { X86_SYSTEM, X86_ALL, name, 64, type, group, AT(field) }
/* gdb 13 refuses to assign an int to a flags type of another size, so these are 32 bits in 64-bit
 * code, too; what lies above is reserved and kept. */
#define FLAGS(name, type, field, group) { X86_SYSTEM, X86_ALL, name, 32, type, group, AT(field) }
#define SYS32(name, field)     { X86_SYSTEM, X86_ALL, name, 32, "int32", "system", AT(field) }
#define FSGS(feature, archs, name, reg) { feature, archs, name, 64, "int64", NULL, AT(seg_base[reg]) }

const struct x86_reg x86_regs[] = {
    GPR32("eax", "int32", GDB_RAX),    GPR32("ecx", "int32", GDB_RCX),
    GPR32("edx", "int32", GDB_RDX),    GPR32("ebx", "int32", GDB_RBX),
    GPR32("esp", "data_ptr", GDB_RSP), GPR32("ebp", "data_ptr", GDB_RBP),
    GPR32("esi", "int32", GDB_RSI),    GPR32("edi", "int32", GDB_RDI),
    { X86_CORE, X86_32, "eip", 32, "code_ptr", NULL, AT(pc) },

    GPR64("rax", "int64", GDB_RAX),    GPR64("rbx", "int64", GDB_RBX),
    GPR64("rcx", "int64", GDB_RCX),    GPR64("rdx", "int64", GDB_RDX),
    GPR64("rsi", "int64", GDB_RSI),    GPR64("rdi", "int64", GDB_RDI),
    GPR64("rbp", "data_ptr", GDB_RBP), GPR64("rsp", "data_ptr", GDB_RSP),
    GPR64("r8", "int64", 8),           GPR64("r9", "int64", 9),
    GPR64("r10", "int64", 10),         GPR64("r11", "int64", 11),
    GPR64("r12", "int64", 12),         GPR64("r13", "int64", 13),
    GPR64("r14", "int64", 14),         GPR64("r15", "int64", 15),
    { X86_CORE, X86_64, "rip", 64, "code_ptr", NULL, AT(pc) },

    { X86_CORE, X86_ALL, "eflags", 32, "x86_eflags", NULL, AT(eflags) },
    SEG("cs", GDB_CS), SEG("ss", GDB_SS), SEG("ds", GDB_DS),
    SEG("es", GDB_ES), SEG("fs", GDB_FS), SEG("gs", GDB_GS),
    ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
    FPU(fctrl), FPU(fstat), FPU(ftag), FPU(fiseg), FPU(fioff), FPU(foseg), FPU(fooff), FPU(fop),

    XMM(0, X86_ALL), XMM(1, X86_ALL), XMM(2, X86_ALL), XMM(3, X86_ALL),
    XMM(4, X86_ALL), XMM(5, X86_ALL), XMM(6, X86_ALL), XMM(7, X86_ALL),
    XMM(8, X86_64),  XMM(9, X86_64),  XMM(10, X86_64), XMM(11, X86_64),
    XMM(12, X86_64), XMM(13, X86_64), XMM(14, X86_64), XMM(15, X86_64),
    { X86_SSE, X86_ALL, "mxcsr", 32, "x86_mxcsr", "vector", AT(mxcsr) },

    /* In 64-bit code these two have a place of gdb's own, elsewhere they are ours. */
    FSGS(X86_SEGMENTS, X86_64, "fs_base", GDB_FS), FSGS(X86_SEGMENTS, X86_64, "gs_base", GDB_GS),

    SYS64("raw_ip", "int64", raw_ip, NULL), SYS64("raw_sp", "int64", raw_sp, NULL),
    SYS64("cs_base", "int64", seg_base[GDB_CS], NULL),
    SYS64("ss_base", "int64", seg_base[GDB_SS], NULL),
    SYS64("ds_base", "int64", seg_base[GDB_DS], NULL),
    SYS64("es_base", "int64", seg_base[GDB_ES], NULL),
    FSGS(X86_SYSTEM, X86_32, "fs_base", GDB_FS), FSGS(X86_SYSTEM, X86_32, "gs_base", GDB_GS),
    SYS64("k_gs_base", "int64", k_gs_base, NULL),
    FLAGS("cr0", "x86_cr0", cr0, NULL), SYS64("cr2", "int64", cr2, NULL),
    SYS64("cr3", "int64", cr3, NULL), FLAGS("cr4", "x86_cr4", cr4, NULL),
    SYS64("cr8", "int64", cr8, NULL), FLAGS("efer", "x86_efer", efer, NULL),
    SYS32("cs_limit", seg_limit[GDB_CS]), SYS32("ss_limit", seg_limit[GDB_SS]),
    SYS32("ds_limit", seg_limit[GDB_DS]), SYS32("es_limit", seg_limit[GDB_ES]),
    SYS32("fs_limit", seg_limit[GDB_FS]), SYS32("gs_limit", seg_limit[GDB_GS]),
    SYS64("gdtr_base", "int64", gdtr_base, "system"), SYS32("gdtr_limit", gdtr_limit),
    SYS64("idtr_base", "int64", idtr_base, "system"), SYS32("idtr_limit", idtr_limit),
    SYS32("ldtr", ldtr), SYS64("ldtr_base", "int64", ldtr_base, "system"),
    SYS32("ldtr_limit", ldtr_limit),
    SYS32("tr", tr), SYS64("tr_base", "int64", tr_base, "system"), SYS32("tr_limit", tr_limit),
    SYS64("dr0", "int64", dr[0], "system"), SYS64("dr1", "int64", dr[1], "system"),
    SYS64("dr2", "int64", dr[2], "system"), SYS64("dr3", "int64", dr[3], "system"),
    FLAGS("dr6", "x86_dr6", dr[6], "system"), FLAGS("dr7", "x86_dr7", dr[7], "system"),
};
const size_t x86_reg_rows = sizeof(x86_regs) / sizeof(x86_regs[0]);

/* SDM vol. 1, 3.4.3 (EFLAGS) and 10.2.3 (MXCSR); vol. 3, 2.5 (CRn), 2.2.1 (EFER), 17.2 (DRn). */
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
    { X86_SYSTEM, "x86_dr6", 4, "B0:0 B1:1 B2:2 B3:3 BD:13 BS:14 BT:15 RTM:16" },
    { X86_SYSTEM, "x86_dr7", 4,
      "L0:0 G0:1 L1:2 G1:3 L2:4 G2:5 L3:6 G3:7 LE:8 GE:9 RTM:11 GD:13 RW0:16-17 LEN0:18-19 "
      "RW1:20-21 LEN1:22-23 RW2:24-25 LEN2:26-27 RW3:28-29 LEN3:30-31" },
};
const size_t x86_flags_rows = sizeof(x86_flags) / sizeof(x86_flags[0]);
/* clang-format on */

static bool belongs(const struct x86_reg *reg, enum gdb_arch arch)
{
    return reg->archs & 1u << arch;
}

size_t x86_regs_size(enum gdb_arch arch)
{
    size_t bytes = 0;
    for (size_t i = 0; i < x86_reg_rows; i++)
        bytes += belongs(&x86_regs[i], arch) ? x86_regs[i].bits / 8 : 0;
    assert(bytes <= X86_REGS_MAX);
    return bytes;
}

const struct x86_reg *x86_reg_find(enum gdb_arch arch, uint64_t number)
{
    for (size_t i = 0; i < x86_reg_rows; i++)
        if (belongs(&x86_regs[i], arch) && !number--)
            return &x86_regs[i];
    return NULL;
}

unsigned x86_reg_number(enum gdb_arch arch, const char *name)
{
    unsigned number = 0;
    for (size_t i = 0; i < x86_reg_rows; i++) {
        if (!belongs(&x86_regs[i], arch))
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
    assert(reg->bits / 8 <= reg->size);
    memcpy(out, (const uint8_t *)regs + reg->offset, reg->bits / 8);
}

void x86_reg_put(const struct x86_reg *reg, struct gdb_x86_regs *regs, const uint8_t *in)
{
    assert(reg->bits / 8 <= reg->size);
    memcpy((uint8_t *)regs + reg->offset, in, reg->bits / 8);
}

void x86_regs_get(enum gdb_arch arch, const struct gdb_x86_regs *regs, uint8_t *out)
{
    for (size_t i = 0; i < x86_reg_rows; i++)
        if (belongs(&x86_regs[i], arch)) {
            x86_reg_get(&x86_regs[i], regs, out);
            out += x86_regs[i].bits / 8;
        }
}

void x86_regs_put(enum gdb_arch arch, struct gdb_x86_regs *regs, const uint8_t *in)
{
    for (size_t i = 0; i < x86_reg_rows; i++)
        if (belongs(&x86_regs[i], arch)) {
            x86_reg_put(&x86_regs[i], regs, in);
            in += x86_regs[i].bits / 8;
        }
}
