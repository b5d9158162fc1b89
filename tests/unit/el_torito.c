/* vmm/disks/el_torito.c: which entry of a CD's boot catalog is taken, and what is refused with
 * which words.
 */
#include "vmm/disks/el_torito.h"

#include "tests/check.h"
#include "tests/unit/cd_image.h"
#include "vmm/memory/layout.h"

#include <errno.h>

static int find(struct cd_image *cd, struct el_torito_entry *entry, struct error *error)
{
    error->text[0] = 0;
    memset(entry, 0xee, sizeof *entry);
    cd_image_open(cd);
    const int result = el_torito_find(&cd->disk, entry, error);
    cd_image_close(cd);
    return result;
}

static void the_initial_entry_is_taken(void)
{
    struct cd_image cd;
    struct el_torito_entry entry;
    struct error error;
    cd_image_fill(&cd);
    CHECK_EQ(find(&cd, &entry, &error), 0);
    CHECK_EQ(entry.media, 0);
    CHECK_EQ(entry.drive, 0xe0);
    CHECK_EQ(entry.gpa, 0x7c00);
    CHECK_EQ(entry.sectors, 4);
    CHECK_EQ(entry.block, 20);
    CHECK_EQ(entry.diskette.cylinders, 0);

    cd_entry(cd.bytes[18] + 32, 0x88, 0, 0x2000, 0);
    CHECK_EQ(find(&cd, &entry, &error), 0);
    CHECK_EQ(entry.gpa, 0x20000);
    CHECK_EQ(entry.sectors, 1);
}

/* The initial entry is not bootable, and that of the first section is for UEFI. */
static void sections_are_searched(void)
{
    struct cd_image cd;
    struct el_torito_entry entry;
    struct error error;
    cd_image_fill(&cd);
    uint8_t *catalog = cd.bytes[18];
    catalog[32] = 0;
    catalog[64] = 0x90;
    catalog[65] = 0xef;
    cd_entry(catalog + 96, 0x88, 0, 0x1000, 7);
    catalog[128] = 0x91;
    cd_entry(catalog + 160, 0x88, 0, 0x3000, 9);
    CHECK_EQ(find(&cd, &entry, &error), 0);
    CHECK_EQ(entry.gpa, 0x30000);
    CHECK_EQ(entry.sectors, 9);
}

/* 16 cylinders and some fit into what is behind block 20 of this CD. */
static void a_diskette_is_a_part_of_the_cd(void)
{
    static const uint16_t sectors[] = {0, 15, 18, 36};
    for (uint8_t media = 1; media <= 3; media++) {
        struct cd_image cd;
        struct el_torito_entry entry;
        struct error error;
        uint8_t sector[DISK_SECTOR], expected[DISK_SECTOR];
        cd_image_fill(&cd);
        cd_entry(cd.bytes[18] + 32, 0x88, media, 0, 1);
        CHECK_EQ(find(&cd, &entry, &error), 0);
        CHECK_EQ(entry.drive, 0);
        CHECK_EQ(entry.media, media);
        CHECK_EQ(entry.diskette.cylinders, 80);
        CHECK_EQ(entry.diskette.heads, 2);
        CHECK_EQ(entry.diskette.sectors, sectors[media]);
        cd_image_open(&cd);
        const struct disk diskette = el_torito_diskette(&cd.disk, &entry);
        CHECK_EQ(diskette.sectors, (CD_BLOCKS - 20) * CD_BLOCK_SECTORS);
        CHECK_EQ(disk_read(&diskette, 4, sector, 1), 0);
        memset(expected, 21, sizeof expected);
        CHECK_MEM(sector, expected, sizeof expected);
        CHECK_EQ(disk_read(&diskette, diskette.sectors - 1, sector, 1), 0);
        CHECK_EQ(disk_read(&diskette, diskette.sectors, sector, 1), -ENXIO);
        CHECK_EQ(disk_write(&diskette, 4, sector, 1), -EROFS);
        cd_image_close(&cd);
    }
}

