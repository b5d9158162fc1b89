/* Sectors by PIO (9.7, 9.8): DRQ block by DRQ block, from and to the drive's buffer. */
#include "dev/ata_drive.h"

#define READY (ATA_STATUS_DRDY | ATA_STATUS_DSC)

static void end(struct ata_drive *drive, uint8_t status, uint8_t error)
{
    struct ata_drive_state *s = drive->state;
    s->phase = ATA_IDLE;
    s->status = status;
    s->error = error;
    s->interrupt = true;
}

void ata_done(struct ata_drive *drive)
{
    end(drive, READY, 0);
}

void ata_fail(struct ata_drive *drive, uint8_t error)
{
    end(drive, READY | ATA_STATUS_ERR, error);
}

void ata_ask_for_data(struct ata_drive *drive, enum ata_phase phase, uint32_t bytes)
{
    struct ata_drive_state *s = drive->state;
    s->phase = phase;
    s->at = 0;
    s->end = bytes;
    s->status = READY | ATA_STATUS_DRQ;
}

static void fail_at_sector(struct ata_drive *drive, uint8_t error)
{
    ata_show_sector(drive);
    ata_fail(drive, error);
}

static uint32_t sectors_in_block(const struct ata_drive_state *s)
{
    return s->left < s->block ? s->left : s->block;
}

static void advance(struct ata_drive_state *s, uint32_t sectors)
{
    s->sector += sectors;
    s->left -= sectors;
}

/* ---- Reading: the host is told of each block, and of an error in its place. */

static int read_block(struct ata_drive *drive, uint32_t sectors)
{
    const struct ata_medium *medium = drive->medium;
    return medium->read(medium->context, drive->state->sector, drive->state->buffer, sectors);
}

void ata_read_sectors(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    const uint32_t sectors = sectors_in_block(s);
    if (read_block(drive, sectors)) {
        fail_at_sector(drive, ATA_ERROR_UNC);
        return;
    }
    advance(s, sectors);
    ata_ask_for_data(drive, ATA_READ, sectors * ATA_SECTOR);
    s->interrupt = true;
}

static void block_read(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    if (s->left) {
        ata_read_sectors(drive);
        return;
    }
    s->phase = ATA_IDLE;
    s->status = READY;
}

void ata_verify_sectors(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    s->block = ATA_MULTIPLE;
    while (s->left) {
        const uint32_t sectors = sectors_in_block(s);
        if (read_block(drive, sectors)) {
            fail_at_sector(drive, ATA_ERROR_UNC);
            return;
        }
        advance(s, sectors);
    }
    ata_done(drive);
}

/* ---- Writing: the first block is asked for without an interrupt; there is one when a block is in
 * the medium. */

void ata_write_sectors(struct ata_drive *drive)
{
    ata_ask_for_data(drive, ATA_WRITE, sectors_in_block(drive->state) * ATA_SECTOR);
}

static void block_written(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    const struct ata_medium *medium = drive->medium;
    const uint32_t sectors = sectors_in_block(s);
    if (medium->write(medium->context, s->sector, s->buffer, sectors)) {
        fail_at_sector(drive, ATA_ERROR_ABRT);
        return;
    }
    advance(s, sectors);
    if (!s->left) {
        ata_done(drive);
        return;
    }
    ata_write_sectors(drive);
    s->interrupt = true;
}

/* ---- */

static void block_sent(struct ata_drive *drive)
{
    drive->state->phase = ATA_IDLE;
    drive->state->status = READY;
}

void ata_block_moved(struct ata_drive *drive)
{
    static void (*const next[])(struct ata_drive * drive) = {
        [ATA_READ] = block_read,     [ATA_WRITE] = block_written,          [ATA_SEND] = block_sent,
        [ATA_PACKET] = atapi_packet, [ATA_PACKET_DATA] = atapi_block_sent,
    };
    next[drive->state->phase](drive);
}
