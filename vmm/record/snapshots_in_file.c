/* The one snapshot that is in a file: written to it, and begun from. */
#include "record/snapshot_file.h"
#include "record/snapshot_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int snapshots_use_file(struct snapshots *s, const char *path, struct error *error)
{
    struct kvm_host *host = vcpu_kvm(s->machine.cpus[0])->vm->host;
    const int err = snapshot_id_cpuid(host, s->machine.count, &s->cpuid);
    return err ? error_set(error, err,
                           "--snapshot-file: asking KVM for what its CPUs have "
                           "(KVM_GET_SUPPORTED_CPUID): %s (%s)",
                           strerror(-err), error_remedy(err))
               : snapshot_file_open(&s->file, path, error);
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
    return err ? err
               : snapshot_file_write(s->file, s->list[s->count - 1], &id, &s->machine, &s->pagemap,
                                     error);
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

/* Memory as it is now, which shares its pages with the machine, in place of what was read from the
 * file. Not if that is not to be had. */
static void keep_as_others(const struct snapshots *s, struct snapshot *snapshot)
{
    struct ram_copy *ram = ram_copy_save(s->machine.memory, &s->pagemap);
    if (!ram)
        return;
    ram_copy_free(snapshot->state.ram);
    snapshot->state.ram = ram;
}

static int go_on(struct snapshots *s, struct snapshot *snapshot, struct error *error)
{
    int err = snapshots_restore(s, snapshot->name, error);
    if (err)
        return err;
    keep_as_others(s, snapshot);
    err = snapshot_time_restore(&snapshot->time, &s->machine);
    return err ? error_set(error, err, "setting the clocks: %s (see dmesg)", strerror(-err)) : 0;
}

int snapshots_begin(struct snapshots *s, const char **name, struct error *error)
{
    struct snapshot *snapshot = snapshot_new(s, "", error);
    if (!snapshot)
        return -ENOMEM;
    const int err = read_file(s, snapshot, error);
    if (err) {
        snapshot_free(snapshot);
        return err;
    }
    for (unsigned i = 0; i < DRIVES_MAX; i++)
        s->budget -= snapshot->disks[i].count;
    snapshots_add(s, snapshot);
    *name = snapshot->name;
    return go_on(s, snapshot, error);
}
