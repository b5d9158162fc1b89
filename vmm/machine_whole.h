/* The machine, for the files that it is made of: machine.c puts it together, machine_power.c
 * switches it on. */
#ifndef VMM_MACHINE_WHOLE_H
#define VMM_MACHINE_WHOLE_H

#include "board/devices.h"
#include "board/firmware.h"
#include "board/interrupts.h"
#include "disks/drives.h"
#include "disks/virtio_disks.h"
#include "kvm/kvm.h"
#include "machine.h"
#include "machine_dma.h"
#include "record/snapshots.h"

struct machine {
    const struct options *options;
    const struct traces *traces;
    const char *sandbox;
    struct kvm_host host;
    struct kvm_vm vm;
    struct memory *memory;
    struct bus *bus;
    struct debug *debug;
    struct interrupts interrupts;

    struct devices devices;
    struct virtio_disks virtio_disks;
    struct machine_dma dma;
    struct frontend frontend;

    struct drives drives;
    struct firmware firmware;
    struct machine_parts parts; /* all that has a state */
    struct snapshots *snapshots;
    char *image_name; /* IMAGE, from the root on, as it was found at the start; or NULL */

    struct vcpu_hooks hooks;
    struct vcpu *cpus[OPTIONS_MAX_CPUS];
    unsigned count;
    bool killed;
};

#endif