static void each_refusal_says_why(void)
{
    static const struct {
        unsigned block, offset;
        uint8_t byte;
        int result;
        const char *text;
    } cases[] = {
        {17, 8, 'l', -ENOEXEC, "the CD has no boot record (no El Torito image, or not ISO 9660)"},
        {17, 0x47, 40, -ENXIO, "the CD ends before its boot catalog (is the image complete?)"},
        {17, 0x4a, 0xff, -ENXIO, "the CD ends before its boot catalog (is the image complete?)"},
        {18, 28, 0, -ENOEXEC, "the CD's boot catalog is damaged (make the image anew)"},
        {18, 30, 0, -ENOEXEC, "the CD's boot catalog is damaged (make the image anew)"},
        {18, 32, 0, -ENOEXEC, "the CD has nothing that a PC's BIOS boots (is it one for UEFI?)"},
        {18, 33, 4, -ENOEXEC,
         "the CD boots as a hard disk, which is not emulated (boot that image by itself, with "
         "--format boot)"},
        {18, 33, 0xff, -ENOEXEC,
         "the CD boots as a hard disk, which is not emulated (boot that image by itself, with "
         "--format boot)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cd_image cd;
        struct el_torito_entry entry;
        struct error error;
        cd_image_fill(&cd);
        cd.bytes[cases[i].block][cases[i].offset] = cases[i].byte;
        CHECK_EQ(find(&cd, &entry, &error), cases[i].result);
        CHECK_STR(error.text, cases[i].text);
    }
}

/* A boot sector, say, that is called a CD. */
static void what_is_too_short_is_no_cd(void)
{
    struct cd_image cd;
    struct el_torito_entry entry;
    struct error error;
    cd_image_fill(&cd);
    cd_image_open(&cd);
    for (cd.disk.sectors = 0; cd.disk.sectors < 18 * CD_BLOCK_SECTORS; cd.disk.sectors++) {
        CHECK_EQ(el_torito_find(&cd.disk, &entry, &error), -ENOEXEC);
        CHECK_STR(error.text, "the CD has no boot record (no El Torito image, or not ISO 9660)");
    }
    cd_image_close(&cd);
}

static void what_is_loaded_must_be_there(void)
{
    struct cd_image cd;
    static uint8_t buf[65535 * DISK_SECTOR];
    struct el_torito_entry entry = {.sectors = 4, .block = CD_BLOCKS - 1};
    cd_image_fill(&cd);
    cd_image_open(&cd);
    CHECK_EQ(el_torito_load(&cd.disk, &entry, buf), 0);
    CHECK_MEM(buf, cd.bytes[CD_BLOCKS - 1], CD_BLOCK);
    entry.sectors = 5;
    CHECK_EQ(el_torito_load(&cd.disk, &entry, buf), -ENXIO);
    entry = (struct el_torito_entry){.sectors = 1, .block = UINT32_MAX};
    CHECK_EQ(el_torito_load(&cd.disk, &entry, buf), -ENXIO);
    cd_image_close(&cd);
}

/* Any catalog: found or refused, and what is found has a place that can be checked. */
static void no_catalog_breaks_it(void)
{
    uint64_t x = 0x9e3779b97f4a7c15;
    struct cd_image cd;
    cd_image_fill(&cd);
    cd_image_open(&cd);
    for (int i = 0; i < 5000; i++) {
        uint8_t catalog[CD_BLOCK];
        struct el_torito_entry entry;
        struct error error;
        memcpy(catalog, cd.bytes[18], sizeof catalog);
        for (int j = 0; j < 20; j++) {
            x ^= x << 13, x ^= x >> 7, x ^= x << 17;
            catalog[32 + (x >> 8) % (CD_BLOCK - 32)] =
                x & 1 ? (uint8_t)(x >> 40) : "\x88\x90\x91\0"[x >> 40 & 3];
        }
        CHECK_EQ(pwrite(cd.file.fd, catalog, sizeof catalog, 18 * CD_BLOCK), sizeof catalog);
        if (!el_torito_find(&cd.disk, &entry, &error))
            CHECK(entry.sectors && entry.gpa < 0x100000 && entry.media <= 3);
    }
    cd_image_close(&cd);
}

int main(void)
{
    TEST(the_initial_entry_is_taken);
    TEST(sections_are_searched);
    TEST(a_diskette_is_a_part_of_the_cd);
    TEST(each_refusal_says_why);
    TEST(what_is_too_short_is_no_cd);
    TEST(what_is_loaded_must_be_there);
    TEST(no_catalog_breaks_it);
    return check_done();
}
