/* What a BIOS boots from a CD: the entry of its boot catalog. Source: "El Torito" Bootable CD-ROM
 * Format Specification 1.0, whose figures are named in the .c file, on ISO 9660. */
#ifndef VMM_EL_TORITO_H
#define VMM_EL_TORITO_H

#include "disks/disk.h"
#include "error.h"

#include <stdbool.h>
#include <stdint.h>

#define CD_BLOCK         2048u
#define CD_BLOCK_SECTORS (CD_BLOCK / DISK_SECTOR)
#define CD_DRIVE         0xe0 /* as the BIOS calls it */

struct el_torito_entry {
    uint8_t media;                 /* 0: none is emulated; 1 to 3: a diskette */
    uint8_t drive;                 /* what the boot image is told that it is: 0xe0, or diskette 0 */
    struct disk_geometry diskette; /* all 0: none */
    uint64_t gpa;                  /* where the boot image is loaded and entered */
    uint16_t sectors;              /* of 512 bytes, that are loaded; at least 1 */
    uint32_t block;                /* of the CD, where it begins */
};

/* Whether CD has a boot catalog. (No if it can't be read.) */
bool el_torito_is_there(const struct disk *cd);

/* The first entry for PCs. 0, or with ERROR set -ENOEXEC (there is none, it emulates a hard disk,
 * or the catalog is none) or what the host said. */
int el_torito_find(const struct disk *cd, struct el_torito_entry *entry, struct error *error);

/* The diskette that ENTRY, which is one, makes of a part of CD; as long as CD is open. */
struct disk el_torito_diskette(const struct disk *cd, const struct el_torito_entry *entry);

/* Loads ENTRY's sectors to TO. 0, -ENXIO (not all of them are on the CD) or what the host said. */
int el_torito_load(const struct disk *cd, const struct el_torito_entry *entry, void *to);

#endif
