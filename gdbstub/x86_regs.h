/* The registers of an x86 CPU as gdb sees them: one table, from which the layout of the `g` packet,
 * the numbers of `p` and the target description of each mode are made (GDB manual, "i386 Features"
 * and "Target Description Format"). */
#ifndef GDBSTUB_X86_REGS_H
#define GDBSTUB_X86_REGS_H

#include "gdbstub.h"

/* Which architectures a row belongs to. 16-bit code has the 32-bit names: gdb refuses any other. */
enum { X86_32 = 1 << GDB_ARCH_I8086 | 1 << GDB_ARCH_I386, X86_64 = 1 << GDB_ARCH_X86_64 };
enum { X86_ALL = X86_32 | X86_64 };

enum x86_feature { X86_CORE, X86_SSE, X86_SEGMENTS, X86_SYSTEM, X86_FEATURES };

struct x86_reg {
    enum x86_feature feature;
    unsigned archs;    /* bits 1 << enum gdb_arch */
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

/* Bytes of ARCH's `g` packet, before they become hex. */
size_t x86_regs_size(enum gdb_arch arch);
enum { X86_REGS_MAX = 2048 }; /* more than x86_regs_size of any architecture */

/* The register that ARCH's client calls NUMBER, or NULL. */
const struct x86_reg *x86_reg_find(enum gdb_arch arch, uint64_t number);
/* The number of ARCH's register NAME, which must exist. */
unsigned x86_reg_number(enum gdb_arch arch, const char *name);

/* Copies one register, bits / 8 little-endian bytes, out of REGS or into it. */
void x86_reg_get(const struct x86_reg *reg, const struct gdb_x86_regs *regs, uint8_t *out);
void x86_reg_put(const struct x86_reg *reg, struct gdb_x86_regs *regs, const uint8_t *in);

/* The same with all of ARCH's registers, x86_regs_size bytes, in the order of the `g` packet. */
void x86_regs_get(enum gdb_arch arch, const struct gdb_x86_regs *regs, uint8_t *out);
void x86_regs_put(enum gdb_arch arch, struct gdb_x86_regs *regs, const uint8_t *in);

#endif
