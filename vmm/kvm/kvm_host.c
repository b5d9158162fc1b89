#include "kvm/kvm_call.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What api.rst says to assume where KVM_CHECK_EXTENSION answers 0. */
#define ASSUMED_MEMSLOTS 32
#define ASSUMED_VCPUS    4

#define SYNC_REGS_ALL (KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS)

#define CPUID_1_ECX_VMX        (1u << 5) /* SDM vol. 2, CPUID */
#define CPUID_80000001_ECX_SVM (1u << 2) /* APM vol. 3, appendix E */

struct capability {
    unsigned long number;
    const char *name;
    const char *purpose;
    bool required;
};

#define REQUIRED(cap, purpose)                                                                     \
    {                                                                                              \
        cap, #cap, purpose, true                                                                   \
    }
#define WISHED_FOR(cap, purpose)                                                                   \
    {                                                                                              \
        cap, #cap, purpose, false                                                                  \
    }

static const struct capability capabilities[] = {
    REQUIRED(KVM_CAP_USER_MEMORY, "guest memory that stepvm can read and write"),
    REQUIRED(KVM_CAP_DESTROY_MEMORY_REGION_WORKS, "removing a memory region from a running VM"),
    REQUIRED(KVM_CAP_SET_TSS_ADDR, "real mode on Intel's CPUs"),
    REQUIRED(KVM_CAP_SET_IDENTITY_MAP_ADDR, "real mode on Intel's CPUs"),
    REQUIRED(KVM_CAP_IRQCHIP, "the guest's interrupt controllers"),
    REQUIRED(KVM_CAP_PIT2, "the guest's timer"),
    REQUIRED(KVM_CAP_PIT_STATE2, "showing and saving the timer's state"),
    REQUIRED(KVM_CAP_EXT_CPUID, "telling the guest what CPU it has"),
    REQUIRED(KVM_CAP_MP_STATE, "seeing whether a vCPU is halted"),
    REQUIRED(KVM_CAP_VCPU_EVENTS, "seeing and keeping pending interrupts and exceptions"),
    REQUIRED(KVM_CAP_DEBUGREGS, "showing the guest's own debug registers"),
    REQUIRED(KVM_CAP_XSAVE, "showing x87 and SSE registers"),
    REQUIRED(KVM_CAP_SET_GUEST_DEBUG, "single-stepping and breakpoints"),
    REQUIRED(KVM_CAP_IMMEDIATE_EXIT, "stopping a vCPU without losing the request"),
    WISHED_FOR(KVM_CAP_READONLY_MEM, "ROM that the guest can't overwrite"),
    WISHED_FOR(KVM_CAP_SYNC_REGS, "registers without an ioctl at each stop"),
    WISHED_FOR(KVM_CAP_SET_GUEST_DEBUG2, "knowing beforehand which means of debugging work"),
    WISHED_FOR(KVM_CAP_X86_ROBUST_SINGLESTEP, "stepping over code that changes the trap flag"),
    WISHED_FOR(KVM_CAP_EXIT_ON_EMULATION_FAILURE, "telling the debugger, not user code, of it"),
    WISHED_FOR(KVM_CAP_XCRS, "showing which of the CPU's units the guest has turned on"),
    WISHED_FOR(KVM_CAP_INTERNAL_ERROR_DATA, "saying why KVM could not go on"),
    WISHED_FOR(KVM_CAP_NR_MEMSLOTS, "the number of memory regions"),
    WISHED_FOR(KVM_CAP_MAX_VCPUS, "the number of vCPUs"),
};

#define CAPABILITY_COUNT (sizeof capabilities / sizeof capabilities[0])

const char *kvm_capability_name(unsigned long capability)
{
    for (size_t i = 0; i < CAPABILITY_COUNT; i++)
        if (capabilities[i].number == capability)
            return capabilities[i].name;
    return NULL;
}

static const void *number(unsigned long value)
{
    return (const void *)value;
}

