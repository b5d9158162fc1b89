/* The commands of a drive (clause 8), and how they address sectors (6.2). */
#include "dev/ata_drive.h"

#include <stddef.h>

#define COUNT_ALL 0x100   /* sectors, if a count of 0 is given */
#define COUNT_EXT 0x10000 /* the same for 48-bit commands */
#define POWER_ON  0xff    /* CHECK POWER MODE: active or idle */

/* ---- Addresses */

static uint64_t lba48_of(const struct ata_register *reg)
{
    return (uint64_t)reg[ATA_HIGH].before << 40 | (uint64_t)reg[ATA_MID].before << 32 |
           (uint64_t)reg[ATA_LOW].before << 24 | (uint64_t)reg[ATA_HIGH].now << 16 |
           (uint64_t)reg[ATA_MID].now << 8 | reg[ATA_LOW].now;
}

static uint64_t lba28_of(const struct ata_register *reg, uint8_t device)
{
    return (uint64_t)(device & ATA_DEVICE_LOW) << 24 | (uint64_t)reg[ATA_HIGH].now << 16 |
           (uint64_t)reg[ATA_MID].now << 8 | reg[ATA_LOW].now;
}

/* By the translation in force. All ones, which no drive has, if it is no address. */
static uint64_t chs_of(const struct ata_drive_state *s, uint8_t device)
{
    const uint32_t cylinder = (uint32_t)s->reg[ATA_HIGH].now << 8 | s->reg[ATA_MID].now;
    const uint32_t head = device & ATA_DEVICE_LOW, sector = s->reg[ATA_LOW].now;
    if (cylinder >= s->chs.cylinders || head >= s->chs.heads || !sector || sector > s->chs.sectors)
        return UINT64_MAX;
    return ((uint64_t)cylinder * s->chs.heads + head) * s->chs.sectors + sector - 1;
}

static uint32_t count_of(const struct ata_register *count, bool ext)
{
    const uint32_t value = ext ? (uint32_t)count->before << 8 | count->now : count->now;
    return value ? value : ext ? COUNT_EXT : COUNT_ALL;
}

bool ata_address(struct ata_drive *drive, bool ext)
{
    struct ata_drive_state *s = drive->state;
    const uint64_t sectors = drive->medium->sectors;
    s->ext = ext;
    s->left = count_of(&s->reg[ATA_COUNT], ext);
    s->sector = ext                               ? lba48_of(s->reg)
                : *drive->device & ATA_DEVICE_LBA ? lba28_of(s->reg, *drive->device)
                                                  : chs_of(s, *drive->device);
    if (s->sector < sectors && s->left <= sectors - s->sector)
        return true;
    ata_fail(drive, ATA_ERROR_IDNF);
    return false;
}

static void show_lba(struct ata_drive_state *s, uint64_t lba)
{
    for (unsigned i = 0; i < 3; i++)
        s->reg[ATA_LOW + i].now = (uint8_t)(lba >> 8 * i);
}

void ata_show_sector(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    uint8_t low = *drive->device & ATA_DEVICE_LOW;
    if (s->ext) {
        show_lba(s, s->sector);
        for (unsigned i = 0; i < 3; i++)
            s->reg[ATA_LOW + i].before = (uint8_t)(s->sector >> (24 + 8 * i));
    } else if (*drive->device & ATA_DEVICE_LBA) {
        show_lba(s, s->sector);
        low = (uint8_t)(s->sector >> 24 & ATA_DEVICE_LOW);
    } else {
        const uint64_t track = s->sector / s->chs.sectors, cylinder = track / s->chs.heads;
        s->reg[ATA_LOW].now = (uint8_t)(s->sector % s->chs.sectors + 1);
        s->reg[ATA_MID].now = (uint8_t)cylinder;
        s->reg[ATA_HIGH].now = (uint8_t)(cylinder >> 8);
        low = (uint8_t)(track % s->chs.heads);
    }
    *drive->device = (uint8_t)((*drive->device & ~ATA_DEVICE_LOW) | low);
}

/* ---- Commands */

/* How a command addresses and moves sectors. */
enum { EXT = 1, MULTIPLE = 2 };

static bool take_sectors(struct ata_drive *drive, unsigned how)
{
    struct ata_drive_state *s = drive->state;
    if ((how & MULTIPLE) && !s->multiple) {
        ata_fail(drive, ATA_ERROR_ABRT);
        return false;
    }
    s->block = how & MULTIPLE ? s->multiple : 1;
    return ata_address(drive, how & EXT);
}

