/* struct recorder, for the files that it is made of: recorder.c its life, recorder_images.c what is
 * compared, recorder_note.c what vCPUs do, recorder_go.c the way back and forth. Nobody else
 * includes it. */
#ifndef VMM_RECORD_RECORDER_STATE_H
#define VMM_RECORD_RECORDER_STATE_H

#include "record/recorder.h"

#include "record/disk_image.h"
#include "record/ram_image.h"
#include "record/record_log.h"

#include <pthread.h>

#define WORD sizeof(uint64_t)

enum { PARTS = 6 }; /* of a vCPU: VCPU_PART_* are their bits */

/* Devices' state as board_parts_save has it, and that of KVM's chips behind it. */
struct board_image {
    uint8_t *bytes;
    size_t chips;   /* where struct interrupts_kernel begins */
    uint64_t turns; /* bus_turns when it was compared last */
};

struct cpu_image {
    struct vcpu_snapshot state;
    /* What KVM gave back for the state that a journey has put there, which may be another word for
     * the same: what differs from it has been changed since. */
    struct vcpu_snapshot shown;
    bool is_shown;
    unsigned touched; /* VCPU_PART_* that the journey has changed */
    bool lost;        /* KVM may have lost any of it */
};

struct recorder {
    const struct machine_parts *machine;
    struct record_log *log;
    struct delta delta; /* of the step that is being noted */
    struct vcpu_snapshot now;
    struct cpu_image *cpus;
    struct vcpu_snapshot_extent extents[PARTS]; /* of the parts, in order of their bits */
    struct board_image board;
    struct ram_image *ram;
    struct disk_image *disks;
    bool board_touched, chips_touched;
    bool ram_moved;           /* by journeys, since vCPUs ran */
    struct record_entry last; /* what back and forward went over */
    bool went_back;           /* then */
    uint64_t lost;
    const char *lost_why;
    bool broken; /* until recorder_restart */

    pthread_mutex_t running; /* held by the vCPU whose turn it is */
    pthread_mutex_t next;    /* and by the one that waits for it */
    bool turn[DELTA_CPUS];
    unsigned steps; /* in this turn */
};

/* The LAPICs, KVM's chips: what runs on in them by itself is no change of the debugger's. */
enum { FROM_OUTSIDE = VCPU_PARTS_ALL & ~VCPU_PART_LAPIC };

/* recorder_images.c: each adds to the delta what has changed, and makes the image that. 0 or
 * -errno.
 */

/* Of a vCPU's PARTS, read anew. */
int recorder_compare_cpu(struct recorder *recorder, unsigned cpu, unsigned parts);
void recorder_compare_devices(struct recorder *recorder);
/* KVM's interrupt controllers and timer. */
int recorder_compare_chips(struct recorder *recorder);
/* Disks, devices if they were used, and CHIPS. */
int recorder_compare_rest(struct recorder *recorder, bool chips);

/* Changes a word of a vCPU's image. */
void recorder_apply_cpu(struct recorder *recorder, unsigned cpu, uint64_t word, uint64_t flips);
/* The words of DELTA that are this vCPU's, in its image too. */
void recorder_take_over(struct recorder *recorder, unsigned cpu, const struct delta *delta);
/* An image of the board, all zero. */
int recorder_make_board(struct recorder *recorder);

/* recorder_note.c */

bool recorder_has_paging(const struct recorder *recorder, unsigned cpu);

#endif
