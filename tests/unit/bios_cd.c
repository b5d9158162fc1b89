/* INT 13h and 19h with a CD: drive 0xe0 of 2048-byte sectors, diskette 0 if it is booted as one. */
#include "bios_machine.h"
#include "cd_image.h"

#define PACKET 0x20100 /* DS:SI */
#define BUFFER 0x30000

/* A machine whose CD boots as MEDIA. */
static struct machine *machine_with_cd(struct cd_image *cd, uint8_t media)
{
    struct machine *m = machine_new(NULL);
    struct error error;
    cd_image_fill(cd);
    cd_entry(cd->bytes[18] + 32, 0x88, media, 0, 4);
    cd_image_open(cd);
    bios_free(m->bios);
    m->config.cd = &cd->disk;
    m->bios = bios_new(&m->config);
    CHECK_EQ(bios_reset(m->bios, &error), 0);
    machine_set16(m, CPU_RSI, PACKET & 0xffff);
    return m;
}

static void end(struct machine *m, struct cd_image *cd)
{
    machine_free(m);
    cd_image_close(cd);
}

static void set_packet(struct machine *m, uint16_t count, uint64_t block)
{
    const uint16_t words[8] = {0x0010,
                               count,
                               0,
                               BUFFER >> 4,
                               (uint16_t)block,
                               (uint16_t)(block >> 16),
                               (uint16_t)(block >> 32),
                               (uint16_t)(block >> 48)};
    memory_write(m->memory, PACKET, words, sizeof words);
}

/* Calls; AH and carry are to be as said. */
static void call_drive(struct machine *m, uint8_t drive, uint16_t ax, uint8_t status)
{
    m->cpu.gpr[CPU_RDX] = (m->cpu.gpr[CPU_RDX] & ~0xffull) | drive;
    machine_call(m, 0x13, ax);
    CHECK_EQ(machine_get16(m, CPU_RAX) >> 8, status);
}