/* What KVM answers for CAPABILITY; an error counts as "not there". */
static int check_extension(struct kvm_host *host, unsigned long capability)
{
    int value = kvm_host_call(host, KVM_CHECK_EXTENSION, number(capability));
    return value < 0 ? 0 : value;
}

static const char *missing_device_remedy(void)
{
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d) && (c & CPUID_1_ECX_VMX))
        return "load KVM: sudo modprobe kvm_intel; in a container, pass it on: --device /dev/kvm";
    if (__get_cpuid(0x80000001, &a, &b, &c, &d) && (c & CPUID_80000001_ECX_SVM))
        return "load KVM: sudo modprobe kvm_amd; in a container, pass it on: --device /dev/kvm";
    return "this CPU shows no VT-x or AMD-V: turn it on in the firmware's set-up, or, if this is "
           "a VM, turn on nested virtualization in its host";
}

static const char *no_permission_remedy(const char *path)
{
    struct stat st;
    if (stat(path, &st) == 0 && st.st_gid != 0 && (st.st_mode & 060) == 060)
        return "join its group: sudo usermod -aG kvm $USER, then log in again";
    return "give it to group kvm: sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm; then join: "
           "sudo usermod -aG kvm $USER, and log in again";
}

static int open_error(const char *path, int code, struct error *error)
{
    const char *remedy = "see dmesg";
    if (code == -ENOENT || code == -ENXIO || code == -ENODEV)
        remedy = missing_device_remedy();
    else if (code == -EACCES || code == -EPERM)
        remedy = no_permission_remedy(path);
    else if (code == -EBUSY)
        remedy = "another hypervisor has the CPU; stop VirtualBox, VMware or the like";
    return error_set(error, code, "can't open %s: %s (%s)", path, strerror(-code), remedy);
}

static int check_api_version(struct kvm_host *host, const char *path, struct error *error)
{
    int version = kvm_host_call(host, KVM_GET_API_VERSION, NULL);
    if (version < 0)
        return error_set(error, version,
                         "%s is not KVM's device: KVM_GET_API_VERSION: %s (it is /dev/kvm)", path,
                         strerror(-version));
    if (version != KVM_API_VERSION)
        return error_set(error, -ENOTSUP,
                         "%s speaks version %d of KVM's API, stepvm needs %d (use a Linux kernel "
                         "of this decade)",
                         path, version, KVM_API_VERSION);
    return 0;
}

static int check_required(struct kvm_host *host, struct error *error)
{
    for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
        const struct capability *cap = &capabilities[i];
        if (!cap->required)
            continue;
        const int value = kvm_host_call(host, KVM_CHECK_EXTENSION, number(cap->number));
        if (value < 0)
            return error_set(error, value, "asking KVM for %s: KVM_CHECK_EXTENSION: %s (%s)",
                             cap->name, strerror(-value), error_remedy(value));
        if (value == 0)
            return error_set(error, -ENOTSUP,
                             "this kernel's KVM lacks %s, which stepvm needs for %s (Linux 4.11 or "
                             "newer with all of KVM has it)",
                             cap->name, cap->purpose);
    }
    return 0;
}

static void learn_limits(struct kvm_host *host)
{
    int slots = check_extension(host, KVM_CAP_NR_MEMSLOTS);
    int vcpus = check_extension(host, KVM_CAP_MAX_VCPUS);
    if (vcpus == 0)
        vcpus = check_extension(host, KVM_CAP_NR_VCPUS);
    host->max_slots = slots ? (uint32_t)slots : ASSUMED_MEMSLOTS;
    host->max_vcpus = vcpus ? (uint32_t)vcpus : ASSUMED_VCPUS;
    const int xsave = check_extension(host, KVM_CAP_XSAVE2);
    host->xsave_size = xsave > (int)sizeof(struct kvm_xsave) ? (uint32_t)xsave
                                                             : (uint32_t)sizeof(struct kvm_xsave);
    host->has_readonly_mem = check_extension(host, KVM_CAP_READONLY_MEM);
    host->has_emulation_exit = check_extension(host, KVM_CAP_EXIT_ON_EMULATION_FAILURE);
    host->has_sync_regs =
        (check_extension(host, KVM_CAP_SYNC_REGS) & SYNC_REGS_ALL) == SYNC_REGS_ALL;
    host->guest_debug_flags = (uint32_t)check_extension(host, KVM_CAP_SET_GUEST_DEBUG2);
}

