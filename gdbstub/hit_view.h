/* A CPU at a hit as expressions find it: its registers by the numbers of one client's description,
 * and memory. On the CPU's thread, within the hit filter. */
#ifndef GDBSTUB_HIT_VIEW_H
#define GDBSTUB_HIT_VIEW_H

#include "x86_regs.h"

struct hit_view {
    const struct gdb_target_ops *ops;
    void *target;
    const struct gdb_hit *hit;
    struct x86_layout layout; /* whose numbers: the caller's to set, before each question */
    unsigned parts;           /* that REGS holds */
    struct gdb_x86_regs regs;
};

/* Makes V one that has read nothing. REGS, which are large and often not needed, are not cleared.
 */
void hit_view_init(struct hit_view *v, const struct gdb_target_ops *ops, void *target,
                   const struct gdb_hit *hit);
/* Sees to it that REGS holds PARTS; each is read once. 0 or -errno. */
int hit_view_fetch(struct hit_view *v, unsigned parts);
/* 0, -EINVAL (no such register, or one of more than 64 bits), or -errno of the target. */
int hit_view_register(struct hit_view *v, unsigned number, uint64_t *value);
/* ADDR, which an expression has computed, as the CPU's code would have it: the stack's values are
 * wider than the addresses of 16- and 32-bit code, and carry signs. */
uint64_t hit_view_address(const struct hit_view *v, uint64_t addr);
/* As many bytes as can be read, from the first on; less than 0 if none. */
int64_t hit_view_memory(const struct hit_view *v, uint64_t addr, void *buf, size_t len);

#endif
