#include <assert.h>
#include <string.h>

#include "x86_g.h"

_Static_assert(sizeof(struct gdb_x86_regs) <= UINT16_MAX, "where a piece lies");

static void add(struct x86_g *g, const struct x86_reg *reg)
{
    const size_t bytes = reg->bits / 8;
    const size_t last = g->count - 1;
    g->size += bytes;
    if (g->count && g->pieces[last].offset + (size_t)g->pieces[last].size == reg->offset) {
        g->pieces[last].size = (uint16_t)(g->pieces[last].size + bytes);
        return;
    }
    assert(g->count < X86_G_PIECES_MAX);
    g->pieces[g->count].offset = (uint16_t)reg->offset;
    g->pieces[g->count].size = (uint16_t)bytes;
    g->count++;
}

void x86_g_for(struct x86_g *g, struct x86_layout layout)
{
    if (g->made && g->layout.arch == layout.arch && g->layout.has == layout.has)
        return;
    g->made = true;
    g->layout = layout;
    g->size = g->count = 0;
    for (size_t i = 0; i < x86_reg_rows && x86_regs[i].feature < X86_XCR; i++)
        if (x86_reg_belongs(&x86_regs[i], layout))
            add(g, &x86_regs[i]);
    assert(g->size == x86_regs_g_size(layout));
}

void x86_g_get(const struct x86_g *g, const struct gdb_x86_regs *regs, uint8_t *out)
{
    for (size_t i = 0; i < g->count; i++) {
        memcpy(out, (const uint8_t *)regs + g->pieces[i].offset, g->pieces[i].size);
        out += g->pieces[i].size;
    }
}
