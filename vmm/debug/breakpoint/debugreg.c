#include "debug/breakpoint/debugreg.h"

#define DR7_FIXED        0x400u
#define DR7_GLOBAL(n)    (2u << ((n)*2))
#define DR7_RW_SHIFT(n)  (16 + (n)*4)
#define DR7_LEN_SHIFT(n) (18 + (n)*4)

/* The LEN field: 00 one byte, 01 two, 11 four, 10 eight (SDM vol. 3, 17.2.4). -1: no such length.
 */
static int length_field(unsigned len)
{
    switch (len) {
    case 1:
        return 0;
    case 2:
        return 1;
    case 4:
        return 3;
    case 8:
        return 2;
    default:
        return -1;
    }
}

void debugregs_init(struct debugregs *set)
{
    *set = (struct debugregs){.dr7 = DR7_FIXED};
}

bool debugregs_add(struct debugregs *set, uint64_t addr, enum debugreg_type type, unsigned len)
{
    const int field = length_field(len);
    if (set->used == DEBUGREG_COUNT || field < 0 || addr % len)
        return false;
    if (type == DEBUGREG_EXECUTE && len != 1)
        return false;
    const unsigned n = set->used++;
    set->addr[n] = addr;
    set->dr7 |=
        DR7_GLOBAL(n) | (uint64_t)type << DR7_RW_SHIFT(n) | (uint64_t)field << DR7_LEN_SHIFT(n);
    return true;
}

bool debugregs_has(const struct debugregs *set, uint64_t addr, enum debugreg_type type)
{
    for (unsigned n = 0; n < set->used; n++)
        if (set->addr[n] == addr && (set->dr7 >> DR7_RW_SHIFT(n) & 3) == type)
            return true;
    return false;
}

unsigned debugregs_get(const struct debugregs *set, unsigned n, uint64_t *addr,
                       enum debugreg_type *type)
{
    static const unsigned lengths[] = {1, 2, 8, 4}; /* by the LEN field */
    *addr = set->addr[n];
    *type = (enum debugreg_type)(set->dr7 >> DR7_RW_SHIFT(n) & 3);
    return lengths[set->dr7 >> DR7_LEN_SHIFT(n) & 3];
}
