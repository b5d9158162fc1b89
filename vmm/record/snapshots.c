#include "record/snapshots.h"

#include "record/pages_used.h"
#include "record/snapshot_file.h"
#include "record/snapshot_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct snapshots {
    struct machine_parts machine;
    struct disk_watcher watcher;
    int used; /* pages_used_open's */
    struct snapshot *list[SNAPSHOTS_MAX];
    size_t count;
    struct snapshot_file *file; /* NULL: none */
    uint64_t cpuid;             /* snapshot_id_cpuid's, for the file */
    uint64_t budget; /* sectors that may still be kept; with the list under the bus lock */
};

/* ---- Disks */

static void lose_disks(struct snapshots *s, struct snapshot *snapshot, int why)
{
    snapshot->lost = why;
    for (unsigned i = 0; i < DRIVES_MAX; i++) {
        s->budget += snapshot->disks[i].count;
        disk_before_free(&snapshot->disks[i]);
    }
}

static void before_write(void *context, const struct disk *disk, uint64_t sector, const void *bytes,
                         uint64_t count)
{
    struct snapshots *s = context;
    const size_t drive = (size_t)(disk - s->machine.drives->disks);
    (void)bytes;
    for (size_t i = 0; i < s->count; i++) {
        struct snapshot *snapshot = s->list[i];
        if (snapshot->lost)
            continue;
        const int err = disk_before_note(&snapshot->disks[drive], disk, sector, count, &s->budget);
        if (err)
            lose_disks(s, snapshot, err);
    }
}

/* ---- The list */

struct snapshots *snapshots_new(const struct machine_parts *machine)
{
    struct snapshots *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->machine = *machine;
    s->watcher = (struct disk_watcher){before_write, s};
    s->used = pages_used_open();
    s->budget = SNAPSHOT_DISK_MAX / DISK_SECTOR;
    for (unsigned i = 0; i < machine->drives->count; i++)
        disk_watch(&machine->drives->disks[i], &s->watcher);
    return s;
}

static void free_snapshot(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    machine_state_free(&snapshot->state);
    for (unsigned i = 0; i < DRIVES_MAX; i++)
        disk_before_free(&snapshot->disks[i]);
    free(snapshot);
}

void snapshots_free(struct snapshots *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < s->machine.drives->count; i++)
        disk_unwatch(&s->machine.drives->disks[i], &s->watcher);
    while (s->count)
        free_snapshot(s->list[--s->count]);
    if (s->used >= 0)
        close(s->used);
    snapshot_file_close(s->file);
    free(s);
}

/* What is in a name is shown on terminals: nothing but these characters. */
int snapshots_check_name(const char *name, struct error *error)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const size_t len = strlen(name);
    if (len && len <= SNAPSHOT_NAME_MAX && strspn(name, good) == len)
        return 0;
    return error_set(error, -EINVAL,
                     "a name is one to %u letters, digits, dots, dashes and underscores",
                     SNAPSHOT_NAME_MAX);
}

/* COUNT if there is none. */
static size_t find(const struct snapshots *s, const char *name)
{
    size_t i = 0;
    while (i < s->count && strcmp(s->list[i]->name, name))
        i++;
    return i;
}

static int find_or_say(const struct snapshots *s, const char *name, size_t *index,
                       struct error *error)
{
    const int err = snapshots_check_name(name, error);
    *index = err ? s->count : find(s, name);
    if (err || *index < s->count)
        return err;
    return error_set(error, -ENOENT, "there is no snapshot %s (monitor snapshot list)", name);
}

static void remove_at(struct snapshots *s, size_t index)
{
    struct snapshot *gone = s->list[index];
    bus_lock(s->machine.bus);
    for (unsigned i = 0; i < DRIVES_MAX; i++)
        s->budget += gone->disks[i].count;
    s->count--;
    memmove(&s->list[index], &s->list[index + 1], (s->count - index) * sizeof s->list[0]);
    bus_unlock(s->machine.bus);
    free_snapshot(gone);
}

