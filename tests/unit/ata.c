/* vmm/dev/ata*.c: the states that ATA/ATAPI-6 gives a disk's commands, its addresses and errors. */
#include "tests/unit/ata_fixture.h"

static void a_reset_leaves_the_signature(void)
{
    struct channel c;
    channel_init(&c);
    const uint8_t expected[] = {0x01, 0x01, 0x01, 0x00, 0x00, 0xa0, READY};
    uint8_t got[7];
    for (unsigned i = 0; i < sizeof got; i++)
        got[i] = in(&c, ERROR + i);
    CHECK_MEM(got, expected, sizeof got);

    command28(&c, 0x20, 7, 1);
    control(&c, 0x04); /* SRST */
    CHECK_STATE(&c, BSY, false);
    out(&c, LOW, 0x55); /* nobody listens */
    out(&c, COMMAND, 0xec);
    CHECK_STATE(&c, BSY, false);
    control(&c, 0x00);
    for (unsigned i = 0; i < sizeof got; i++)
        got[i] = in(&c, ERROR + i);
    CHECK_MEM(got, expected, sizeof got);
    CHECK(!c.line);
}

static void a_read_tells_of_each_block(void)
{
    struct channel c;
    uint8_t got[2 * ATA_SECTOR], expected[ATA_SECTOR];
    channel_init(&c);
    command28(&c, 0x20, 3, 2);
    CHECK_STATE(&c, READY | DRQ, true);
    CHECK_EQ(in(&c, STATUS), READY | DRQ); /* which lowers the line */
    CHECK_STATE(&c, READY | DRQ, false);
    in_data(&c, got, ATA_SECTOR - 2);
    CHECK_STATE(&c, READY | DRQ, false);
    in_data(&c, got + ATA_SECTOR - 2, 2);
    CHECK_STATE(&c, READY | DRQ, true); /* the second one */
    in_data(&c, got + ATA_SECTOR, ATA_SECTOR);
    CHECK_STATE(&c, READY, true);
    CHECK_EQ(in(&c, STATUS), READY);
    CHECK_STATE(&c, READY, false);
    CHECK_EQ(c.edges, 2);
    medium_pattern(3, expected);
    CHECK_MEM(got, expected, ATA_SECTOR);
    medium_pattern(4, expected);
    CHECK_MEM(got + ATA_SECTOR, expected, ATA_SECTOR);
    in_data(&c, got, 4); /* there is no more */
    CHECK_MEM(got, "\0\0\0\0", 4);
}

static void a_write_tells_when_a_block_is_taken(void)
{
    struct channel c;
    uint8_t data[2 * ATA_SECTOR];
    channel_init(&c);
    memset(data, 0x5a, ATA_SECTOR);
    memset(data + ATA_SECTOR, 0xa5, ATA_SECTOR);
    command28(&c, 0x30, 10, 2);
    CHECK_STATE(&c, READY | DRQ, false); /* no interrupt for the first */
    out_data(&c, data, ATA_SECTOR);
    CHECK_STATE(&c, READY | DRQ, true);
    CHECK_EQ(c.media[0].writes, 1);
    CHECK_EQ(in(&c, STATUS), READY | DRQ);
    out_data(&c, data + ATA_SECTOR, ATA_SECTOR - 4);
    CHECK_STATE(&c, READY | DRQ, false);
    CHECK_EQ(c.media[0].writes, 1);
    ata_data_ops.write(&c.ata, 0, 0xa5a5a5a5, 4); /* a 32-bit access is two words */
    CHECK_STATE(&c, READY, true);
    CHECK_EQ(in(&c, STATUS), READY);
    CHECK_MEM(c.media[0].bytes[10], data, ATA_SECTOR);
    CHECK_MEM(c.media[0].bytes[11], data + ATA_SECTOR, ATA_SECTOR);
    CHECK_EQ(c.media[0].bytes[12][0], 12);
    out_data(&c, data, 8); /* nobody asked for it */
    CHECK_STATE(&c, READY, false);
}

