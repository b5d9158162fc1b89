/* KVM itself, with nothing around it: the loop of guests/bench_loop.s in real mode. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

enum { MEMORY = 0x10000 };

static const uint8_t loop_code[] = {
    0x40,                   /* inc %ax */
    0x01, 0xc3,             /* add %ax, %bx */
    0x89, 0x1e, 0x00, 0x90, /* mov %bx, 0x9000 */
    0x53,                   /* push %bx */
    0x5a,                   /* pop %dx */
    0xeb, 0xf5,             /* jmp to the first */
};

static void set_registers(const struct limit_guest *g)
{
    struct kvm_sregs sregs = {0};
    const struct kvm_regs regs = {.rip = START, .rsp = START, .rflags = 2};
    bare_call(g->cpu, KVM_GET_SREGS, &sregs, "KVM_GET_SREGS");
    sregs.cs.base = sregs.cs.selector = 0;
    bare_call(g->cpu, KVM_SET_SREGS, &sregs, "KVM_SET_SREGS");
    bare_call(g->cpu, KVM_SET_REGS, &regs, "KVM_SET_REGS");
}

void limit_guest_make(struct limit_guest *g)
{
    const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0)
        give_up("/dev/kvm");
    const int vm = bare_call(kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
    uint8_t *memory = bare_map(MEMORY, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    const struct kvm_userspace_memory_region slot = {
        .memory_size = MEMORY,
        .userspace_addr = (uintptr_t)memory,
    };
    memcpy(memory + START, loop_code, sizeof loop_code);
    bare_call(vm, KVM_SET_USER_MEMORY_REGION, &slot, "KVM_SET_USER_MEMORY_REGION");
    g->cpu = bare_call(vm, KVM_CREATE_VCPU, NULL, "KVM_CREATE_VCPU");
    const int size = bare_call(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");
    g->run = bare_map((size_t)size, MAP_SHARED, g->cpu);
    set_registers(g);
}

static void run_with(const struct limit_guest *g, const struct kvm_guest_debug *debug)
{
    bare_call(g->cpu, KVM_SET_GUEST_DEBUG, debug, "KVM_SET_GUEST_DEBUG");
    bare_call(g->cpu, KVM_RUN, NULL, "KVM_RUN");
    if (g->run->exit_reason == KVM_EXIT_DEBUG)
        return;
    errno = EPROTO;
    give_up("no debug exit");
}

void limit_guest_step(const struct limit_guest *g)
{
    const struct kvm_guest_debug debug = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
    };
    run_with(g, &debug);
}

void limit_guest_guarded_step(const struct limit_guest *g)
{
    const struct kvm_guest_debug debug = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP | KVM_GUESTDBG_USE_HW_BP,
        .arch.debugreg = {[0] = START - 16, [7] = 0x402}, /* execution, global */
    };
    run_with(g, &debug);
}

void limit_guest_hit(const struct limit_guest *g)
{
    const struct kvm_guest_debug debug = {
        .control = KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP,
        .arch.debugreg = {[0] = START, [7] = 0x402}, /* execution, global */
    };
    run_with(g, &debug);
    limit_guest_step(g);
}
