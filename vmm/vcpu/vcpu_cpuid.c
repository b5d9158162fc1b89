#include "vcpu/vcpu_cpuid.h"

#include <stdbool.h>
#include <stdlib.h>

/* Intel's leaves: SDM vol. 2, CPUID. AMD's: APM vol. 3, appendix E. */
enum {
    LEAF_FEATURES = 0x1,
    LEAF_CACHES = 0x4,
    LEAF_TOPOLOGY = 0xb,
    LEAF_TOPOLOGY_2 = 0x1f,
    LEAF_AMD_FEATURES = 0x80000001,
    LEAF_AMD_SIZES = 0x80000008,
    LEAF_AMD_CACHES = 0x8000001d,
    LEAF_AMD_TOPOLOGY = 0x8000001e,
};

#define FEATURES_ECX_HYPERVISOR (1u << 31)
#define FEATURES_EDX_HTT        (1u << 28) /* EBX 23-16 is valid: more than one CPU */
#define AMD_ECX_CMP_LEGACY      (1u << 1)  /* those are cores, not hyperthreads */
#define TOPOLOGY_LEVELS         3

struct cpu {
    unsigned index, count;
    unsigned id_bits; /* of an APIC id, as many as COUNT needs */
    bool amd;
};

static unsigned bits_for(unsigned count)
{
    return count > 1 ? 32 - (unsigned)__builtin_clz(count - 1) : 0;
}

/* VALUE in the bits FIRST to LAST of *REGISTER. */
static void set_field(uint32_t *reg, unsigned last, unsigned first, uint32_t value)
{
    const uint32_t mask = (uint32_t)((1ull << (last + 1)) - (1ull << first));
    *reg = (*reg & ~mask) | (value << first & mask);
}

static void set_features(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    entry->ecx |= FEATURES_ECX_HYPERVISOR;
    set_field(&entry->ebx, 31, 24, cpu->index);
    set_field(&entry->ebx, 23, 16, 1u << cpu->id_bits);
    entry->edx &= ~FEATURES_EDX_HTT;
    if (cpu->count > 1)
        entry->edx |= FEATURES_EDX_HTT;
}

/* Both makers': in EAX 7-5 the cache's level; in 25-14 how many share it, less one. The last level
 * is the package's, the others are a core's own. */
static void set_sharing(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    const unsigned level = entry->eax >> 5 & 7;
    set_field(&entry->eax, 25, 14, level >= 3 ? (1u << cpu->id_bits) - 1 : 0);
}

static void set_caches(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    if ((entry->eax & 0x1f) == 0) /* no further cache */
        return;
    set_sharing(entry, cpu);
    set_field(&entry->eax, 31, 26, (1u << cpu->id_bits) - 1); /* cores, less one */
}

static void set_amd_caches(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    if (entry->eax & 0x1f)
        set_sharing(entry, cpu);
}

static void set_amd_features(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    entry->ecx &= cpu->amd ? ~AMD_ECX_CMP_LEGACY : ~0u;
    if (cpu->amd && cpu->count > 1)
        entry->ecx |= AMD_ECX_CMP_LEGACY;
}

static void set_amd_sizes(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    if (!cpu->amd)
        return;
    set_field(&entry->ecx, 7, 0, cpu->count - 1);
    set_field(&entry->ecx, 15, 12, cpu->id_bits);
}

/* One node; the core's id, and one thread in it. */
static void set_amd_topology(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    entry->eax = cpu->index;
    entry->ebx = cpu->index;
    entry->ecx = 0;
    entry->edx = 0;
}

static void set_entry(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu)
{
    static const struct {
        uint32_t leaf;
        void (*set)(struct kvm_cpuid_entry2 *entry, const struct cpu *cpu);
    } leaves[] = {
        {LEAF_FEATURES, set_features},         {LEAF_CACHES, set_caches},
        {LEAF_AMD_FEATURES, set_amd_features}, {LEAF_AMD_SIZES, set_amd_sizes},
        {LEAF_AMD_CACHES, set_amd_caches},     {LEAF_AMD_TOPOLOGY, set_amd_topology},
    };
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
        if (leaves[i].leaf == entry->function)
            leaves[i].set(entry, cpu);
}

/* Threads of a core, cores of the package, and the end: of the APIC id so many bits are below this
 * level, and so many CPUs are in one at this level. */
static void add_topology(struct kvm_cpuid2 *cpuid, uint32_t leaf, const struct cpu *cpu)
{
    enum { THREAD = 1, CORE = 2 };
    const struct {
        uint32_t shift, cpus, type;
    } levels[TOPOLOGY_LEVELS] = {{0, 1, THREAD}, {cpu->id_bits, cpu->count, CORE}, {0, 0, 0}};
    for (uint32_t i = 0; i < TOPOLOGY_LEVELS; i++)
        cpuid->entries[cpuid->nent++] = (struct kvm_cpuid_entry2){
            .function = leaf,
            .index = i,
            .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
            .eax = levels[i].shift,
            .ebx = levels[i].cpus,
            .ecx = levels[i].type << 8 | i,
            .edx = cpu->index,
        };
}

static bool is_topology(uint32_t leaf)
{
    return leaf == LEAF_TOPOLOGY || leaf == LEAF_TOPOLOGY_2;
}

/* Leaf 0: the highest leaf, and the maker's name, of which the first letters will do. */
static void read_leaf_0(const struct kvm_cpuid2 *supported, uint32_t *highest, bool *amd)
{
    enum { AUTH = 0x68747541, HYGO = 0x6f677948 }; /* AuthenticAMD, HygonGenuine */
    *highest = 0;
    *amd = false;
    for (uint32_t i = 0; i < supported->nent; i++)
        if (supported->entries[i].function == 0) {
            *highest = supported->entries[i].eax;
            *amd = supported->entries[i].ebx == AUTH || supported->entries[i].ebx == HYGO;
        }
}

struct kvm_cpuid2 *vcpu_cpuid_make(const struct kvm_cpuid2 *supported, unsigned index,
                                   unsigned count)
{
    struct cpu cpu = {.index = index, .count = count, .id_bits = bits_for(count)};
    uint32_t highest;
    read_leaf_0(supported, &highest, &cpu.amd);
    const size_t most = supported->nent + 2 * TOPOLOGY_LEVELS;
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + most * sizeof cpuid->entries[0]);
    if (!cpuid)
        return NULL;
    for (uint32_t i = 0; i < supported->nent; i++)
        if (!is_topology(supported->entries[i].function)) {
            cpuid->entries[cpuid->nent] = supported->entries[i];
            set_entry(&cpuid->entries[cpuid->nent++], &cpu);
        }
    if (highest >= LEAF_TOPOLOGY)
        add_topology(cpuid, LEAF_TOPOLOGY, &cpu);
    if (highest >= LEAF_TOPOLOGY_2)
        add_topology(cpuid, LEAF_TOPOLOGY_2, &cpu);
    return cpuid;
}
