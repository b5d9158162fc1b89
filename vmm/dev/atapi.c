/* A CD drive's packet commands, by PIO (9.10). The commands are those of T10's MMC-2 and SPC-2 that
 * systems need to find a CD and read its blocks; a disc is always there, with one data track. */
#include "dev/ata_drive.h"

#include <stddef.h>
#include <string.h>

#define PACKET_BYTES  12
#define BLOCK         (ATAPI_BLOCK_SECTORS * ATA_SECTOR)
#define BUFFER_BLOCKS (ATA_BUFFER / BLOCK)
#define LIMIT_MAX     0xfffe /* an even number of bytes: the most in a DRQ block */

#define FEATURES_DMA 0x01

/* The interrupt reason, which is in the count register. */
#define REASON_COMMAND 1 /* CoD: a packet is awaited */
#define REASON_TO_HOST 2 /* IO */
#define REASON_DONE    3

/* Sense keys and additional codes (SPC-2, tables 107 and 108). */
#define NO_SENSE         0x0
#define MEDIUM_ERROR     0x3
#define ILLEGAL_REQUEST  0x5
#define UNRECOVERED_READ 0x11
#define INVALID_COMMAND  0x20
#define LBA_OUT_OF_RANGE 0x21
#define INVALID_FIELD    0x24

#define LEAD_OUT 0xaa
#define MSF      0x02 /* addresses are minutes, seconds, frames */

static uint32_t big_endian(const uint8_t *bytes, unsigned len)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void put_big_endian(uint8_t *bytes, unsigned len, uint32_t value)
{
    for (unsigned i = 0; i < len; i++)
        bytes[i] = (uint8_t)(value >> 8 * (len - 1 - i));
}

static uint32_t blocks_of(const struct ata_drive *drive)
{
    const uint64_t blocks = drive->medium->sectors / ATAPI_BLOCK_SECTORS;
    return blocks > UINT32_MAX ? UINT32_MAX : (uint32_t)blocks;
}

/* ---- How a packet ends */

static void succeed(struct ata_drive *drive)
{
    drive->state->packet.sense_key = NO_SENSE;
    drive->state->packet.sense_code = 0;
    drive->state->reg[ATA_COUNT].now = REASON_DONE;
    ata_done(drive);
}

static void fail(struct ata_drive *drive, uint8_t key, uint8_t code)
{
    drive->state->packet.sense_key = key;
    drive->state->packet.sense_code = code;
    drive->state->reg[ATA_COUNT].now = REASON_DONE;
    ata_fail(drive, (uint8_t)(key << 4 | ATA_ERROR_ABRT));
}

/* ---- Data to the host */

static int fill_buffer(struct ata_drive *drive)
{
    struct atapi_state *p = &drive->state->packet;
    const uint32_t blocks = p->left < BUFFER_BLOCKS ? p->left : BUFFER_BLOCKS;
    const int err =
        drive->medium->read(drive->medium->context, (uint64_t)p->block * ATAPI_BLOCK_SECTORS,
                            drive->state->buffer, blocks * ATAPI_BLOCK_SECTORS);
    p->block += blocks;
    p->left -= blocks;
    p->filled = blocks * BLOCK;
    p->sent = 0;
    return err;
}

/* The next DRQ block: of what is in the buffer, as much as the host said that it takes. */
static void send_next(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    struct atapi_state *p = &s->packet;
    if (p->sent >= p->filled && !p->left) {
        succeed(drive);
        return;
    }
    if (p->sent >= p->filled && fill_buffer(drive)) {
        fail(drive, MEDIUM_ERROR, UNRECOVERED_READ);
        return;
    }
    const uint32_t rest = p->filled - p->sent, bytes = rest < p->limit ? rest : p->limit;
    ata_ask_for_data(drive, ATA_PACKET_DATA, p->sent + bytes);
    s->at = p->sent;
    s->reg[ATA_COUNT].now = REASON_TO_HOST;
    s->reg[ATA_MID].now = (uint8_t)bytes;
    s->reg[ATA_HIGH].now = (uint8_t)(bytes >> 8);
    s->interrupt = true;
}

void atapi_block_sent(struct ata_drive *drive)
{
    drive->state->packet.sent = drive->state->end;
    send_next(drive);
}

/* Sends the first LEN bytes of REPLY, or as many as the packet's ALLOCATION takes. */
static void reply(struct ata_drive *drive, const uint8_t *bytes, uint32_t len, uint32_t allocation)
{
    struct ata_drive_state *s = drive->state;
    const uint32_t n = len < allocation ? len : allocation;
    memcpy(s->buffer, bytes, n);
    s->packet.filled = n;
    s->packet.sent = s->packet.left = 0;
    send_next(drive);
}

/* ---- The commands. PACKET is a copy: the buffer is the reply's. */

static void nothing_to_do(struct ata_drive *drive, const uint8_t *packet)
{
    (void)packet;
    succeed(drive);
}

static void request_sense(struct ata_drive *drive, const uint8_t *packet)
{
    const struct atapi_state *p = &drive->state->packet;
    const uint8_t data[18] = {0x70, 0, p->sense_key, 0, 0, 0, 0, 10, 0, 0, 0, 0, p->sense_code};
    reply(drive, data, sizeof data, packet[4]);
}