/* Each way to address a sector, at its edges. COUNT 0 is 256, or 65536. */
static void addresses_and_their_ends(void)
{
    static const struct {
        uint8_t command;
        uint64_t lba;
        uint16_t count;
        uint8_t status, error;
    } cases[] = {
        {0x40, 0, 1, READY, 0},
        {0x40, MEDIUM_SECTORS - 1, 1, READY, 0},
        {0x40, MEDIUM_SECTORS, 1, READY | ERR, 0x10},
        {0x40, MEDIUM_SECTORS - 1, 2, READY | ERR, 0x10},
        {0x40, MEDIUM_SECTORS - 256, 0, READY, 0},
        {0x40, MEDIUM_SECTORS - 255, 0, READY | ERR, 0x10},
        {0x40, 0x0fffffff, 1, READY | ERR, 0x10},
        {0x42, 0, 0x1388, READY, 0}, /* all 5000 */
        {0x42, 0, 0x1389, READY | ERR, 0x10},
        {0x42, 0, 0, READY | ERR, 0x10},
        {0x42, 0x1000000, 1, READY | ERR, 0x10}, /* nothing of the 48 bits is lost */
        {0x42, 1ull << 47, 1, READY | ERR, 0x10},
        {0x42, (1ull << 48) - 1, 0xffff, READY | ERR, 0x10},
        {0x70, MEDIUM_SECTORS - 1, 0, READY, 0},
        {0x70, MEDIUM_SECTORS, 0, READY | ERR, 0x10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct channel c;
        channel_init(&c);
        if (cases[i].command == 0x42)
            command48(&c, cases[i].command, cases[i].lba, cases[i].count);
        else
            command28(&c, cases[i].command, (uint32_t)cases[i].lba, (uint8_t)cases[i].count);
        CHECK_STATE(&c, cases[i].status, true);
        CHECK_EQ(in(&c, ERROR), cases[i].error);
    }
}

/* 5 cylinders of 16 heads and 63 sectors: 5040, the last ones of which are not there. */
static void cylinders_heads_and_sectors(void)
{
    static const struct {
        uint16_t cylinder;
        uint8_t head, sector;
        int64_t lba; /* -1: no address */
    } cases[] = {
        {0, 0, 1, 0},  {0, 0, 63, 62}, {0, 1, 1, 63}, {1, 0, 1, 1008},    {3, 15, 63, 4031},
        {0, 0, 0, -1}, {0, 0, 64, -1}, {4, 0, 1, -1}, {0xffff, 0, 1, -1},
    };
    struct channel c;
    uint8_t got[ATA_SECTOR], expected[ATA_SECTOR];
    channel_init(&c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        out(&c, DEVICE, 0xa0 | cases[i].head);
        out(&c, COUNT, 1);
        out(&c, LOW, cases[i].sector);
        out(&c, MID, cases[i].cylinder & 0xff);
        out(&c, HIGH, cases[i].cylinder >> 8);
        out(&c, COMMAND, 0x20);
        CHECK_EQ(alternate(&c), cases[i].lba < 0 ? READY | ERR : READY | DRQ);
        CHECK_EQ(in(&c, ERROR), cases[i].lba < 0 ? 0x10 : 0);
        in_data(&c, got, sizeof got);
        medium_pattern((uint64_t)cases[i].lba, expected);
        if (cases[i].lba >= 0)
            CHECK_MEM(got, expected, sizeof got);
    }
    /* INITIALIZE DEVICE PARAMETERS: 4 heads, 10 sectors a track. */
    out(&c, DEVICE, 0xa3);
    out(&c, COUNT, 10);
    out(&c, COMMAND, 0x91);
    CHECK_EQ(in(&c, STATUS), READY);
    out(&c, DEVICE, 0xa2);
    out(&c, COUNT, 1);
    out(&c, LOW, 5);
    out(&c, MID, 3);
    out(&c, HIGH, 0);
    out(&c, COMMAND, 0x20);
    in_data(&c, got, sizeof got);
    medium_pattern((3 * 4 + 2) * 10 + 4, expected);
    CHECK_MEM(got, expected, sizeof got);
    out(&c, COUNT, 0);
    out(&c, COMMAND, 0x91);
    CHECK_EQ(in(&c, STATUS), READY | ERR);
    CHECK_EQ(in(&c, ERROR), 0x04);
}

/* In what the address registers then have: the sector that is to blame. */
static void errors_of_the_host_become_the_drives(void)
{
    struct channel c;
    uint8_t data[3 * ATA_SECTOR] = {0};
    channel_init(&c);
    c.media[0].bad = 0x123;
    command28(&c, 0x20, 0x122, 3);
    CHECK_STATE(&c, READY | DRQ, true);
    in_data(&c, data, sizeof data);
    CHECK_STATE(&c, READY | ERR, true);
    CHECK_EQ(in(&c, ERROR), 0x40); /* UNC */
    CHECK_EQ(in(&c, LOW), 0x23);
    CHECK_EQ(in(&c, MID), 0x01);
    CHECK_EQ(in(&c, HIGH), 0x00);
    CHECK_EQ(in(&c, DEVICE), 0xe0);

    command48(&c, 0x34, 0x122, 3);
    out_data(&c, data, sizeof data);
    CHECK_STATE(&c, READY | ERR, true);
    CHECK_EQ(in(&c, ERROR), 0x04); /* ABRT */
    CHECK_EQ(in(&c, LOW), 0x23);
    CHECK_EQ(in(&c, MID), 0x01);
    control(&c, 0x80); /* HOB */
    CHECK_EQ(in(&c, LOW), 0);
    control(&c, 0);

    command28(&c, 0x40, 0x120, 10); /* VERIFY, which reads in larger pieces */
    CHECK_STATE(&c, READY | ERR, true);
    CHECK_EQ(in(&c, ERROR), 0x40);

    CHECK_EQ(c.media[0].flushes, 0);
    out(&c, COMMAND, 0xe7);
    CHECK_STATE(&c, READY, true);
    c.media[0].flush_result = -EIO;
    out(&c, COMMAND, 0xea);
    CHECK_STATE(&c, READY | ERR, true);
    CHECK_EQ(in(&c, ERROR), 0x04);
    CHECK_EQ(c.media[0].flushes, 2);
}

static void a_protected_disk_asks_for_no_data(void)
{
    struct channel c;
    channel_init(&c);
    c.ata.media[0].writable = false;
    command28(&c, 0x30, 1, 1);
    CHECK_STATE(&c, READY | ERR, true);
    CHECK_EQ(in(&c, ERROR), 0x44); /* WP, ABRT */
    out_data(&c, c.media[0].bytes[0], ATA_SECTOR);
    CHECK_EQ(c.media[0].writes, 0);
}

static void blocks_of_several_sectors(void)
{
    struct channel c;
    uint8_t got[20 * ATA_SECTOR], expected[ATA_SECTOR];
    channel_init(&c);
    command28(&c, 0xc4, 0, 20); /* not before SET MULTIPLE MODE */
    CHECK_STATE(&c, READY | ERR, true);
    CHECK_EQ(in(&c, ERROR), 0x04);
    static const struct {
        uint8_t sectors, status;
    } sizes[] = {{3, READY | ERR}, {32, READY | ERR}, {1, READY},
                 {16, READY},      {0, READY},        {8, READY}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        out(&c, COUNT, sizes[i].sectors);
        out(&c, COMMAND, 0xc6);
        CHECK_EQ(in(&c, STATUS), sizes[i].status);
    }
    c.edges = 0;
    command28(&c, 0xc4, 100, 20);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_EQ(in(&c, STATUS), READY | DRQ);
        in_data(&c, got + i * 8 * ATA_SECTOR, (i < 2 ? 8 : 4) * ATA_SECTOR);
    }
    CHECK_STATE(&c, READY, false);
    CHECK_EQ(c.edges, 3);
    CHECK_EQ(c.media[0].reads, 3);
    for (unsigned i = 0; i < 20; i++) {
        medium_pattern(100 + i, expected);
        CHECK_MEM(got + i * ATA_SECTOR, expected, ATA_SECTOR);
    }
    command48(&c, 0x39, 20, 9);
    out_data(&c, got, 9 * ATA_SECTOR);
    CHECK_EQ(in(&c, STATUS), READY);
    CHECK_EQ(c.media[0].writes, 2);
    CHECK_MEM(c.media[0].bytes[20], got, 9 * ATA_SECTOR);
}

