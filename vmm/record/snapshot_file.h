/* A file with one snapshot in it, which can be replaced, and a machine goes on from there.
 *
 * It is opened once, for the process may not open files later. A new snapshot is written beside the
 * one that is there, and only when it is whole on the host's medium does the file's head say so:
 * whatever happens meanwhile, one of both is in it. What is behind it and no longer in use, or has
 * not become whole, is cut off, and at the latest when the file is opened. */
#ifndef VMM_RECORD_SNAPSHOT_FILE_H
#define VMM_RECORD_SNAPSHOT_FILE_H

#include "error.h"
#include "record/snapshot_id.h"

#include <stdbool.h>
#include <stdint.h>

struct snapshot;
struct snapshot_file;

/* Opens PATH, makes it if it is not there, and keeps others from it; PATH must outlive it. 0, or
 * -errno with ERROR set: also if another stepvm has it, or it is not empty and not such a file. */
int snapshot_file_open(struct snapshot_file **out, const char *path, struct error *error);
void snapshot_file_close(struct snapshot_file *file); /* NULL is fine */
const char *snapshot_file_path(const struct snapshot_file *file);
bool snapshot_file_is_empty(const struct snapshot_file *file); /* no snapshot is in it yet */

/* Puts SNAPSHOT, just made of MACHINE, whose memory MAP is of, in place of the one there. 0, or
 * -errno with ERROR set: then the one there is still there. */
int snapshot_file_write(struct snapshot_file *file, const struct snapshot *snapshot,
                        const struct snapshot_id *id, const struct machine_parts *machine,
                        const struct pagemap *map, struct error *error);
/* As snapshot_body_read, and only if it is whole and of a machine as ID. */
int snapshot_file_read(const struct snapshot_file *file, struct snapshot *snapshot,
                       const struct snapshot_id *id, const struct machine_parts *machine,
                       struct error *error);

#endif
