#include "platform/platform.h"

#include "memory/layout.h"
#include "platform/acpi.h"
#include "platform/mp.h"

#include <errno.h>
#include <string.h>

size_t platform_write_tables(const struct platform *platform, uint32_t base, uint32_t facs,
                             uint8_t *bytes, size_t size, struct platform_places *places)
{
    struct writer w = {bytes, 0, size};
    acpi_write(&w, platform, base, facs, places);
    places->mp = base + (uint32_t)mp_write(&w, platform);
    return w.size;
}

int platform_install(const struct platform *platform, struct memory *memory, uint64_t ebda,
                     struct error *error)
{
    uint8_t *tables = memory_at(memory, LAYOUT_TABLES, LAYOUT_TABLES_SIZE);
    uint8_t *pointer = memory_at(memory, ebda + PLATFORM_EBDA_MP, 16);
    uint8_t *facs = memory_at(memory, ebda + PLATFORM_EBDA_FACS, 64);
    if (!tables || !pointer || !facs)
        return error_set(error, -EFAULT,
                         "ACPI tables: no memory at 0x%llx or in the EBDA at 0x%llx (the machine "
                         "must add it first)",
                         LAYOUT_TABLES, (unsigned long long)ebda);
    struct platform_places places;
    memset(tables, 0, LAYOUT_TABLES_SIZE);
    platform_write_tables(platform, LAYOUT_TABLES, (uint32_t)(ebda + PLATFORM_EBDA_FACS), tables,
                          LAYOUT_TABLES_SIZE, &places);
    platform_write_mp_pointer(pointer, places.mp);
    platform_write_facs(facs);
    return 0;
}
