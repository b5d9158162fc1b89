#include "machine_dma.h"

static void *at(void *context, uint64_t gpa, uint64_t len, bool write)
{
    const struct machine_dma *d = context;
    return write ? memory_ram_at(d->memory, gpa, len) : memory_at(d->memory, gpa, len);
}

static void begin(void *context)
{
    const struct machine_dma *d = context;
    run_control_memory_begin(d->run_control);
}

static void end(void *context)
{
    const struct machine_dma *d = context;
    run_control_memory_end(d->run_control);
}

/* If it was the debugger who rang, the first CPU works. */
static void unfinished(void *context)
{
    struct machine_dma *d = context;
    unsigned cpu = d->cpu_count - 1;
    while (cpu && !vcpu_is_current(d->cpus[cpu]))
        cpu--;
    atomic_store(&d->cpu, (int)cpu);
}

struct dma machine_dma_for_devices(struct machine_dma *d)
{
    return (struct dma){at, begin, end, unfinished, d};
}

bool machine_dma_work(void *context, struct vcpu *vcpu)
{
    struct machine_dma *d = context;
    if (atomic_load(&d->cpu) != (int)vcpu_index(vcpu))
        return false;
    bus_lock(d->bus);
    const bool more = virtio_disks_continue(d->disks);
    if (!more)
        atomic_store(&d->cpu, MACHINE_DMA_NONE);
    bus_unlock(d->bus);
    return more;
}
