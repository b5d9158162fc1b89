/* What the two halves of INT 13h share. */
#ifndef VMM_BIOS_INT13_H
#define VMM_BIOS_INT13_H

#include "bios/state.h"

/* Status codes: Ralf Brown's list, table 00234. */
enum {
    INT13_OK = 0x00,
    INT13_BAD_COMMAND = 0x01, /* or parameter */
    INT13_WRITE_PROTECTED = 0x03,
    INT13_SECTOR_NOT_FOUND = 0x04,
    INT13_BAD_BUFFER = 0x09, /* it can't be transferred to */
    INT13_CONTROLLER_FAILED = 0x20,
    INT13_TIMEOUT = 0x80, /* not ready */
};

enum int13_direction { INT13_READ, INT13_WRITE, INT13_VERIFY };

struct int13_transfer {
    enum int13_direction direction;
    uint64_t sector, count;
    uint64_t gpa; /* of count sectors, side by side; may be anything */
};

/* Transfers all or, unless it is OK that is returned, nothing (but what the host did before it
 * failed). Returns the status; the call is not ended. */
uint8_t int13_transfer(struct call *call, const struct disk *disk,
                       const struct int13_transfer *transfer);

/* Ends the call with a status in AH, in carry and in the data area. */
void int13_done(struct call *call, uint8_t status);
enum int13_kind { INT13_HARD_DISK, INT13_DISKETTE, INT13_CD };

struct int13_drive {
    enum int13_kind kind;
    const struct disk *disk;
    struct disk_geometry geometry; /* not a CD's */
    uint32_t block_sectors;        /* of 512 bytes in one of its own sectors: 1, or a CD's 4 */
};

/* The drive in DL; one that has cylinders, heads and sectors; one that knows LBA. False after
 * ending the call with the error. */
bool int13_drive(struct call *call, struct int13_drive *drive);
bool int13_chs_drive(struct call *call, struct int13_drive *drive);
bool int13_lba_drive(struct call *call, struct int13_drive *drive);

/* AH=41h to 48h, and 4Bh, which is the CD's */
void int13_extensions_there(struct call *call);
void int13_read_lba(struct call *call);
void int13_write_lba(struct call *call);
void int13_verify_lba(struct call *call);
void int13_seek_lba(struct call *call);
void int13_parameters(struct call *call);
void int13_cd_status(struct call *call);

#endif
