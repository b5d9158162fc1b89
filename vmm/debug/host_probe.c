#include "debug/host_probe.h"

#include "debug/breakpoint/debugreg.h"
#include "vcpu/cpu_state.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u

/* Real mode, from address 0: store to DATA, then the instruction under test, then an OUT that ends
 * every probe which nothing else ended. */
#define DATA     0x800u
#define STORE_AT 0u
#define INT3_AT  3u
#define NOP_AT   4u
#define UD2_AT   7u
#define IVT_INT3 (3 * 4)
static const uint8_t code[] = {
    0xa2, DATA & 0xff, DATA >> 8, /* mov %al, DATA */
    0xcc,                         /* int3: where it does not exit the IVT sends it to the nop */
    0x90,                         /* nop */
    0xe6, 0xf4,                   /* out %al, $0xf4 */
    0x0f, 0x0b,                   /* ud2 */
};

struct probe_vm {
    struct kvm_vm vm;
    struct kvm_cpu cpu;
    uint8_t *page;
    bool starved; /* the host had no memory for a call: what KVM delivers is not known */
};

static int make(struct probe_vm *p, struct kvm_host *host, struct error *error)
{
    int err = kvm_vm_create(&p->vm, host, error);
    if (err)
        return err;
    p->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p->page == MAP_FAILED) {
        err = error_set(error, -errno, "probing KVM: no memory: %s (free some and start again)",
                        strerror(errno));
        goto close_vm;
    }
    memcpy(p->page, code, sizeof code);
    p->page[IVT_INT3] = NOP_AT; /* IP low byte; the rest of the entry is zero */
    const struct kvm_userspace_memory_region slot = {
        .memory_size = PAGE,
        .userspace_addr = (uintptr_t)p->page,
    };
    err = kvm_set_user_memory_region(&p->vm, &slot);
    if (err) {
        error_set(error, err, "probing KVM: a memory slot: %s (see `dmesg`)", strerror(-err));
        goto unmap;
    }
    err = kvm_cpu_create(&p->cpu, &p->vm, 0, error);
    if (err)
        goto unmap;
    return 0;

unmap:
    munmap(p->page, PAGE);
close_vm:
    kvm_vm_close(&p->vm);
    return err;
}

static void unmake(struct probe_vm *p)
{
    kvm_cpu_close(&p->cpu);
    munmap(p->page, PAGE);
    kvm_vm_close(&p->vm);
}

/* A signal that comes meanwhile, as when the process is stopped and continued, says nothing of KVM.
 */
static int run(struct probe_vm *p)
{
    int rc;
    do
        rc = kvm_run(&p->cpu);
    while (rc == -EINTR || rc == -EAGAIN);
    return rc;
}

/* An error means that this KVM can't do it; but for one that may not come the next time. */
static bool works(struct probe_vm *p, int rc)
{
    p->starved = p->starved || rc == -ENOMEM;
    return rc >= 0;
}

/* Runs from START with CONTROL and one debug register; true if that gives a debug exit with
 * EXCEPTION at STOP. */
static bool stops_at(struct probe_vm *p, uint16_t start, uint32_t control,
                     const struct debugregs *registers, uint32_t exception, uint64_t stop)
{
    struct kvm_guest_debug debug = {.control = KVM_GUESTDBG_ENABLE | control};
    struct kvm_regs regs = {.rip = start, .rsp = 0xff0, .rflags = 2};
    struct kvm_sregs sregs;
    if (!works(p, kvm_get_sregs(&p->cpu, &sregs)))
        return false;
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    for (int i = 0; i < DEBUGREG_COUNT; i++)
        debug.arch.debugreg[i] = registers->addr[i];
    debug.arch.debugreg[7] = registers->dr7;
    if (!works(p, kvm_set_sregs(&p->cpu, &sregs)) || !works(p, kvm_set_regs(&p->cpu, &regs)) ||
        !works(p, kvm_set_guest_debug(&p->cpu, &debug)) || !works(p, run(p)))
        return false;
    const struct kvm_run *exit = p->cpu.run;
    return exit->exit_reason == KVM_EXIT_DEBUG && exit->debug.arch.exception == exception &&
           exit->debug.arch.pc == stop;
}

/* Some KVMs take DR6's bit for the step that they were asked for as one of the guest's. */
static bool keeps_debugregs(struct probe_vm *p)
{
    struct debugregs none;
    struct kvm_debugregs before, after;
    debugregs_init(&none);
    return works(p, kvm_get_debugregs(&p->cpu, &before)) &&
           stops_at(p, NOP_AT, KVM_GUESTDBG_USE_HW_BP | KVM_GUESTDBG_SINGLESTEP, &none, 1,
                    NOP_AT + 1) &&
           works(p, kvm_get_debugregs(&p->cpu, &after)) && !memcmp(&before, &after, sizeof after);
}

/* A triple fault: ud2 in protected mode, with an IDT that has no entries. */
static bool keeps_state(struct probe_vm *p)
{
    const struct kvm_guest_debug debug = {0};
    struct kvm_regs regs = {.rip = UD2_AT, .rsp = 0xff0, .rflags = 2};
    struct kvm_sregs sregs;
    if (!works(p, kvm_get_sregs(&p->cpu, &sregs)))
        return false;
    sregs.cr0 |= CPU_CR0_PE;
    sregs.cs.base = 0;
    sregs.cs.selector = 8;
    sregs.idt.limit = 0;
    if (!works(p, kvm_set_sregs(&p->cpu, &sregs)) || !works(p, kvm_set_regs(&p->cpu, &regs)) ||
        !works(p, kvm_set_guest_debug(&p->cpu, &debug)) || !works(p, run(p)))
        return false;
    return works(p, kvm_get_regs(&p->cpu, &regs)) && regs.rip == UD2_AT;
}

int host_probe(struct kvm_host *host, struct host_debug *debug, struct error *error)
{
    struct probe_vm p = {0};
    int err = make(&p, host, error);
    if (err)
        return err;
    struct debugregs none, execute, write;
    debugregs_init(&none);
    debugregs_init(&execute);
    debugregs_add(&execute, NOP_AT, DEBUGREG_EXECUTE, 1);
    debugregs_init(&write);
    debugregs_add(&write, DATA, DEBUGREG_WRITE, 1);

    *debug = (struct host_debug){.flags = host->guest_debug_flags};
    debug->execute = stops_at(&p, NOP_AT, KVM_GUESTDBG_USE_HW_BP, &execute, 1, NOP_AT);
    debug->int3 = stops_at(&p, INT3_AT, KVM_GUESTDBG_USE_SW_BP, &none, 3, INT3_AT);
    debug->write = stops_at(&p, STORE_AT, KVM_GUESTDBG_USE_HW_BP, &write, 1, INT3_AT);
    debug->keeps_debugregs = keeps_debugregs(&p);
    debug->keeps_state = keeps_state(&p); /* last: nothing runs in this VM after it */
    unmake(&p);
    return p.starved ? error_set(error, -ENOMEM, "probing KVM: %s (%s)", strerror(ENOMEM),
                                 error_remedy(ENOMEM))
                     : 0;
}
