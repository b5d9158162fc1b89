#include "debug/cpu/fpu.h"

#include <stdbool.h>
#include <string.h>

/* Offsets in the legacy region, 64-bit form, and the header behind it. */
enum {
    AREA_FCW = 0,
    AREA_FSW = 2,
    AREA_FTW = 4,
    AREA_FOP = 6,
    AREA_FIP = 8,
    AREA_FDP = 16,
    AREA_MXCSR = 24,
    AREA_ST = 32,
    AREA_XMM = 160,
    AREA_XSTATE_BV = 512,
    AREA_SLOT = 16, /* bytes a register */
    XMM_BYTES = 16 * AREA_SLOT,
};

#define XSTATE_X87_SSE 3u

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

/* VALUE: the 10 bytes of a register. */
static unsigned tag_of(const uint8_t *value)
{
    uint64_t mantissa;
    uint16_t exponent;
    memcpy(&mantissa, value, sizeof mantissa);
    memcpy(&exponent, value + 8, sizeof exponent);
    exponent &= 0x7fff;
    if (exponent == 0)
        return mantissa ? TAG_SPECIAL : TAG_ZERO;
    if (exponent == 0x7fff || !(mantissa >> 63)) /* infinity, NaN, unnormal */
        return TAG_SPECIAL;
    return TAG_VALID;
}

/* ABRIDGED and the result are by physical register; ST(i) is register TOP + i. */
static uint16_t full_tag(uint8_t abridged, uint16_t fsw, const uint8_t st[8][10])
{
    const unsigned top = (fsw >> 11) & 7;
    uint16_t full = 0;
    for (unsigned physical = 0; physical < 8; physical++) {
        const bool used = abridged >> physical & 1;
        const unsigned tag = used ? tag_of(st[(physical - top) & 7]) : TAG_EMPTY;
        full |= (uint16_t)(tag << physical * 2);
    }
    return full;
}

static uint8_t abridged_tag(uint32_t full)
{
    uint8_t abridged = 0;
    for (unsigned physical = 0; physical < 8; physical++)
        if ((full >> physical * 2 & 3) != TAG_EMPTY)
            abridged |= (uint8_t)(1u << physical);
    return abridged;
}

static uint64_t get(const uint8_t *area, size_t at, size_t size)
{
    uint64_t value = 0;
    memcpy(&value, area + at, size);
    return value;
}

static void put(uint8_t *area, size_t at, size_t size, uint64_t value)
{
    memcpy(area + at, &value, size);
}

void fpu_view(const struct kvm_xsave_area *xsave, struct gdb_x86_regs *v)
{
    const uint8_t *area = (const uint8_t *)xsave->region;
    for (int i = 0; i < 8; i++)
        memcpy(v->st[i], area + AREA_ST + i * AREA_SLOT, sizeof v->st[i]);
    memcpy(v->xmm, area + AREA_XMM, XMM_BYTES);
    v->fctrl = (uint32_t)get(area, AREA_FCW, 2);
    v->fstat = (uint32_t)get(area, AREA_FSW, 2);
    v->ftag = full_tag(area[AREA_FTW], (uint16_t)v->fstat, v->st);
    v->fop = (uint32_t)get(area, AREA_FOP, 2);
    v->fioff = (uint32_t)get(area, AREA_FIP, 4);
    v->fiseg = (uint32_t)get(area, AREA_FIP + 4, 2);
    v->fooff = (uint32_t)get(area, AREA_FDP, 4);
    v->foseg = (uint32_t)get(area, AREA_FDP + 4, 2);
    v->mxcsr = (uint32_t)get(area, AREA_MXCSR, 4);
}

void fpu_take(struct kvm_xsave_area *xsave, const struct gdb_x86_regs *v)
{
    uint8_t *area = (uint8_t *)xsave->region;
    for (int i = 0; i < 8; i++)
        memcpy(area + AREA_ST + i * AREA_SLOT, v->st[i], sizeof v->st[i]);
    memcpy(area + AREA_XMM, v->xmm, XMM_BYTES);
    put(area, AREA_FCW, 2, v->fctrl);
    put(area, AREA_FSW, 2, v->fstat);
    area[AREA_FTW] = abridged_tag(v->ftag);
    put(area, AREA_FOP, 2, v->fop);
    put(area, AREA_FIP, 4, v->fioff);
    put(area, AREA_FIP + 4, 2, v->fiseg);
    put(area, AREA_FDP, 4, v->fooff);
    put(area, AREA_FDP + 4, 2, v->foseg);
    put(area, AREA_MXCSR, 4, v->mxcsr);
    put(area, AREA_XSTATE_BV, 8, get(area, AREA_XSTATE_BV, 8) | XSTATE_X87_SSE);
}
