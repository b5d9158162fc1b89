#include "debug/cpu/xsave.h"

#include <string.h>

#define AREA_XSTATE_BV 512 /* SDM vol. 1, 13.4.2 */

/* COUNT registers of BYTES each: one behind the other in the view from VIEW on, STRIDE bytes apart
 * in the component from AT on. */
struct piece {
    unsigned component;
    size_t view;
    unsigned at, stride, bytes, count;
};

static const struct piece pieces[] = {
    {XSAVE_AVX, offsetof(struct gdb_x86_regs, ymmh), 0, 16, 16, 16},
    {XSAVE_OPMASK, offsetof(struct gdb_x86_regs, k), 0, 8, 8, 8},
    {XSAVE_ZMM_HI256, offsetof(struct gdb_x86_regs, zmmh), 0, 32, 32, 16},
    {XSAVE_HI16_ZMM, offsetof(struct gdb_x86_regs, xmm[16]), 0, 64, 16, 16},
    {XSAVE_HI16_ZMM, offsetof(struct gdb_x86_regs, ymmh[16]), 16, 64, 16, 16},
    {XSAVE_HI16_ZMM, offsetof(struct gdb_x86_regs, zmmh[16]), 32, 64, 32, 16},
    {XSAVE_PKRU, offsetof(struct gdb_x86_regs, pkru), 0, 4, 4, 1},
};

#define PIECES (sizeof pieces / sizeof pieces[0])

static uint64_t bit(unsigned component)
{
    return UINT64_C(1) << component;
}

/* Bytes that the pieces of COMPONENT take, 0 if it is none of ours. */
static uint32_t needed(unsigned component)
{
    uint32_t most = 0;
    for (size_t i = 0; i < PIECES; i++) {
        const struct piece *p = &pieces[i];
        const uint32_t end = p->at + p->stride * (p->count - 1) + p->bytes;
        if (p->component == component && end > most)
            most = end;
    }
    return most;
}

/* Leaf 0xd: sub-leaf 0 has the bits that XCR0 may have in EAX, sub-leaf I the size of component I
 * in EAX and its place in EBX. */
struct xsave_layout xsave_layout_of(const struct kvm_cpuid2 *cpuid, uint32_t size)
{
    struct xsave_layout layout = {0};
    uint64_t enabled = 0;
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        const struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
        if (e->function != 0xd)
            continue;
        if (e->index == 0)
            enabled = e->eax;
        if (e->index < XSAVE_AVX || e->index >= XSAVE_COMPONENTS || !needed(e->index) ||
            e->eax < needed(e->index) || e->ebx > size || size - e->ebx < e->eax)
            continue;
        layout.components |= bit(e->index);
        layout.offset[e->index] = e->ebx;
    }
    layout.components &= enabled;
    return layout;
}

uint64_t xsave_features(const struct xsave_layout *layout)
{
    const uint64_t avx512 = bit(XSAVE_OPMASK) | bit(XSAVE_ZMM_HI256) | bit(XSAVE_HI16_ZMM);
    uint64_t has = 0;
    if (layout->components & bit(XSAVE_AVX))
        has |= GDB_HAS_AVX;
    if (has && (layout->components & avx512) == avx512)
        has |= GDB_HAS_AVX512;
    if (layout->components & bit(XSAVE_PKRU))
        has |= GDB_HAS_PKU;
    return has;
}

static uint64_t in_use(const struct kvm_xsave_area *area)
{
    uint64_t xstate_bv;
    memcpy(&xstate_bv, (const uint8_t *)area->region + AREA_XSTATE_BV, sizeof xstate_bv);
    return xstate_bv;
}

void xsave_view(const struct xsave_layout *layout, const struct kvm_xsave_area *area,
                struct gdb_x86_regs *view)
{
    const uint64_t there = layout->components & in_use(area);
    for (size_t i = 0; i < PIECES; i++) {
        const struct piece *p = &pieces[i];
        const uint8_t *from = (const uint8_t *)area->region + layout->offset[p->component] + p->at;
        uint8_t *to = (uint8_t *)view + p->view;
        if (!(there & bit(p->component)))
            memset(to, 0, (size_t)p->bytes * p->count);
        else
            for (unsigned n = 0; n < p->count; n++, from += p->stride, to += p->bytes)
                memcpy(to, from, p->bytes);
    }
}

static bool piece_differs(const struct piece *p, const struct gdb_x86_regs *a,
                          const struct gdb_x86_regs *b)
{
    return memcmp((const uint8_t *)a + p->view, (const uint8_t *)b + p->view,
                  (size_t)p->bytes * p->count);
}

void xsave_take(const struct xsave_layout *layout, struct kvm_xsave_area *area,
                const struct gdb_x86_regs *view)
{
    struct gdb_x86_regs is;
    uint64_t changed = 0;
    xsave_view(layout, area, &is);
    for (size_t i = 0; i < PIECES; i++)
        if (piece_differs(&pieces[i], &is, view))
            changed |= bit(pieces[i].component);
    changed &= layout->components;
    for (size_t i = 0; i < PIECES; i++) {
        const struct piece *p = &pieces[i];
        uint8_t *to = (uint8_t *)area->region + layout->offset[p->component] + p->at;
        const uint8_t *from = (const uint8_t *)view + p->view;
        for (unsigned n = 0; n < p->count; n++, to += p->stride, from += p->bytes)
            if (changed & bit(p->component))
                memcpy(to, from, p->bytes);
    }
    changed |= in_use(area);
    memcpy((uint8_t *)area->region + AREA_XSTATE_BV, &changed, sizeof changed);
}
