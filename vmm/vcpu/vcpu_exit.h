/* KVM's exit reasons: what each one means, and what serves it. One table, for vcpu.c. */
#ifndef VMM_VCPU_EXIT_H
#define VMM_VCPU_EXIT_H

#include "board/bus.h"
#include "vcpu/vcpu.h"

/* Who serves a vCPU's exits. */
struct vcpu_exits {
    struct vcpu *vcpu; /* handed on to the hooks */
    struct bus *bus;
    const struct vcpu_hooks *hooks;
    struct vcpu_exit_counts counts; /* the vCPU's thread counts, whoever has it parked reads */
};

enum vcpu_next { NEXT_RUN, NEXT_PARK };

/* Counts and serves the exit that RUN tells of, on the vCPU's thread. NEXT_PARK: STOP says why. */
enum vcpu_next vcpu_exit_handle(struct vcpu_exits *exits, struct kvm_run *run,
                                struct vcpu_stop *stop);

#endif
