#include "reserved.h"

#include "memory/layout.h"

bool reserved_is_ram(const struct memory_region *region)
{
    return region->kind == MEMORY_RAM && region->gpa != LAYOUT_VGA;
}

bool reserved_entry(const struct memory *memory, enum cpu_mode mode, unsigned index,
                    struct reserved *entry)
{
    const struct memory_region *low = memory_find(memory, 0);
    const uint64_t ebda = low ? low->size - KiB : LAYOUT_EBDA;
    const struct {
        enum cpu_mode from; /* this mode and those above it */
        struct reserved range;
    } all[] = {
        {CPU_REAL, {LAYOUT_BIOS_DATA, LAYOUT_BIOS_DATA_SIZE, "interrupt vectors and BIOS data"}},
        {CPU_REAL, {ebda, KiB, "extended BIOS data area"}},
        {CPU_PROTECTED, {LAYOUT_GDT, LAYOUT_GDT_SIZE, "GDT that the CPU starts with"}},
        {CPU_LONG,
         {LAYOUT_PAGE_TABLES, LAYOUT_PAGE_TABLES_SIZE, "page tables that the CPU starts with"}},
    };
    for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
        if (mode >= all[i].from && index-- == 0) {
            *entry = all[i].range;
            return true;
        }
    return false;
}
