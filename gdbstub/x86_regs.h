/* The registers of an x86 CPU as gdb sees them: one table, from which the layout of the `g` packet,
 * the numbers of `p` and the target description of each mode are made (GDB manual, "i386 Features"
 * and "Target Description Format"). */
#ifndef GDBSTUB_X86_REGS_H
#define GDBSTUB_X86_REGS_H

#include "gdbstub.h"

/* Which architectures a row belongs to. 16-bit code has the 32-bit names: gdb refuses any other. */
enum { X86_32 = 1 << GDB_ARCH_I8086 | 1 << GDB_ARCH_I386, X86_64 = 1 << GDB_ARCH_X86_64 };
enum { X86_ALL = X86_32 | X86_64 };

/* XCR0 and the MSRs are the last, for `g` ends before them. */
enum x86_feature {
    X86_CORE,
    X86_SSE,
    X86_SEGMENTS,
    X86_SYSTEM,
    X86_AVX,
    X86_AVX512,
    X86_PKEYS,
    X86_XCR,
    X86_MSR,
    X86_FEATURES
};

/* What the client was told: it decides which rows there are. */
struct x86_layout {
    enum gdb_arch arch;
    uint64_t has; /* GDB_HAS_* */
};

struct x86_reg {
    enum x86_feature feature;
    unsigned archs;    /* bits 1 << enum gdb_arch */
    uint64_t needs;    /* GDB_HAS_*, or 0 */
    unsigned part;     /* GDB_PART_* */
    const char *name;  /* in the description */
    unsigned bits;     /* as shown; the field may be wider: its upper bits are not touched */
    const char *type;  /* of gdb's own, or of x86_flags or the vector types of the feature */
    const char *group; /* of gdb's, or NULL for general */
    size_t offset;     /* of the field in struct gdb_x86_regs */
    size_t size;       /* of the field, in bytes */
};

/* The rows of all architectures, feature by feature; the numbers of one are its rows counted. */
extern const struct x86_reg x86_regs[];
extern const size_t x86_reg_rows;

/* A type whose bits have names; FIELDS is "NAME:BIT NAME:FIRST-LAST ...". */
struct x86_flags {
    enum x86_feature feature;
    const char *id;
    unsigned bytes;
    const char *fields;
};

extern const struct x86_flags x86_flags[];
extern const size_t x86_flags_rows;

/* Whether REG is one of LAYOUT's. */
bool x86_reg_belongs(const struct x86_reg *reg, struct x86_layout layout);

/* Bytes of all of LAYOUT's registers, and of those that `g` sends: the registers from the start to
 * XCR0. That and the MSRs cost more to read, after each step, than they are looked at, and one of
 * them, the TSC, never stands still; gdb and lldb fetch what lies behind the end of `g` by `p` when
 * they need it. */
size_t x86_regs_size(struct x86_layout layout);
size_t x86_regs_g_size(struct x86_layout layout);
enum { X86_REGS_G_PARTS = GDB_PART_BASE | GDB_PART_FPU | GDB_PART_DEBUG }; /* what those are of */
enum { X86_REGS_MAX = 4096 }; /* at least x86_regs_size of any layout */
enum { X86_REG_MAX = 32 };    /* bytes of one register */

/* The register that LAYOUT's client calls NUMBER, or NULL. */
const struct x86_reg *x86_reg_find(struct x86_layout layout, uint64_t number);
/* The number of LAYOUT's register NAME, which must exist. */
unsigned x86_reg_number(struct x86_layout layout, const char *name);

/* Copies one register, bits / 8 little-endian bytes, out of REGS or into it. */
void x86_reg_get(const struct x86_reg *reg, const struct gdb_x86_regs *regs, uint8_t *out);
void x86_reg_put(const struct x86_reg *reg, struct gdb_x86_regs *regs, const uint8_t *in);

/* The same with all of LAYOUT's registers that lie in the first LEN bytes, in the order of the `g`
 * packet. */
void x86_regs_get(struct x86_layout layout, const struct gdb_x86_regs *regs, uint8_t *out,
                  size_t len);
void x86_regs_put(struct x86_layout layout, struct gdb_x86_regs *regs, const uint8_t *in,
                  size_t len);

#endif
