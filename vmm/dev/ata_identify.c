/* Who a drive is: IDENTIFY DEVICE's 256 words (table 27), IDENTIFY PACKET DEVICE's (table 30), and
 * the signature after a reset (9.12). */
#include "dev/ata_drive.h"

#include <stddef.h>
#include <string.h>

#define LBA28_SECTORS 0x0fffffffu
#define MAX_CYLINDERS 16383u /* at 16 heads and 63 sectors: what larger disks give, too */
#define HEADS         16u
#define SECTORS       63u

#define MODEL_DISK "STEPVM DISK"
#define MODEL_CD   "STEPVM CD-ROM"
#define FIRMWARE   "1"

/* ATA-1 (bit 1) to ATA/ATAPI-6. */
#define VERSIONS 0x007e

/* Words 82 to 87: supported, then enabled; bit 14 of 83, 84 and 87 is always set. */
#define SET_1        0x4028 /* NOP, write cache, power management */
#define SET_2        0x7400 /* FLUSH CACHE EXT, FLUSH CACHE, 48-bit addresses */
#define SET_1_PACKET 0x4218 /* NOP, DEVICE RESET, PACKET, power management */
#define SET_VALID    0x4000

struct ata_geometry ata_default_geometry(uint64_t sectors)
{
    const uint64_t cylinders = sectors / (HEADS * SECTORS);
    return (struct ata_geometry){
        .cylinders = cylinders > MAX_CYLINDERS ? MAX_CYLINDERS
                     : cylinders               ? (uint16_t)cylinders
                                               : 1,
        .heads = HEADS,
        .sectors = SECTORS,
    };
}

void ata_show_signature(struct ata_drive *drive)
{
    struct ata_drive_state *s = drive->state;
    const bool cd = drive->medium->kind == ATA_CD;
    const uint8_t values[ATA_REGISTERS] = {
        [ATA_COUNT] = 1, [ATA_LOW] = 1, [ATA_MID] = cd ? 0x14 : 0, [ATA_HIGH] = cd ? 0xeb : 0};
    for (unsigned i = ATA_COUNT; i < ATA_REGISTERS; i++)
        s->reg[i] = (struct ata_register){.now = values[i]};
    s->error = ATA_DIAGNOSTIC_PASSED;
    s->status = cd ? 0 : ATA_STATUS_DRDY | ATA_STATUS_DSC;
}

/* ---- IDENTIFY */

static void put_word(uint8_t *data, unsigned word, uint32_t value)
{
    data[2 * word] = (uint8_t)value;
    data[2 * word + 1] = (uint8_t)(value >> 8);
}

/* The low word first. */
static void put_words(uint8_t *data, unsigned word, unsigned count, uint64_t value)
{
    for (unsigned i = 0; i < count; i++)
        put_word(data, word + i, (uint16_t)(value >> 16 * i));
}

/* Padded with blanks; the first character of each pair is in the upper byte. */
static void put_text(uint8_t *data, unsigned word, unsigned words, const char *text)
{
    const size_t len = strlen(text);
    for (unsigned i = 0; i < 2 * words; i++)
        data[2 * word + (i ^ 1)] = (uint8_t)(i < len ? text[i] : ' ');
}

struct word {
    uint8_t number;
    uint16_t value;
};

static void put_table(uint8_t *data, const struct word *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_word(data, words[i].number, words[i].value);
}

/* The same in both. */
static void put_common(const struct ata_drive *drive, const char *model, uint8_t *data)
{
    static const struct word words[] = {
        {49, 0x0a00}, /* LBA, IORDY; no DMA */
        {64, 0x0003}, /* PIO modes 3 and 4 */
        {67, 120},    /* ns, the shortest PIO cycle, without and with flow control */
        {68, 120},    {80, VERSIONS}, {83, SET_VALID}, {84, SET_VALID}, {87, SET_VALID},
    };
    put_text(data, 10, 10, drive->medium->serial);
    put_text(data, 23, 4, FIRMWARE);
    put_text(data, 27, 20, model);
    put_table(data, words, sizeof words / sizeof *words);
}

static void put_geometry(const struct ata_drive *drive, uint8_t *data)
{
    const struct ata_geometry *now = &drive->state->chs;
    const struct ata_geometry first = ata_default_geometry(drive->medium->sectors);
    put_word(data, 1, first.cylinders);
    put_word(data, 3, first.heads);
    put_word(data, 6, first.sectors);
    put_word(data, 54, now->cylinders);
    put_word(data, 55, now->heads);
    put_word(data, 56, now->sectors);
    put_words(data, 57, 2, (uint64_t)now->cylinders * now->heads * now->sectors);
}

static void identify_disk(const struct ata_drive *drive, uint8_t *data)
{
    static const struct word words[] = {
        {0, 0x0040},                 /* a fixed disk */
        {47, 0x8000 | ATA_MULTIPLE}, /* READ MULTIPLE's largest block */
        {50, SET_VALID},
        {53, 0x0003}, /* words 54-58 and 64-70 are valid */
        {82, SET_1},
        {83, SET_2},
        {85, SET_1},
        {86, SET_2 & ~SET_VALID},
    };
    const uint64_t sectors = drive->medium->sectors;
    put_common(drive, MODEL_DISK, data);
    put_table(data, words, sizeof words / sizeof *words);
    put_geometry(drive, data);
    if (drive->state->multiple)
        put_word(data, 59, 0x100u | drive->state->multiple);
    put_words(data, 60, 2, sectors < LBA28_SECTORS ? sectors : LBA28_SECTORS);
    put_words(data, 100, 4, sectors);
}

static void identify_cd(const struct ata_drive *drive, uint8_t *data)
{
    static const struct word words[] = {
        {0, 0x85c0},  /* packet device, CD-ROM, removable; DRQ within 50 us; packets of 12 bytes */
        {53, 0x0002}, /* words 64-70 are valid */
        {82, SET_1_PACKET},
        {85, SET_1_PACKET},
    };
    put_common(drive, MODEL_CD, data);
    put_table(data, words, sizeof words / sizeof *words);
}

void ata_identify(const struct ata_drive *drive, uint8_t data[ATA_SECTOR])
{
    uint8_t sum = 0;
    memset(data, 0, ATA_SECTOR);
    if (drive->medium->kind == ATA_CD)
        identify_cd(drive, data);
    else
        identify_disk(drive, data);
    data[510] = 0xa5; /* the integrity word: all bytes add up to 0 */
    for (unsigned i = 0; i < ATA_SECTOR - 1; i++)
        sum = (uint8_t)(sum + data[i]);
    data[511] = (uint8_t)-sum;
}
