/* A snapshot's file: what was written is read, and of what was not written nothing is believed. */
#include "record/snapshot_file.h"
#include "record/snapshot_state.h"
#include "record/stream.h"
#include "tests/check.h"
#include "tests/unit/ram.h"
#include "tests/unit/temp_file.h"

#include <errno.h>
#include <sys/stat.h>

#define CPUS    2
#define PAGES   300
#define SECTORS 100

/* The head's fields, as they are in the file. */
enum { AT_VERSION = 16, AT_BODY = 24, AT_LEN = 32, AT_SUM = 40, AT_ID = 48 };
#define AT_HEAD_SUM (AT_ID + sizeof(struct snapshot_id))

static const struct pagemap no_pagemap = {.fd = -1};

struct bench {
    struct temp_file file, image;
    uint8_t ram[PAGES * MEMORY_PAGE]; /* what was in it when the snapshot was made */
    struct drives drives;
    struct machine_parts machine;
    uint8_t device[100];
    struct snapshot_id id;
    struct snapshot snapshot;
};

static void fill_machine(struct bench *b)
{
    uint8_t sector[DISK_SECTOR];
    for (unsigned i = 0; i < 50; i++) {
        const uint64_t value = (uint64_t)random();
        memory_poke(b->machine.memory, (uint64_t)random() % PAGES * MEMORY_PAGE, &value, 8);
    }
    for (unsigned i = 0; i < 10; i++) {
        memset(sector, (int)i + 1, sizeof sector);
        CHECK_EQ(disk_write(&b->drives.disks[0], i * i, sector, 1), 0);
    }
    for (unsigned i = 0; i < sizeof b->device; i++)
        b->device[i] = (uint8_t)random();
}

static void init_snapshot(struct bench *b, struct snapshot *snapshot)
{
    memset(snapshot, 0, sizeof *snapshot);
    CHECK_EQ(machine_state_init(&snapshot->state, &b->machine), 0);
}

static void free_snapshot(struct snapshot *snapshot)
{
    machine_state_free(&snapshot->state);
    disk_before_free(&snapshot->disks[0]);
}

static void start(struct bench *b)
{
    static const uint8_t bytes[SECTORS * DISK_SECTOR];
    struct error error;
    memset(b, 0, sizeof *b);
    srandom(11);
    temp_file(&b->file, "", 0);
    temp_file(&b->image, bytes, sizeof bytes);
    CHECK_EQ(disk_open(&b->drives.disks[0], b->image.path, DISK_SNAPSHOT, &error), 0);
    b->drives.count = 1;
    b->machine = (struct machine_parts){
        .memory = ram_new(PAGES * MEMORY_PAGE), .count = CPUS, .drives = &b->drives};
    board_parts_add(&b->machine.board, "device", b->device, sizeof b->device);
    fill_machine(b);
    b->id = (struct snapshot_id){.memory = PAGES * MEMORY_PAGE, .cpus = CPUS, .disk_count = 1};
    init_snapshot(b, &b->snapshot);
    strcpy(b->snapshot.name, "fine");
    b->snapshot.made = 12345;
    memset(b->snapshot.state.cpus, 0x11, CPUS * sizeof(struct vcpu_snapshot));
    for (unsigned i = 0; i < CPUS; i++)
        b->snapshot.state.cpus[i].msrs.count = 7;
    board_parts_save(&b->machine.board, b->snapshot.state.board);
    b->snapshot.state.ram = ram_copy_save(b->machine.memory, &no_pagemap);
    CHECK_EQ(memory_read(b->machine.memory, 0, b->ram, sizeof b->ram), sizeof b->ram);
}

static void stop(struct bench *b)
{
    free_snapshot(&b->snapshot);
    disk_close(&b->drives.disks[0]);
    memory_free(b->machine.memory);
    temp_file_remove(&b->file);
    temp_file_remove(&b->image);
}

static int write_to_file(struct bench *b)
{
    struct snapshot_file *file;
    struct error error;
    int err = snapshot_file_open(&file, b->file.path, &error);
    CHECK_EQ(err, 0);
    if (!err)
        err = snapshot_file_write(file, &b->snapshot, &b->id, &b->machine, &no_pagemap, &error);
    snapshot_file_close(file);
    return err;
}