static uint16_t word(const uint8_t *data, unsigned number)
{
    return (uint16_t)(data[2 * number] | data[2 * number + 1] << 8);
}

static void identify_says_what_it_is(void)
{
    static const struct {
        unsigned number;
        uint16_t value;
    } words[] = {
        {0, 0x0040},
        {1, 4},
        {3, 16},
        {6, 63},
        {10, 'T' << 8 | 'E'},
        {27, 'S' << 8 | 'T'},
        {47, 0x8010},
        {49, 0x0a00},
        {53, 3},
        {54, 4},
        {57, 4032},
        {58, 0},
        {59, 0},
        {60, MEDIUM_SECTORS},
        {61, 0},
        {80, 0x7e},
        {83, 0x7400},
        {86, 0x3400},
        {88, 0},
        {100, MEDIUM_SECTORS},
        {101, 0},
        {103, 0},
    };
    struct channel c;
    uint8_t data[ATA_SECTOR], sum = 0;
    channel_init(&c);
    out(&c, COMMAND, 0xec);
    CHECK_STATE(&c, READY | DRQ, true);
    in_data(&c, data, sizeof data);
    CHECK_STATE(&c, READY, true);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (word(data, words[i].number) != words[i].value)
            check_fail(__FILE__, __LINE__, "word %u: expected %04x, got %04x", words[i].number,
                       words[i].value, word(data, words[i].number));
    for (unsigned i = 0; i < sizeof data; i++)
        sum = (uint8_t)(sum + data[i]);
    CHECK_EQ(sum, 0);
}

