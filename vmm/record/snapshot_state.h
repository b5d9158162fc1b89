/* What snapshots.c, snapshots_in_file.c, snapshot_file.c, snapshot_body.c and snapshot_time.c
 * share. Nobody else includes it. */
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

struct snapshots {
    struct machine_parts machine;
    struct disk_watcher watcher;
    struct pagemap pagemap;
    struct snapshot *list[SNAPSHOTS_MAX];
    size_t count;
    struct snapshot_file *file; /* NULL: none */
    uint64_t cpuid;             /* snapshot_id_cpuid's, for the file */
    uint64_t budget; /* sectors that may still be kept; with the list under the bus lock */
};

/* With room for the machine's state. NULL with ERROR set. */
struct snapshot *snapshot_new(const struct snapshots *snapshots, const char *name,
                              struct error *error);
void snapshot_free(struct snapshot *snapshot); /* NULL is fine */
/* In place of one of that name. */
void snapshots_add(struct snapshots *snapshots, struct snapshot *snapshot);

struct stream;

int snapshot_time_save(struct snapshot_time *time, const struct machine_parts *machine);
/* The VM's clock and the CPUs' go on from there. 0 or -errno. */
int snapshot_time_restore(const struct snapshot_time *time, const struct machine_parts *machine);

/* The pages of memory that go into a file: those that are not zeros. */
struct filled_pages {
    struct ram_pages all;
    uint64_t *set;
    uint64_t count;
};
/* 0 or -ENOMEM. */
int filled_pages_find(struct filled_pages *filled, const struct memory *memory,
                      const struct pagemap *map);
void filled_pages_free(struct filled_pages *filled);

/* SNAPSHOT, just made of MACHINE, which has not run since and has the pages FILLED: all that it
 * takes to go on elsewhere. An error is the stream's, or -errno. */
int snapshot_body_write(const struct snapshot *snapshot, const struct machine_parts *machine,
                        const struct filled_pages *filled, struct stream *stream,
                        struct error *error);
/* How many bytes that are. */
uint64_t snapshot_body_size(const struct snapshot *snapshot, const struct machine_parts *machine,
                            const struct filled_pages *filled);
/* The same into SNAPSHOT, whose state is machine_state_init's, as it is to go back to it in
 * MACHINE. Of what it says nothing is believed. 0, or -errno with ERROR set. */
int snapshot_body_read(struct snapshot *snapshot, const struct machine_parts *machine,
                       struct stream *stream, struct error *error);

#endif