/* 0 if it is believed. */
static int read_from_file(struct bench *b, struct snapshot *snapshot, struct error *error)
{
    struct snapshot_file *file;
    int err = snapshot_file_open(&file, b->file.path, error);
    if (!err && snapshot_file_is_empty(file))
        err = -ENOENT;
    if (!err)
        err = snapshot_file_read(file, snapshot, &b->id, &b->machine, error);
    snapshot_file_close(file);
    return err;
}

static void check_same(const struct bench *b, const struct snapshot *s)
{
    CHECK_STR(s->name, "fine");
    CHECK_EQ(s->made, 12345);
    CHECK_MEM(s->state.cpus, b->snapshot.state.cpus, CPUS * sizeof(struct vcpu_snapshot));
    CHECK_MEM(s->state.board, b->snapshot.state.board, board_parts_size(&b->machine.board));
    CHECK_EQ(s->disks[0].count, 10);
    const uint8_t scribbled[3 * MEMORY_PAGE] = {1, 2};
    uint8_t now[sizeof b->ram];
    struct error error;
    uint64_t changed;
    memory_poke(b->machine.memory, 17 * MEMORY_PAGE, scribbled, sizeof scribbled);
    CHECK_EQ(ram_copy_restore(s->state.ram, b->machine.memory, &no_pagemap, &changed, &error), 0);
    CHECK(changed && changed <= 3);
    memory_read(b->machine.memory, 0, now, sizeof now);
    CHECK_MEM(now, b->ram, sizeof now);
}

static void what_was_written_is_read(void)
{
    struct bench b;
    struct snapshot s;
    struct error error;
    start(&b);
    for (unsigned round = 0; round < 5; round++) { /* each in place of the one before */
        CHECK_EQ(write_to_file(&b), 0);
        init_snapshot(&b, &s);
        CHECK_EQ(read_from_file(&b, &s, &error), 0);
        check_same(&b, &s);
        free_snapshot(&s);
    }
    struct stat st;
    fstat(b.file.fd, &st);
    CHECK(st.st_size < 1 << 20);
    stop(&b);
}

static void another_machine_is_told(void)
{
    static const struct {
        size_t field;
        const char *said;
    } rows[] = {
        {offsetof(struct snapshot_id, memory), "memory"},
        {offsetof(struct snapshot_id, cpus), "CPUs"},
        {offsetof(struct snapshot_id, map), "map"},
        {offsetof(struct snapshot_id, devices), "devices"},
        {offsetof(struct snapshot_id, cpuid), "CPUID"},
        {offsetof(struct snapshot_id, xsave_size), "features"},
        {offsetof(struct snapshot_id, disk_count), "disks"},
        {offsetof(struct snapshot_id, disks[0].sectors), "another disk"},
        {offsetof(struct snapshot_id, disks[0].access), "rights"},
        {offsetof(struct snapshot_id, disks[0].content), "was written to since"},
    };
    struct bench b;
    struct error error;
    start(&b);
    CHECK_EQ(write_to_file(&b), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct snapshot s;
        const struct snapshot_id id = b.id;
        ++*(uint64_t *)(void *)((char *)&b.id + rows[i].field);
        init_snapshot(&b, &s);
        CHECK_EQ(read_from_file(&b, &s, &error), -EINVAL);
        if (!strstr(error.text, rows[i].said))
            check_fail(__FILE__, __LINE__, "no \"%s\" in: %s", rows[i].said, error.text);
        free_snapshot(&s);
        b.id = id;
    }
    stop(&b);
}

/* ---- Damage */

static void put(uint8_t *bytes, size_t at, uint64_t value)
{
    memcpy(bytes + at, &value, sizeof value);
}

static uint64_t get(const uint8_t *bytes, size_t at)
{
    uint64_t value;
    memcpy(&value, bytes + at, sizeof value);
    return value;
}

/* As someone does who wants it to be believed. */
static void seal(uint8_t *bytes, size_t size)
{
    const uint64_t body = get(bytes, AT_BODY), len = get(bytes, AT_LEN);
    if (body <= size && len <= size - body)
        put(bytes, AT_SUM, stream_checksum(0, bytes + body, len));
    put(bytes, AT_HEAD_SUM, stream_checksum(0, bytes, AT_HEAD_SUM));
}

