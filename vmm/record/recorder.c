#include "record/recorder_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All images from what is there now, and no history: also if that fails, for then there is nothing
 * to take it back in. */
static int look_at_all(struct recorder *r)
{
    int err = 0;
    r->broken = true;
    record_log_clear(r->log);
    ram_image_free(r->ram);
    r->ram = ram_image_new(r->machine->memory);
    if (!r->ram)
        return -errno;
    for (unsigned i = 0; !err && i < r->machine->count; i++) {
        vcpu_kvm(r->machine->cpus[i])->sync_events = true;
        err = vcpu_snapshot_save(vcpu_kvm(r->machine->cpus[i]), VCPU_PARTS_ALL, &r->cpus[i].state);
        r->cpus[i].lost = r->cpus[i].is_shown = false;
        r->cpus[i].touched = 0;
    }
    for (unsigned i = 0; i < PARTS; i++)
        r->extents[i] = vcpu_snapshot_extent(vcpu_kvm(r->machine->cpus[0]), &r->cpus[0].state,
                                             (enum vcpu_part)(1u << i));
    recorder_compare_devices(r);
    if (!err)
        err = recorder_compare_chips(r);
    disk_image_forget(r->disks);
    delta_reset(&r->delta);
    r->broken = err != 0;
    return err;
}

int recorder_new(struct recorder **out, const struct machine_parts *machine, size_t limit,
                 struct error *error)
{
    *out = NULL;
    struct recorder *r = calloc(1, sizeof *r);
    int err = r ? 0 : -ENOMEM;
    if (err)
        goto fail;
    r->machine = machine;
    pthread_mutex_init(&r->running, NULL);
    pthread_mutex_init(&r->next, NULL);
    delta_init(&r->delta, limit);
    r->cpus = calloc(machine->count, sizeof *r->cpus);
    r->log = record_log_new(limit);
    r->disks = disk_image_new(machine->drives, machine->bus, limit);
    if (!r->cpus || !r->log || !r->disks)
        err = -errno;
    if (!err)
        err = recorder_make_board(r);
    if (!err)
        err = look_at_all(r);
    if (err)
        goto fail;
    *out = r;
    return 0;

fail:
    error_set(error, err, "recording: %s (%s)", strerror(-err), error_remedy(err));
    recorder_free(r);
    return err;
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->machine->count; i++)
        vcpu_kvm(r->machine->cpus[i])->sync_events = false;
    ram_image_free(r->ram);
    disk_image_free(r->disks);
    record_log_free(r->log);
    delta_free(&r->delta);
    free(r->board.bytes);
    free(r->cpus);
    pthread_mutex_destroy(&r->next);
    pthread_mutex_destroy(&r->running);
    free(r);
}

int recorder_restart(struct recorder *r)
{
    return look_at_all(r);
}

struct recorder_status recorder_status(const struct recorder *r)
{
    return (struct recorder_status){
        .here = record_log_number(r->log),
        .first = record_log_first(r->log),
        .last = record_log_last(r->log),
        .entries = record_log_entries(r->log),
        .used = record_log_used(r->log),
        .limit = record_log_limit(r->log),
        .lost = r->lost,
        .lost_why = r->lost_why,
    };
}

bool recorder_at_end(const struct recorder *r)
{
    return record_log_at_end(r->log);
}
