/* INT 13h's drives: hard disks from 0x80 on, the CD, and the diskette 0 that a CD may be booted as.
 */
#include "bios/int13.h"
#include "disks/el_torito.h"

#define HARD_DISK 0x80 /* below: diskettes */

void int13_plug_diskette(struct bios *bios)
{
    struct el_torito_entry entry;
    struct error ignored; /* the loader says it */
    if (bios->config.cd && !el_torito_find(bios->config.cd, &entry, &ignored) &&
        entry.diskette.cylinders) {
        bios->diskette = el_torito_diskette(bios->config.cd, &entry);
        bios->diskette_geometry = entry.diskette;
    }
}

static bool find_drive(const struct bios *bios, uint8_t number, struct int13_drive *drive)
{
    const struct bios_config *config = &bios->config;
    if (number >= HARD_DISK && number < HARD_DISK + BIOS_MAX_DRIVES)
        *drive = (struct int13_drive){.kind = INT13_HARD_DISK,
                                      .disk = config->drives[number - HARD_DISK],
                                      .block_sectors = 1};
    else if (number == CD_DRIVE)
        *drive = (struct int13_drive){
            .kind = INT13_CD, .disk = config->cd, .block_sectors = CD_BLOCK_SECTORS};
    else if (number == 0 && bios->diskette.sectors)
        *drive = (struct int13_drive){
            .kind = INT13_DISKETTE, .disk = &bios->diskette, .block_sectors = 1};
    else
        *drive = (struct int13_drive){.disk = NULL};
    if (drive->disk)
        drive->geometry =
            drive->kind == INT13_DISKETTE ? bios->diskette_geometry : disk_geometry(drive->disk);
    return drive->disk;
}

bool int13_drive(struct call *call, struct int13_drive *drive)
{
    const uint8_t number = call_get8(call, CALL_DL);
    const bool found = find_drive(call->bios, number, drive);
    if (!found)
        int13_done(call, number < HARD_DISK ? INT13_TIMEOUT : INT13_BAD_COMMAND);
    return found;
}

static bool drive_but(struct call *call, struct int13_drive *drive, enum int13_kind kind)
{
    if (!int13_drive(call, drive))
        return false;
    if (drive->kind == kind)
        int13_done(call, INT13_BAD_COMMAND);
    return drive->kind != kind;
}

bool int13_chs_drive(struct call *call, struct int13_drive *drive)
{
    return drive_but(call, drive, INT13_CD);
}

bool int13_lba_drive(struct call *call, struct int13_drive *drive)
{
    return drive_but(call, drive, INT13_DISKETTE);
}
