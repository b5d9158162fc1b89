/* Snapshots of the machine, by name: all of it, its disks too, to go back to any number of times.
 *
 * What is in one is copied when it is made, but for memory and disks: of these each keeps what is
 * written over from then on. Time and what the outside world has seen do not go back.
 *
 * All calls are one thread's, with all vCPUs parked, but for what disks call with the bus lock
 * held. */
#ifndef VMM_RECORD_SNAPSHOTS_H
#define VMM_RECORD_SNAPSHOTS_H

#include "record/machine_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define SNAPSHOTS_MAX     32
#define SNAPSHOT_NAME_MAX 32u
#define SNAPSHOT_DISK_MAX (256u << 20) /* bytes of disks that all of them keep */

struct snapshots;

/* While files can be opened. NULL if host memory is short. */
struct snapshots *snapshots_new(const struct machine_parts *machine);
void snapshots_free(struct snapshots *snapshots); /* before the machine's disks; NULL is fine */

/* One to SNAPSHOT_NAME_MAX letters, digits and of "._-". 0, or -EINVAL with ERROR set. */
int snapshots_check_name(const char *name, struct error *error);

/* The machine as it is now; one of that NAME is replaced once it is made. 0, or -errno with ERROR
 * set, and nothing has changed: -EINVAL (the name), -ENOSPC (SNAPSHOTS_MAX), -ENOMEM, or what KVM
 * said. */
int snapshots_save(struct snapshots *snapshots, const char *name, struct error *error);
/* The machine as it was. 0, or -errno with ERROR set: -ENOENT, -ESTALE (memory was added or removed
 * since, or it does not have all of a disk or no memory any more), and nothing has changed; or what
 * the host said, and then the machine is not whole. */
int snapshots_restore(struct snapshots *snapshots, const char *name, struct error *error);
/* 0, or -ENOENT with ERROR set. */
int snapshots_delete(struct snapshots *snapshots, const char *name, struct error *error);
/* Memory is about to be cleared (memory_clear_ram). */
void snapshots_before_clear(struct snapshots *snapshots);

/* ---- In a file (snapshot_file.h) */

/* While files can be opened: the file for one snapshot. 0, or -errno with ERROR set. */
int snapshots_use_file(struct snapshots *snapshots, const char *path, struct error *error);
/* Its name; NULL: there is none. */
const char *snapshots_file(const struct snapshots *snapshots);
bool snapshots_file_has_one(const struct snapshots *snapshots);
/* The one made last, since when nobody has run, goes into the file. 0, or -errno with ERROR set:
 * then there is in the file what was there. */
int snapshots_write(struct snapshots *snapshots, struct error *error);
/* Takes the one in the file into the list, and goes back to it; the guest's clocks go on where they
 * were. *NAME is its. 0, or -errno with ERROR set. */
int snapshots_begin(struct snapshots *snapshots, const char **name, struct error *error);

struct snapshot_row {
    const char *name;
    time_t made;
    uint64_t pages;   /* of memory, written to since it was made or gone back to: at most */
    uint64_t sectors; /* of disks, that it keeps */
    bool lost;        /* it does not have all of a disk: restoring it fails */
    bool gone;        /* it has no memory any more: likewise */
};
/* In the order in which they were made; how many. */
size_t snapshots_rows(const struct snapshots *snapshots, struct snapshot_row rows[SNAPSHOTS_MAX]);

#endif