/* Changes some bytes, most often of the heads and the lists, and perhaps the length. */
static size_t damage(uint8_t *bytes, size_t size)
{
    static const uint64_t extremes[] = {0, 1, UINT64_MAX, INT64_MAX, 1ull << 32, 1ull << 52};
    for (long n = 1 + random() % 4; n; n--) {
        const size_t heads = 4096 + 600, lists = 4096 + 600 + 10 * sizeof(struct disk_sector);
        const size_t among = random() % 3 == 0 ? size : random() % 2 ? heads : lists;
        const size_t at = (size_t)random() % (among < size ? among : size);
        if (random() % 2)
            bytes[at] ^= (uint8_t)(1u << random() % 8);
        else if (at / 8 * 8 + 8 <= size)
            put(bytes, at / 8 * 8, extremes[random() % 6]);
    }
    return random() % 4 ? size : (size_t)random() % (size + 1);
}

static void replace_file(struct bench *b, const uint8_t *bytes, size_t size)
{
    CHECK_EQ(ftruncate(b->file.fd, 0), 0);
    CHECK_EQ(pwrite(b->file.fd, bytes, size, 0), (ssize_t)size);
}

/* By its checksums alone it is refused, whatever was changed; where those were made good, it is
 * refused or is something that can be used. */
static void damage_is_refused_or_harmless(void)
{
    static uint8_t whole[1 << 20], bytes[sizeof whole];
    struct bench b;
    struct error error;
    unsigned believed = 0;
    uint64_t changed;
    start(&b);
    CHECK_EQ(write_to_file(&b), 0);
    const ssize_t size = pread(b.file.fd, whole, sizeof whole, 0);
    for (unsigned round = 0; round < 1000; round++) {
        struct snapshot s;
        const bool sealed = round % 2;
        memcpy(bytes, whole, sizeof bytes);
        const size_t len = damage(bytes, (size_t)size);
        if (sealed && len > 4096)
            seal(bytes, len);
        replace_file(&b, bytes, len);
        init_snapshot(&b, &s);
        const int err = read_from_file(&b, &s, &error);
        /* Between the head and the body nothing counts. */
        const bool same = len >= (size_t)size && !memcmp(bytes, whole, AT_HEAD_SUM + 8) &&
                          !memcmp(bytes + 4096, whole + 4096, (size_t)size - 4096);
        if (!err && !sealed && !same)
            check_fail(__FILE__, __LINE__, "round %u: believed", round);
        if (!err) {
            believed++;
            CHECK(strlen(s.name) <= SNAPSHOT_NAME_MAX);
            CHECK(s.state.cpus[0].msrs.count <= VCPU_SNAPSHOT_MSRS);
            CHECK_EQ(ram_copy_restore(s.state.ram, b.machine.memory, &no_pagemap, &changed, &error),
                     0);
            CHECK_EQ(disk_before_restore(&s.disks[0], &b.drives.disks[0]), 0);
        }
        free_snapshot(&s);
    }
    CHECK(believed > 20); /* else the damage was too much to test anything by it */
    stop(&b);
}

static void somebody_elses_file_stays(void)
{
    static const char thesis[] = "my only copy of the thesis, which is longer than a head of a "
                                 "snapshot is, or would be if it went on like this for a while";
    struct bench b;
    struct snapshot s;
    struct error error;
    char now[sizeof thesis];
    start(&b);
    replace_file(&b, (const uint8_t *)thesis, sizeof thesis);
    init_snapshot(&b, &s);
    CHECK_EQ(read_from_file(&b, &s, &error), -EINVAL);
    CHECK(strstr(error.text, "no snapshot of stepvm's") != NULL);
    CHECK_EQ(pread(b.file.fd, now, sizeof now, 0), sizeof now);
    CHECK_MEM(now, thesis, sizeof now);
    free_snapshot(&s);
    stop(&b);
}

static void a_checksum_sees_each_bit(void)
{
    uint8_t bytes[64] = {1, 2, 3};
    const uint64_t sum = stream_checksum(0, bytes, sizeof bytes);
    for (unsigned i = 0; i < 8 * sizeof bytes; i++) {
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
        CHECK(stream_checksum(0, bytes, sizeof bytes) != sum);
        bytes[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    CHECK(stream_checksum(0, bytes, 56) != sum);
}

int main(void)
{
    TEST(what_was_written_is_read);
    TEST(another_machine_is_told);
    TEST(damage_is_refused_or_harmless);
    TEST(somebody_elses_file_stays);
    TEST(a_checksum_sees_each_bit);
    return check_done();
}
