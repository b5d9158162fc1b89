/* What `g` sends, as pieces of struct gdb_x86_regs one behind the other. A client that looks at all
 * registers after each step has the same layout each time: the table's rows are gone through once,
 * and those that lie next to each other in both are one piece. */
#ifndef GDBSTUB_X86_G_H
#define GDBSTUB_X86_G_H

#include "x86_regs.h"

enum { X86_G_PIECES_MAX = 64 };

/* All zero is one that was made for no layout yet. */
struct x86_g {
    bool made;
    struct x86_layout layout; /* for which it was */
    size_t size;              /* bytes of all pieces: x86_regs_g_size */
    size_t count;
    struct {
        uint16_t offset, size; /* in struct gdb_x86_regs */
    } pieces[X86_G_PIECES_MAX];
};

/* Makes G for LAYOUT, if it is not for it already. */
void x86_g_for(struct x86_g *g, struct x86_layout layout);
/* G's registers, G->size bytes of them, from REGS to OUT. */
void x86_g_get(const struct x86_g *g, const struct gdb_x86_regs *regs, uint8_t *out);

#endif
