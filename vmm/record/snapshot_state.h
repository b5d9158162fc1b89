/* What snapshots.c and snapshot_body.c share. Nobody else includes it. */
#ifndef VMM_RECORD_SNAPSHOT_STATE_H
#define VMM_RECORD_SNAPSHOT_STATE_H

#include "options/options.h"
#include "record/disk_before.h"
#include "record/snapshots.h"

/* When it was made, by the clocks that a guest sees: where it goes on in another process these must
 * go on, too. */
struct snapshot_time {
    int64_t monotonic;  /* ns, of the host's */
    uint64_t kvm_clock; /* ns, of the VM's */
    uint64_t tsc[OPTIONS_MAX_CPUS];
};

struct snapshot {
    char name[SNAPSHOT_NAME_MAX + 1];
    time_t made;
    struct snapshot_time time;
    struct machine_state state;
    struct disk_before disks[DRIVES_MAX];
    int lost; /* 0, or why it does not have all of a disk */
};

struct stream;

int snapshot_time_save(struct snapshot_time *time, const struct machine_parts *machine);
/* The VM's clock and the CPUs' go on from there. 0 or -errno. */
int snapshot_time_restore(const struct snapshot_time *time, const struct machine_parts *machine);

/* SNAPSHOT, just made of MACHINE, which has not run since: all that it takes to go on elsewhere. An
 * error is the stream's, or -errno. */
int snapshot_body_write(const struct snapshot *snapshot, const struct machine_parts *machine,
                        struct stream *stream, struct error *error);
/* How many bytes that are. */
uint64_t snapshot_body_size(const struct snapshot *snapshot, const struct machine_parts *machine);
/* The same into SNAPSHOT, whose state is machine_state_init's, as it is to go back to it in
 * MACHINE. Of what it says nothing is believed. 0, or -errno with ERROR set. */
int snapshot_body_read(struct snapshot *snapshot, const struct machine_parts *machine,
                       struct stream *stream, struct error *error);

#endif
