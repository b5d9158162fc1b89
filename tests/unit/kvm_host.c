/* What kvm says of hosts that this one is not: ioctl(2) is replaced by one that plays such a host.
 */
#include "kvm/kvm.h"
#include "tests/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>

/* How the played host differs from a good one. ioctl takes no context, hence a global. */
static struct {
    int api_version;
    unsigned long missing; /* capability that it lacks */
    int create_vm[2];      /* what KVM_CREATE_VM answers: the first time, then */
    int vms;               /* how often it was asked */
    unsigned long failing; /* request that fails with fail_code */
    int fail_code;
    uint32_t cpuid_leaves;
    int calls;
    unsigned long order[16]; /* the first requests */
} played;

static void play_good_host(void)
{
    memset(&played, 0, sizeof played);
    played.api_version = KVM_API_VERSION;
    played.missing = ~0ul; /* 0 is KVM_CAP_IRQCHIP */
    played.cpuid_leaves = 200;
}

static int answer(int code)
{
    if (code >= 0)
        return code;
    errno = -code;
    return -1;
}

static int play_supported_cpuid(struct kvm_cpuid2 *cpuid)
{
    if (cpuid->nent < played.cpuid_leaves)
        return answer(-E2BIG);
    cpuid->nent = played.cpuid_leaves;
    cpuid->entries[played.cpuid_leaves - 1].function = 0x80000008;
    return 0;
}

static int play_msr_list(struct kvm_msr_list *list)
{
    bool fits = list->nmsrs >= 3;
    list->nmsrs = 3;
    for (uint32_t i = 0; fits && i < 3; i++)
        list->indices[i] = 0x10 + i;
    return fits ? 0 : answer(-E2BIG);
}

