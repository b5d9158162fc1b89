#include "bios/map.h"

#include "layout.h"

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t map_low_end(const struct bios_config *config)
{
    return min(config->ram_size, LAYOUT_LOW_RAM_END);
}

uint64_t map_ebda(const struct bios_config *config)
{
    return map_low_end(config) - (LAYOUT_LOW_RAM_END - LAYOUT_EBDA);
}

uint64_t map_high_end(const struct bios_config *config)
{
    uint64_t end = min(config->ram_size, LAYOUT_HOLE);
    return end < LAYOUT_HIGH_RAM ? LAYOUT_HIGH_RAM : end;
}

bool map_entry(const struct bios_config *config, unsigned index, struct map_entry *entry)
{
    uint64_t ebda = map_ebda(config), low_end = map_low_end(config);
    uint64_t high_end = map_high_end(config);
    uint64_t above = config->ram_size > LAYOUT_HOLE ? config->ram_size - LAYOUT_HOLE : 0;
    const struct map_entry all[] = {
        {0, ebda, MAP_RAM},
        {ebda, low_end - ebda, MAP_RESERVED},
        {LAYOUT_ROM, LAYOUT_ROM_SIZE, MAP_RESERVED},
        {LAYOUT_HIGH_RAM, high_end - LAYOUT_HIGH_RAM, MAP_RAM},
        {LAYOUT_IOAPIC, LAYOUT_HOLE_END - LAYOUT_IOAPIC, MAP_RESERVED},
        {LAYOUT_HOLE_END, above, MAP_RAM},
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].size && index-- == 0) {
            *entry = all[i];
            return true;
        }
    return false;
}
