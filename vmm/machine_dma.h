/* Guest memory as the machine's bus masters reach it, and what they have not finished.
 *
 * What a doorbell leads to is part of the instruction that rang it. Where it is too much for one
 * go, the vCPU that rang does it piece by piece before its next entry, and can be kicked in
 * between; the others go on. */
#ifndef VMM_MACHINE_DMA_H
#define VMM_MACHINE_DMA_H

#include "board/bus.h"
#include "debug/run/run_control.h"
#include "disks/virtio_disks.h"
#include "memory/dma.h"
#include "memory/memory.h"
#include "vcpu/vcpu.h"

#include <stdatomic.h>

struct machine_dma {
    struct memory *memory;
    struct bus *bus;
    struct virtio_disks *disks;
    struct run_control *run_control;
    struct vcpu *const *cpus;
    unsigned cpu_count;
    atomic_int cpu; /* whose access is not finished, or MACHINE_DMA_NONE */
};

#define MACHINE_DMA_NONE (-1)

/* For devices, with the bus lock held. What DMA refers to may be filled in later, and must be there
 * before the first access. */
struct dma machine_dma_for_devices(struct machine_dma *dma);
/* As hooks->work of struct vcpu_hooks; CONTEXT is the struct machine_dma. */
bool machine_dma_work(void *context, struct vcpu *vcpu);

#endif
