#include "ata.h"

#include "io.h"

/* ATA/ATAPI-6, 7: the registers of a channel, here the first of a PC. */
enum { CHANNEL = 0x1f0, CONTROL = 0x3f6 };
enum {
    DATA = 0,
    COUNT = 2,
    LBA_LOW = 3,
    LBA_MID = 4,
    LBA_HIGH = 5,
    DEVICE = 6,
    STATUS = 7,
    COMMAND = 7
};
enum { STATUS_ERROR = 0x01, STATUS_DATA = 0x08, STATUS_FAULT = 0x20, STATUS_BUSY = 0x80 };
enum { DEVICE_LBA = 0xe0, DEVICE_SECOND = 0x10, CONTROL_NO_INTERRUPTS = 0x02 };
enum { READ_SECTORS = 0x20, IDENTIFY = 0xec };

/* A status that no drive has: the bus, with nobody on it. */
enum { STATUS_NOBODY = 0xff };

enum { PATIENCE = 1000000 }; /* looks at the status, of a microsecond or so each */

static struct {
    uint8_t device; /* the bits that choose it */
    uint32_t blocks;
} disk;

/* Waits for the data of a command. False: an error, or no answer. */
static bool wait_for_data(void)
{
    for (uint32_t i = 0; i < PATIENCE; i++) {
        const uint8_t status = in8(CHANNEL + STATUS);
        if (status == 0 || status == STATUS_NOBODY)
            return false;
        if (status & STATUS_BUSY)
            continue;
        if (status & (STATUS_ERROR | STATUS_FAULT))
            return false;
        if (status & STATUS_DATA)
            return true;
    }
    return false;
}

/* Time for a drive that has just been chosen to put its status there: 400 ns, four reads. */
static void choose(uint8_t device)
{
    out8(CHANNEL + DEVICE, device);
    for (int i = 0; i < 4; i++)
        in8(CONTROL);
}

uint32_t ata_init(unsigned drive)
{
    uint16_t identity[ATA_BLOCK / 2];
    disk.device = DEVICE_LBA | (drive ? DEVICE_SECOND : 0);
    disk.blocks = 0;
    out8(CONTROL, CONTROL_NO_INTERRUPTS);
    choose(disk.device);
    out8(CHANNEL + COMMAND, IDENTIFY);
    if (wait_for_data()) {
        in16_many(CHANNEL + DATA, identity, ATA_BLOCK / 2);
        disk.blocks = identity[60] | (uint32_t)identity[61] << 16; /* what LBA28 reaches */
    }
    return disk.blocks;
}

bool ata_read(uint32_t number, void *buffer)
{
    if (number >= disk.blocks)
        return false;
    choose(disk.device | (number >> 24 & 0x0f));
    out8(CHANNEL + COUNT, 1);
    out8(CHANNEL + LBA_LOW, number & 0xff);
    out8(CHANNEL + LBA_MID, number >> 8 & 0xff);
    out8(CHANNEL + LBA_HIGH, number >> 16 & 0xff);
    out8(CHANNEL + COMMAND, READ_SECTORS);
    if (!wait_for_data())
        return false;
    in16_many(CHANNEL + DATA, buffer, ATA_BLOCK / 2);
    return true;
}
