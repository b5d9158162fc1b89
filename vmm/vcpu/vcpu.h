/* A virtual CPU: one thread that runs guest code until it is asked to park.
 *
 *     vcpu_resume -> [ before_run -> KVM_RUN -> exit -> bus | trap | debug ]* -> park -> parked()
 *
 * A vCPU is PARKED or RUNNING. While it is parked its registers belong to whoever parked it; while
 * it runs they belong to its thread. It parks only when no I/O of an instruction is pending, so
 * that registers shown or changed then are the architectural ones. It knows nothing of debuggers or
 * machines: both are reached through struct vcpu_hooks. */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include "board/bus.h"
#include "error.h"
#include "kvm/kvm.h"
#include "vcpu/cpu_state.h"

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

enum vcpu_stop_kind {
    VCPU_STOP_KICKED,         /* vcpu_kick, and nothing else happened */
    VCPU_STOP_DEBUG,          /* hooks->debug said park, or vcpu_stop_after_access */
    VCPU_STOP_ALONE,          /* hooks->not_emulated said so: nothing of the instruction is done */
    VCPU_STOP_SHUTDOWN,       /* triple fault */
    VCPU_STOP_INTERNAL_ERROR, /* KVM could not go on; suberror and the instruction's bytes are set
                               */
    VCPU_STOP_ENTRY_FAILED,   /* the processor refused the guest's state */
    VCPU_STOP_UNKNOWN_EXIT,   /* an exit reason this table does not know */
    VCPU_STOP_HOST_ERROR,     /* KVM_RUN failed, or a hook did: error is the errno */
};

struct vcpu_stop {
    enum vcpu_stop_kind kind;
    uint32_t exit_reason;     /* KVM_EXIT_*, for all but KICKED and HOST_ERROR */
    uint32_t suberror;        /* INTERNAL_ERROR */
    uint64_t hardware_reason; /* ENTRY_FAILED */
    int error;                /* HOST_ERROR: -errno */
    uint8_t insn[15];         /* INTERNAL_ERROR: the bytes that KVM could not emulate */
    unsigned insn_len;
};

#define VCPU_EXIT_REASONS 64

/* How often KVM_RUN returned, and why. */
struct vcpu_exit_counts {
    uint64_t reason[VCPU_EXIT_REASONS]; /* by KVM_EXIT_* */
    uint64_t other_reasons;             /* from VCPU_EXIT_REASONS on */
    uint64_t interrupted; /* by a kick, or with nothing to do but complete an access */
};

#define DR6_BS (1u << 14) /* a single step (SDM vol. 3, 17.2.3) */

/* A debug exit as the hook gets it. */
struct vcpu_debug_exit {
    uint32_t exception; /* 1 #DB, 3 #BP */
    uint64_t pc;        /* linear */
    uint64_t dr6;
};

/* An access of the guest's that exited: to a port, or to guest-physical memory that it can't use
 * freely. */
struct vcpu_access {
    enum bus_space space;
    uint64_t addr;
    uint8_t *data; /* LEN bytes: what is written, or where what is read goes */
    unsigned len;
    uint32_t count; /* string I/O: so many of them one after the other, packed in data; else 1 */
    bool is_write;
};

/* All but PARKED are called on the vCPU's thread with nothing locked; PARKED too, just after the
 * state has become PARKED. */
struct vcpu_hooks {
    void *context;
    /* Before each entry. 0, or -errno, which stops the vCPU with HOST_ERROR. */
    int (*before_run)(void *context, struct vcpu *vcpu);
    /* A debug exit, or the end of an instruction whose I/O was served while stepping. True: park.
     */
    bool (*debug)(void *context, struct vcpu *vcpu, const struct vcpu_debug_exit *exit);
    /* Before the bus gets an access. True: it is served, all COUNT of it, and the bus does not get
     * it. NULL: none. */
    bool (*access)(void *context, struct vcpu *vcpu, const struct vcpu_access *access);
    /* KVM could not emulate the instruction at the pc. True: park with ALONE. NULL: none. */
    bool (*not_emulated)(void *context, struct vcpu *vcpu);
    /* The guest wrote to TRAP_PORT: for services that need the CPU's state (BIOS calls). 0, or
     * -errno, which stops the vCPU with HOST_ERROR. */
    int (*trap)(void *trap_context, struct vcpu *vcpu);
    void *trap_context;
    uint16_t trap_port;
    /* What a device has not finished of an access that VCPU made: does a piece of it, and says
     * whether there is more. Before each entry, as long as nobody wants the vCPU to park; what is
     * left then is done when it goes on. NULL: none. */
    bool (*work)(void *work_context, struct vcpu *vcpu);
    void *work_context;
    /* The vCPU has parked. It may be resumed from here, and while this lasts: it runs then when
     * this has returned. */
    void (*parked)(void *context, struct vcpu *vcpu, const struct vcpu_stop *stop);
};

