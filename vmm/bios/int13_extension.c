/* INT 13h AH=41h to 48h: disks by LBA, as the EDD specification (T13/1572D) has them. */
#include "bios/int13.h"

#include <stddef.h>
#include <string.h>

#define EDD_VERSION  0x30   /* EDD-3 */
#define EDD_SUBSETS  0x0009 /* packet access, 64-bit addresses */
#define FAR_NONE     0xffffffffu
#define CHS_VALID    0x0002 /* the geometry in the result is meaningful */
#define REMOVABLE    0x0004
#define WRITE_AL_MAX 2 /* AH=43h AL: 0, 1 or (verify) 2 */

struct packet {
    uint8_t size, reserved;
    uint16_t count;
    uint16_t offset, segment; /* of the buffer, if not FFFF:FFFF */
    uint64_t sector;
    uint64_t flat; /* the buffer's linear address; in packets of 18h bytes */
} __attribute__((packed));

#define PACKET_SHORT offsetof(struct packet, flat)

struct parameters {
    uint16_t size, flags;
    uint32_t cylinders, heads, sectors_per_track;
    uint64_t sectors;
    uint16_t sector_size;
    uint32_t configuration; /* far pointer */
} __attribute__((packed));

#define PARAMETERS_SHORT offsetof(struct parameters, configuration)

void int13_extensions_there(struct call *call)
{
    struct int13_drive drive;
    if (!int13_lba_drive(call, &drive))
        return;
    if (call_get16(call, CPU_RBX) != 0x55aa) {
        int13_done(call, INT13_BAD_COMMAND);
        return;
    }
    int13_done(call, INT13_OK);
    call_set8(call, CALL_AH, EDD_VERSION);
    call_set16(call, CPU_RBX, 0xaa55);
    call_set16(call, CPU_RCX, EDD_SUBSETS);
}

/* Reads the packet at DS:SI; its part after its size is left zero. */
static bool read_packet(const struct call *call, struct packet *packet)
{
    uint16_t offset = call_get16(call, CPU_RSI);
    memset(packet, 0, sizeof *packet);
    if (!call_read(call, CPU_DS, offset, packet, PACKET_SHORT) || packet->size < PACKET_SHORT)
        return false;
    return packet->size < sizeof *packet || call_read(call, CPU_DS, offset, packet, sizeof *packet);
}

/* FFFF:FFFF without room for a flat address is taken as it stands. */
static uint64_t buffer_of(const struct packet *packet)
{
    bool flat = packet->offset == 0xffff && packet->segment == 0xffff;
    if (flat && packet->size >= sizeof *packet)
        return packet->flat;
    return ((uint64_t)packet->segment << 4) + packet->offset;
}

static uint64_t drive_blocks(const struct int13_drive *drive)
{
    return drive->disk->sectors / drive->block_sectors;
}

/* In sectors of 512 bytes what PACKET says in the drive's own. */
static uint8_t transfer_blocks(struct call *call, const struct int13_drive *drive,
                               const struct packet *packet, enum int13_direction direction)
{
    if (packet->sector > drive_blocks(drive))
        return INT13_SECTOR_NOT_FOUND;
    const struct int13_transfer transfer = {
        .direction = direction,
        .sector = packet->sector * drive->block_sectors,
        .count = (uint64_t)packet->count * drive->block_sectors,
        .gpa = buffer_of(packet),
    };
    return int13_transfer(call, drive->disk, &transfer);
}

static void transfer_lba(struct call *call, enum int13_direction direction)
{
    struct int13_drive drive;
    struct packet packet;
    if (!int13_lba_drive(call, &drive))
        return;
    if (!read_packet(call, &packet)) {
        int13_done(call, INT13_BAD_COMMAND);
        return;
    }
    uint8_t status = transfer_blocks(call, &drive, &packet, direction);
    if (status != INT13_OK) {
        uint16_t transferred = 0;
        uint16_t at = (uint16_t)(call_get16(call, CPU_RSI) + offsetof(struct packet, count));
        call_write(call, CPU_DS, at, &transferred, sizeof transferred);
    }
    int13_done(call, status);
}

void int13_read_lba(struct call *call)
{
    transfer_lba(call, INT13_READ);
}

void int13_write_lba(struct call *call)
{
    if (call_get8(call, CALL_AL) > WRITE_AL_MAX)
        int13_done(call, INT13_BAD_COMMAND);
    else
        transfer_lba(call, INT13_WRITE);
}

void int13_verify_lba(struct call *call)
{
    transfer_lba(call, INT13_VERIFY);
}

void int13_seek_lba(struct call *call)
{
    struct int13_drive drive;
    struct packet packet;
    if (!int13_lba_drive(call, &drive))
        return;
    if (!read_packet(call, &packet))
        int13_done(call, INT13_BAD_COMMAND);
    else
        int13_done(call, packet.sector < drive_blocks(&drive) ? INT13_OK : INT13_SECTOR_NOT_FOUND);
}

static struct parameters parameters_of(const struct int13_drive *drive)
{
    struct parameters result = {
        .sectors = drive_blocks(drive),
        .sector_size = (uint16_t)(drive->block_sectors * DISK_SECTOR),
        .configuration = FAR_NONE,
    };
    if (drive->kind == INT13_CD) {
        result.flags = REMOVABLE;
        return result;
    }
    result.flags = CHS_VALID;
    result.cylinders = drive->geometry.cylinders;
    result.heads = drive->geometry.heads;
    result.sectors_per_track = drive->geometry.sectors;
    return result;
}

/* The result's first word says how much room there is: 26 bytes, or 30 with the pointer. */
void int13_parameters(struct call *call)
{
    struct int13_drive drive;
    uint16_t offset = call_get16(call, CPU_RSI), room = 0;
    if (!int13_lba_drive(call, &drive))
        return;
    call_read(call, CPU_DS, offset, &room, sizeof room);
    struct parameters result = parameters_of(&drive);
    result.size = room < sizeof result ? PARAMETERS_SHORT : sizeof result;
    bool done = room >= PARAMETERS_SHORT && call_write(call, CPU_DS, offset, &result, result.size);
    int13_done(call, done ? INT13_OK : INT13_BAD_COMMAND);
}
