/* CPUID with this machine's topology in place of the host's (SDM vol. 2, CPUID; APM vol. 3,
 * appendix E). */
#include "vmm/vcpu/vcpu_cpuid.h"

#include "tests/check.h"

#include <stdlib.h>

#define LEAF(leaf, sub, a, b, c, d)                                                                \
    {                                                                                              \
        .function = (leaf), .index = (sub), .eax = (a), .ebx = (b), .ecx = (c), .edx = (d),        \
    }
#define SUBLEAF(leaf, sub, a, b, c, d)                                                             \
    {                                                                                              \
        .function = (leaf), .index = (sub), .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX, .eax = (a),  \
        .ebx = (b), .ecx = (c), .edx = (d),                                                        \
    }

#define AUTH 0x68747541
#define GENU 0x756e6547
#define KVMK 0x4b4d564b

/* Two threads a core, 8 cores, as hosts say it; the CPU that asked is number 5. */
static const struct kvm_cpuid_entry2 amd_host[] = {
    LEAF(0, 0, 0xd, AUTH, 0x444d4163, 0x69746e65),
    LEAF(1, 0, 0x00800f12, 0x05100800, 0x01202000, 0x178bfbff),
    SUBLEAF(4, 0, 0, 0, 0, 0),
    SUBLEAF(0xb, 0, 1, 2, 0x100, 5),
    SUBLEAF(0xb, 1, 4, 16, 0x201, 5),
    SUBLEAF(0xd, 0, 7, 0x340, 0x340, 0),
    LEAF(0x80000000, 0, 0x80000021, AUTH, 0x444d4163, 0x69746e65),
    LEAF(0x80000001, 0, 0x00800f12, 0x40000000, 0x00400393, 0x23d3fbff),
    LEAF(0x80000008, 0, 0x3030, 0x02001005, 0x0000700f, 0),
    SUBLEAF(0x8000001d, 0, 0x00004121, 0x01c0003f, 0x3f, 0),
    SUBLEAF(0x8000001d, 1, 0x0003c163, 0x03c0003f, 0x1fff, 1),
    SUBLEAF(0x8000001d, 2, 0, 0, 0, 0),
    LEAF(0x8000001e, 0, 5, 0x102, 0x303, 0),
    LEAF(0x40000000, 0, 0x40000001, KVMK, 0x564b4d56, 0x4d),
    LEAF(0x40000001, 0, 0x01007efb, 0, 0, 0),
};

static const struct kvm_cpuid_entry2 amd_guest_2_of_4[] = {
    LEAF(0, 0, 0xd, AUTH, 0x444d4163, 0x69746e65),
    LEAF(1, 0, 0x00800f12, 0x02040800, 0x81202000, 0x178bfbff),
    SUBLEAF(4, 0, 0, 0, 0, 0),
    SUBLEAF(0xd, 0, 7, 0x340, 0x340, 0),
    LEAF(0x80000000, 0, 0x80000021, AUTH, 0x444d4163, 0x69746e65),
    LEAF(0x80000001, 0, 0x00800f12, 0x40000000, 0x00400393, 0x23d3fbff),
    LEAF(0x80000008, 0, 0x3030, 0x02001005, 0x00002003, 0),
    SUBLEAF(0x8000001d, 0, 0x00000121, 0x01c0003f, 0x3f, 0),
    SUBLEAF(0x8000001d, 1, 0x0000c163, 0x03c0003f, 0x1fff, 1),
    SUBLEAF(0x8000001d, 2, 0, 0, 0, 0),
    LEAF(0x8000001e, 0, 2, 2, 0, 0),
    LEAF(0x40000000, 0, 0x40000001, KVMK, 0x564b4d56, 0x4d),
    LEAF(0x40000001, 0, 0x01007efb, 0, 0, 0),
    SUBLEAF(0xb, 0, 0, 1, 0x100, 2),
    SUBLEAF(0xb, 1, 2, 4, 0x201, 2),
    SUBLEAF(0xb, 2, 0, 0, 2, 2),
};

static const struct kvm_cpuid_entry2 intel_host[] = {
    LEAF(0, 0, 0x1f, GENU, 0x6c65746e, 0x49656e69),
    LEAF(1, 0, 0x000906ea, 0x07100800, 0xf7fafbff, 0x1fcbfbff),
    SUBLEAF(4, 0, 0x1c004121, 0x01c0003f, 0x3f, 0),
    SUBLEAF(4, 1, 0x1c03c163, 0x03c0003f, 0x3fff, 6),
    SUBLEAF(4, 2, 0, 0, 0, 0),
    SUBLEAF(0xb, 0, 0, 0, 0, 7),
    SUBLEAF(0x1f, 0, 0, 0, 0, 7),
    LEAF(0x80000001, 0, 0, 0, 0x121, 0x2c100800),
    LEAF(0x80000008, 0, 0x3027, 0, 0, 0),
};