static void add(struct snapshots *s, struct snapshot *snapshot)
{
    const size_t old = find(s, snapshot->name);
    if (old < s->count)
        remove_at(s, old);
    bus_lock(s->machine.bus);
    s->list[s->count++] = snapshot;
    bus_unlock(s->machine.bus);
}

static struct snapshot *new_snapshot(const struct snapshots *s, const char *name,
                                     struct error *error)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot && !machine_state_init(&snapshot->state, &s->machine)) {
        strcpy(snapshot->name, name);
        snapshot->made = time(NULL);
        return snapshot;
    }
    free(snapshot);
    error_set(error, -ENOMEM, "out of memory (delete other snapshots, or free some)");
    return NULL;
}

int snapshots_save(struct snapshots *s, const char *name, struct error *error)
{
    int err = snapshots_check_name(name, error);
    if (!err && s->count == SNAPSHOTS_MAX && find(s, name) == s->count)
        err = error_set(error, -ENOSPC, "there are %u snapshots already (delete one of them)",
                        SNAPSHOTS_MAX);
    struct snapshot *snapshot = err ? NULL : new_snapshot(s, name, error);
    if (!snapshot)
        return err ? err : -ENOMEM;
    const struct ram_copy *like = s->count ? s->list[s->count - 1]->state.ram : NULL;
    err = machine_state_save(&snapshot->state, &s->machine, s->used, like, error);
    if (!err) {
        err = snapshot_time_save(&snapshot->time, &s->machine);
        if (err)
            error_set(error, err, "reading the clocks: %s (see dmesg)", strerror(-err));
    }
    if (err)
        free_snapshot(snapshot);
    else
        add(s, snapshot);
    return err;
}

/* ---- Going back */

static int check_whole(const struct snapshots *s, const struct snapshot *snapshot,
                       struct error *error)
{
    if (!ram_copy_fits(snapshot->state.ram, s->machine.memory))
        return error_set(error, -ESTALE,
                         "memory was added or removed since %s was made (undo that: monitor memory "
                         "list)",
                         snapshot->name);
    if (!snapshot->lost)
        return 0;
    return error_set(error, -ESTALE,
                     "%s is no longer whole: of what was written to disks since it could not keep "
                     "all that it replaced: %s",
                     snapshot->name,
                     snapshot->lost == -ENOSPC ? "more than 256 MiB" : strerror(-snapshot->lost));
}

static int restore_disks(struct snapshots *s, const struct snapshot *snapshot, struct error *error)
{
    int err = 0;
    bus_lock(s->machine.bus);
    for (unsigned i = 0; !err && i < s->machine.drives->count; i++) {
        const struct disk *disk = &s->machine.drives->disks[i];
        err = disk_before_restore(&snapshot->disks[i], disk);
        if (err)
            error_set(
                error, err,
                "writing back to the disk %.90s: %s (it is neither as it was nor as it should "
                "be: %s, and restore again)",
                disk->path, strerror(-err), error_remedy(err));
    }
    bus_unlock(s->machine.bus);
    return err;
}

int snapshots_restore(struct snapshots *s, const char *name, struct error *error)
{
    size_t index;
    int err = find_or_say(s, name, &index, error);
    if (err)
        return err;
    const struct snapshot *snapshot = s->list[index];
    err = check_whole(s, snapshot, error);
    if (!err)
        err = restore_disks(s, snapshot, error);
    return err ? err : machine_state_restore(&snapshot->state, &s->machine, s->used, error);
}

int snapshots_delete(struct snapshots *s, const char *name, struct error *error)
{
    size_t index;
    const int err = find_or_say(s, name, &index, error);
    if (!err)
        remove_at(s, index);
    return err;
}

