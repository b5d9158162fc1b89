/* vmm/dev/atapi.c: a CD drive's packets, in the states that ATA/ATAPI-6 gives them. */
#include "tests/unit/ata_fixture.h"

#define BLOCK  2048u
#define BLOCKS (MEDIUM_SECTORS / 4)

/* The CD is device 0. */
static void cd_init(struct channel *c)
{
    memset(c, 0, sizeof *c);
    ata_init(&c->ata, (struct irq_line){channel_line, c});
    channel_attach(c, 0, ATA_CD, MEDIUM_SECTORS);
    out(c, DEVICE, 0xa0);
}

static void start_packet(struct channel *c, const uint8_t packet[12], uint16_t limit)
{
    out(c, FEATURES, 0);
    out(c, MID, limit & 0xff);
    out(c, HIGH, limit >> 8);
    out(c, COMMAND, 0xa0);
    CHECK_STATE(c, READY | DRQ, false); /* no interrupt asks for the packet */
    CHECK_EQ(in(c, COUNT), 1);          /* CoD */
    out_data(c, packet, 12);
}

/* Takes all that the drive has to send, up to SIZE bytes; how many, and in how many blocks. */
static uint32_t take_data(struct channel *c, uint8_t *buf, uint32_t size, unsigned *blocks)
{
    uint32_t total = 0;
    *blocks = 0;
    while (alternate(c) & DRQ && total < size) {
        const uint32_t n = in(c, MID) | (uint32_t)in(c, HIGH) << 8;
        CHECK_EQ(in(c, COUNT), 2); /* IO */
        CHECK(c->line);
        in(c, STATUS);
        in_data(c, buf + total, n + (n & 1));
        total += n;
        ++*blocks;
    }
    return total;
}

static void expect_done(struct channel *c)
{
    CHECK_STATE(c, READY, true);
    CHECK_EQ(in(c, COUNT), 3);
    CHECK_EQ(in(c, STATUS), READY);
}

static void expect_failure(struct channel *c, uint8_t key, uint8_t code)
{
    static const uint8_t request_sense[12] = {0x03, 0, 0, 0, 18};
    uint8_t sense[18];
    unsigned blocks;
    CHECK_STATE(c, READY | ERR, true);
    CHECK_EQ(in(c, COUNT), 3);
    CHECK_EQ(in(c, ERROR), key << 4 | 4);
    start_packet(c, request_sense, 18);
    CHECK_EQ(take_data(c, sense, sizeof sense, &blocks), 18);
    CHECK_EQ(sense[0], 0x70);
    CHECK_EQ(sense[2], key);
    CHECK_EQ(sense[12], code);
}

static void it_says_that_it_is_a_cd(void)
{
    static const uint8_t signature[] = {0x01, 0x01, 0x01, 0x14, 0xeb, 0xa0, 0x00};
    struct channel c;
    uint8_t got[7], data[ATA_SECTOR];
    cd_init(&c);
    for (unsigned i = 0; i < sizeof got; i++)
        got[i] = in(&c, ERROR + i);
    CHECK_MEM(got, signature, sizeof got);
    static const uint8_t for_disks[] = {0xec, 0x20};
    for (unsigned i = 0; i < sizeof for_disks; i++) {
        out(&c, MID, 0);
        out(&c, HIGH, 0);
        out(&c, COMMAND, for_disks[i]);
        CHECK_EQ(alternate(&c) & ERR, ERR);
        CHECK_EQ(in(&c, ERROR), 0x04);
        CHECK_EQ(in(&c, MID), 0x14);
        CHECK_EQ(in(&c, HIGH), 0xeb);
    }
    out(&c, COMMAND, 0xa1);
    CHECK_STATE(&c, READY | DRQ, true);
    in_data(&c, data, sizeof data);
    CHECK_EQ(data[1] << 8 | data[0], 0x85c0);
    CHECK_MEM(data + 54, "TSPEMVC -DOR M", 14);
    out(&c, COMMAND, 0x08); /* DEVICE RESET, without an interrupt */
    CHECK_STATE(&c, 0x00, false);
    CHECK_EQ(in(&c, HIGH), 0xeb);
}

static void blocks_come_as_large_as_the_host_takes_them(void)
{
    static const struct {
        uint16_t limit;
        unsigned blocks;
    } cases[] = {{0xfffe, 2}, {0xffff, 2}, {0, 2}, {2048, 6}, {2049, 6}, {1024, 12}, {3000, 5}};
    static const uint8_t read_10[12] = {0x28, 0, 0, 0, 0, 100, 0, 0, 6};
    static const uint8_t read_12[12] = {0xa8, 0, 0, 0, 0, 100, 0, 0, 0, 6};
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct channel c;
        uint8_t got[6 * BLOCK], expected[ATA_SECTOR];
        unsigned blocks;
        cd_init(&c);
        start_packet(&c, i % 2 ? read_12 : read_10, cases[i / 2].limit);
        CHECK_EQ(take_data(&c, got, sizeof got, &blocks), sizeof got);
        CHECK_EQ(blocks, cases[i / 2].blocks);
        expect_done(&c);
        for (unsigned sector = 0; sector < 24; sector++) {
            medium_pattern(400 + sector, expected);
            CHECK_MEM(got + sector * ATA_SECTOR, expected, ATA_SECTOR);
        }
    }
}