static const struct kvm_cpuid_entry2 intel_guest_2_of_3[] = {
    LEAF(0, 0, 0x1f, GENU, 0x6c65746e, 0x49656e69),
    LEAF(1, 0, 0x000906ea, 0x02040800, 0xf7fafbff, 0x1fcbfbff), /* 4 ids are set aside */
    SUBLEAF(4, 0, 0x0c000121, 0x01c0003f, 0x3f, 0),
    SUBLEAF(4, 1, 0x0c00c163, 0x03c0003f, 0x3fff, 6),
    SUBLEAF(4, 2, 0, 0, 0, 0),
    LEAF(0x80000001, 0, 0, 0, 0x121, 0x2c100800),
    LEAF(0x80000008, 0, 0x3027, 0, 0, 0),
    SUBLEAF(0xb, 0, 0, 1, 0x100, 2),
    SUBLEAF(0xb, 1, 2, 3, 0x201, 2),
    SUBLEAF(0xb, 2, 0, 0, 2, 2),
    SUBLEAF(0x1f, 0, 0, 1, 0x100, 2),
    SUBLEAF(0x1f, 1, 2, 3, 0x201, 2),
    SUBLEAF(0x1f, 2, 0, 0, 2, 2),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct kvm_cpuid2 *make(const struct kvm_cpuid_entry2 *host, size_t n, unsigned index,
                               unsigned count)
{
    struct kvm_cpuid2 *supported = calloc(1, sizeof *supported + n * sizeof *host);
    supported->nent = (uint32_t)n;
    memcpy(supported->entries, host, n * sizeof *host);
    struct kvm_cpuid2 *cpuid = vcpu_cpuid_make(supported, index, count);
    free(supported);
    return cpuid;
}

static void check(const struct kvm_cpuid2 *cpuid, const struct kvm_cpuid_entry2 *expected, size_t n)
{
    CHECK_EQ(cpuid->nent, n);
    for (size_t i = 0; i < n && i < cpuid->nent; i++)
        if (memcmp(&cpuid->entries[i], &expected[i], sizeof *expected)) {
            const struct kvm_cpuid_entry2 *e = &expected[i], *a = &cpuid->entries[i];
            check_fail(
                __FILE__, __LINE__,
                "entry %zu: expected %x.%x %08x %08x %08x %08x, got %x.%x %08x %08x %08x %08x", i,
                e->function, e->index, e->eax, e->ebx, e->ecx, e->edx, a->function, a->index,
                a->eax, a->ebx, a->ecx, a->edx);
        }
}

static void amd_topology(void)
{
    struct kvm_cpuid2 *cpuid = make(amd_host, COUNT(amd_host), 2, 4);
    check(cpuid, amd_guest_2_of_4, COUNT(amd_guest_2_of_4));
    free(cpuid);
}

static void intel_topology(void)
{
    struct kvm_cpuid2 *cpuid = make(intel_host, COUNT(intel_host), 2, 3);
    check(cpuid, intel_guest_2_of_3, COUNT(intel_guest_2_of_3));
    free(cpuid);
}

static const struct kvm_cpuid_entry2 *find(const struct kvm_cpuid2 *cpuid, uint32_t leaf,
                                           uint32_t index)
{
    static const struct kvm_cpuid_entry2 none;
    for (uint32_t i = 0; i < cpuid->nent; i++)
        if (cpuid->entries[i].function == leaf && cpuid->entries[i].index == index)
            return &cpuid->entries[i];
    return &none;
}

/* By count of CPUs: how many bits their ids take, and whether there is more than one. */
static void counts(void)
{
    static const struct {
        unsigned count, bits;
    } rows[] = {{1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {8, 3}, {9, 4}, {16, 4}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const unsigned count = rows[i].count, bits = rows[i].bits, last = count - 1;
        struct kvm_cpuid2 *cpuid = make(amd_host, COUNT(amd_host), last, count);
        CHECK_EQ(find(cpuid, 1, 0)->ebx, last << 24 | 1u << bits << 16 | 0x0800);
        CHECK_EQ(find(cpuid, 1, 0)->edx >> 28 & 1, count > 1);
        CHECK_EQ(find(cpuid, 0x80000001, 0)->ecx >> 1 & 1, count > 1);
        CHECK_EQ(find(cpuid, 0x80000008, 0)->ecx, bits << 12 | last);
        CHECK_EQ(find(cpuid, 0xb, 1)->eax, bits);
        CHECK_EQ(find(cpuid, 0xb, 1)->ebx, count);
        CHECK_EQ(find(cpuid, 0x8000001d, 1)->eax >> 14 & 0xfff, (1u << bits) - 1);
        free(cpuid);
    }
}

/* A CPU without leaf 0xb does not get one, and nothing is made of nothing. */
static void leaves_that_are_not_there_stay_away(void)
{
    static const struct kvm_cpuid_entry2 old[] = {LEAF(0, 0, 4, GENU, 0, 0),
                                                  LEAF(1, 0, 0, 0, 0, 0)};
    struct kvm_cpuid2 *cpuid = make(old, COUNT(old), 0, 2);
    CHECK_EQ(cpuid->nent, 2);
    CHECK_EQ(find(cpuid, 1, 0)->ecx, 0x80000000);
    free(cpuid);
    cpuid = make(old, 0, 0, 1);
    CHECK_EQ(cpuid->nent, 0);
    free(cpuid);
}

int main(void)
{
    TEST(amd_topology);
    TEST(intel_topology);
    TEST(counts);
    TEST(leaves_that_are_not_there_stay_away);
    return check_done();
}