/* In place of libc's, for this program alone. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    (void)fd;
    if (played.calls < 16)
        played.order[played.calls] = request;
    played.calls++;
    if (request == played.failing)
        return answer(played.fail_code);
    switch (request) {
    case KVM_GET_API_VERSION:
        return played.api_version;
    case KVM_CHECK_EXTENSION:
        return (unsigned long)arg == played.missing ? 0 : 7;
    case KVM_GET_VCPU_MMAP_SIZE:
        return 12288;
    case KVM_CREATE_VM:
        return answer(played.create_vm[played.vms++ > 0]);
    case KVM_GET_SUPPORTED_CPUID:
        return play_supported_cpuid(arg);
    case KVM_GET_MSR_INDEX_LIST:
        return play_msr_list(arg);
    default:
        return 0;
    }
}

static void a_good_host_opens(void)
{
    struct kvm_host host;
    struct error error;
    play_good_host();
    CHECK_EQ(kvm_host_open(&host, "/dev/null", NULL, &error), 0);
    CHECK(host.fd >= 0);
    CHECK_EQ(host.run_size, 12288);
    CHECK_EQ(host.max_slots, 7);
    CHECK_EQ(host.max_vcpus, 7);
    CHECK_EQ(host.has_readonly_mem, true);
    CHECK_EQ(host.has_sync_regs, true);
    CHECK_EQ(host.has_emulation_exit, true);
    CHECK_EQ(host.guest_debug_flags, 7);
    CHECK_EQ(played.order[0], KVM_GET_API_VERSION);
    kvm_host_close(&host);
    CHECK_EQ(host.fd, -1);
    kvm_host_close(&host);
}

static void an_unknown_api_version(void)
{
    struct kvm_host host;
    struct error error;
    play_good_host();
    played.api_version = 11;
    CHECK_EQ(kvm_host_open(&host, "/dev/null", NULL, &error), -ENOTSUP);
    CHECK_STR(error.text, "/dev/null speaks version 11 of KVM's API, stepvm needs 12 (use a Linux "
                          "kernel of this decade)");
    CHECK_EQ(host.fd, -1);
}

static void each_required_capability(void)
{
    static const struct {
        unsigned long number;
        const char *text;
    } required[] = {
        {KVM_CAP_IRQCHIP, "KVM_CAP_IRQCHIP, which stepvm needs for the guest's interrupt "
                          "controllers"},
        {KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT, which stepvm needs for stopping a vCPU "
                                 "without losing the request"},
        {KVM_CAP_SET_GUEST_DEBUG, "KVM_CAP_SET_GUEST_DEBUG, which stepvm needs for "
                                  "single-stepping and breakpoints"},
        {KVM_CAP_PIT2, "KVM_CAP_PIT2, which stepvm needs for the guest's timer"},
        {KVM_CAP_VCPU_EVENTS, "KVM_CAP_VCPU_EVENTS, which stepvm needs for seeing and keeping "
                              "pending interrupts and exceptions"},
    };
    for (size_t i = 0; i < sizeof required / sizeof required[0]; i++) {
        struct kvm_host host;
        struct error error;
        char expected[320];
        play_good_host();
        played.missing = required[i].number;
        CHECK_EQ(kvm_host_open(&host, "/dev/null", NULL, &error), -ENOTSUP);
        snprintf(expected, sizeof expected,
                 "this kernel's KVM lacks %s (Linux 4.11 or newer with all of KVM has it)",
                 required[i].text);
        CHECK_STR(error.text, expected);
        CHECK_EQ(host.fd, -1);
    }
}

static void wished_for_capabilities_may_be_missing(void)
{
    struct kvm_host host;
    struct error error;
    play_good_host();
    played.missing = KVM_CAP_NR_MEMSLOTS;
    CHECK_EQ(kvm_host_open(&host, "/dev/null", NULL, &error), 0);
    CHECK_EQ(host.max_slots, 32); /* api.rst, KVM_CAP_NR_MEMSLOTS: assume so */
    kvm_host_close(&host);
    played.missing = KVM_CAP_READONLY_MEM;
    CHECK_EQ(kvm_host_open(&host, "/dev/null", NULL, &error), 0);
    CHECK_EQ(host.has_readonly_mem, false);
    kvm_host_close(&host);
    played.missing = KVM_CAP_SYNC_REGS;
    CHECK_EQ(kvm_host_open(&host, "/dev/null", NULL, &error), 0);
    CHECK_EQ(host.has_sync_regs, false);
    kvm_host_close(&host);
    /* An error of KVM_CHECK_EXTENSION is not a "no". */
    play_good_host();
    played.failing = KVM_CHECK_EXTENSION;
    played.fail_code = -EINVAL;
    CHECK_EQ(kvm_host_open(&host, "/dev/null", NULL, &error), -EINVAL);
}

