/* vmm/disk.c: sectors of a raw image, its edges, and the geometry that BIOSes translate to. */
#include "vmm/disk.h"

#include "tests/check.h"
#include "tests/unit/temp_file.h"

#include <errno.h>
#include <sys/stat.h>

/* 2 sectors and 3 bytes, each sector filled with its number + 1. */
static void make_image(struct temp_file *file)
{
    uint8_t bytes[2 * DISK_SECTOR + 3];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i / DISK_SECTOR + 1);
    temp_file(file, bytes, sizeof bytes);
}

static void reads_whole_and_partial_sectors(void)
{
    struct temp_file file;
    make_image(&file);
    struct disk disk;
    struct error error;
    CHECK_EQ(disk_open(&disk, file.path, false, &error), 0);
    CHECK_EQ(disk.sectors, 3);

    uint8_t got[2 * DISK_SECTOR], expected[2 * DISK_SECTOR] = {0};
    memset(got, 0xee, sizeof got);
    memset(expected, 2, DISK_SECTOR);
    memset(expected + DISK_SECTOR, 3, 3);
    CHECK_EQ(disk_read(&disk, 1, got, 2), 0);
    CHECK_MEM(got, expected, sizeof got);
    disk_close(&disk);
    temp_file_remove(&file);
}

static void refuses_what_is_past_the_end(void)
{
    struct temp_file file;
    make_image(&file);
    struct disk disk;
    struct error error;
    CHECK_EQ(disk_open(&disk, file.path, true, &error), 0);

    uint8_t buf[DISK_SECTOR], untouched[DISK_SECTOR];
    memset(buf, 0xee, sizeof buf);
    memset(untouched, 0xee, sizeof untouched);
    static const struct {
        uint64_t sector, count;
        int result;
    } cases[] = {
        {3, 0, 0},
        {3, 1, -ENXIO},
        {2, 2, -ENXIO},
        {0, 4, -ENXIO},
        {4, 0, -ENXIO},
        {UINT64_MAX, 1, -ENXIO},
        {1, UINT64_MAX, -ENXIO},
        {UINT64_MAX, UINT64_MAX, -ENXIO},
        {0, UINT64_MAX / DISK_SECTOR + 2, -ENXIO}, /* times 512 it is 512 */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_EQ(disk_read(&disk, cases[i].sector, buf, cases[i].count), cases[i].result);
        CHECK_EQ(disk_write(&disk, cases[i].sector, buf, cases[i].count), cases[i].result);
    }
    CHECK_MEM(buf, untouched, sizeof buf);
    struct stat st;
    CHECK_EQ(fstat(file.fd, &st), 0);
    CHECK_EQ(st.st_size, 2 * DISK_SECTOR + 3);
    disk_close(&disk);
    temp_file_remove(&file);
}

static void says_when_the_file_was_cut_short(void)
{
    struct temp_file file;
    make_image(&file);
    struct disk disk;
    struct error error;
    uint8_t buf[3 * DISK_SECTOR];
    CHECK_EQ(disk_open(&disk, file.path, false, &error), 0);
    CHECK_EQ(ftruncate(file.fd, DISK_SECTOR), 0);
    CHECK_EQ(disk_read(&disk, 0, buf, 1), 0);
    CHECK_EQ(disk_read(&disk, 0, buf, 3), -EIO);
    CHECK_EQ(disk_read(&disk, 1, buf, 1), -EIO);
    disk_close(&disk);
    temp_file_remove(&file);
}

