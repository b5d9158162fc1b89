/* vmm/disks/disk.c: sectors of a raw image, its edges, and the geometry that BIOSes translate to.
 */
#include "vmm/disks/disk.h"
#include "vmm/disks/disk_snapshot.h"

#include "tests/check.h"
#include "tests/unit/temp_file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
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
    CHECK_EQ(disk_open(&disk, file.path, DISK_READ_ONLY, &error), 0);
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
    CHECK_EQ(disk_open(&disk, file.path, DISK_WRITABLE, &error), 0);

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
    CHECK_EQ(disk_open(&disk, file.path, DISK_READ_ONLY, &error), 0);
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

    CHECK_EQ(disk_open(&disk, file.path, DISK_READ_ONLY, &error), 0);
    CHECK_EQ(disk_write(&disk, 0, sector, 1), -EROFS);
    disk_close(&disk);

    CHECK_EQ(disk_open(&disk, file.path, DISK_WRITABLE, &error), 0);
    CHECK_EQ(disk_write(&disk, 2, sector, 1), 0);
    CHECK_EQ(pread(file.fd, got, sizeof got, 2 * DISK_SECTOR), DISK_SECTOR);
    CHECK_MEM(got, sector, sizeof got);
    CHECK_EQ(pread(file.fd, got, sizeof got, DISK_SECTOR), DISK_SECTOR);
    CHECK_EQ(got[DISK_SECTOR - 1], 2);
    disk_close(&disk);
    temp_file_remove(&file);
}

/* Sectors 1 to 3, 2 of them as written. */
static void a_snapshot_keeps_writes_from_the_file(void)
{
    struct temp_file file;
    make_image(&file);
    struct disk disk;
    struct error error;
    uint8_t before[2 * DISK_SECTOR + 3], after[sizeof before];
    uint8_t written[2 * DISK_SECTOR], got[3 * DISK_SECTOR], expected[3 * DISK_SECTOR];
    CHECK_EQ(pread(file.fd, before, sizeof before, 0), sizeof before);
    CHECK_EQ(disk_open(&disk, file.path, DISK_SNAPSHOT, &error), 0);
    CHECK(disk.writable);

    memset(written, 0x5a, sizeof written);
    memset(expected, 1, DISK_SECTOR);
    memset(expected + DISK_SECTOR, 0x5a, 2 * DISK_SECTOR);
    CHECK_EQ(disk_write(&disk, 1, written, 2), 0);
    CHECK_EQ(disk_write(&disk, 2, written, 2), -ENXIO);
    CHECK_EQ(disk_read(&disk, 0, got, 3), 0);
    CHECK_MEM(got, expected, sizeof got);
    CHECK_EQ(disk_write(&disk, 1, expected, 1), 0); /* again, with something else */
    CHECK_EQ(disk_read(&disk, 1, got, 1), 0);
    CHECK_MEM(got, expected, DISK_SECTOR);
    CHECK_EQ(disk_flush(&disk), 0);

    struct stat st;
    CHECK_EQ(fstat(file.fd, &st), 0);
    CHECK_EQ(st.st_size, sizeof before);
    CHECK_EQ(pread(file.fd, after, sizeof after, 0), sizeof after);
    CHECK_MEM(after, before, sizeof before);
    disk_close(&disk);
    temp_file_remove(&file);
}

/* Of a disk of 1 TiB nothing is there but what is written. */
static void a_snapshot_is_sparse(void)
{
    struct error error;
    const uint64_t sectors = 1ull << 31;
    struct disk_snapshot *s = disk_snapshot_new(sectors, &error);
    CHECK(s != NULL);
    if (!s)
        return;
    uint8_t sector[DISK_SECTOR] = {7}, got[DISK_SECTOR];
    bool present;
    CHECK_EQ(disk_snapshot_run(s, sectors - 100, 100, &present), 100);
    CHECK(!present);
    CHECK_EQ(disk_snapshot_write(s, sectors - 64, sector, 1), 0);
    CHECK_EQ(disk_snapshot_run(s, sectors - 100, 100, &present), 36);
    CHECK(!present);
    CHECK_EQ(disk_snapshot_run(s, sectors - 64, 64, &present), 1);
    CHECK(present);
    CHECK_EQ(disk_snapshot_read(s, sectors - 64, got, 1), 0);
    CHECK_MEM(got, sector, sizeof got);
    struct stat st;
    CHECK_EQ(fstat(s->fd, &st), 0);
    CHECK(st.st_blocks < 1024);
    disk_snapshot_free(s);
}

