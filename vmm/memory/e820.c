#include "memory/e820.h"

#include "memory/layout.h"

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t e820_low_end(uint64_t ram)
{
    return min(ram, LAYOUT_LOW_RAM_END);
}

uint64_t e820_ebda(uint64_t ram)
{
    return e820_low_end(ram) - (LAYOUT_LOW_RAM_END - LAYOUT_EBDA);
}

uint64_t e820_high_end(uint64_t ram)
{
    uint64_t end = min(ram, LAYOUT_HOLE);
    return end < LAYOUT_HIGH_RAM ? LAYOUT_HIGH_RAM : end;
}

bool e820_entry(uint64_t ram, unsigned index, struct e820_entry *entry)
{
    uint64_t ebda = e820_ebda(ram), low_end = e820_low_end(ram), high_end = e820_high_end(ram);
    uint64_t above = ram > LAYOUT_HOLE ? ram - LAYOUT_HOLE : 0;
    const struct e820_entry all[] = {
        {0, ebda, E820_RAM},
        {ebda, low_end - ebda, E820_RESERVED},
        {LAYOUT_TABLES, LAYOUT_HIGH_RAM - LAYOUT_TABLES, E820_RESERVED}, /* and the ROM */
        {LAYOUT_HIGH_RAM, high_end - LAYOUT_HIGH_RAM, E820_RAM},
        {LAYOUT_IOAPIC, LAYOUT_HOLE_END - LAYOUT_IOAPIC, E820_RESERVED},
        {LAYOUT_HOLE_END, above, E820_RAM},
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].size && index-- == 0) {
            *entry = all[i];
            return true;
        }
    return false;
}
