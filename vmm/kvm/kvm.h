/* KVM: the only caller of ioctl(2) on KVM's file descriptors.
 *
 * Three handles as KVM has them: the host (/dev/kvm), a VM, a vCPU. Each wrapper takes the struct
 * that its ioctl takes, so that the compiler checks the size; each returns what the ioctl returns
 * (0 or more), or -errno. What each does is in the kernel's Documentation/virt/kvm/api.rst under
 * the name in capitals. With a trace, each call is decoded as it is made (kvm_trace.h). */
#ifndef VMM_KVM_H
#define VMM_KVM_H

#include "error.h"
#include "kvm/kvm_kept.h"

#include <linux/ioctl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_trace;

/* REQUEST as a small number, by which calls are counted: different for any two that are made here.
 * (Their own numbers are not: VMs and vCPUs have some in common.) */
#define KVM_CALL_KINDS (4u << _IOC_NRBITS)
static inline unsigned kvm_call_kind(unsigned long request)
{
    return (unsigned)(_IOC_NR(request) | (_IOC_SIZE(request) >> 4 & 3) << _IOC_NRBITS);
}

struct kvm_host {
    int fd;
    struct kvm_trace *trace; /* NULL: none. Not owned. */
    size_t run_size;         /* KVM_GET_VCPU_MMAP_SIZE */
    uint32_t max_slots;      /* KVM_CAP_NR_MEMSLOTS */
    uint32_t max_vcpus;
    uint32_t xsave_size;      /* KVM_CAP_XSAVE2: bytes of a vCPU's XSAVE area */
    struct kvm_cpuid2 *cpuid; /* kvm_get_supported_cpuid's; NULL: not asked yet */
    /* Wished for; without them something is slower or missing, and says so. */
    bool has_readonly_mem;          /* KVM_CAP_READONLY_MEM */
    bool has_sync_regs;             /* KVM_CAP_SYNC_REGS: regs, sregs, events */
    bool has_emulation_exit;        /* KVM_CAP_EXIT_ON_EMULATION_FAILURE */
    uint32_t guest_debug_flags;     /* KVM_CAP_SET_GUEST_DEBUG2, 0 if it does not say */
    uint64_t calls[KVM_CALL_KINDS]; /* so far, on whatever handle, by kvm_call_kind; atomic */
};

struct kvm_vm {
    struct kvm_host *host;
    int fd;
};

struct kvm_cpu {
    struct kvm_vm *vm;
    int fd;
    unsigned id;
    struct kvm_run *run; /* host->run_size bytes, shared with the kernel */
    bool synced;         /* run->s.regs holds the registers as they are (KVM_CAP_SYNC_REGS) */
    bool sync_events;    /* wished for: the events there too, which costs each KVM_RUN a little */
    bool synced_events;
    bool shut_down; /* since the segment registers were set last, a run has ended by a shutdown */
    struct kvm_kept kept; /* last, for most of it is seldom used */
};

/* Opens PATH ("/dev/kvm"), checks the API version and the capabilities that stepvm can't do
 * without. On failure ERROR names the cause and the remedy (no such file, no permission, busy, a
 * capability and what it is needed for), nothing stays open, and -errno is returned. */
int kvm_host_open(struct kvm_host *host, const char *path, struct kvm_trace *trace,
                  struct error *error);
void kvm_host_close(struct kvm_host *host);
/* The requests that are made once the machine is set up, the most frequent first: for who lets
 * others through no more. *COUNT of them. */
const unsigned long *kvm_running_requests(size_t *count);
/* Calls VISIT for each capability in the table: name, what it is for, whether it is required, and
 * what KVM answered (0: not there). */
void kvm_host_capabilities(const struct kvm_host *host,
                           void (*visit)(void *context, const char *name, const char *purpose,
                                         bool required, int value),
                           void *context);
/* How often REQUEST was called so far, for this host and all its VMs and vCPUs. Any thread. */
uint64_t kvm_host_calls(const struct kvm_host *host, unsigned long request);

int kvm_vm_create(struct kvm_vm *vm, struct kvm_host *host, struct error *error);
void kvm_vm_close(struct kvm_vm *vm);
/* Interrupt controllers and timer in the kernel: PIC, IOAPIC, LAPICs (KVM_CREATE_IRQCHIP) and PIT
 * (KVM_CREATE_PIT2), with the addresses that Intel's KVM wants set before any vCPU. */
int kvm_vm_create_irqchip(struct kvm_vm *vm, struct error *error);

int kvm_cpu_create(struct kvm_cpu *cpu, struct kvm_vm *vm, unsigned id, struct error *error);
void kvm_cpu_close(struct kvm_cpu *cpu);

/* KVM_GET_SUPPORTED_CPUID, which takes KVM from 60 us to half a millisecond: it is asked once, by
 * one thread at a time. *OUT is the host's, until that is closed. */
int kvm_get_supported_cpuid(struct kvm_host *host, const struct kvm_cpuid2 **out);
int kvm_get_msr_index_list(struct kvm_host *host, struct kvm_msr_list **out);