static void writes_only_if_writable(void)
{
    struct temp_file file;
    make_image(&file);
    struct disk disk;
    struct error error;
    uint8_t sector[DISK_SECTOR], got[DISK_SECTOR];
    memset(sector, 0x5a, sizeof sector);

    CHECK_EQ(disk_open(&disk, file.path, false, &error), 0);
    CHECK_EQ(disk_write(&disk, 0, sector, 1), -EROFS);
    disk_close(&disk);

    CHECK_EQ(disk_open(&disk, file.path, true, &error), 0);
    CHECK_EQ(disk_write(&disk, 2, sector, 1), 0);
    CHECK_EQ(pread(file.fd, got, sizeof got, 2 * DISK_SECTOR), DISK_SECTOR);
    CHECK_MEM(got, sector, sizeof got);
    CHECK_EQ(pread(file.fd, got, sizeof got, DISK_SECTOR), DISK_SECTOR);
    CHECK_EQ(got[DISK_SECTOR - 1], 2);
    disk_close(&disk);
    temp_file_remove(&file);
}

static void check_open_error(const char *path, bool writable, int code, const char *text)
{
    struct disk disk;
    struct error error = {""};
    CHECK_EQ(disk_open(&disk, path, writable, &error), code);
    CHECK_STR(error.text, text);
}

static void open_errors_say_what_to_do(void)
{
    check_open_error("/nonexistent/d.img", false, -ENOENT,
                     "opening /nonexistent/d.img: No such file or directory (check the path)");
    check_open_error("/dev/null/d.img", false, -ENOTDIR,
                     "opening /dev/null/d.img: Not a directory (check the path)");
    check_open_error("/", true, -EISDIR,
                     "opening / for writing: Is a directory (name an image file)");
    check_open_error("/", false, -EINVAL,
                     "opening /: it is a directory (name an image file or a block device)");
    check_open_error("/dev/null", false, -EINVAL,
                     "opening /dev/null: it is a pipe, socket or character device (name an "
                     "image file or a block device)");

    struct temp_file empty;
    char text[320];
    temp_file(&empty, "", 0);
    snprintf(text, sizeof text, "opening %s: the file is empty (was it built?)", empty.path);
    check_open_error(empty.path, false, -EINVAL, text);
    temp_file_remove(&empty);
}

static void a_fifo_is_refused_without_waiting(void)
{
    char dir[] = "/tmp/stepvm-test-XXXXXX", path[64];
    CHECK(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/fifo", dir);
    CHECK_EQ(mkfifo(path, 0600), 0);
    struct disk disk;
    struct error error;
    CHECK_EQ(disk_open(&disk, path, false, &error), -EINVAL);
    unlink(path);
    rmdir(dir);
}

static void geometry_is_the_lba_translation(void)
{
    static const struct {
        uint64_t sectors;
        struct disk_geometry expected;
    } cases[] = {
        {1, {1, 16, 63}},
        {16 * 63, {1, 16, 63}},
        {16 * 63 + 1, {2, 16, 63}},
        {2880, {3, 16, 63}},
        {1024 * 16 * 63, {1024, 16, 63}},
        {1024 * 16 * 63 + 1, {513, 32, 63}},
        {1024 * 32 * 63 + 1, {513, 64, 63}},
        {1024 * 64 * 63 + 1, {513, 128, 63}},
        {1024 * 128 * 63 + 1, {515, 255, 63}},
        {1024 * 255 * 63, {1024, 255, 63}},
        {1024 * 255 * 63 + 1, {1024, 255, 63}},
        {UINT64_MAX, {1024, 255, 63}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct disk disk = {.fd = -1, .sectors = cases[i].sectors};
        struct disk_geometry g = disk_geometry(&disk);
        CHECK_EQ(g.cylinders, cases[i].expected.cylinders);
        CHECK_EQ(g.heads, cases[i].expected.heads);
        CHECK_EQ(g.sectors, cases[i].expected.sectors);
    }
}

int main(void)
{
    TEST(reads_whole_and_partial_sectors);
    TEST(refuses_what_is_past_the_end);
    TEST(says_when_the_file_was_cut_short);
    TEST(writes_only_if_writable);
    TEST(open_errors_say_what_to_do);
    TEST(a_fifo_is_refused_without_waiting);
    TEST(geometry_is_the_lba_translation);
    return check_done();
}
