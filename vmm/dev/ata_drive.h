/* One drive of an ATA channel, as the files of this device (ata*.c) see it. */
#ifndef VMM_DEV_ATA_DRIVE_H
#define VMM_DEV_ATA_DRIVE_H

#include "dev/ata.h"

/* Status (7.15) */
#define ATA_STATUS_BSY  0x80
#define ATA_STATUS_DRDY 0x40
#define ATA_STATUS_DSC  0x10 /* seek complete */
#define ATA_STATUS_DRQ  0x08
#define ATA_STATUS_ERR  0x01 /* CHK, of packet commands */

/* Error (7.9) */
#define ATA_ERROR_UNC         0x40 /* read: the data can't be had */
#define ATA_ERROR_WP          0x40 /* write: write-protected */
#define ATA_ERROR_IDNF        0x10 /* no such sector */
#define ATA_ERROR_ABRT        0x04
#define ATA_DIAGNOSTIC_PASSED 0x01

#define ATA_DEVICE_LBA   0x40
#define ATA_DEVICE_ONE   0x10
#define ATA_DEVICE_LOW   0x0f /* head, or bits 27:24 of a 28-bit address */
#define ATA_CONTROL_HOB  0x80
#define ATA_CONTROL_SRST 0x04
#define ATA_CONTROL_NIEN 0x02

struct ata_drive {
    struct ata_drive_state *state;
    const struct ata_medium *medium;
    uint8_t *device; /* the channel's device register */
};

/* What a command ends with: each asserts the interrupt. */
void ata_done(struct ata_drive *drive);
void ata_fail(struct ata_drive *drive, uint8_t error);

/* The data port shall move BYTES, at most ATA_BUFFER, from or to the buffer's start. */
void ata_ask_for_data(struct ata_drive *drive, enum ata_phase phase, uint32_t bytes);
/* The buffer's end has been reached. */
void ata_block_moved(struct ata_drive *drive);

/* Starts COMMAND. EXECUTE DEVICE DIAGNOSTIC is both drives', and the channel's work. */
void ata_command(struct ata_drive *drive, uint8_t command);

/* Sectors: from the addressed one on, as ata_address set them. */
void ata_read_sectors(struct ata_drive *drive);
void ata_write_sectors(struct ata_drive *drive);
void ata_verify_sectors(struct ata_drive *drive);
/* Takes a command's address and count of sectors from the registers. False: it has failed. */
bool ata_address(struct ata_drive *drive, bool ext);
/* Puts it back there: of the sector at which a command has failed. */
void ata_show_sector(struct ata_drive *drive);

/* The registers and the status by which a drive is known after a reset (9.12). */
void ata_show_signature(struct ata_drive *drive);
struct ata_geometry ata_default_geometry(uint64_t sectors);
/* IDENTIFY DEVICE and IDENTIFY PACKET DEVICE (8.15, 8.16): 512 bytes. */
void ata_identify(const struct ata_drive *drive, uint8_t data[ATA_SECTOR]);

/* PACKET: the command, its packet's end, the end of a block of its data. */
void atapi_start(struct ata_drive *drive);
void atapi_packet(struct ata_drive *drive);
void atapi_block_sent(struct ata_drive *drive);

#endif
