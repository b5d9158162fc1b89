/* A KVM without a processor, for what the rest of the machine does with KVM's state: this program's
 * ioctl(2), and its open(2) of /dev/kvm. What is set is what is got; nothing runs. */
#ifndef TESTS_FUZZ_FAKE_KVM_H
#define TESTS_FUZZ_FAKE_KVM_H

#include "vmm/vcpu/cpu_state.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FAKE_KVM_STATES = 24, FAKE_KVM_RUN_SIZE = 3 * 4096, FAKE_KVM_MSRS = 0x1000 };

/* Emptied by fake_kvm_reset; all vCPUs share one state. */
static struct fake_kvm {
    bool delivers; /* what the host probe tries works */
    bool refuses;  /* what is set from now on fails */
    unsigned runs; /* of KVM_RUN */
    struct fake_kvm_state {
        unsigned number; /* 0: not used yet */
        uint8_t bytes[4096];
    } states[FAKE_KVM_STATES];
    uint64_t msrs[FAKE_KVM_MSRS];
} fake_kvm;

static void fake_kvm_reset(bool delivers)
{
    memset(&fake_kvm, 0, sizeof fake_kvm);
    fake_kvm.delivers = delivers;
}

/* What is set by the ioctl SET: some that set different things have the same number. */
static uint8_t *fake_kvm_state(unsigned long set)
{
    const unsigned number = (unsigned)(_IOC_NR(set) | _IOC_SIZE(set) << 8);
    struct fake_kvm_state *s = fake_kvm.states;
    while (s->number && s->number != number)
        s++;
    s->number = number;
    return s->bytes;
}

/* A file as large as a vCPU's shared page, for all of KVM's handles. */
static int fake_kvm_handle(void)
{
    const int fd = memfd_create("kvm", MFD_CLOEXEC);
    return fd < 0 || ftruncate(fd, FAKE_KVM_RUN_SIZE) ? -1 : fd;
}

static int fake_kvm_extension(unsigned long capability)
{
    switch (capability) {
    case KVM_CAP_NR_MEMSLOTS:
        return 64;
    case KVM_CAP_MAX_VCPUS:
        return 16;
    case KVM_CAP_XSAVE2:
        return 0;
    case KVM_CAP_SYNC_REGS:
        return 0; /* registers are what was set last */
    case KVM_CAP_SET_GUEST_DEBUG2:
        return 0x3f0003;
    default:
        return 1;
    }
}

/* A processor that has all that stepvm shows. */
static int fake_kvm_cpuid(struct kvm_cpuid2 *cpuid)
{
    static const struct kvm_cpuid_entry2 entries[] = {
        {.function = 0, .eax = 0xd},
        {.function = 1, .ecx = UINT32_MAX, .edx = UINT32_MAX},
        {.function = 7, .flags = 1, .ebx = UINT32_MAX, .ecx = UINT32_MAX, .edx = UINT32_MAX},
        {.function = 0xd, .flags = 1, .index = 0, .eax = 0x2e7, .ebx = 2696, .ecx = 2696},
        {.function = 0xd, .flags = 1, .index = 2, .eax = 256, .ebx = 576},
        {.function = 0xd, .flags = 1, .index = 5, .eax = 64, .ebx = 1088},
        {.function = 0xd, .flags = 1, .index = 6, .eax = 512, .ebx = 1152},
        {.function = 0xd, .flags = 1, .index = 7, .eax = 1024, .ebx = 1664},
        {.function = 0xd, .flags = 1, .index = 9, .eax = 8, .ebx = 2688},
        {.function = 0x80000000, .eax = 0x80000008},
        {.function = 0x80000001, .ecx = UINT32_MAX, .edx = UINT32_MAX},
        {.function = 0x80000008, .eax = 0x3030},
    };
    cpuid->nent = sizeof entries / sizeof *entries;
    memcpy(cpuid->entries, entries, sizeof entries);
    return 0;
}

static int fake_kvm_msrs(struct kvm_msrs *msrs, bool sets)
{
    for (uint32_t i = 0; i < msrs->nmsrs; i++) {
        uint64_t *value = &fake_kvm.msrs[msrs->entries[i].index % FAKE_KVM_MSRS];
        if (sets)
            *value = msrs->entries[i].data;
        else
            msrs->entries[i].data = *value;
    }
    return (int)msrs->nmsrs;
}

