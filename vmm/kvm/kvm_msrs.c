/* Model-specific registers, one or several in a call. */
#include "kvm/kvm_call.h"

#include <errno.h>
#include <string.h>

/* struct kvm_msrs ends in an array of entries. */
struct msrs_call {
    _Alignas(struct kvm_msrs)
        uint8_t bytes[sizeof(struct kvm_msrs) + KVM_MSRS_MAX * sizeof(struct kvm_msr_entry)];
};

static struct kvm_msrs *make_call(struct msrs_call *call, const struct kvm_msr_entry *entries,
                                  unsigned count)
{
    void *bytes = call->bytes;
    struct kvm_msrs *msrs = bytes;
    *msrs = (struct kvm_msrs){.nmsrs = count};
    memcpy(msrs->entries, entries, count * sizeof *entries);
    return msrs;
}

int kvm_get_msrs(struct kvm_cpu *cpu, struct kvm_msr_entry *entries, unsigned count)
{
    struct msrs_call call;
    if (count > KVM_MSRS_MAX)
        return -E2BIG;
    const struct kvm_msrs *msrs = make_call(&call, entries, count);
    const int n = kvm_cpu_call(cpu, KVM_GET_MSRS, msrs);
    if (n > 0)
        memcpy(entries, msrs->entries, (unsigned)n * sizeof *entries);
    return n;
}

/* Some are in the shared page too: EFER, the APIC's base, those of FS and GS. */
int kvm_set_msrs(struct kvm_cpu *cpu, const struct kvm_msr_entry *entries, unsigned count)
{
    struct msrs_call call;
    if (count > KVM_MSRS_MAX)
        return -E2BIG;
    kvm_cpu_out_of_sync(cpu);
    return kvm_cpu_call(cpu, KVM_SET_MSRS, make_call(&call, entries, count));
}

int kvm_get_msr(struct kvm_cpu *cpu, uint32_t index, uint64_t *value)
{
    struct kvm_msr_entry entry = {.index = index};
    const int rc = kvm_get_msrs(cpu, &entry, 1);
    if (rc == 1)
        *value = entry.data;
    return rc;
}

int kvm_set_msr(struct kvm_cpu *cpu, uint32_t index, uint64_t value)
{
    const struct kvm_msr_entry entry = {.index = index, .data = value};
    return kvm_set_msrs(cpu, &entry, 1);
}

/* KVM stops at the first that it does not know: that one is passed over, and the rest asked for. */
int kvm_find_msrs(struct kvm_cpu *cpu, struct kvm_msr_entry *entries, unsigned count)
{
    unsigned known = 0;
    for (unsigned next = 0; next < count; next++) {
        const int n = kvm_get_msrs(cpu, entries + next, count - next);
        if (n < 0)
            return n;
        memmove(entries + known, entries + next, (unsigned)n * sizeof *entries);
        known += (unsigned)n;
        next += (unsigned)n;
    }
    return (int)known;
}