static void a_vm_that_the_host_refuses(void)
{
    static const struct {
        int code;
        const char *text;
    } refusals[] = {
        {-EBUSY, "can't create a VM: KVM_CREATE_VM: Device or resource busy (another hypervisor "
                 "has the CPU; stop VirtualBox, VMware or the like)"},
        {-ENOMEM, "can't create a VM: KVM_CREATE_VM: Cannot allocate memory (the host is short of "
                  "memory)"},
        {-EMFILE, "can't create a VM: KVM_CREATE_VM: Too many open files (raise `ulimit -n`)"},
        {-EIO, "can't create a VM: KVM_CREATE_VM: Input/output error (see dmesg)"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct kvm_host host = {.fd = -1};
        struct kvm_vm vm;
        struct error error;
        play_good_host();
        played.create_vm[0] = refusals[i].code;
        CHECK_EQ(kvm_vm_create(&vm, &host, &error), refusals[i].code);
        CHECK_STR(error.text, refusals[i].text);
        CHECK_EQ(vm.fd, -1);
        kvm_vm_close(&vm);
    }
}

static void a_signal_does_not_keep_a_vm_from_being_made(void)
{
    struct kvm_host host = {.fd = -1};
    struct kvm_vm vm;
    struct error error;
    play_good_host();
    played.create_vm[0] = -EINTR;
    played.create_vm[1] = 1000000; /* no descriptor of ours: nothing to close */
    CHECK_EQ(kvm_vm_create(&vm, &host, &error), 0);
    CHECK_EQ(vm.fd, 1000000);
    CHECK_EQ(played.calls, 2);
}

/* What user code does on a fenced page must come to us, not to the guest as a #UD. */
static void emulation_failures_exit(void)
{
    struct kvm_host host = {.fd = -1, .has_emulation_exit = true};
    struct kvm_vm vm;
    struct error error;
    play_good_host();
    played.create_vm[0] = 1000000;
    CHECK_EQ(kvm_vm_create(&vm, &host, &error), 0);
    CHECK_EQ(played.calls, 2);
    CHECK_EQ(played.order[1], KVM_ENABLE_CAP);
}

static void irqchip_steps_in_their_order(void)
{
    static const unsigned long order[] = {KVM_SET_TSS_ADDR, KVM_SET_IDENTITY_MAP_ADDR,
                                          KVM_CREATE_IRQCHIP, KVM_CREATE_PIT2};
    struct kvm_host host = {.fd = -1};
    struct kvm_vm vm = {.host = &host, .fd = -1};
    struct error error;
    play_good_host();
    CHECK_EQ(kvm_vm_create_irqchip(&vm, &error), 0);
    CHECK_EQ(played.calls, 4);
    CHECK_MEM(played.order, order, sizeof order);

    play_good_host();
    played.failing = KVM_CREATE_IRQCHIP;
    played.fail_code = -EEXIST;
    CHECK_EQ(kvm_vm_create_irqchip(&vm, &error), -EEXIST);
    CHECK_STR(error.text, "can't set up the interrupt controllers: KVM_CREATE_IRQCHIP: File exists "
                          "(see dmesg)");
    CHECK_EQ(played.calls, 3);
}

static void a_vcpu_too_many(void)
{
    struct kvm_host host = {.fd = -1, .max_vcpus = 4};
    struct kvm_vm vm = {.host = &host, .fd = -1};
    struct kvm_cpu cpu;
    struct error error;
    play_good_host();
    played.failing = KVM_CREATE_VCPU;
    played.fail_code = -EINVAL;
    CHECK_EQ(kvm_cpu_create(&cpu, &vm, 4, &error), -EINVAL);
    CHECK_STR(error.text, "can't create vCPU 4: KVM_CREATE_VCPU: Invalid argument (this KVM has "
                          "at most 4)");
    CHECK_EQ(cpu.fd, -1);
    CHECK(cpu.run == NULL);
    kvm_cpu_close(&cpu);
}

static void lists_of_unknown_length(void)
{
    struct kvm_host host = {.fd = -1};
    const struct kvm_cpuid2 *cpuid = NULL, *again = NULL;
    struct kvm_msr_list *list = NULL;
    play_good_host();
    CHECK_EQ(kvm_get_supported_cpuid(&host, &cpuid), 0);
    CHECK(cpuid && cpuid->nent == 200 && cpuid->entries[199].function == 0x80000008);
    played.cpuid_leaves = 1000000;
    CHECK_EQ(kvm_get_supported_cpuid(&host, &again), 0); /* asked once */
    CHECK(again == cpuid);
    kvm_host_close(&host);
    CHECK_EQ(kvm_get_supported_cpuid(&host, &cpuid), -E2BIG);
    CHECK(cpuid == NULL);
    CHECK_EQ(kvm_get_msr_index_list(&host, &list), 0);
    CHECK(list && list->nmsrs == 3 && list->indices[2] == 0x12);
    free(list);
    list = NULL;
    played.failing = KVM_GET_MSR_INDEX_LIST;
    played.fail_code = -EFAULT;
    CHECK_EQ(kvm_get_msr_index_list(&host, &list), -EFAULT);
    CHECK(list == NULL);
}

int main(void)
{
    TEST(a_good_host_opens);
    TEST(an_unknown_api_version);
    TEST(each_required_capability);
    TEST(wished_for_capabilities_may_be_missing);
    TEST(a_vm_that_the_host_refuses);
    TEST(a_signal_does_not_keep_a_vm_from_being_made);
    TEST(emulation_failures_exit);
    TEST(irqchip_steps_in_their_order);
    TEST(a_vcpu_too_many);
    TEST(lists_of_unknown_length);
    return check_done();
}
