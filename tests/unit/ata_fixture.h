/* A channel with media of the test's own, and the ports as a driver uses them. */
#ifndef TESTS_UNIT_ATA_FIXTURE_H
#define TESTS_UNIT_ATA_FIXTURE_H

#include "vmm/dev/ata.h"

#include "tests/check.h"

#include <errno.h>

#define MEDIUM_SECTORS 5000u /* of which the first KEPT are kept, the rest read as their number */
#define KEPT           64u

enum { DATA, ERROR, COUNT, LOW, MID, HIGH, DEVICE, STATUS }; /* ports */
#define FEATURES ERROR
#define COMMAND  STATUS

#define BSY   0x80
#define READY 0x50 /* DRDY, DSC */
#define DRQ   0x08
#define ERR   0x01

struct medium {
    uint8_t bytes[KEPT][ATA_SECTOR];
    uint64_t bad; /* the host can't read or write this sector */
    unsigned reads, writes, flushes;
    int flush_result;
};

struct channel {
    struct ata ata;
    struct medium media[2];
    bool line;
    unsigned edges; /* how often the line went up */
};

static inline void medium_pattern(uint64_t sector, uint8_t *buf)
{
    for (unsigned i = 0; i < ATA_SECTOR; i++)
        buf[i] = (uint8_t)(sector + 3 * i);
}

static inline bool medium_holds_bad(const struct medium *m, uint64_t sector, uint32_t count)
{
    return m->bad >= sector && m->bad < sector + count;
}

static inline int medium_read(void *context, uint64_t sector, void *buf, uint32_t count)
{
    struct medium *m = context;
    m->reads++;
    if (medium_holds_bad(m, sector, count))
        return -EIO;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *to = (uint8_t *)buf + i * ATA_SECTOR;
        if (sector + i < KEPT)
            memcpy(to, m->bytes[sector + i], ATA_SECTOR);
        else
            medium_pattern(sector + i, to);
    }
    return 0;
}

static inline int medium_write(void *context, uint64_t sector, const void *buf, uint32_t count)
{
    struct medium *m = context;
    m->writes++;
    if (medium_holds_bad(m, sector, count))
        return -ENOSPC;
    for (uint32_t i = 0; i < count; i++)
        if (sector + i < KEPT)
            memcpy(m->bytes[sector + i], (const uint8_t *)buf + i * ATA_SECTOR, ATA_SECTOR);
    return 0;
}

static inline int medium_flush(void *context)
{
    struct medium *m = context;
    m->flushes++;
    return m->flush_result;
}

static inline void channel_line(void *context, bool level)
{
    struct channel *c = context;
    c->edges += level && !c->line;
    c->line = level;
}

static inline void channel_attach(struct channel *c, unsigned unit, enum ata_kind kind,
                                  uint64_t sectors)
{
    struct medium *m = &c->media[unit];
    const struct ata_medium medium = {
        .kind = kind,
        .writable = kind == ATA_DISK,
        .sectors = sectors,
        .serial = "TEST",
        .read = medium_read,
        .write = medium_write,
        .flush = medium_flush,
        .context = m,
    };
    m->bad = UINT64_MAX;
    for (uint64_t i = 0; i < KEPT; i++)
        medium_pattern(i, m->bytes[i]);
    ata_attach(&c->ata, unit, &medium);
}

/* Device 0 is a disk; device 1 is not there. */
static inline void channel_init(struct channel *c)
{
    memset(c, 0, sizeof *c);
    ata_init(&c->ata, (struct irq_line){channel_line, c});
    channel_attach(c, 0, ATA_DISK, MEDIUM_SECTORS);
}

static inline void out(struct channel *c, unsigned port, uint32_t value)
{
    ata_command_ops.write(&c->ata, port - 1, value, 1);
}

static inline uint8_t in(struct channel *c, unsigned port)
{
    return (uint8_t)ata_command_ops.read(&c->ata, port - 1, 1);
}

static inline void control(struct channel *c, uint8_t value)
{
    ata_control_ops.write(&c->ata, 0, value, 1);
}

static inline uint8_t alternate(struct channel *c)
{
    return (uint8_t)ata_control_ops.read(&c->ata, 0, 1);
}

static inline void in_data(struct channel *c, void *buf, uint32_t bytes)
{
    ata_data_ops.read_string(&c->ata, 0, buf, 2, bytes / 2);
}

static inline void out_data(struct channel *c, const void *buf, uint32_t bytes)
{
    ata_data_ops.write_string(&c->ata, 0, buf, 2, bytes / 2);
}

/* A command with a 28-bit address. */
static inline void command28(struct channel *c, uint8_t command, uint32_t lba, uint8_t count)
{
    out(c, DEVICE, 0xe0 | lba >> 24);
    out(c, COUNT, count);
    out(c, LOW, lba & 0xff);
    out(c, MID, lba >> 8 & 0xff);
    out(c, HIGH, lba >> 16 & 0xff);
    out(c, COMMAND, command);
}

/* A command with a 48-bit address: the high bytes go first. */
static inline void command48(struct channel *c, uint8_t command, uint64_t lba, uint16_t count)
{
    out(c, DEVICE, 0x40);
    out(c, COUNT, count >> 8);
    for (unsigned i = 0; i < 3; i++)
        out(c, LOW + i, lba >> (24 + 8 * i) & 0xff);
    out(c, COUNT, count & 0xff);
    for (unsigned i = 0; i < 3; i++)
        out(c, LOW + i, lba >> 8 * i & 0xff);
    out(c, COMMAND, command);
}

/* The line, and a status that is read without lowering it. */
#define CHECK_STATE(c, status, level)                                                              \
    do {                                                                                           \
        CHECK_EQ(alternate(c), status);                                                            \
        CHECK_EQ((c)->line, level);                                                                \
    } while (0)

#endif
