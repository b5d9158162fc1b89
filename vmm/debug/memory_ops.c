/* The target operations on memory: linear as a vCPU maps it, or guest-physical. */
#include "debug/debug_state.h"

#include "debug/region.h"

#include <errno.h>

int debug_sregs(const struct debug *d, unsigned cpu, struct kvm_sregs *sregs)
{
    const struct vcpu_snapshot *past = travel_state(&d->travel, cpu);
    if (past) {
        *sregs = past->sregs;
        return 0;
    }
    return kvm_get_sregs(vcpu_kvm(d->cpus[cpu]), sregs);
}

int debug_space(const struct debug *d, unsigned cpu, struct gva_space *space)
{
    struct kvm_sregs sregs;
    int err = debug_sregs(d, cpu, &sregs);
    if (!err)
        *space = gva_space(d->config.memory, &sregs);
    return err;
}

/* A short transfer is one; only none at all is an error. */
static int64_t some_or_fault(size_t done, size_t len)
{
    return done || !len ? (int64_t)done : -EFAULT;
}

int64_t debug_read_memory(void *target, int thread, uint64_t addr, void *buf, size_t len)
{
    const struct debug *d = target;
    const unsigned cpu = (unsigned)thread - 1;
    const bool asked = run_control_is_asked(d->run_control, cpu);
    struct gva_space space;
    if (d->physical_memory && !asked)
        return some_or_fault(memory_read(d->config.memory, addr, buf, len), len);
    int err = debug_space(d, cpu, &space);
    if (err)
        return err;
    const size_t n = asked ? run_control_read(d->run_control, &space, addr, buf, len)
                           : gva_read(&space, addr, buf, len);
    return some_or_fault(n, len);
}

int64_t debug_write_memory(void *target, int thread, uint64_t addr, const void *buf, size_t len)
{
    struct debug *d = target;
    struct gva_space space;
    if (d->physical_memory)
        return some_or_fault(memory_poke(d->config.memory, addr, buf, len), len);
    int err = debug_space(d, (unsigned)thread - 1, &space);
    return err ? err : some_or_fault(gva_write(&space, d->config.memory, addr, buf, len), len);
}

bool debug_physical_memory(void *target)
{
    const struct debug *d = target;
    return d->physical_memory;
}

void debug_set_physical_memory(void *target, bool on)
{
    struct debug *d = target;
    d->physical_memory = on;
}

int debug_memory_region(void *target, int thread, uint64_t addr, struct gdb_region *region)
{
    struct gva_space space;
    int err = debug_space(target, (unsigned)thread - 1, &space);
    if (!err)
        *region = region_linear(&space, addr);
    return err;
}

bool debug_physical_region(void *target, size_t index, struct gdb_region *region)
{
    const struct debug *d = target;
    return region_physical(d->config.memory, index, region);
}
