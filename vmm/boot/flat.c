/* A flat binary: all of the file's bytes at one address, entered in any mode. */
#include "format.h"

#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const char *mode_name(enum cpu_mode mode)
{
    static const char *const names[] = {
        [CPU_REAL] = "real", [CPU_PROTECTED] = "protected", [CPU_LONG] = "long"};
    return names[mode];
}

static int check_entry(const struct image *image, const struct memory *memory, uint64_t entry,
                       uint64_t address, struct boot_result *result, struct error *error)
{
    if (!memory_find(memory, entry))
        return image_error(image, error, -ERANGE,
                           "no memory at the entry 0x%" PRIx64
                           " (--entry is where the first instruction is)",
                           entry);
    if (entry < address || entry - address >= image->size)
        snprintf(result->warning, sizeof result->warning,
                 "the entry 0x%" PRIx64 " is not in the image, 0x%" PRIx64 "-0x%" PRIx64, entry,
                 address, address + image->size - 1);
    return 0;
}

int flat_load(const struct boot_request *request, const struct image *image, struct memory *memory,
              struct boot_result *result, struct error *error)
{
    enum cpu_mode mode = request->has_mode ? request->mode : CPU_REAL;
    uint64_t address = request->has_address ? request->address
                       : mode == CPU_REAL   ? LAYOUT_BOOT_SECTOR
                                            : LAYOUT_IMAGE;
    uint64_t entry = request->has_entry ? request->entry : address;

    int r = image_check_place(image, memory, mode, "the flat image", address, image->size, error);
    if (r)
        return r;
    r = check_entry(image, memory, entry, address, result, error);
    if (r)
        return r;
    r = boot_initial_state(mode, entry, memory, &result->state, error);
    if (r)
        return r;
    r = image_load(image, 0, memory, address, image->size, error);
    if (r)
        return r;

    result->mode = mode;
    boot_describe(
        result, "a flat binary at 0x%" PRIx64 "-0x%" PRIx64 ", entered at 0x%" PRIx64 " in %s mode",
        address, address + image->size - 1, entry, mode_name(mode));
    return 0;
}
