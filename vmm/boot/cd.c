/* A CD image: what a BIOS does with it before the first instruction (el_torito.h). */
#include "format.h"

#include "disks/el_torito.h"

#include <inttypes.h>
#include <string.h>

static int load_entry(const struct disk *cd, const struct image *image,
                      const struct el_torito_entry *entry, struct memory *memory,
                      struct error *error)
{
    const uint64_t len = (uint64_t)entry->sectors * DISK_SECTOR;
    int r =
        image_check_place(image, memory, CPU_REAL, "the CD's boot image", entry->gpa, len, error);
    if (r)
        return r;
    r = el_torito_load(cd, entry, memory_at(memory, entry->gpa, len));
    return r ? image_error(image, error, r, "reading its boot image: %s (is it complete?)",
                           strerror(-r))
             : 0;
}

int cd_load(const struct boot_request *request, const struct image *image, struct memory *memory,
            struct boot_result *result, struct error *error)
{
    const struct disk cd = image_as_disk(image);
    struct el_torito_entry entry;
    struct error why;
    (void)request;
    int r = el_torito_find(&cd, &entry, &why);
    if (r)
        return image_error(image, error, r, "%s", why.text);
    r = boot_initial_state(CPU_REAL, entry.gpa, memory, &result->state, error);
    if (!r)
        r = load_entry(&cd, image, &entry, memory, error);
    if (r)
        return r;
    result->mode = CPU_REAL;
    result->state.gpr[CPU_RDX] = entry.drive;
    boot_describe(result,
                  "a CD of %" PRIu64
                  " blocks, booted as drive 0x%02x; %u sectors of block %u at 0x%" PRIx64
                  " in real mode",
                  image->size / CD_BLOCK, entry.drive, entry.sectors, entry.block, entry.gpa);
    return 0;
}