/* SPC-2, table 46: a removable CD drive. Vital product data pages are optional. */
static void inquiry(struct ata_drive *drive, const uint8_t *packet)
{
    static const uint8_t data[36] = "\x05\x80\x00\x21\x1f\0\0\0"
                                    "STEPVM  CD-ROM          1   ";
    if (packet[1] & 3 || packet[2])
        fail(drive, ILLEGAL_REQUEST, INVALID_FIELD);
    else
        reply(drive, data, sizeof data, big_endian(packet + 3, 2));
}

static void read_capacity(struct ata_drive *drive, const uint8_t *packet)
{
    uint8_t data[8];
    (void)packet;
    put_big_endian(data, 4, blocks_of(drive) - 1);
    put_big_endian(data + 4, 4, BLOCK);
    reply(drive, data, sizeof data, sizeof data);
}

static void read_blocks(struct ata_drive *drive, uint32_t block, uint32_t count)
{
    struct atapi_state *p = &drive->state->packet;
    const uint32_t blocks = blocks_of(drive);
    if (block > blocks || count > blocks - block) {
        fail(drive, ILLEGAL_REQUEST, LBA_OUT_OF_RANGE);
        return;
    }
    p->block = block;
    p->left = count;
    p->filled = p->sent = 0;
    send_next(drive);
}

static void read_10(struct ata_drive *drive, const uint8_t *packet)
{
    read_blocks(drive, big_endian(packet + 2, 4), big_endian(packet + 7, 2));
}

static void read_12(struct ata_drive *drive, const uint8_t *packet)
{
    read_blocks(drive, big_endian(packet + 2, 4), big_endian(packet + 6, 4));
}

static void put_address(uint8_t *bytes, uint32_t block, bool msf)
{
    const uint32_t frame = block + 150; /* two seconds before block 0 */
    if (msf)
        put_big_endian(bytes, 4, frame / 4500 << 16 | frame / 75 % 60 << 8 | frame % 75);
    else
        put_big_endian(bytes, 4, block);
}

/* MMC-2, 6.1.20: track 1 and the lead-out, or (format 1) the only session. */
static void read_toc(struct ata_drive *drive, const uint8_t *packet)
{
    uint8_t data[20] = {0, 0, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0, 0, 0x14, LEAD_OUT};
    const uint8_t format = packet[2] & 0x0f ? packet[2] & 0x0f : packet[9] >> 6;
    const bool msf = packet[1] & MSF;
    const uint32_t len = format == 0 ? sizeof data : 12;
    if (format > 1 || (format == 0 && packet[6] > 1 && packet[6] != LEAD_OUT)) {
        fail(drive, ILLEGAL_REQUEST, INVALID_FIELD);
        return;
    }
    put_address(data + 8, 0, msf);
    put_address(data + 16, blocks_of(drive), msf);
    put_big_endian(data, 2, len - 2);
    reply(drive, data, len, big_endian(packet + 7, 2));
}

/* MMC-2, 5.5.10: the page of capabilities, and that one only. */
static void mode_sense(struct ata_drive *drive, const uint8_t *packet)
{
    static const uint8_t data[28] = {0, 26, 0x01, 0, 0, 0, 0, 0, 0x2a, 18, 0, 0, 0, 0, 0x29};
    const uint8_t page = packet[2] & 0x3f;
    if (page == 0x2a || page == 0x3f)
        reply(drive, data, sizeof data, big_endian(packet + 7, 2));
    else
        fail(drive, ILLEGAL_REQUEST, INVALID_FIELD);
}

static const struct {
    uint8_t code;
    void (*run)(struct ata_drive *drive, const uint8_t *packet);
} commands[] = {
    {0x00, nothing_to_do},                                         /* TEST UNIT READY */
    {0x03, request_sense}, {0x12, inquiry}, {0x1b, nothing_to_do}, /* START STOP UNIT */
    {0x1e, nothing_to_do}, /* PREVENT ALLOW MEDIUM REMOVAL */
    {0x25, read_capacity}, {0x28, read_10}, {0x43, read_toc},
    {0x5a, mode_sense},    {0xa8, read_12},
};

/* ---- PACKET */

void atapi_start(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    const uint16_t limit =
        (uint16_t)((s->reg[ATA_HIGH].now << 8 | s->reg[ATA_MID].now) & LIMIT_MAX);
    if (s->reg[ATA_FEATURES].now & FEATURES_DMA) {
        ata_fail(drive, ATA_ERROR_ABRT);
        return;
    }
    s->packet.limit = limit ? limit : LIMIT_MAX;
    s->reg[ATA_COUNT].now = REASON_COMMAND;
    ata_ask_for_data(drive, ATA_PACKET, PACKET_BYTES); /* with no interrupt: word 0 says so */
}

void atapi_packet(struct ata_drive *drive)
{
    uint8_t packet[PACKET_BYTES];
    memcpy(packet, drive->state->buffer, sizeof packet);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (commands[i].code == packet[0]) {
            commands[i].run(drive, packet);
            return;
        }
    fail(drive, ILLEGAL_REQUEST, INVALID_COMMAND);
}