static void replies(void)
{
    static const struct {
        uint8_t packet[12];
        unsigned len;
        uint8_t bytes[20]; /* of the reply's beginning */
    } cases[] = {
        {{0x00}, 0, {0}},
        {{0x1b}, 0, {0}},
        {{0x28, 0, 0, 0, 0, 9}, 0, {0}}, /* of no blocks */
        {{0x03, 0, 0, 0, 4}, 4, {0x70}},
        {{0x03, 0, 0, 0, 0}, 0, {0}},
        {{0x12, 0, 0, 0, 36}, 36, {5,   0x80, 0,   0x21, 31,  0,   0,   0,   'S', 'T',
                                   'E', 'P',  'V', 'M',  ' ', ' ', 'C', 'D', '-', 'R'}},
        {{0x12, 0, 0, 0, 5}, 5, {5, 0x80, 0, 0x21, 31}},
        {{0x25}, 8, {0, 0, (BLOCKS - 1) >> 8, (BLOCKS - 1) & 0xff, 0, 0, 8, 0}},
        {{0x43, 0, 0, 0, 0, 0, 0, 0, 20},
         20,
         {0, 18, 1, 1,    0,    0x14, 1, 0, 0,           0,
          0, 0,  0, 0x14, 0xaa, 0,    0, 0, BLOCKS >> 8, BLOCKS & 0xff}},
        /* 1250 blocks and 150: 18 s and 50 frames */
        {{0x43, 2, 0, 0, 0, 0, 0, 0, 20}, 20, {0, 18, 1, 1,    0,    0x14, 1, 0, 0,  0,
                                               2, 0,  0, 0x14, 0xaa, 0,    0, 0, 18, 50}},
        {{0x43, 0, 1, 0, 0, 0, 0, 0, 12}, 12, {0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0}},
        {{0x5a, 0, 0x2a, 0, 0, 0, 0, 0, 28},
         28,
         {0, 26, 1, 0, 0, 0, 0, 0, 0x2a, 18, 0, 0, 0, 0, 0x29}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct channel c;
        uint8_t got[64] = {0};
        unsigned blocks;
        cd_init(&c);
        start_packet(&c, cases[i].packet, 0xfffe);
        CHECK_EQ(take_data(&c, got, sizeof got, &blocks), cases[i].len);
        CHECK_MEM(got, cases[i].bytes, cases[i].len < 20 ? cases[i].len : 20);
        expect_done(&c);
    }
}

static void failures_have_their_sense(void)
{
    static const struct {
        uint8_t packet[12];
        uint8_t key, code;
    } cases[] = {
        {{0x28, 0, 0, 0, BLOCKS >> 8, BLOCKS & 0xff, 0, 0, 1}, 5, 0x21},
        {{0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff}, 5, 0x21},
        {{0xa8, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff}, 5, 0x21},
        {{0x2a}, 5, 0x20}, /* WRITE (10) */
        {{0xff}, 5, 0x20},
        {{0x12, 1, 0, 0, 36}, 5, 0x24},
        {{0x5a, 0, 0x08, 0, 0, 0, 0, 0, 28}, 5, 0x24},
        {{0x43, 0, 2, 0, 0, 0, 0, 0, 20}, 5, 0x24},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct channel c;
        cd_init(&c);
        start_packet(&c, cases[i].packet, 0xfffe);
        expect_failure(&c, cases[i].key, cases[i].code);
    }
}

/* The blocks before it come. */
static void a_block_that_cant_be_read(void)
{
    static const uint8_t read_10[12] = {0x28, 0, 0, 0, 0, 100, 0, 0, 6};
    struct channel c;
    uint8_t got[6 * BLOCK];
    unsigned blocks;
    cd_init(&c);
    c.media[0].bad = 4 * 105;
    start_packet(&c, read_10, 0xfffe);
    CHECK_EQ(take_data(&c, got, sizeof got, &blocks), 4 * BLOCK);
    expect_failure(&c, 3, 0x11);
}

static void there_is_no_dma(void)
{
    struct channel c;
    cd_init(&c);
    out(&c, FEATURES, 1);
    out(&c, COMMAND, 0xa0);
    CHECK_STATE(&c, READY | ERR, true);
    CHECK_EQ(in(&c, ERROR), 0x04);
}

int main(void)
{
    TEST(it_says_that_it_is_a_cd);
    TEST(blocks_come_as_large_as_the_host_takes_them);
    TEST(replies);
    TEST(failures_have_their_sense);
    TEST(a_block_that_cant_be_read);
    TEST(there_is_no_dma);
    return check_done();
}
