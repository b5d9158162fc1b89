/* An ATA channel: its two register blocks, and up to two drives, disks or CD drives, that move data
 * by PIO. Source: ATA/ATAPI-6 (T13/1410D); section numbers here and in the .c files are its.
 *
 *     write of the command register -> ata_command -> [ ata_transfer | atapi ] -> interrupt
 *     data port -> the drive's buffer -> at its end the next DRQ block, or the command's end
 *
 * A command has run to its end, or to where the host must move data, when the write that started it
 * returns, so the guest sees BSY only while it holds SRST. There is no DMA.
 *
 * Where no drive answers the registers read as zero: BSY and DRQ are clear, so that nobody waits.
 * An absent device 1 is answered for by device 0 (9.16.1), with zero as its status. */
#ifndef VMM_DEV_ATA_H
#define VMM_DEV_ATA_H

#include "board/bus.h"
#include "board/irq.h"

#include <stdbool.h>
#include <stdint.h>

#define ATA_SECTOR   512u
#define ATA_MULTIPLE 16u /* sectors in a DRQ block, at most (READ MULTIPLE and the like) */
#define ATA_BUFFER   (ATA_MULTIPLE * ATA_SECTOR)

#define ATAPI_BLOCK_SECTORS 4u /* a CD's blocks are of 2048 bytes */

/* A register of the command block is two bytes deep: a write moves the old byte to BEFORE, which
 * 48-bit commands use and HOB in device control shows (6.20). */
struct ata_register {
    uint8_t now, before;
};

/* In the order of their ports: features (error has a byte of its own), sector count,
 * LBA low, mid and high. */
enum ata_register_index { ATA_FEATURES, ATA_COUNT, ATA_LOW, ATA_MID, ATA_HIGH, ATA_REGISTERS };

/* What the data port moves, and so what happens when the buffer's end is reached. */
enum ata_phase {
    ATA_IDLE,
    ATA_READ,       /* sectors to the host */
    ATA_WRITE,      /* sectors from the host */
    ATA_SEND,       /* one block to the host: IDENTIFY */
    ATA_PACKET,     /* a packet from the host */
    ATA_PACKET_DATA /* what it asked for, to the host */
};

struct ata_geometry {
    uint16_t cylinders;
    uint8_t heads, sectors; /* sectors a track */
};

struct atapi_state {
    uint8_t sense_key, sense_code; /* of the last packet that failed */
    uint16_t limit;                /* bytes that the host takes in a DRQ block, even */
    uint32_t filled, sent;         /* bytes in the buffer, and of these given to the host */
    uint32_t block, left;          /* the next 2048-byte block to read, and how many still */
};

struct ata_drive_state {
    struct ata_register reg[ATA_REGISTERS];
    uint8_t status, error;
    bool interrupt; /* INTRQ is asserted while this drive is selected and nIEN is 0 */
    bool standby;
    uint8_t multiple;        /* sectors a block; 0: SET MULTIPLE MODE has not been given */
    struct ata_geometry chs; /* as INITIALIZE DEVICE PARAMETERS left it */
    enum ata_phase phase;
    bool ext;        /* the command is a 48-bit one */
    uint64_t sector; /* of the next block, and how many sectors are left, and in a block */
    uint32_t left, block;
    uint32_t at, end; /* in the buffer: moved, and to be moved in this DRQ block */
    struct atapi_state packet;
    uint8_t buffer[ATA_BUFFER];
};

struct ata_state {
    uint8_t device;  /* the device register: both drives get each write */
    uint8_t control; /* the device control register */
    bool irq;        /* level of the line */
    struct ata_drive_state drives[2];
};

enum ata_kind { ATA_NONE, ATA_DISK, ATA_CD };

/* What is behind a drive. Each callback returns 0 or -errno; sectors are of 512 bytes and within
 * SECTORS, for a CD too, whose blocks are four of them. */
struct ata_medium {
    enum ata_kind kind;
    bool writable;
    uint64_t sectors;
    const char *serial; /* up to 20 characters of ASCII */
    int (*read)(void *context, uint64_t sector, void *buf, uint32_t count);
    int (*write)(void *context, uint64_t sector, const void *buf, uint32_t count);
    int (*flush)(void *context);
    void *context;
};

struct ata {
    struct ata_state state;
    struct ata_medium media[2]; /* device 0 and 1 */
    struct irq_line irq;
};

extern const struct bus_ops ata_data_ops;    /* 1 port of 1, 2 or 4 bytes, 0x1f0 or 0x170 on a PC */
extern const struct bus_ops ata_command_ops; /* the 7 ports behind it */
extern const struct bus_ops ata_control_ops; /* 1 port, 0x3f6 or 0x376 on a PC */

/* A channel with no drives. */
void ata_init(struct ata *ata, struct irq_line irq);
/* Before the first access: plugs in device UNIT, 0 or 1. */
void ata_attach(struct ata *ata, unsigned unit, const struct ata_medium *medium);
/* Power-on. */
void ata_reset(struct ata *ata);

#endif
