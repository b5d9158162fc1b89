#include "debug/x87.h"

#include <stdbool.h>
#include <string.h>

enum { TAG_VALID, TAG_ZERO, TAG_SPECIAL, TAG_EMPTY };

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

uint16_t x87_full_tag(uint8_t abridged, uint16_t fsw, const uint8_t st[8][16])
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

uint8_t x87_abridged_tag(uint16_t full)
{
    uint8_t abridged = 0;
    for (unsigned physical = 0; physical < 8; physical++)
        if ((full >> physical * 2 & 3) != TAG_EMPTY)
            abridged |= (uint8_t)(1u << physical);
    return abridged;
}
