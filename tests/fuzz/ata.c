/* Any sequence of accesses to an ATA channel: two disks, a disk alone, or a disk and a CD, as the
 * first byte says, with a host that fails now and then. What must hold is that nothing runs past
 * its buffers (the sanitizers look, and each access of a medium is checked here) and that each
 * state is one that ATA/ATAPI-6 has. */
#include "fuzz.h"
#include "tests/unit/ata_fixture.h"

const unsigned fuzz_rounds = 20000;
const char *const fuzz_goals[] = {"a read", "a write", "a failure", "data of a packet", NULL};

static uint64_t next(struct fuzz_input *in)
{
    return fuzz_number(in, 8);
}

/* Most commands mean something, and most addresses are within the disk. */
static uint8_t likely(unsigned port, uint64_t dice)
{
    static const uint8_t commands[] = {0x20, 0x24, 0x29, 0x30, 0x34, 0x39, 0x40, 0x42,
                                       0xa0, 0xa0, 0xa1, 0xc4, 0xc5, 0xc6, 0xec, 0x91};
    static const uint8_t masks[] = {[FEATURES] = 2, [COUNT] = 0x3f, [LOW] = 0xff, [MID] = 0x0f};
    if (port == COMMAND)
        return commands[dice & 15];
    if (port == DEVICE)
        return (uint8_t)((dice & 0x10) | 0x40);
    return port < HIGH ? (uint8_t)(dice & masks[port]) : 0;
}

static void write_register(struct channel *c, struct fuzz_input *in)
{
    const uint64_t dice = next(in);
    const unsigned port = ERROR + dice % 7, len = dice >> 8 & 15 ? 1 : 1u << (dice >> 12 & 3);
    const uint64_t value = dice >> 16 & 15 ? likely(port, dice >> 32) : dice >> 32;
    ata_command_ops.write(&c->ata, port - 1, value, len);
}

/* Packets are mostly ones that mean something. */
static void write_data(struct channel *c, struct fuzz_input *in)
{
    static const uint8_t codes[] = {0x00, 0x03, 0x12, 0x25, 0x28, 0x28, 0x43, 0x5a,
                                    0xa8, 0x28, 0x28, 0x46, 0x1b, 0x12, 0x43, 0xff};
    uint8_t data[4096];
    const uint64_t dice = next(in), more = next(in);
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = more >> i % 64 & 1 ? (uint8_t)(more >> i % 32) : 0;
    data[0] = codes[dice & 15];
    data[3] = data[4] = 0;
    const unsigned len = 1u << (dice >> 8 & 3);
    if (dice >> 16 & 1)
        ata_data_ops.write_string(&c->ata, 0, data, len, (dice >> 20) % (sizeof data / len) + 1);
    else if (dice >> 17 & 1)
        ata_data_ops.write_string(&c->ata, 0, data, 2, 6);
    else
        ata_data_ops.write(&c->ata, 0, more, len);
}

static void read_data(struct channel *c, struct fuzz_input *in)
{
    uint8_t data[4096 + 16];
    const uint64_t dice = next(in);
    const unsigned len = 1u << (dice & 3);
    const uint32_t count = (uint32_t)((dice >> 8) % (4096 / len) + 1);
    memset(data, 0xcc, sizeof data);
    if (dice >> 4 & 1)
        ata_data_ops.read_string(&c->ata, 0, data, len, count);
    else
        ata_data_ops.read(&c->ata, 0, len);
    CHECK_EQ(data[len * count], 0xcc);
}

static void access_it(struct channel *c, struct fuzz_input *in)
{
    const uint64_t dice = next(in);
    switch (dice % 8) {
    case 0:
        ata_command_ops.read(&c->ata, (dice >> 8) % 9, 1u << (dice >> 16 & 3));
        break;
    case 1:
        read_data(c, in);
        break;
    case 2:
        write_data(c, in);
        break;
    case 3:
        alternate(c);
        if (!(dice >> 8 & 15))
            control(c, (uint8_t)(dice >> 16));
        else if (!(dice >> 8 & 1))
            control(c, 0);
        break;
    default:
        write_register(c, in);
    }
}

static void check_drive(const struct channel *c, unsigned unit)
{
    const struct ata_drive_state *s = &c->ata.state.drives[unit];
    const bool asks = s->phase != ATA_IDLE;
    CHECK(s->phase <= ATA_PACKET_DATA);
    CHECK(!asks || (s->at < s->end && s->end <= ATA_BUFFER));
    CHECK(s->multiple <= ATA_MULTIPLE);
    CHECK(s->chs.heads >= 1 && s->chs.heads <= 16 && s->chs.sectors >= 1);
    if (c->ata.media[unit].kind == ATA_NONE || s->status == BSY)
        return;
    CHECK_EQ((s->status & DRQ) != 0, asks);
    CHECK(!(s->status & ERR) || s->error);
}

static void check_line(const struct channel *c)
{
    const struct ata_state *s = &c->ata.state;
    const unsigned unit = s->device >> 4 & 1;
    CHECK_EQ(c->line,
             s->drives[unit].interrupt && !(s->control & 2) && c->ata.media[unit].kind != ATA_NONE);
}

static void note(const struct channel *c)
{
    static const char *const phases[] = {
        [ATA_READ] = "a read", [ATA_WRITE] = "a write", [ATA_PACKET_DATA] = "data of a packet"};
    for (unsigned unit = 0; unit < 2; unit++) {
        const struct ata_drive_state *s = &c->ata.state.drives[unit];
        if (s->phase < sizeof phases / sizeof *phases && phases[s->phase])
            fuzz_reached(phases[s->phase]);
        if (s->status & ERR)
            fuzz_reached("a failure");
    }
}

/* A medium that checks what it is asked for, as disk.c would refuse it. */
static int checked_read(void *context, uint64_t sector, void *buf, uint32_t n)
{
    CHECK(n && n <= ATA_MULTIPLE && sector < MEDIUM_SECTORS && n <= MEDIUM_SECTORS - sector);
    return medium_read(context, sector, buf, n);
}

static int checked_write(void *context, uint64_t sector, const void *buf, uint32_t n)
{
    CHECK(n && n <= ATA_MULTIPLE && sector < MEDIUM_SECTORS && n <= MEDIUM_SECTORS - sector);
    return medium_write(context, sector, buf, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum ata_kind seconds[] = {ATA_NONE, ATA_DISK, ATA_CD};
    struct fuzz_input in = {data, size};
    const enum ata_kind second = seconds[fuzz_number(&in, 1) % 3];
    struct channel c;
    channel_init(&c);
    if (second != ATA_NONE)
        channel_attach(&c, 1, second, MEDIUM_SECTORS);
    for (unsigned unit = 0; unit < 2; unit++) {
        c.ata.media[unit].read = checked_read;
        c.ata.media[unit].write = checked_write;
    }
    while (in.left && !check_failures) {
        const uint64_t dice = fuzz_number(&in, 1);
        c.media[0].bad = c.media[1].bad = dice % 16 ? UINT64_MAX : dice / 16 % 8;
        access_it(&c, &in);
        check_drive(&c, 0);
        check_drive(&c, 1);
        check_line(&c);
        note(&c);
    }
    return fuzz_verdict();
}