static void read_sectors(struct ata_drive *drive, unsigned how)
{
    if (take_sectors(drive, how))
        ata_read_sectors(drive);
}

/* A protected medium is told of before any data is asked for. */
static void write_sectors(struct ata_drive *drive, unsigned how)
{
    if (!take_sectors(drive, how))
        return;
    if (drive->medium->writable)
        ata_write_sectors(drive);
    else
        ata_fail(drive, ATA_ERROR_WP | ATA_ERROR_ABRT);
}

static void verify_sectors(struct ata_drive *drive, unsigned how)
{
    if (take_sectors(drive, how))
        ata_verify_sectors(drive);
}

static void seek(struct ata_drive *drive, unsigned how)
{
    (void)how;
    drive->state->reg[ATA_COUNT].now = 1;
    if (ata_address(drive, false))
        ata_done(drive);
}

static void flush(struct ata_drive *drive, unsigned how)
{
    (void)how;
    if (drive->medium->flush(drive->medium->context))
        ata_fail(drive, ATA_ERROR_ABRT);
    else
        ata_done(drive);
}

static void nothing_to_do(struct ata_drive *drive, unsigned how)
{
    (void)how;
    ata_done(drive);
}

static void abort_it(struct ata_drive *drive, unsigned how)
{
    (void)how;
    ata_fail(drive, ATA_ERROR_ABRT);
}

/* 9.12: a packet device refuses the disks' identification, and shows what it is. */
static void abort_with_signature(struct ata_drive *drive, unsigned how)
{
    ata_show_signature(drive);
    abort_it(drive, how);
}

static void identify(struct ata_drive *drive, unsigned how)
{
    (void)how;
    ata_identify(drive, drive->state->buffer);
    ata_ask_for_data(drive, ATA_SEND, ATA_SECTOR);
    drive->state->interrupt = true;
}

static void reset(struct ata_drive *drive, unsigned how)
{
    (void)how;
    drive->state->phase = ATA_IDLE;
    drive->state->interrupt = false;
    ata_show_signature(drive);
}

static void packet(struct ata_drive *drive, unsigned how)
{
    (void)how;
    atapi_start(drive);
}

static void standby(struct ata_drive *drive, unsigned how)
{
    (void)how;
    ata_done(drive);
    drive->state->standby = true;
}

static void check_power(struct ata_drive *drive, unsigned how)
{
    (void)how;
    drive->state->reg[ATA_COUNT].now = drive->state->standby ? 0 : POWER_ON;
    ata_done(drive);
}

/* Powers of two up to the buffer, or 0, which turns them off. */
static void set_multiple(struct ata_drive *drive, unsigned how)
{
    const uint8_t sectors = drive->state->reg[ATA_COUNT].now;
    if (sectors > ATA_MULTIPLE || (sectors & (sectors - 1))) {
        abort_it(drive, how);
        return;
    }
    drive->state->multiple = sectors;
    ata_done(drive);
}

/* CHS are translated anew: count has the sectors a track, device the last head (ATA-5, 8.16). */
static void set_parameters(struct ata_drive *drive, unsigned how)
{
    struct ata_drive_state *s = drive->state;
    const uint8_t sectors = s->reg[ATA_COUNT].now;
    const uint8_t heads = (uint8_t)((*drive->device & ATA_DEVICE_LOW) + 1);
    if (!sectors) {
        abort_it(drive, how);
        return;
    }
    const uint64_t cylinders = drive->medium->sectors / ((uint64_t)sectors * heads);
    s->chs = (struct ata_geometry){
        .cylinders = cylinders > UINT16_MAX ? UINT16_MAX : (uint16_t)cylinders,
        .heads = heads,
        .sectors = sectors,
    };
    ata_done(drive);
}

/* 8.46. Those that a drive without DMA, power levels or a cache of its own can say yes to. */
static void set_features(struct ata_drive *drive, unsigned how)
{
    static const struct {
        uint8_t feature, first, last; /* what count may be */
    } features[] = {
        {0x02, 0x00, 0xff}, {0x82, 0x00, 0xff}, /* write cache on, off */
        {0x03, 0x00, 0x01},                     /* transfer mode: PIO default, without IORDY */
        {0x03, 0x08, 0x0c},                     /* the same: PIO 0 to 4 with flow control */
        {0xaa, 0x00, 0xff}, {0x55, 0x00, 0xff}, /* read look-ahead on, off */
        {0xcc, 0x00, 0xff}, {0x66, 0x00, 0xff}, /* a reset brings back power-on defaults, or not */
    };
    const struct ata_register *reg = drive->state->reg;
    for (size_t i = 0; i < sizeof features / sizeof *features; i++)
        if (features[i].feature == reg[ATA_FEATURES].now &&
            features[i].first <= reg[ATA_COUNT].now && reg[ATA_COUNT].now <= features[i].last) {
            ata_done(drive);
            return;
        }
    abort_it(drive, how);
}