/* Of a disk that 28 bits can't address, or 16383 cylinders. */
static void identify_of_a_large_disk(void)
{
    struct channel c;
    uint8_t data[ATA_SECTOR];
    channel_init(&c);
    channel_attach(&c, 0, ATA_DISK, 0x123456789abull);
    out(&c, COMMAND, 0xec);
    in_data(&c, data, sizeof data);
    CHECK_EQ(word(data, 1), 16383);
    CHECK_EQ(word(data, 60), 0xffff);
    CHECK_EQ(word(data, 61), 0x0fff);
    CHECK_EQ(word(data, 100), 0x89ab);
    CHECK_EQ(word(data, 101), 0x4567);
    CHECK_EQ(word(data, 102), 0x0123);
    command48(&c, 0x24, 0x123456789aaull, 1);
    CHECK_STATE(&c, READY | DRQ, true);
    command48(&c, 0x24, 0x123456789abull, 1);
    CHECK_STATE(&c, READY | ERR, true);
}

static void what_is_not_there_is_aborted(void)
{
    static const uint8_t commands[] = {0x00, 0x08, 0x22, 0xa0, 0xa1, 0xb0, 0xc8, 0xca, 0xf5, 0xff};
    for (size_t i = 0; i < sizeof commands; i++) {
        struct channel c;
        channel_init(&c);
        out(&c, COMMAND, commands[i]);
        CHECK_STATE(&c, READY | ERR, true);
        CHECK_EQ(in(&c, ERROR), 0x04);
    }
}

static void power_and_features(void)
{
    static const struct {
        uint8_t command, features, count, status, count_after;
    } steps[] = {
        {0xe5, 0, 0, READY, 0xff},
        {0xe0, 0, 0, READY, 0},
        {0xe5, 0, 0, READY, 0x00},
        {0xe1, 0, 0, READY, 0},
        {0x98, 0, 0, READY, 0xff},
        {0xef, 0x03, 0x0c, READY, 0x0c},
        {0xef, 0x03, 0x0d, READY | ERR, 0x0d}, /* there is no PIO mode 5 */
        {0xef, 0x03, 0x45, READY | ERR, 0x45}, /* nor Ultra DMA */
        {0xef, 0x82, 0, READY, 0},
        {0xef, 0x99, 0, READY | ERR, 0},
        {0x10, 0, 0, READY, 0},
    };
    struct channel c;
    channel_init(&c);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        out(&c, FEATURES, steps[i].features);
        out(&c, COUNT, steps[i].count);
        out(&c, COMMAND, steps[i].command);
        CHECK_EQ(in(&c, STATUS), steps[i].status);
        CHECK_EQ(in(&c, COUNT), steps[i].count_after);
    }
}

static void the_line_is_gated_and_follows_the_selection(void)
{
    struct channel c;
    channel_init(&c);
    channel_attach(&c, 1, ATA_DISK, MEDIUM_SECTORS);
    control(&c, 0x02); /* nIEN */
    out(&c, COMMAND, 0xec);
    CHECK_STATE(&c, READY | DRQ, false);
    control(&c, 0x00);
    CHECK_STATE(&c, READY | DRQ, true);
    out(&c, DEVICE, 0xb0); /* device 1 has no interrupt pending */
    CHECK_STATE(&c, READY, false);
    out(&c, COMMAND, 0xe7);
    CHECK_STATE(&c, READY, true);
    CHECK_EQ(in(&c, STATUS), READY);
    out(&c, DEVICE, 0xa0);
    CHECK_STATE(&c, READY | DRQ, true);
    CHECK_EQ(c.media[0].flushes, 0);
    CHECK_EQ(c.media[1].flushes, 1);
}

