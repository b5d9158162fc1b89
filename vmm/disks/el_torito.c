#include "disks/el_torito.h"

#include "memory/layout.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#define DESCRIPTOR_BLOCK 17 /* the boot record volume descriptor */
#define CATALOG_POINTER  0x47
#define ENTRY_BYTES      32u
#define ENTRIES          (CD_BLOCK / ENTRY_BYTES)

#define PLATFORM_PC 0x00
#define BOOTABLE    0x88
#define HEADER      0x90 /* of a section; the last one is 91 */
#define HEADER_LAST 0x91
#define MEDIA_MASK  0x0f

static uint16_t get16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes)
{
    return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static int read_block(const struct disk *cd, uint32_t block, uint8_t bytes[CD_BLOCK])
{
    return disk_read(cd, (uint64_t)block * CD_BLOCK_SECTORS, bytes, CD_BLOCK_SECTORS);
}

/* Figure 7. */
static bool is_boot_record(const uint8_t descriptor[CD_BLOCK])
{
    static const char magic[] = "\0CD001\1EL TORITO SPECIFICATION";
    return !memcmp(descriptor, magic, sizeof magic);
}

bool el_torito_is_there(const struct disk *cd)
{
    uint8_t descriptor[CD_BLOCK];
    return !read_block(cd, DESCRIPTOR_BLOCK, descriptor) && is_boot_record(descriptor);
}

/* The validation entry (figure 2): its words add up to 0. */
static bool is_catalog(const uint8_t catalog[CD_BLOCK])
{
    uint16_t sum = 0;
    for (unsigned i = 0; i < ENTRY_BYTES; i += 2)
        sum = (uint16_t)(sum + get16(catalog + i));
    return catalog[0] == 1 && catalog[30] == 0x55 && catalog[31] == 0xaa && sum == 0;
}

/* The first bootable entry for PCs: the initial one (figure 3), or one of a section (figures 4, 5).
 * The platform of the validation entry is the initial one's. */
static const uint8_t *pc_entry(const uint8_t catalog[CD_BLOCK])
{
    uint8_t platform = catalog[1];
    for (unsigned i = 1; i < ENTRIES; i++) {
        const uint8_t *entry = catalog + i * ENTRY_BYTES;
        if (entry[0] == HEADER || entry[0] == HEADER_LAST)
            platform = entry[1];
        else if (entry[0] == BOOTABLE && platform == PLATFORM_PC)
            return entry;
    }
    return NULL;
}

static int take_entry(const uint8_t *bytes, struct el_torito_entry *entry, struct error *error)
{
    static const struct disk_geometry diskettes[] = {{0}, {80, 2, 15}, {80, 2, 18}, {80, 2, 36}};
    const uint8_t media = bytes[1] & MEDIA_MASK;
    const uint16_t segment = get16(bytes + 2), sectors = get16(bytes + 6);
    if (media >= sizeof diskettes / sizeof *diskettes)
        return error_set(error, -ENOEXEC,
                         "the CD boots as a hard disk, which is not emulated (boot that image by "
                         "itself, with --format boot)");
    *entry = (struct el_torito_entry){
        .media = media,
        .drive = media ? 0 : CD_DRIVE,
        .diskette = diskettes[media],
        .gpa = segment ? (uint64_t)segment << 4 : LAYOUT_BOOT_SECTOR,
        .sectors = sectors ? sectors : 1,
        .block = get32(bytes + 8),
    };
    return 0;
}

static int fail_read(int err, struct error *error)
{
    if (err == -ENXIO)
        return error_set(error, err,
                         "the CD ends before its boot catalog (is the image complete?)");
    return error_set(error, err, "reading the CD's boot catalog: %s (see `dmesg`)", strerror(-err));
}

int el_torito_find(const struct disk *cd, struct el_torito_entry *entry, struct error *error)
{
    uint8_t bytes[CD_BLOCK];
    int err = read_block(cd, DESCRIPTOR_BLOCK, bytes);
    if (err == -ENXIO || (!err && !is_boot_record(bytes)))
        return error_set(error, -ENOEXEC,
                         "the CD has no boot record (no El Torito image, or not ISO 9660)");
    if (!err)
        err = read_block(cd, get32(bytes + CATALOG_POINTER), bytes);
    if (err)
        return fail_read(err, error);
    if (!is_catalog(bytes))
        return error_set(error, -ENOEXEC, "the CD's boot catalog is damaged (make the image anew)");
    const uint8_t *found = pc_entry(bytes);
    if (!found)
        return error_set(error, -ENOEXEC,
                         "the CD has nothing that a PC's BIOS boots (is it one for UEFI?)");
    return take_entry(found, entry, error);
}

int el_torito_load(const struct disk *cd, const struct el_torito_entry *entry, void *to)
{
    return disk_read(cd, (uint64_t)entry->block * CD_BLOCK_SECTORS, to, entry->sectors);
}

struct disk el_torito_diskette(const struct disk *cd, const struct el_torito_entry *entry)
{
    const struct disk_geometry *g = &entry->diskette;
    return disk_part(cd, (uint64_t)entry->block * CD_BLOCK_SECTORS,
                     (uint64_t)g->cylinders * g->heads * g->sectors);
}