/* A limit on the size of files stands for a full host disk. */
static void what_the_host_refuses_is_an_error(void)
{
    struct temp_file file;
    make_image(&file);
    struct disk disk;
    struct error error;
    uint8_t sector[DISK_SECTOR] = {0};
    struct rlimit limit, small;
    CHECK_EQ(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){.rlim_cur = 2 * DISK_SECTOR, .rlim_max = limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    CHECK_EQ(disk_open(&disk, file.path, DISK_WRITABLE, &error), 0);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    CHECK_EQ(disk_write(&disk, 2, sector, 1), -EFBIG);
    CHECK_EQ(disk_write(&disk, 1, sector, 1), 0);
    CHECK_EQ(disk_flush(&disk), 0);
    CHECK_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    CHECK_EQ(disk_write(&disk, 2, sector, 1), 0);
    disk_close(&disk);
    temp_file_remove(&file);
}

static void check_open_error(const char *path, enum disk_access access, int code, const char *text)
{
    struct disk disk;
    struct error error = {""};
    CHECK_EQ(disk_open(&disk, path, access, &error), code);
    CHECK_STR(error.text, text);
}

static void open_errors_say_what_to_do(void)
{
    check_open_error("/nonexistent/d.img", DISK_READ_ONLY, -ENOENT,
                     "opening /nonexistent/d.img: No such file or directory (check the path)");
    check_open_error("/dev/null/d.img", DISK_READ_ONLY, -ENOTDIR,
                     "opening /dev/null/d.img: Not a directory (check the path)");
    check_open_error("/", DISK_WRITABLE, -EISDIR,
                     "opening / for writing: Is a directory (name an image file)");
    check_open_error("/", DISK_READ_ONLY, -EINVAL,
                     "opening /: it is a directory (name an image file or a block device)");
    check_open_error("/dev/null", DISK_READ_ONLY, -EINVAL,
                     "opening /dev/null: it is a pipe, socket or character device (name an "
                     "image file or a block device)");

    struct temp_file empty;
    char text[320];
    temp_file(&empty, "", 0);
    snprintf(text, sizeof text, "opening %s: the file is empty (was it built?)", empty.path);
    check_open_error(empty.path, DISK_READ_ONLY, -EINVAL, text);
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
    CHECK_EQ(disk_open(&disk, path, DISK_READ_ONLY, &error), -EINVAL);
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

struct watch {
    struct disk_watcher watcher;
    unsigned told;
    uint64_t sector, count;
    uint8_t old, new;
};

static void note_write(void *context, const struct disk *disk, uint64_t sector, const void *bytes,
                       uint64_t count)
{
    struct watch *w = context;
    uint8_t old[DISK_SECTOR];
    CHECK_EQ(disk_read(disk, sector, old, 1), 0);
    w->told++;
    w->sector = sector;
    w->count = count;
    w->old = old[0];
    w->new = *(const uint8_t *)bytes;
}

/* A disk of 4 sectors of ones. */
static void open_watched(struct temp_file *file, struct disk *disk, struct watch w[2],
                         enum disk_access access)
{
    uint8_t bytes[4 * DISK_SECTOR];
    struct error error;
    memset(bytes, 1, sizeof bytes);
    temp_file(file, bytes, sizeof bytes);
    CHECK_EQ(disk_open(disk, file->path, access, &error), 0);
    for (unsigned i = 0; i < 2; i++) {
        w[i] = (struct watch){.watcher = {note_write, &w[i]}};
        disk_watch(disk, &w[i].watcher);
    }
}

static void watchers_see_what_a_write_replaces(void)
{
    static const enum disk_access kinds[] = {DISK_WRITABLE, DISK_SNAPSHOT};
    for (unsigned k = 0; k < 2; k++) {
        struct temp_file file;
        struct disk disk;
        struct watch w[2];
        uint8_t buf[2 * DISK_SECTOR];
        open_watched(&file, &disk, w, kinds[k]);
        memset(buf, 7, sizeof buf);
        CHECK_EQ(disk_write(&disk, 1, buf, 2), 0);
        for (unsigned i = 0; i < 2; i++) {
            CHECK_EQ(w[i].told, 1);
            CHECK_EQ(w[i].sector, 1);
            CHECK_EQ(w[i].count, 2);
            CHECK_EQ(w[i].old, 1);
            CHECK_EQ(w[i].new, 7);
        }
        memset(buf, 8, sizeof buf);
        CHECK_EQ(disk_write_unseen(&disk, &w[0].watcher, 2, buf, 1), 0);
        CHECK_EQ(w[0].told, 1);
        CHECK_EQ(w[1].told, 2);
        CHECK_EQ(w[1].old, 7);
        disk_unwatch(&disk, &w[1].watcher);
        CHECK_EQ(disk_write(&disk, 3, buf, 1), 0);
        CHECK_EQ(w[0].told, 2);
        CHECK_EQ(w[1].told, 2);
        disk_watch(&disk, &w[1].watcher); /* in the place that has become free */
        CHECK_EQ(disk_write(&disk, 3, buf, 1), 0);
        CHECK_EQ(w[1].old, 8);
        disk_close(&disk);
        temp_file_remove(&file);
    }
}

static void writes_that_are_refused_are_not_told(void)
{
    struct temp_file file;
    struct disk disk;
    struct watch w[2];
    uint8_t buf[2 * DISK_SECTOR] = {0};
    open_watched(&file, &disk, w, DISK_WRITABLE);
    CHECK_EQ(disk_write(&disk, 3, buf, 2), -ENXIO);
    CHECK_EQ(disk_write(&disk, 4, buf, 0), 0);
    disk.writable = false;
    CHECK_EQ(disk_write(&disk, 0, buf, 1), -EROFS);
    CHECK_EQ(w[0].told + w[1].told, 0);
    disk_close(&disk);
    temp_file_remove(&file);
}

int main(void)
{
    TEST(reads_whole_and_partial_sectors);
    TEST(refuses_what_is_past_the_end);
    TEST(says_when_the_file_was_cut_short);
    TEST(writes_only_if_writable);
    TEST(a_snapshot_keeps_writes_from_the_file);
    TEST(a_snapshot_is_sparse);
    TEST(what_the_host_refuses_is_an_error);
    TEST(open_errors_say_what_to_do);
    TEST(a_fifo_is_refused_without_waiting);
    TEST(geometry_is_the_lba_translation);
    TEST(watchers_see_what_a_write_replaces);
    TEST(writes_that_are_refused_are_not_told);
    return check_done();
}
