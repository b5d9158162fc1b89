#include "kvm/kvm_call.h"
#include "kvm/kvm_trace.h"
#include "memory/layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Any thread may call, on whatever handle. */
static void count_call(struct kvm_host *host, unsigned long request)
{
    __atomic_fetch_add(&host->calls[kvm_call_kind(request)], 1, __ATOMIC_RELAXED);
}

static bool is_traced(const struct kvm_host *host)
{
    return host->trace && kvm_trace_is_on(host->trace);
}

static int plain_call(struct kvm_host *host, int fd, unsigned long request, const void *arg)
{
    count_call(host, request);
    int rc = ioctl(fd, request, arg);
    return rc < 0 ? -errno : rc;
}

static int traced_call(struct kvm_host *host, const char *who, int fd, unsigned long request,
                       const void *arg, const struct kvm_run *run)
{
    uint64_t start = now_ns();
    int rc = plain_call(host, fd, request, arg);
    kvm_trace_ioctl(host->trace, who, request, arg, run, rc, now_ns() - start);
    return rc;
}

int kvm_host_call(struct kvm_host *host, unsigned long request, const void *arg)
{
    return is_traced(host) ? traced_call(host, "host", host->fd, request, arg, NULL)
                           : plain_call(host, host->fd, request, arg);
}

int kvm_vm_call(struct kvm_vm *vm, unsigned long request, const void *arg)
{
    return is_traced(vm->host) ? traced_call(vm->host, "vm", vm->fd, request, arg, NULL)
                               : plain_call(vm->host, vm->fd, request, arg);
}

int kvm_cpu_call(struct kvm_cpu *cpu, unsigned long request, const void *arg)
{
    struct kvm_host *host = cpu->vm->host;
    char who[24];
    kvm_kept_call(&cpu->kept, request);
    if (!is_traced(host))
        return plain_call(host, cpu->fd, request, arg);
    snprintf(who, sizeof who, "vcpu %u", cpu->id);
    return traced_call(host, who, cpu->fd, request, arg, request == KVM_RUN ? cpu->run : NULL);
}

uint64_t kvm_host_calls(const struct kvm_host *host, unsigned long request)
{
    return __atomic_load_n(&host->calls[kvm_call_kind(request)], __ATOMIC_RELAXED);
}

/* ---- a VM */

/* Else an instruction of user code that KVM can't emulate, as on a fenced page, becomes a #UD that
 * the guest gets. It can't fail where it is offered; without it, that is how it stays. */
static void exit_on_emulation_failure(struct kvm_vm *vm)
{
    const struct kvm_enable_cap cap = {.cap = KVM_CAP_EXIT_ON_EMULATION_FAILURE, .args = {1}};
    if (vm->host->has_emulation_exit)
        kvm_vm_call(vm, KVM_ENABLE_CAP, &cap);
}

int kvm_vm_create(struct kvm_vm *vm, struct kvm_host *host, struct error *error)
{
    int fd;
    do /* the kernel gives up if a signal comes while it works, as in a busy terminal's SIGWINCH */
        fd = kvm_host_call(host, KVM_CREATE_VM, NULL);
    while (fd == -EINTR);
    *vm = (struct kvm_vm){.host = host, .fd = fd < 0 ? -1 : fd};
    if (fd >= 0) {
        exit_on_emulation_failure(vm);
        return 0;
    }
    const char *remedy = "see dmesg";
    if (fd == -EBUSY)
        remedy = "another hypervisor has the CPU; stop VirtualBox, VMware or the like";
    else if (fd == -ENOMEM)
        remedy = "the host is short of memory";
    else if (fd == -EMFILE || fd == -ENFILE)
        remedy = error_remedy(fd);
    return error_set(error, fd, "can't create a VM: KVM_CREATE_VM: %s (%s)", strerror(-fd), remedy);
}

void kvm_vm_close(struct kvm_vm *vm)
{
    if (vm->fd >= 0)
        close(vm->fd);
    vm->fd = -1;
}