/* Creates vCPU INDEX of VM, which will have COUNT, parked, with no thread yet. Its CPUID is the
 * host's but for the topology (vcpu_cpuid.h). BUS and HOOKS must outlive it. 0, or
 * -errno with ERROR set and *OUT NULL. */
int vcpu_create(struct vcpu **out, struct kvm_vm *vm, unsigned index, unsigned count,
                struct bus *bus, const struct vcpu_hooks *hooks, struct error *error);
/* Makes its thread, which has the caller's rights; once, before it is first resumed. 0 or -errno
 * with ERROR set. */
int vcpu_start(struct vcpu *vcpu, struct error *error);
/* Ends the thread, wherever it is, and frees. NULL is fine. */
void vcpu_destroy(struct vcpu *vcpu);

/* Lets a parked vCPU run. */
void vcpu_resume(struct vcpu *vcpu);
/* The same, but it parks again before its first instruction, as one that was kicked: for what is to
 * be done on its thread. */
void vcpu_resume_kicked(struct vcpu *vcpu);
/* From within hooks->parked, on that vCPU's thread: if it has been resumed since, it runs here and
 * now, until it parks. For who is about to wait for all to park. On another thread: nothing. */
void vcpu_catch_up(struct vcpu *vcpu);
/* Asks a vCPU to park as soon as it can; a parked one ignores it. Never waits. Any thread. */
void vcpu_kick(struct vcpu *vcpu);

/* Power-on state: everything that KVM holds of a new vCPU as it was when this one was made, so that
 * the first one runs from the reset vector and the others wait for INIT. Parked. 0 or -errno. */
int vcpu_reset(struct vcpu *vcpu);

unsigned vcpu_index(const struct vcpu *vcpu);
/* Not PARKED. Any thread; it may be over at any time. */
bool vcpu_is_running(struct vcpu *vcpu);
/* How long its thread has had a host CPU, in nanoseconds. Any thread. */
uint64_t vcpu_host_time(const struct vcpu *vcpu);
/* Whether the caller is its thread, and runs guest code or serves it. (A parked one's may serve the
 * debugger.) */
bool vcpu_is_current(const struct vcpu *vcpu);
/* The handle for ioctls: for the vCPU's own thread, or for anyone while it is parked. */
struct kvm_cpu *vcpu_kvm(struct vcpu *vcpu);
/* Whether the next entry steps the one instruction at linear address PC: its I/O is then completed
 * within the step. By before_run. */
void vcpu_set_stepping(struct vcpu *vcpu, bool stepping, uint64_t pc);
/* The instruction whose access is being served shall be completed and be the last one: the vCPU
 * then parks with DEBUG. By the access hook. */
void vcpu_stop_after_access(struct vcpu *vcpu);
/* As for vcpu_kvm. */
const struct vcpu_exit_counts *vcpu_exit_counts(const struct vcpu *vcpu);
/* CS.base + rip, or rip in 64-bit code; as for vcpu_kvm. 0 or -errno. */
int vcpu_linear_pc(struct vcpu *vcpu, uint64_t *pc);
/* The same for registers already read. */
uint64_t vcpu_linear_pc_of(const struct kvm_regs *regs, const struct kvm_sregs *sregs);

/* Of the code that the CPU runs: 16, 32 or 64, by CS's L and D bits. */
unsigned vcpu_code_bits(const struct kvm_sregs *sregs);

/* The whole state as plain data; as for vcpu_kvm. 0 or -errno. Writing sets what cpu_state has and
 * leaves the rest (APIC base, pending interrupts) as it is. */
int vcpu_read_state(struct vcpu *vcpu, struct cpu_state *state);
int vcpu_write_state(struct vcpu *vcpu, const struct cpu_state *state);

#endif