bool snapshots_row(const struct snapshots *s, size_t i, struct snapshot_row *row)
{
    if (i >= s->count)
        return false;
    const struct snapshot *snapshot = s->list[i];
    *row = (struct snapshot_row){
        .name = snapshot->name,
        .made = snapshot->made,
        .pages = ram_copy_pages(snapshot->state.ram),
        .own_pages = ram_copy_own_pages(snapshot->state.ram),
        .lost = snapshot->lost,
    };
    for (unsigned k = 0; k < DRIVES_MAX; k++)
        row->sectors += snapshot->disks[k].count;
    return true;
}

/* ---- The file */

int snapshots_use_file(struct snapshots *s, const char *path, struct error *error)
{
    s->cpuid = snapshot_id_cpuid(vcpu_kvm(s->machine.cpus[0])->vm->host, s->machine.count);
    return snapshot_file_open(&s->file, path, error);
}

const char *snapshots_file(const struct snapshots *s)
{
    return s->file ? snapshot_file_path(s->file) : NULL;
}

bool snapshots_file_has_one(const struct snapshots *s)
{
    return s->file && !snapshot_file_is_empty(s->file);
}

int snapshots_write(struct snapshots *s, struct error *error)
{
    struct snapshot_id id;
    const int err = snapshot_id_make(&id, &s->machine, s->cpuid, error);
    return err ? err : snapshot_file_write(s->file, s->list[s->count - 1], &id, &s->machine, error);
}

/* Times in the state of devices are the host's that made it. */
static int shift_time(const struct machine_parts *machine, struct snapshot *snapshot)
{
    struct timespec now;
    void *here = malloc(board_parts_size(&machine->board));
    if (!here)
        return -ENOMEM;
    clock_gettime(CLOCK_MONOTONIC, &now);
    bus_lock(machine->bus);
    board_parts_save(&machine->board, here);
    board_parts_restore(&machine->board, snapshot->state.board);
    machine->shift_time(machine->context,
                        (int64_t)((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec -
                                  (uint64_t)snapshot->time.monotonic));
    board_parts_save(&machine->board, snapshot->state.board);
    board_parts_restore(&machine->board, here);
    bus_unlock(machine->bus);
    free(here);
    return 0;
}

static int read_file(struct snapshots *s, struct snapshot *snapshot, struct error *error)
{
    struct snapshot_id id;
    struct error why;
    int err = snapshot_id_make(&id, &s->machine, s->cpuid, &why);
    if (!err)
        err = snapshot_file_read(s->file, snapshot, &id, &s->machine, &why);
    const char *unsound =
        err ? NULL : board_parts_unsound(&s->machine.board, snapshot->state.board);
    if (unsound)
        err = error_set(&why, -EINVAL,
                        "what it has of %s no such device can be in (it was made or changed by "
                        "something else than stepvm: choose another file)",
                        unsound);
    if (err)
        return error_set(error, err, "--snapshot-file: %.100s: %s", snapshots_file(s), why.text);
    err = shift_time(&s->machine, snapshot);
    return err ? error_set(error, err, "--snapshot-file: out of memory (free some)") : 0;
}

static int go_on(struct snapshots *s, const struct snapshot *snapshot, struct error *error)
{
    int err = snapshots_restore(s, snapshot->name, error);
    if (err)
        return err;
    err = snapshot_time_restore(&snapshot->time, &s->machine);
    return err ? error_set(error, err, "setting the clocks: %s (see dmesg)", strerror(-err)) : 0;
}

int snapshots_begin(struct snapshots *s, const char **name, struct error *error)
{
    struct snapshot *snapshot = new_snapshot(s, "", error);
    if (!snapshot)
        return -ENOMEM;
    const int err = read_file(s, snapshot, error);
    if (err) {
        free_snapshot(snapshot);
        return err;
    }
    for (unsigned i = 0; i < DRIVES_MAX; i++)
        s->budget -= snapshot->disks[i].count;
    add(s, snapshot);
    *name = snapshot->name;
    return go_on(s, snapshot, error);
}
