/* What a disk held before it was written to. */
#include "record/disk_before.h"
#include "tests/check.h"
#include "tests/unit/temp_file.h"

#include <errno.h>

#define SECTORS 300u

struct bench {
    struct temp_file file;
    struct disk disk;
    struct disk_watcher watcher;
    struct disk_before before[3];
    unsigned count; /* of those that note */
    uint64_t budget;
    int error;
};

static void note(void *context, const struct disk *disk, uint64_t sector, const void *bytes,
                 uint64_t count)
{
    struct bench *b = context;
    (void)bytes;
    for (unsigned i = 0; i < b->count; i++) {
        const int err = disk_before_note(&b->before[i], disk, sector, count, &b->budget);
        b->error = b->error ? b->error : err;
    }
}

static void open_bench(struct bench *b, enum disk_access access)
{
    static uint8_t bytes[SECTORS * DISK_SECTOR];
    struct error error;
    memset(b, 0, sizeof *b);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i / DISK_SECTOR + i);
    temp_file(&b->file, bytes, sizeof bytes);
    CHECK_EQ(disk_open(&b->disk, b->file.path, access, &error), 0);
    b->watcher = (struct disk_watcher){note, b};
    b->budget = 10000;
    disk_watch(&b->disk, &b->watcher);
}

static void close_bench(struct bench *b)
{
    for (unsigned i = 0; i < 3; i++)
        disk_before_free(&b->before[i]);
    disk_close(&b->disk);
    temp_file_remove(&b->file);
}

static void write_at_random(struct bench *b, unsigned times)
{
    static uint8_t bytes[8 * DISK_SECTOR];
    while (times--) {
        const uint64_t count = 1 + (uint64_t)random() % 8;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)random();
        CHECK_EQ(disk_write(&b->disk, (uint64_t)random() % (SECTORS - 8), bytes, count), 0);
    }
}

static void read_all(const struct bench *b, uint8_t *to)
{
    CHECK_EQ(disk_read(&b->disk, 0, to, SECTORS), 0);
}

/* Three moments, and back to each of them in any order, more is written in between. */
static void goes_back_to_each(enum disk_access access)
{
    static uint8_t was[3][SECTORS * DISK_SECTOR], now[SECTORS * DISK_SECTOR];
    struct bench b;
    srandom(5);
    open_bench(&b, access);
    for (b.count = 0; b.count < 3;) {
        read_all(&b, was[b.count++]);
        write_at_random(&b, 20);
    }
    for (unsigned round = 0; round < 30; round++) {
        const unsigned i = (unsigned)random() % 3;
        CHECK_EQ(disk_before_restore(&b.before[i], &b.disk), 0);
        read_all(&b, now);
        CHECK_MEM(now, was[i], sizeof now);
        write_at_random(&b, round % 5);
    }
    CHECK_EQ(b.error, 0);
    CHECK_EQ(b.budget, 10000 - b.before[0].count - b.before[1].count - b.before[2].count);
    close_bench(&b);
}

static void a_file_goes_back(void)
{
    goes_back_to_each(DISK_WRITABLE);
}

static void a_disk_that_is_a_snapshot_goes_back(void)
{
    goes_back_to_each(DISK_SNAPSHOT);
}

static void each_sector_is_kept_once(void)
{
    struct bench b;
    open_bench(&b, DISK_WRITABLE);
    b.count = 1;
    const uint8_t bytes[3 * DISK_SECTOR] = {1};
    for (unsigned i = 0; i < 5; i++)
        CHECK_EQ(disk_write(&b.disk, 7, bytes, 3), 0);
    CHECK_EQ(disk_write(&b.disk, 6, bytes, 3), 0);
    CHECK_EQ(b.before[0].count, 4);
    CHECK_EQ(b.before[0].sectors[3].sector, 6);
    close_bench(&b);
}

static void more_than_the_budget_is_an_error(void)
{
    struct bench b;
    open_bench(&b, DISK_WRITABLE);
    b.count = 1;
    b.budget = 5;
    const uint8_t bytes[6 * DISK_SECTOR] = {1};
    CHECK_EQ(disk_write(&b.disk, 0, bytes, 5), 0);
    CHECK_EQ(b.error, 0);
    CHECK_EQ(disk_write(&b.disk, 0, bytes, 5), 0); /* it has these */
    CHECK_EQ(b.error, 0);
    CHECK_EQ(disk_write(&b.disk, 4, bytes, 2), 0);
    CHECK_EQ(b.error, -ENOSPC);
    CHECK_EQ(b.budget, 0);
    close_bench(&b);
}

int main(void)
{
    TEST(a_file_goes_back);
    TEST(a_disk_that_is_a_snapshot_goes_back);
    TEST(each_sector_is_kept_once);
    TEST(more_than_the_budget_is_an_error);
    return check_done();
}
