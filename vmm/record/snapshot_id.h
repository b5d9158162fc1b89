/* What of a machine must be the same where a snapshot of it is to go on. */
#ifndef VMM_RECORD_SNAPSHOT_ID_H
#define VMM_RECORD_SNAPSHOT_ID_H

#include "error.h"
#include "record/machine_state.h"

#include <stdint.h>

#define SNAPSHOT_ID_DISKS (DRIVES_MAX + 1) /* and the CD */

/* Words of 64 bits, as they are in a file. */
struct snapshot_id {
    uint64_t memory; /* bytes of all its regions */
    uint64_t map;    /* a checksum of where they are */
    uint64_t cpus;
    uint64_t cpuid; /* a checksum of what the first CPU answers */
    uint64_t xsave_size;
    uint64_t devices; /* a checksum of which there are */
    uint64_t board_size;
    uint64_t disk_count; /* of all, then each: */
    struct snapshot_id_disk {
        uint64_t sectors;
        uint64_t access;  /* enum disk_access; and whether it is a virtio disk */
        uint64_t content; /* a checksum of the file, or of its size and when it was written to */
    } disks[SNAPSHOT_ID_DISKS];
};

/* CPUID is snapshot_id_cpuid's. All vCPUs are parked. 0, or -errno with ERROR set. */
int snapshot_id_make(struct snapshot_id *id, const struct machine_parts *machine, uint64_t cpuid,
                     struct error *error);
/* 0, or -EINVAL with ERROR set to what differs between THERE, a file's, and HERE, MACHINE's. */
int snapshot_id_compare(const struct snapshot_id *there, const struct snapshot_id *here,
                        const struct machine_parts *machine, struct error *error);

/* SUM: of what a vCPU of this host is told; asks KVM. 0, or -errno. */
int snapshot_id_cpuid(struct kvm_host *host, unsigned cpus, uint64_t *sum);

#endif
