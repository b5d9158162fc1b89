#include "record/snapshots.h"

#include "record/snapshot_file.h"
#include "record/snapshot_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    pagemap_open(&s->pagemap);
    s->budget = SNAPSHOT_DISK_MAX / DISK_SECTOR;
    for (unsigned i = 0; i < machine->drives->count; i++)
        disk_watch(&machine->drives->disks[i], &s->watcher);
    return s;
}

void snapshot_free(struct snapshot *snapshot)
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
        snapshot_free(s->list[--s->count]);
    pagemap_close(&s->pagemap);
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
    snapshot_free(gone);
}

void snapshots_add(struct snapshots *s, struct snapshot *snapshot)
{
    const size_t old = find(s, snapshot->name);
    if (old < s->count)
        remove_at(s, old);
    bus_lock(s->machine.bus);
    s->list[s->count++] = snapshot;
    bus_unlock(s->machine.bus);
}

struct snapshot *snapshot_new(const struct snapshots *s, const char *name, struct error *error)
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

/* ---- What may differ from memory */

/* The pages that ASK tells of; NULL if host memory is short. */
static uint64_t *pages_now(const struct snapshots *s, ram_pages_ask *ask, struct ram_pages *pages)
{
    if (ram_pages_init(pages, s->machine.memory))
        return NULL;
    uint64_t *set = ram_set_new(pages->count);
    if (set)
        ram_pages_add(pages, &s->pagemap, ask, set);
    return set;
}

/* In all of them: what ASK tells of may be lost to the kernel's own account (ram_copy.h). */
static void note_written(struct snapshots *s, ram_pages_ask *ask)
{
    struct ram_pages pages = {.regions = NULL};
    uint64_t *set = s->count ? pages_now(s, ask, &pages) : NULL;
    for (size_t i = 0; i < s->count; i++)
        ram_copy_outdate(s->list[i]->state.ram, &pages, set);
    free(set);
    ram_pages_free(&pages);
}

void snapshots_before_clear(struct snapshots *s)
{
    note_written(s, pagemap_used);
}

int snapshots_save(struct snapshots *s, const char *name, struct error *error)
{
    int err = snapshots_check_name(name, error);
    if (!err && s->count == SNAPSHOTS_MAX && find(s, name) == s->count)
        err = error_set(error, -ENOSPC, "there are %u snapshots already (delete one of them)",
                        SNAPSHOTS_MAX);
    struct snapshot *snapshot = err ? NULL : snapshot_new(s, name, error);
    if (!snapshot)
        return err ? err : -ENOMEM;
    note_written(s, pagemap_own);
    err = machine_state_save(&snapshot->state, &s->machine, &s->pagemap, error);
    if (!err) {
        err = snapshot_time_save(&snapshot->time, &s->machine);
        if (err)
            error_set(error, err, "reading the clocks: %s (see dmesg)", strerror(-err));
    }
    if (err)
        snapshot_free(snapshot);
    else
        snapshots_add(s, snapshot);
    return err;
}

/* ---- Going back */

static int check_whole(const struct snapshots *s, const struct snapshot *snapshot,
                       struct error *error)
{
    const int err = ram_copy_fits(snapshot->state.ram, s->machine.memory);
    if (err == -ENOMEM)
        return error_set(error, err, "out of memory (free some)");
    if (err)
        return error_set(error, -ESTALE,
                         "memory was added or removed since %s was made (undo that: monitor memory "
                         "list)",
                         snapshot->name);
    struct error gone;
    if (ram_copy_check(snapshot->state.ram, &gone))
        return error_set(error, -ESTALE, "%s is lost: %s; save one anew", snapshot->name,
                         gone.text);
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
    return err ? err : machine_state_restore(&snapshot->state, &s->machine, &s->pagemap, error);
}

int snapshots_delete(struct snapshots *s, const char *name, struct error *error)
{
    size_t index;
    const int err = find_or_say(s, name, &index, error);
    if (!err)
        remove_at(s, index);
    return err;
}

static struct snapshot_row row_of(const struct snapshot *snapshot, const struct ram_pages *pages,
                                  const uint64_t *own)
{
    struct error error;
    struct snapshot_row row = {
        .name = snapshot->name,
        .made = snapshot->made,
        .pages = own ? ram_copy_outdated(snapshot->state.ram, pages, own) : 0,
        .lost = snapshot->lost,
        .gone = ram_copy_check(snapshot->state.ram, &error) != 0,
    };
    for (unsigned k = 0; k < DRIVES_MAX; k++)
        row.sectors += snapshot->disks[k].count;
    return row;
}

size_t snapshots_rows(const struct snapshots *s, struct snapshot_row rows[SNAPSHOTS_MAX])
{
    struct ram_pages pages = {.regions = NULL};
    uint64_t *own = s->count ? pages_now(s, pagemap_own, &pages) : NULL;
    for (size_t i = 0; i < s->count; i++)
        rows[i] = row_of(s->list[i], &pages, own);
    free(own);
    ram_pages_free(&pages);
    return s->count;
}
