/* A disk image: what a BIOS does with it before the first instruction (its first sector to 0x7c00,
 * where 0x55aa at the end says that it is meant to be run). */
#include "format.h"

#include "disks/disk.h"
#include "memory/layout.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SIGNATURE_OFFSET 510

static void check_signature(const uint8_t *sector, uint64_t size, struct boot_result *result)
{
    static const uint8_t blank[DISK_SECTOR];

    if (sector[SIGNATURE_OFFSET] == 0x55 && sector[SIGNATURE_OFFSET + 1] == 0xaa)
        return;
    if (size < DISK_SECTOR)
        snprintf(result->warning, sizeof result->warning,
                 "no boot signature 55 aa: the image has only %" PRIu64 " bytes, not a sector",
                 size);
    else if (!memcmp(sector, blank, sizeof blank))
        snprintf(result->warning, sizeof result->warning,
                 "no boot signature 55 aa: the first sector is all zeros");
    else
        snprintf(result->warning, sizeof result->warning,
                 "no boot signature 55 aa at offset 510: found %02x %02x, a BIOS would not boot it",
                 sector[SIGNATURE_OFFSET], sector[SIGNATURE_OFFSET + 1]);
}

static int read_sector(const struct boot_request *request, const struct image *image,
                       uint8_t sector[DISK_SECTOR], struct error *error)
{
    if (!request->disk)
        return (int)image_read(image, 0, sector, DISK_SECTOR, error);
    struct disk disk = *request->disk;
    disk.report = NULL; /* it is said here, and whatever the guest reads later is another matter */
    const int err = disk_read(&disk, 0, sector, 1);
    return err ? image_error(image, error, err, "reading its first sector: %s (%s)", strerror(-err),
                             error_remedy(err))
               : 0;
}

int boot_disk_load(const struct boot_request *request, const struct image *image,
                   struct memory *memory, struct boot_result *result, struct error *error)
{
    uint8_t sector[DISK_SECTOR] = {0};
    int r = read_sector(request, image, sector, error);
    if (r < 0)
        return r;
    r = image_check_place(image, memory, CPU_REAL, "the boot sector", LAYOUT_BOOT_SECTOR,
                          sizeof sector, error);
    if (r)
        return r;
    r = boot_initial_state(CPU_REAL, LAYOUT_BOOT_SECTOR, memory, &result->state, error);
    if (r)
        return r;
    memory_write(memory, LAYOUT_BOOT_SECTOR, sector, sizeof sector);

    check_signature(sector, image->size, result);
    result->mode = CPU_REAL;
    uint64_t sectors = image->size / DISK_SECTOR + (image->size % DISK_SECTOR != 0);
    boot_describe(result,
                  "a disk of %" PRIu64
                  " sectors, drive 0x80; the first sector at 0x7c00 in real mode",
                  sectors);
    return 0;
}