/* Debug exits as host_probe.c wants to see them, if so; later nobody runs. */
static int fake_kvm_run(int fd)
{
    static const struct {
        uint32_t exception;
        uint64_t pc;
    } wanted[] = {{1, 4}, {3, 3}, {1, 3}, {1, 5}};
    struct kvm_run run = {.exit_reason = KVM_EXIT_SHUTDOWN};
    const unsigned n = fake_kvm.runs++;
    if (fake_kvm.delivers && n < sizeof wanted / sizeof *wanted) {
        run.exit_reason = KVM_EXIT_DEBUG;
        run.debug.arch.exception = wanted[n].exception;
        run.debug.arch.pc = wanted[n].pc;
    }
    return pwrite(fd, &run, sizeof run, 0) == sizeof run ? 0 : -1;
}

/* The PICs and the IOAPIC each have a state of their own, told apart by numbers that KVM has not.
 */
static uint8_t *fake_kvm_chip(const struct kvm_irqchip *chip)
{
    return fake_kvm_state(_IOC(0, KVMIO, chip->chip_id % 4 + 1, 0));
}

static void fake_kvm_get(unsigned long set, void *to, size_t size)
{
    memcpy(to, fake_kvm_state(set), size);
}

static void fake_kvm_set(unsigned long set, const void *from)
{
    memcpy(fake_kvm_state(set), from, _IOC_SIZE(set));
}

static void fake_kvm_transfer(unsigned long request, void *arg)
{
    static const struct {
        unsigned long get, set;
    } pairs[] = {
        {KVM_GET_REGS, KVM_SET_REGS},           {KVM_GET_SREGS, KVM_SET_SREGS},
        {KVM_GET_LAPIC, KVM_SET_LAPIC},         {KVM_GET_MP_STATE, KVM_SET_MP_STATE},
        {KVM_GET_PIT2, KVM_SET_PIT2},           {KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS},
        {KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS}, {KVM_GET_XSAVE, KVM_SET_XSAVE},
        {KVM_GET_XCRS, KVM_SET_XCRS},
    };
    struct kvm_irqchip *chip = arg;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].get == request)
            fake_kvm_get(pairs[i].set, arg, _IOC_SIZE(request));
        else if (pairs[i].set == request)
            fake_kvm_set(request, arg);
    if (request == KVM_GET_IRQCHIP)
        memcpy(&chip->chip, fake_kvm_chip(chip), sizeof chip->chip);
    else if (request == KVM_SET_IRQCHIP)
        memcpy(fake_kvm_chip(chip), &chip->chip, sizeof chip->chip);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    switch (request) {
    case KVM_GET_API_VERSION:
        return KVM_API_VERSION;
    case KVM_CHECK_EXTENSION:
        return fake_kvm_extension((unsigned long)arg);
    case KVM_GET_VCPU_MMAP_SIZE:
        return FAKE_KVM_RUN_SIZE;
    case KVM_CREATE_VM:
    case KVM_CREATE_VCPU:
        return fake_kvm_handle();
    case KVM_GET_SUPPORTED_CPUID:
        return fake_kvm_cpuid(arg);
    case KVM_GET_MSR_INDEX_LIST:
        ((struct kvm_msr_list *)arg)->nmsrs = 0;
        return 0;
    case KVM_RUN:
        return fake_kvm_run(fd);
    }
    if (_IOC_TYPE(request) != KVMIO)
        return (int)syscall(SYS_ioctl, fd, request, arg);
    if (fake_kvm.refuses && _IOC_DIR(request) == _IOC_WRITE) {
        errno = EINVAL;
        return -1;
    }
    if (request == KVM_GET_MSRS || request == KVM_SET_MSRS)
        return fake_kvm_msrs(arg, request == KVM_SET_MSRS);
    fake_kvm_transfer(request, arg);
    return 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return strcmp(path, "/dev/kvm") ? (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode)
                                    : fake_kvm_handle();
}

#endif
