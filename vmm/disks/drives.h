/* The machine's drives: the image if it is a disk or a CD, and the --disk ones, in the order in
 * which the guest counts them. What shows them to it (devices, the BIOS services) only looks at
 * them here. */
#ifndef VMM_DRIVES_H
#define VMM_DRIVES_H

#include "disks/disk.h"
#include "error.h"
#include "options/options.h"

#include <stdbool.h>

#define DRIVES_MAX 4 /* two ATA channels, two devices each; BIOS drives 0x80 .. 0x83 */

struct drives {
    struct disk disks[DRIVES_MAX];
    unsigned count;
    bool image_is_disk;         /* disks[0] is the image */
    bool on_virtio[DRIVES_MAX]; /* not on an ATA channel */
    bool has_cd;                /* the image is a CD; then there is a disk less */
    struct disk cd;
};

/* Opens them all; FORMAT is what the image is. 0, or -errno with ERROR set; then there is nothing
 * to close. */
int drives_open(struct drives *drives, const struct options *options, enum boot_format format,
                struct error *error);
/* All zero is fine. */
void drives_close(struct drives *drives);

#endif