static void previous_bytes_are_shown_by_hob(void)
{
    struct channel c;
    channel_init(&c);
    for (unsigned port = COUNT; port <= HIGH; port++) {
        out(&c, port, 0x10 + port);
        out(&c, port, 0x20 + port);
    }
    control(&c, 0x80);
    for (unsigned port = COUNT; port <= HIGH; port++)
        CHECK_EQ(in(&c, port), 0x10 + port);
    out(&c, DEVICE, 0xe0); /* any write of the command block clears it */
    for (unsigned port = COUNT; port <= HIGH; port++)
        CHECK_EQ(in(&c, port), 0x20 + port);
}

/* No drive at all; device 0 alone; device 1 alone. */
static void absent_drives(void)
{
    struct channel c;
    memset(&c, 0, sizeof c);
    ata_init(&c.ata, (struct irq_line){channel_line, &c});
    out(&c, COUNT, 0x55);
    out(&c, COMMAND, 0xec);
    for (unsigned port = ERROR; port <= STATUS; port++)
        CHECK_EQ(in(&c, port), 0);
    CHECK_STATE(&c, 0, false);

    channel_init(&c);
    out(&c, DEVICE, 0xb0);
    out(&c, COUNT, 0x55);
    CHECK_EQ(in(&c, COUNT), 0x55); /* by device 0 */
    out(&c, COMMAND, 0xec);
    CHECK_STATE(&c, 0, false);
    out(&c, DEVICE, 0xa0);
    CHECK_STATE(&c, READY, false);

    memset(&c, 0, sizeof c);
    ata_init(&c.ata, (struct irq_line){channel_line, &c});
    channel_attach(&c, 1, ATA_DISK, MEDIUM_SECTORS);
    out(&c, COMMAND, 0xec);
    CHECK_STATE(&c, 0, false);
    out(&c, DEVICE, 0xb0);
    out(&c, COMMAND, 0xec);
    CHECK_STATE(&c, READY | DRQ, true);
}

static void diagnostics_are_both_drives(void)
{
    struct channel c;
    channel_init(&c);
    channel_attach(&c, 1, ATA_DISK, MEDIUM_SECTORS);
    out(&c, DEVICE, 0xb0);
    out(&c, COMMAND, 0x90);
    CHECK_STATE(&c, READY, true);
    CHECK_EQ(in(&c, ERROR), 0x01);
    CHECK_EQ(in(&c, DEVICE), 0xa0);
}

/* A driver gives up and starts anew: nothing of the old command is left. */
static void a_command_ends_the_one_before(void)
{
    struct channel c;
    uint8_t got[ATA_SECTOR], expected[ATA_SECTOR];
    channel_init(&c);
    command28(&c, 0x30, 5, 4);
    out_data(&c, got, 100);
    command28(&c, 0x20, 6, 1);
    in_data(&c, got, sizeof got);
    medium_pattern(6, expected);
    CHECK_MEM(got, expected, sizeof got);
    CHECK_EQ(c.media[0].writes, 0);
}

int main(void)
{
    TEST(a_reset_leaves_the_signature);
    TEST(a_read_tells_of_each_block);
    TEST(a_write_tells_when_a_block_is_taken);
    TEST(addresses_and_their_ends);
    TEST(cylinders_heads_and_sectors);
    TEST(errors_of_the_host_become_the_drives);
    TEST(a_protected_disk_asks_for_no_data);
    TEST(blocks_of_several_sectors);
    TEST(identify_says_what_it_is);
    TEST(identify_of_a_large_disk);
    TEST(what_is_not_there_is_aborted);
    TEST(power_and_features);
    TEST(the_line_is_gated_and_follows_the_selection);
    TEST(previous_bytes_are_shown_by_hob);
    TEST(absent_drives);
    TEST(diagnostics_are_both_drives);
    TEST(a_command_ends_the_one_before);
    return check_done();
}
