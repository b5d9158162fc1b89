/* The machine's drives on its ATA channels: those that are not on virtio. */
#ifndef VMM_ATA_DISKS_H
#define VMM_ATA_DISKS_H

#include "dev/ata.h"
#include "disks/drives.h"

/* Plugs DRIVES, which must outlive the channels, into them: device 0 and 1 of the first, then of
 * the second, where a CD is device 0. Before the first access. */
void ata_disks_attach(struct ata channels[2], struct drives *drives);

#endif
