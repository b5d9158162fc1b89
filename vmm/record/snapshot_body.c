/* A snapshot as a row of bytes: its head, the disks' sectors, CPUs, controllers, devices, and the
 * pages of memory that are not zeros: first their numbers, then the pages. */
#include "record/snapshot_state.h"

#include "disks/disk_snapshot.h"
#include "record/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct head {
    char name[SNAPSHOT_NAME_MAX + 8]; /* zeros follow */
    uint64_t made;
    struct snapshot_time time;
    uint64_t sectors[DRIVES_MAX]; /* that were written to a disk whose file does not change */
    uint64_t pages;
};

/* ---- Writing */

static uint64_t count_written(const struct disk *disk)
{
    uint64_t count = 0, run;
    bool written;
    for (uint64_t i = 0; disk->snapshot && i < disk->sectors; i += run) {
        run = disk_snapshot_run(disk->snapshot, i, disk->sectors - i, &written);
        count += written ? run : 0;
    }
    return count;
}

int filled_pages_find(struct filled_pages *filled, const struct memory *memory,
                      const struct pagemap *map)
{
    const int err = ram_pages_init(&filled->all, memory);
    const uint64_t count = filled->all.count;
    size_t hint = 0;
    filled->count = 0;
    filled->set = err ? NULL : ram_set_new(count);
    if (!filled->set)
        return -ENOMEM;
    ram_pages_add(&filled->all, map, pagemap_used, filled->set);
    for (uint64_t i = ram_set_next(filled->set, 0, count); i < count;
         i = ram_set_next(filled->set, i + 1, count))
        if (ram_page_is_zero(ram_pages_at(&filled->all, i, NULL, &hint)))
            filled->set[i / 64] &= ~(1ull << i % 64);
        else
            filled->count++;
    return 0;
}

void filled_pages_free(struct filled_pages *filled)
{
    ram_pages_free(&filled->all);
    free(filled->set);
}

uint64_t snapshot_body_size(const struct snapshot *snapshot, const struct machine_parts *machine,
                            const struct filled_pages *filled)
{
    uint64_t size = sizeof(struct head) + machine->count * sizeof(struct vcpu_snapshot) +
                    sizeof snapshot->state.kernel + board_parts_size(&machine->board) +
                    filled->count * (sizeof(uint64_t) + MEMORY_PAGE);
    for (unsigned i = 0; i < machine->drives->count; i++)
        size += count_written(&machine->drives->disks[i]) * sizeof(struct disk_sector);
    return size;
}

static int write_sectors(const struct disk *disk, struct stream *stream)
{
    struct disk_sector sector;
    uint64_t run;
    bool written;
    for (uint64_t i = 0; disk->snapshot && i < disk->sectors; i += run) {
        run = disk_snapshot_run(disk->snapshot, i, disk->sectors - i, &written);
        for (uint64_t k = 0; written && k < run; k++) {
            sector.sector = i + k;
            const int err = disk_read(disk, sector.sector, sector.bytes, 1);
            if (err)
                return err;
            stream_write(stream, &sector, sizeof sector);
        }
    }
    return 0;
}

static int write_disks(const struct head *head, const struct machine_parts *machine,
                       struct stream *stream, struct error *error)
{
    uint64_t all = 0;
    for (unsigned i = 0; i < machine->drives->count; i++)
        all += head->sectors[i];
    if (all > SNAPSHOT_DISK_MAX / DISK_SECTOR)
        return error_set(error, -EFBIG,
                         "more than %u MiB were written to disks whose files do not change (give "
                         "the guest a disk that it may write to)",
                         SNAPSHOT_DISK_MAX >> 20);
    for (unsigned i = 0; i < machine->drives->count; i++) {
        const struct disk *disk = &machine->drives->disks[i];
        const int err = write_sectors(disk, stream);
        if (err)
            return error_set(error, err, "reading the disk %.90s: %s (%s)", disk->path,
                             strerror(-err), error_remedy(err));
    }
    return 0;
}

static void write_pages(const struct filled_pages *filled, struct stream *stream)
{
    const uint64_t *set = filled->set, count = filled->all.count;
    size_t hint = 0;
    for (uint64_t i = ram_set_next(set, 0, count); i < count; i = ram_set_next(set, i + 1, count))
        stream_write(stream, &i, sizeof i);
    for (uint64_t i = ram_set_next(set, 0, count); i < count; i = ram_set_next(set, i + 1, count))
        stream_write(stream, ram_pages_at(&filled->all, i, NULL, &hint), MEMORY_PAGE);
}

