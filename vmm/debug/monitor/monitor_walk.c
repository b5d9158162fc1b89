/* `monitor walk`: how the processor translates an address. */
#include "debug/monitor/monitor.h"

#include "debug/cpu/gva.h"
#include "debug/monitor/walk_text.h"
#include "debug/number.h"

#define LEAF_ADDRESS_SIZES  0x80000008u /* EAX[7:0]: bits of a physical address */
#define PHYSICAL_BITS_LEAST 32u

static unsigned physical_bits(struct kvm_host *host)
{
    const struct kvm_cpuid2 *cpuid;
    unsigned bits = MEMORY_GPA_BITS;
    if (kvm_get_supported_cpuid(host, &cpuid))
        return bits;
    for (unsigned i = 0; i < cpuid->nent; i++)
        if (cpuid->entries[i].function == LEAF_ADDRESS_SIZES)
            bits = cpuid->entries[i].eax & 0xff;
    return bits < PHYSICAL_BITS_LEAST || bits > MEMORY_GPA_BITS ? MEMORY_GPA_BITS : bits;
}

void monitor_walk(struct debug *d, const char *args, struct gdb_text *out)
{
    struct kvm_sregs sregs;
    uint64_t linear, gpa;
    if (!number_word(&args, UINT64_MAX, &linear) || *args) {
        monitor_usage("walk", "ADDR", out);
        return;
    }
    if (!monitor_read_sregs(d, &sregs, out))
        return;
    const struct gva_space space = gva_space(d->config.memory, &sregs);
    const struct walk_memory memory = gva_walk_memory(&space);
    if (!walk_print(&space.mode, &memory, physical_bits(d->config.host), linear, &gpa, out))
        return;
    const struct memory_region *region = memory_find(d->config.memory, gpa);
    gdb_text_printf(out, "   %s%s\n", region ? "in " : "no memory is there, but perhaps a device",
                    region ? region->name : "");
}