int kvm_vm_create_irqchip(struct kvm_vm *vm, struct error *error)
{
    const uint64_t identity = LAYOUT_KVM_IDENTITY;
    /* The dummy speaker serves port 0x61, which boot loaders poll for the refresh toggle. */
    const struct kvm_pit_config pit = {.flags = KVM_PIT_SPEAKER_DUMMY};
    const struct {
        unsigned long request;
        const void *arg;
        const char *name;
    } steps[] = {
        {KVM_SET_TSS_ADDR, (const void *)LAYOUT_KVM_TSS, "KVM_SET_TSS_ADDR"},
        {KVM_SET_IDENTITY_MAP_ADDR, &identity, "KVM_SET_IDENTITY_MAP_ADDR"},
        {KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP"},
        {KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2"},
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        int rc = kvm_vm_call(vm, steps[i].request, steps[i].arg);
        if (rc < 0)
            return error_set(error, rc,
                             "can't set up the interrupt controllers: %s: %s (see dmesg)",
                             steps[i].name, strerror(-rc));
    }
    return 0;
}

int kvm_set_user_memory_region(struct kvm_vm *vm, const struct kvm_userspace_memory_region *slot)
{
    return kvm_vm_call(vm, KVM_SET_USER_MEMORY_REGION, slot);
}

int kvm_get_dirty_log(struct kvm_vm *vm, const struct kvm_dirty_log *log)
{
    return kvm_vm_call(vm, KVM_GET_DIRTY_LOG, log);
}

int kvm_irq_line(struct kvm_vm *vm, const struct kvm_irq_level *line)
{
    return kvm_vm_call(vm, KVM_IRQ_LINE, line);
}

int kvm_get_irqchip(struct kvm_vm *vm, struct kvm_irqchip *chip)
{
    return kvm_vm_call(vm, KVM_GET_IRQCHIP, chip);
}

int kvm_set_irqchip(struct kvm_vm *vm, const struct kvm_irqchip *chip)
{
    return kvm_vm_call(vm, KVM_SET_IRQCHIP, chip);
}

int kvm_get_pit2(struct kvm_vm *vm, struct kvm_pit_state2 *pit)
{
    return kvm_vm_call(vm, KVM_GET_PIT2, pit);
}

int kvm_set_pit2(struct kvm_vm *vm, const struct kvm_pit_state2 *pit)
{
    return kvm_vm_call(vm, KVM_SET_PIT2, pit);
}

int kvm_get_clock(struct kvm_vm *vm, struct kvm_clock_data *clock)
{
    return kvm_vm_call(vm, KVM_GET_CLOCK, clock);
}

int kvm_set_clock(struct kvm_vm *vm, const struct kvm_clock_data *clock)
{
    return kvm_vm_call(vm, KVM_SET_CLOCK, clock);
}

/* ---- a vCPU */

static int create_vcpu(struct kvm_vm *vm, unsigned id, struct error *error)
{
    int fd = kvm_vm_call(vm, KVM_CREATE_VCPU, (const void *)(uintptr_t)id);
    if (fd == -EINVAL)
        return error_set(error, fd,
                         "can't create vCPU %u: KVM_CREATE_VCPU: %s (this KVM has at most %u)", id,
                         strerror(-fd), vm->host->max_vcpus);
    if (fd < 0)
        return error_set(error, fd, "can't create vCPU %u: KVM_CREATE_VCPU: %s (%s)", id,
                         strerror(-fd),
                         fd == -EMFILE || fd == -ENFILE ? error_remedy(fd) : "see dmesg");
    return fd;
}

int kvm_cpu_create(struct kvm_cpu *cpu, struct kvm_vm *vm, unsigned id, struct error *error)
{
    *cpu = (struct kvm_cpu){.vm = vm, .fd = -1, .id = id};
    int fd = create_vcpu(vm, id, error);
    if (fd < 0)
        return fd;
    void *run = mmap(NULL, vm->host->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (run == MAP_FAILED) {
        int code = -errno;
        close(fd);
        return error_set(error, code, "can't map vCPU %u's shared page: mmap: %s (%s)", id,
                         strerror(-code), error_remedy(code));
    }
    madvise(run, vm->host->run_size, MADV_DONTFORK); /* who has it keeps the VM alive */
    cpu->fd = fd;
    cpu->run = run;
    return 0;
}

void kvm_cpu_close(struct kvm_cpu *cpu)
{
    if (cpu->run)
        munmap(cpu->run, cpu->vm->host->run_size);
    if (cpu->fd >= 0)
        close(cpu->fd);
    cpu->run = NULL;
    cpu->fd = -1;
}

void kvm_cpu_out_of_sync(struct kvm_cpu *cpu)
{
    cpu->synced = cpu->synced_events = false;
}

int kvm_run(struct kvm_cpu *cpu)
{
    const bool sync = cpu->vm->host->has_sync_regs, events = sync && cpu->sync_events;
    if (sync)
        cpu->run->kvm_valid_regs =
            KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | (events ? KVM_SYNC_X86_EVENTS : 0);
    const int rc = kvm_cpu_call(cpu, KVM_RUN, NULL);
    cpu->shut_down |= rc == 0 && cpu->run->exit_reason == KVM_EXIT_SHUTDOWN;
    cpu->synced = sync && (rc == 0 || rc == -EINTR);
    cpu->synced_events = cpu->synced && events;
    return rc;
}

/* What KVM_RUN leaves in the shared page. */
int kvm_get_regs(struct kvm_cpu *cpu, struct kvm_regs *regs)
{
    if (!cpu->synced)
        return kvm_cpu_call(cpu, KVM_GET_REGS, regs);
    *regs = cpu->run->s.regs.regs;
    return 0;
}

int kvm_get_sregs(struct kvm_cpu *cpu, struct kvm_sregs *sregs)
{
    if (!cpu->synced)
        return kvm_cpu_call(cpu, KVM_GET_SREGS, sregs);
    *sregs = cpu->run->s.regs.sregs;
    return 0;
}

int kvm_get_vcpu_events(struct kvm_cpu *cpu, struct kvm_vcpu_events *events)
{
    if (!cpu->synced_events)
        return kvm_cpu_call(cpu, KVM_GET_VCPU_EVENTS, events);
    *events = cpu->run->s.regs.events;
    return 0;
}

int kvm_set_regs(struct kvm_cpu *cpu, const struct kvm_regs *regs)
{
    kvm_cpu_out_of_sync(cpu);
    return kvm_cpu_call(cpu, KVM_SET_REGS, regs);
}

/* One typed wrapper a line, so that the compiler checks each struct against its ioctl. */
#define GET(name, type, request)                                                                   \
    int kvm_get_##name(struct kvm_cpu *cpu, type *value)                                           \
    {                                                                                              \
        _Static_assert(_IOC_SIZE(request) == sizeof *value, #request);                             \
        return kvm_cpu_call(cpu, request, value);                                                  \
    }
#define SET(name, type, request)                                                                   \
    int kvm_set_##name(struct kvm_cpu *cpu, const type *value)                                     \
    {                                                                                              \
        _Static_assert(_IOC_SIZE(request) == sizeof *value, #request);                             \
        cpu->synced_events = false;                                                                \
        return kvm_cpu_call(cpu, request, value);                                                  \
    }

SET(debugregs, struct kvm_debugregs, KVM_SET_DEBUGREGS)
SET(vcpu_events, struct kvm_vcpu_events, KVM_SET_VCPU_EVENTS)
SET(mp_state, struct kvm_mp_state, KVM_SET_MP_STATE)
GET(lapic, struct kvm_lapic_state, KVM_GET_LAPIC)
SET(lapic, struct kvm_lapic_state, KVM_SET_LAPIC)
SET(cpuid2, struct kvm_cpuid2, KVM_SET_CPUID2)

/* KVM takes this for the time to accept an INIT and a SIPI that have come in: the registers that it
 * left in the shared page may be those from before. */
int kvm_get_mp_state(struct kvm_cpu *cpu, struct kvm_mp_state *state)
{
    kvm_cpu_out_of_sync(cpu);
    return kvm_cpu_call(cpu, KVM_GET_MP_STATE, state);
}

/* What was read before, if it is still right (kvm_kept.h), else read anew. */
int kvm_get_debugregs(struct kvm_cpu *cpu, struct kvm_debugregs *regs)
{
    struct kvm_kept *kept = &cpu->kept;
    if (kept->debug != KVM_KEPT) {
        const int err = kvm_cpu_call(cpu, KVM_GET_DEBUGREGS, &kept->debugregs);
        kept->debug = err ? KVM_KEPT_NOT : KVM_KEPT;
        if (err)
            return err;
    }
    *regs = kept->debugregs;
    return 0;
}

/* KVM_SET_XSAVE takes as many bytes as KVM_GET_XSAVE2 gives. */
int kvm_get_xsave(struct kvm_cpu *cpu, struct kvm_xsave_area *xsave)
{
    struct kvm_kept *kept = &cpu->kept;
    const uint32_t size = cpu->vm->host->xsave_size;
    if (size > sizeof *xsave)
        return -E2BIG;
    if (kept->fpu != KVM_KEPT) {
        const int err = kvm_cpu_call(
            cpu, size > sizeof(struct kvm_xsave) ? KVM_GET_XSAVE2 : KVM_GET_XSAVE, &kept->xsave);
        kept->fpu = err ? KVM_KEPT_NOT : KVM_KEPT;
        if (err)
            return err;
    }
    memcpy(xsave, &kept->xsave, size);
    return 0;
}

/* Not told again what it knows (kvm_kept.h). */
int kvm_set_guest_debug(struct kvm_cpu *cpu, const struct kvm_guest_debug *debug)
{
    struct kvm_kept *kept = &cpu->kept;
    if (kvm_kept_is_armed(kept, debug))
        return 0;
    kept->armed = cpu->synced_events = false;
    const int err = kvm_cpu_call(cpu, KVM_SET_GUEST_DEBUG, debug);
    if (!err)
        kvm_kept_arm(kept, debug);
    return err;
}

int kvm_get_xcr0(struct kvm_cpu *cpu, uint64_t *value)
{
    struct kvm_xcrs xcrs = {0};
    const int err = kvm_cpu_call(cpu, KVM_GET_XCRS, &xcrs);
    if (err < 0 || !xcrs.nr_xcrs || xcrs.xcrs[0].xcr != 0)
        return err < 0 ? err : 0;
    *value = xcrs.xcrs[0].value;
    return 1;
}

int kvm_set_xcr0(struct kvm_cpu *cpu, uint64_t value)
{
    const struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs[0] = {.xcr = 0, .value = value}};
    return kvm_cpu_call(cpu, KVM_SET_XCRS, &xcrs);
}