int snapshot_body_write(const struct snapshot *snapshot, const struct machine_parts *machine,
                        const struct filled_pages *filled, struct stream *stream,
                        struct error *error)
{
    const struct machine_state *state = &snapshot->state;
    struct head head = {
        .made = (uint64_t)snapshot->made,
        .time = snapshot->time,
        .pages = filled->count,
    };
    strcpy(head.name, snapshot->name);
    for (unsigned i = 0; i < machine->drives->count; i++)
        head.sectors[i] = count_written(&machine->drives->disks[i]);
    stream_write(stream, &head, sizeof head);
    const int err = write_disks(&head, machine, stream, error);
    if (err)
        return err;
    stream_write(stream, state->cpus, machine->count * sizeof *state->cpus);
    stream_write(stream, &state->kernel, sizeof state->kernel);
    stream_write(stream, state->board, board_parts_size(&machine->board));
    write_pages(filled, stream);
    return 0;
}

/* ---- Reading */

static int nonsense(struct error *error)
{
    return error_set(error, -EINVAL, "it is damaged: what it says makes no sense");
}

/* As many of SIZE bytes as are there at least. */
static bool has(const struct stream *stream, uint64_t count, uint64_t size)
{
    return count <= stream_left(stream) / size;
}

static int read_disk(struct disk_before *to, const struct disk *disk, uint64_t count,
                     struct stream *stream, struct error *error)
{
    if (!has(stream, count, sizeof(struct disk_sector)) ||
        (count && !disk->snapshot)) /* whose file it is not */
        return nonsense(error);
    for (uint64_t i = 0; i < count; i++) {
        struct disk_sector sector;
        stream_read(stream, &sector, sizeof sector);
        if (sector.sector >= disk->sectors)
            return nonsense(error);
        const int err = disk_before_add(to, &sector);
        if (err)
            return error_set(error, err, "reading it: %s (%s)", strerror(-err), error_remedy(err));
    }
    return 0;
}

static int read_disks(struct snapshot *snapshot, const struct head *head,
                      const struct machine_parts *machine, struct stream *stream,
                      struct error *error)
{
    uint64_t all = 0;
    int err = 0;
    for (unsigned i = 0; !err && i < DRIVES_MAX; i++) {
        const struct disk *disk = &machine->drives->disks[i];
        all += head->sectors[i];
        if (head->sectors[i] > SNAPSHOT_DISK_MAX / DISK_SECTOR ||
            all > SNAPSHOT_DISK_MAX / DISK_SECTOR ||
            (head->sectors[i] && i >= machine->drives->count))
            return nonsense(error);
        if (head->sectors[i])
            err = read_disk(&snapshot->disks[i], disk, head->sectors[i], stream, error);
    }
    return err;
}

/* Their numbers ascend. */
static int read_numbers(uint64_t *numbers, uint64_t count, uint64_t below, struct stream *stream)
{
    stream_read(stream, numbers, count * sizeof *numbers);
    for (uint64_t i = 0; i < count; i++)
        if (numbers[i] >= below || (i && numbers[i] <= numbers[i - 1]))
            return -EINVAL;
    return 0;
}

static int read_pages(struct ram_copy *ram, uint64_t count, struct stream *stream,
                      struct error *error)
{
    uint8_t page[MEMORY_PAGE];
    if (count > ram_copy_page_count(ram) || !has(stream, count, MEMORY_PAGE + sizeof(uint64_t)))
        return nonsense(error);
    uint64_t *numbers = calloc(count + 1, sizeof *numbers);
    if (!numbers)
        return error_set(error, -ENOMEM, "out of memory (free some)");
    int err = read_numbers(numbers, count, ram_copy_page_count(ram), stream);
    if (err)
        nonsense(error);
    for (uint64_t i = 0; !err && !stream->error && i < count; i++) {
        stream_read(stream, page, sizeof page);
        if (!stream->error)
            ram_copy_set_page(ram, numbers[i], page);
    }
    free(numbers);
    return err;
}

/* What others count with. */
static int check(struct snapshot *snapshot, const struct head *head,
                 const struct machine_parts *machine, struct error *error)
{
    memcpy(snapshot->name, head->name, sizeof snapshot->name);
    snapshot->name[sizeof snapshot->name - 1] = 0;
    if (snapshots_check_name(snapshot->name, error))
        return nonsense(error);
    for (unsigned i = 0; i < machine->count; i++)
        if (snapshot->state.cpus[i].msrs.count > VCPU_SNAPSHOT_MSRS)
            return nonsense(error);
    return 0;
}

int snapshot_body_read(struct snapshot *snapshot, const struct machine_parts *machine,
                       struct stream *stream, struct error *error)
{
    struct machine_state *state = &snapshot->state;
    struct head head;
    stream_read(stream, &head, sizeof head);
    snapshot->made = (time_t)head.made;
    snapshot->time = head.time;
    int err = read_disks(snapshot, &head, machine, stream, error);
    if (err)
        return err;
    stream_read(stream, state->cpus, machine->count * sizeof *state->cpus);
    stream_read(stream, &state->kernel, sizeof state->kernel);
    stream_read(stream, state->board, board_parts_size(&machine->board));
    err = check(snapshot, &head, machine, error);
    state->ram = err ? NULL : ram_copy_new(machine->memory);
    if (!err && !state->ram)
        err = error_set(error, -ENOMEM, "out of memory (free some)");
    return err ? err : read_pages(state->ram, head.pages, stream, error);
}