int kvm_set_user_memory_region(struct kvm_vm *vm, const struct kvm_userspace_memory_region *slot);
/* Fills the bitmap that LOG names: a bit a page of the slot, rounded up to 64. */
int kvm_get_dirty_log(struct kvm_vm *vm, const struct kvm_dirty_log *log);
int kvm_irq_line(struct kvm_vm *vm, const struct kvm_irq_level *line);
int kvm_get_irqchip(struct kvm_vm *vm, struct kvm_irqchip *chip);
int kvm_set_irqchip(struct kvm_vm *vm, const struct kvm_irqchip *chip);
int kvm_get_pit2(struct kvm_vm *vm, struct kvm_pit_state2 *pit);
int kvm_set_pit2(struct kvm_vm *vm, const struct kvm_pit_state2 *pit);
int kvm_get_clock(struct kvm_vm *vm, struct kvm_clock_data *clock);
int kvm_set_clock(struct kvm_vm *vm, const struct kvm_clock_data *clock);

/* After this, kvm_get_regs and kvm_get_sregs cost no call until either is set, or kvm_get_mp_state
 * is called: KVM has left both in the shared page. With sync_events the same holds for
 * kvm_get_vcpu_events, until anything of the vCPU is set; an NMI or SMI that another CPU sends
 * meanwhile is not in them yet. */
int kvm_run(struct kvm_cpu *cpu);
int kvm_get_regs(struct kvm_cpu *cpu, struct kvm_regs *regs);
/* Where both lie, for who only looks at some of them, until the next call on CPU; NULL if they are
 * not there. */
static inline const struct kvm_sync_regs *kvm_synced_regs(const struct kvm_cpu *cpu)
{
    return cpu->synced ? &cpu->run->s.regs : NULL;
}
int kvm_set_regs(struct kvm_cpu *cpu, const struct kvm_regs *regs);
int kvm_get_sregs(struct kvm_cpu *cpu, struct kvm_sregs *sregs);
int kvm_set_sregs(struct kvm_cpu *cpu, const struct kvm_sregs *sregs);
/* The XSAVE area in its standard format (SDM vol. 1, 13.4), of which host->xsave_size bytes are
 * used: more than struct kvm_xsave has if the VM may use AMX (arch_prctl(2), which stepvm does not
 * call). Not KVM_GET_FPU: that leaves MXCSR out. -E2BIG if the area has not room enough. Read once,
 * it costs no call until it may have changed (kvm_kept.h); so it is with the debug registers. */
int kvm_get_xsave(struct kvm_cpu *cpu, struct kvm_xsave_area *xsave);
int kvm_set_xsave(struct kvm_cpu *cpu, const struct kvm_xsave_area *xsave);
/* XCR0. 1 if KVM tells it, 0 if not, or -errno. */
int kvm_get_xcr0(struct kvm_cpu *cpu, uint64_t *value);
int kvm_set_xcr0(struct kvm_cpu *cpu, uint64_t value);
int kvm_get_debugregs(struct kvm_cpu *cpu, struct kvm_debugregs *regs);
int kvm_set_debugregs(struct kvm_cpu *cpu, const struct kvm_debugregs *regs);
int kvm_get_vcpu_events(struct kvm_cpu *cpu, struct kvm_vcpu_events *events);
int kvm_set_vcpu_events(struct kvm_cpu *cpu, const struct kvm_vcpu_events *events);
/* An INIT or a SIPI that is pending takes effect with this: registers read before are old. */
int kvm_get_mp_state(struct kvm_cpu *cpu, struct kvm_mp_state *state);
int kvm_set_mp_state(struct kvm_cpu *cpu, const struct kvm_mp_state *state);
int kvm_get_lapic(struct kvm_cpu *cpu, struct kvm_lapic_state *lapic);
int kvm_set_lapic(struct kvm_cpu *cpu, const struct kvm_lapic_state *lapic);
/* One MSR. 1 if KVM knows it, 0 if not, or -errno. */
int kvm_get_msr(struct kvm_cpu *cpu, uint32_t index, uint64_t *value);
int kvm_set_msr(struct kvm_cpu *cpu, uint32_t index, uint64_t value);
/* COUNT of them, KVM_MSRS_MAX at most, in their order. Returns how many were read or written before
 * one that KVM does not know or does not take, or -errno. */
#define KVM_MSRS_MAX 256
int kvm_get_msrs(struct kvm_cpu *cpu, struct kvm_msr_entry *entries, unsigned count);
int kvm_set_msrs(struct kvm_cpu *cpu, const struct kvm_msr_entry *entries, unsigned count);
/* Which there are: ENTRIES without those that KVM does not know, in their order and with their
 * values. How many that are, or -errno. A call for each that is unknown, and one more. */
int kvm_find_msrs(struct kvm_cpu *cpu, struct kvm_msr_entry *entries, unsigned count);
int kvm_set_cpuid2(struct kvm_cpu *cpu, const struct kvm_cpuid2 *cpuid);
int kvm_set_guest_debug(struct kvm_cpu *cpu, const struct kvm_guest_debug *debug);

#endif