static void blocks_of_2048_bytes(void)
{
    static const struct {
        uint16_t ax, count;
        uint64_t block;
        uint8_t status;
    } cases[] = {
        {0x4200, 1, 21, 0},
        {0x4200, 2, CD_BLOCKS - 2, 0},
        {0x4200, 2, CD_BLOCKS - 1, 4},
        {0x4200, 1, CD_BLOCKS, 4},
        {0x4200, 1, 1ull << 62, 4}, /* times 4 it is 0 */
        {0x4200, 0xffff, 0, 4},
        {0x4300, 1, 21, 3},
        {0x4400, 1, 21, 0},
        {0x4700, 1, CD_BLOCKS - 1, 0},
        {0x4700, 1, CD_BLOCKS, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cd_image cd;
        struct machine *m = machine_with_cd(&cd, 0);
        uint8_t got[2 * CD_BLOCK], nothing[2 * CD_BLOCK] = {0};
        set_packet(m, cases[i].count, cases[i].block);
        call_drive(m, 0xe0, cases[i].ax, cases[i].status);
        memory_read(m->memory, BUFFER, got, sizeof got);
        if (cases[i].ax == 0x4200 && !cases[i].status)
            CHECK_MEM(got, cd.bytes[cases[i].block], cases[i].count * CD_BLOCK);
        else
            CHECK_MEM(got, nothing, sizeof nothing);
        end(m, &cd);
    }
}

static void its_parameters(void)
{
    struct cd_image cd;
    struct machine *m = machine_with_cd(&cd, 0);
    uint8_t got[30];
    const uint8_t expected[30] = {30, 0,         4, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0,    0,    0,
                                  0,  CD_BLOCKS, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0xff, 0xff, 0xff, 0xff};
    machine_set_word(m, PACKET, 30);
    call_drive(m, 0xe0, 0x4800, 0);
    memory_read(m->memory, PACKET, got, sizeof got);
    CHECK_MEM(got, expected, sizeof got);
    machine_set16(m, CPU_RBX, 0x55aa);
    call_drive(m, 0xe0, 0x4100, 0x30);
    CHECK_EQ(machine_get16(m, CPU_RBX), 0xaa55);
    end(m, &cd);
}

static void what_it_was_booted_as(void)
{
    for (uint8_t media = 0; media <= 3; media++) {
        struct cd_image cd;
        struct machine *m = machine_with_cd(&cd, media);
        const uint8_t expected[19] = {
            19, media, media ? 0 : 0xe0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x07, 4, 0, 0, 0, 0};
        uint8_t got[19];
        call_drive(m, media ? 0 : 0xe0, 0x4b01, 0);
        memory_read(m->memory, PACKET, got, sizeof got);
        CHECK_MEM(got, expected, sizeof got);
        call_drive(m, 0xe0, 0x4b02, 1);
        CHECK_EQ(machine_get16(m, CPU_RAX), 0x0102);
        end(m, &cd);
    }
}

/* 1.44 MB: 80 cylinders, 2 heads, 18 sectors; of the last ones the CD has none. */
static void a_diskette_by_cylinder_head_and_sector(void)
{
    struct cd_image cd;
    struct machine *m = machine_with_cd(&cd, 2);
    uint8_t got[DISK_SECTOR];
    CHECK_EQ(machine_word(m, 0x410) & 0xc1, 0x01); /* equipment: one diskette drive */
    machine_set16(m, CPU_RBX, 0);
    call_drive(m, 0, 0x0800, 0);
    CHECK_EQ(machine_get16(m, CPU_RBX), 4);
    CHECK_EQ(machine_get16(m, CPU_RCX), 79 << 8 | 18);
    CHECK_EQ(machine_get16(m, CPU_RDX), 1 << 8 | 1);
    call_drive(m, 0, 0x1500, 1);

    machine_segment(m, CPU_ES, BUFFER >> 4);
    machine_set16(m, CPU_RBX, 0);
    machine_set16(m, CPU_RCX, 0x0003); /* cylinder 0, sector 3 */
    machine_set16(m, CPU_RDX, 0x0100); /* head 1: sector 20 of the diskette, in block 25 */
    call_drive(m, 0, 0x0201, 0);
    memory_read(m->memory, BUFFER, got, sizeof got);
    CHECK_MEM(got, cd.bytes[25], sizeof got);
    call_drive(m, 0, 0x0301, 3);
    machine_set16(m, CPU_RCX, 0x0013); /* sector 19 */
    call_drive(m, 0, 0x0201, 4);
    machine_set16(m, CPU_RCX, 0x4f01); /* cylinder 79 */
    call_drive(m, 0, 0x0201, 4);
    end(m, &cd);
}

/* A diskette has no LBA, a CD no cylinders; neither is there where no CD is. */
static void functions_that_a_drive_has_not(void)
{
    static const uint16_t lba[] = {0x4100, 0x4200, 0x4300, 0x4400, 0x4700, 0x4800};
    static const uint16_t chs[] = {0x0201, 0x0301, 0x0401, 0x0800, 0x1500};
    struct cd_image cd;
    struct machine *m = machine_with_cd(&cd, 2);
    machine_set16(m, CPU_RBX, 0x55aa);
    for (size_t i = 0; i < sizeof lba / sizeof *lba; i++)
        call_drive(m, 0x00, lba[i], 1);
    for (size_t i = 0; i < sizeof chs / sizeof *chs; i++)
        call_drive(m, 0xe0, chs[i], 1);
    call_drive(m, 0xe0, 0x0000, 0);
    call_drive(m, 0x01, 0x0000, 0x80);
    end(m, &cd);
    m = machine_new(NULL);
    call_drive(m, 0xe0, 0x0000, 1);
    call_drive(m, 0xe0, 0x4b01, 1);
    CHECK_EQ(machine_word(m, 0x410) & 0x01, 0);
    machine_free(m);
}

static void int_19h_boots_it(void)
{
    static const struct {
        uint8_t media, drive;
    } cases[] = {{0, 0xe0}, {2, 0x00}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cd_image cd;
        struct machine *m = machine_with_cd(&cd, cases[i].media);
        uint8_t got[4 * DISK_SECTOR];
        machine_call(m, 0x19, 0);
        CHECK_EQ(m->cpu.seg[CPU_CS].base + m->cpu.rip, 0x7c00);
        CHECK_EQ(machine_get16(m, CPU_RDX) & 0xff, cases[i].drive);
        memory_read(m->memory, 0x7c00, got, sizeof got);
        CHECK_MEM(got, cd.bytes[20], sizeof got);
        end(m, &cd);
    }
    struct cd_image cd;
    struct machine *m = machine_with_cd(&cd, 4);
    machine_call(m, 0x19, 0);
    CHECK_CONSOLE(m, "stepvm: no bootable CD: the CD boots as a hard disk, which is not emulated "
                     "(boot that image by itself, with --format boot); the guest is halted\r\n");
    end(m, &cd);
}

int main(void)
{
    TEST(blocks_of_2048_bytes);
    TEST(its_parameters);
    TEST(what_it_was_booted_as);
    TEST(a_diskette_by_cylinder_head_and_sector);
    TEST(functions_that_a_drive_has_not);
    TEST(int_19h_boots_it);
    return check_done();
}