static int learn_run_size(struct kvm_host *host, struct error *error)
{
    int size = kvm_host_call(host, KVM_GET_VCPU_MMAP_SIZE, NULL);
    if (size < 0)
        return error_set(error, size, "KVM_GET_VCPU_MMAP_SIZE: %s (see dmesg)", strerror(-size));
    if ((size_t)size < sizeof(struct kvm_run))
        return error_set(
            error, -ENOTSUP,
            "KVM shares %d bytes with each vCPU, stepvm needs %zu (use a newer kernel)", size,
            sizeof(struct kvm_run));
    host->run_size = (size_t)size;
    return 0;
}

int kvm_host_open(struct kvm_host *host, const char *path, struct kvm_trace *trace,
                  struct error *error)
{
    *host = (struct kvm_host){.fd = open(path, O_RDWR | O_CLOEXEC), .trace = trace};
    if (host->fd < 0)
        return open_error(path, -errno, error);
    int rc = check_api_version(host, path, error);
    if (rc == 0)
        rc = check_required(host, error);
    if (rc == 0)
        rc = learn_run_size(host, error);
    if (rc) {
        kvm_host_close(host);
        return rc;
    }
    learn_limits(host);
    return 0;
}

void kvm_host_close(struct kvm_host *host)
{
    if (host->fd >= 0)
        close(host->fd);
    host->fd = -1;
    free(host->cpuid);
    host->cpuid = NULL;
}

void kvm_host_capabilities(const struct kvm_host *host,
                           void (*visit)(void *context, const char *name, const char *purpose,
                                         bool required, int value),
                           void *context)
{
    struct kvm_host asked = *host;
    for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
        const struct capability *cap = &capabilities[i];
        visit(context, cap->name, cap->purpose, cap->required,
              check_extension(&asked, cap->number));
    }
}

/* How many there are is not known beforehand: E2BIG asks for more. Hosts have under 100. */
static int ask_for_cpuid(struct kvm_host *host)
{
    for (uint32_t count = 128; count <= 4096; count *= 2) {
        struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + count * sizeof cpuid->entries[0]);
        if (!cpuid)
            return -ENOMEM;
        cpuid->nent = count;
        int rc = kvm_host_call(host, KVM_GET_SUPPORTED_CPUID, cpuid);
        if (rc >= 0) {
            host->cpuid = cpuid;
            return 0;
        }
        free(cpuid);
        if (rc != -E2BIG)
            return rc;
    }
    return -E2BIG;
}

int kvm_get_supported_cpuid(struct kvm_host *host, const struct kvm_cpuid2 **out)
{
    const int err = host->cpuid ? 0 : ask_for_cpuid(host);
    *out = host->cpuid;
    return err;
}

/* Asked with room for none, KVM says E2BIG and how many there are. */
int kvm_get_msr_index_list(struct kvm_host *host, struct kvm_msr_list **out)
{
    struct kvm_msr_list none = {.nmsrs = 0};
    int rc = kvm_host_call(host, KVM_GET_MSR_INDEX_LIST, &none);
    if (rc < 0 && rc != -E2BIG)
        return rc;
    struct kvm_msr_list *list = calloc(1, sizeof *list + none.nmsrs * sizeof list->indices[0]);
    if (!list)
        return -ENOMEM;
    list->nmsrs = none.nmsrs;
    rc = kvm_host_call(host, KVM_GET_MSR_INDEX_LIST, list);
    if (rc < 0) {
        free(list);
        return rc;
    }
    *out = list;
    return rc;
}