static const struct command {
    uint8_t first, last;
    enum ata_kind kind; /* ATA_NONE: both */
    unsigned how;
    void (*run)(struct ata_drive *drive, unsigned how);
} commands[] = {
    {0x00, 0x00, ATA_NONE, 0, abort_it},      /* NOP */
    {0x08, 0x08, ATA_CD, 0, reset},           /* DEVICE RESET */
    {0x10, 0x1f, ATA_DISK, 0, nothing_to_do}, /* RECALIBRATE */
    {0x20, 0x21, ATA_DISK, 0, read_sectors},
    {0x24, 0x24, ATA_DISK, EXT, read_sectors},
    {0x29, 0x29, ATA_DISK, EXT | MULTIPLE, read_sectors},
    {0x30, 0x31, ATA_DISK, 0, write_sectors},
    {0x34, 0x34, ATA_DISK, EXT, write_sectors},
    {0x39, 0x39, ATA_DISK, EXT | MULTIPLE, write_sectors},
    {0x40, 0x41, ATA_DISK, 0, verify_sectors},
    {0x42, 0x42, ATA_DISK, EXT, verify_sectors},
    {0x70, 0x7f, ATA_DISK, 0, seek},
    {0x91, 0x91, ATA_DISK, 0, set_parameters}, /* INITIALIZE DEVICE PARAMETERS */
    {0x94, 0x94, ATA_NONE, 0, standby},        /* the first codes of e0 to e6 */
    {0x95, 0x95, ATA_NONE, 0, nothing_to_do},
    {0x96, 0x96, ATA_NONE, 0, standby},
    {0x97, 0x97, ATA_NONE, 0, nothing_to_do},
    {0x98, 0x98, ATA_NONE, 0, check_power},
    {0x99, 0x99, ATA_NONE, 0, standby},
    {0xa0, 0xa0, ATA_CD, 0, packet},
    {0xa1, 0xa1, ATA_CD, 0, identify}, /* IDENTIFY PACKET DEVICE */
    {0xc4, 0xc4, ATA_DISK, MULTIPLE, read_sectors},
    {0xc5, 0xc5, ATA_DISK, MULTIPLE, write_sectors},
    {0xc6, 0xc6, ATA_DISK, 0, set_multiple},
    {0xe0, 0xe0, ATA_NONE, 0, standby},       /* STANDBY IMMEDIATE */
    {0xe1, 0xe1, ATA_NONE, 0, nothing_to_do}, /* IDLE IMMEDIATE */
    {0xe2, 0xe2, ATA_NONE, 0, standby},       /* STANDBY */
    {0xe3, 0xe3, ATA_NONE, 0, nothing_to_do}, /* IDLE */
    {0xe5, 0xe5, ATA_NONE, 0, check_power},   /* CHECK POWER MODE */
    {0xe6, 0xe6, ATA_NONE, 0, standby},       /* SLEEP, from which any command wakes this one */
    {0xe7, 0xe7, ATA_DISK, 0, flush},         /* FLUSH CACHE */
    {0xea, 0xea, ATA_DISK, EXT, flush},       /* FLUSH CACHE EXT */
    {0xec, 0xec, ATA_DISK, 0, identify},      /* IDENTIFY DEVICE */
    {0xec, 0xec, ATA_CD, 0, abort_with_signature},
    {0x20, 0x20, ATA_CD, 0, abort_with_signature},
    {0xef, 0xef, ATA_NONE, 0, set_features},
};

static const struct command *find(uint8_t code, enum ata_kind kind)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        const struct command *c = &commands[i];
        if (c->first <= code && code <= c->last && (c->kind == kind || c->kind == ATA_NONE))
            return c;
    }
    return NULL;
}

/* A command that comes while data is awaited ends the one that awaits it. */
void ata_command(struct ata_drive *drive, uint8_t code)
{
    struct ata_drive_state *s = drive->state;
    const struct command *command = find(code, drive->medium->kind);
    s->phase = ATA_IDLE;
    s->interrupt = false;
    s->error = 0;
    if (!command) {
        ata_fail(drive, ATA_ERROR_ABRT);
        return;
    }
    if (command->run != check_power)
        s->standby = false;
    command->run(drive, command->how);
}
