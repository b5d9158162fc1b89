/* What KVM holds of a vCPU at one moment, to go back to: power-on, the instruction before a fault
 * that loses everything, a point in a recording, a snapshot that has a name.
 *
 * It comes in parts, for each has its own calls and few instructions change more than the first
 * (debug/step/insn_effects.h says which). All is plain words of 64 bits, the unused ones zero, so
 * that two states can be compared word by word, and kept in a file.
 *
 * Time is not in it: the TSC and what is derived of it go on. */
#ifndef VMM_VCPU_SNAPSHOT_H
#define VMM_VCPU_SNAPSHOT_H

#include "kvm/kvm.h"

#include <stddef.h>
#include <stdint.h>

enum vcpu_part {
    VCPU_PART_RUN = 1,    /* general and segment registers, pending events: most change these only.
                           * No calls after KVM_RUN with KVM_CAP_SYNC_REGS and cpu->sync_events */
    VCPU_PART_FPU = 2,    /* x87, MMX, SSE, AVX, PKRU: what XSAVE saves */
    VCPU_PART_DEBUG = 4,  /* mov to a debug register, or from one; a #DB, whatever raises it */
    VCPU_PART_MSRS = 8,   /* and XCR0: wrmsr, swapgs, xsetbv, fast system calls */
    VCPU_PART_LAPIC = 16, /* mov to cr8, wrmsr, port and MMIO accesses; interrupts that come in */
    VCPU_PART_MP = 32,    /* hlt, mwait; an INIT or SIPI from elsewhere */
    VCPU_PARTS_ALL = 63
};

#define VCPU_SNAPSHOT_MSRS 128

/* All zero at first. A part's words follow each other; the XSAVE area is last, for most of its room
 * is seldom used. */
struct vcpu_snapshot {
    struct kvm_regs regs; /* RUN */
    struct kvm_sregs sregs;
    struct kvm_vcpu_events events;
    struct kvm_debugregs debugregs; /* DEBUG */
    struct kvm_mp_state mp_state;   /* MP */
    uint32_t zero;
    struct kvm_lapic_state lapic; /* LAPIC */
    struct {                      /* MSRS */
        uint64_t xcr0_known;      /* 1: to this KVM */
        uint64_t xcr0;
        uint32_t count, zero; /* 0: nobody has asked yet which this KVM knows */
        struct kvm_msr_entry entries[VCPU_SNAPSHOT_MSRS];
    } msrs;
    struct kvm_xsave_area xsave; /* FPU */
};

/* PARTS of a parked vCPU, or by its own thread. The other parts of STATE are not touched. The first
 * time that MSRS are saved to a STATE it is found out which there are, by some 30 calls, later one
 * is enough. 0 or -errno. */
int vcpu_snapshot_save(struct kvm_cpu *cpu, unsigned parts, struct vcpu_snapshot *state);
/* RUN has sregs.cr8, which is the LAPIC's TPR. MSRS that this KVM does not take are left as they
 * are. Of STATE these PARTS were saved. */
int vcpu_snapshot_restore(struct kvm_cpu *cpu, unsigned parts, const struct vcpu_snapshot *state);

/* Where PART, one of them, lies in a struct vcpu_snapshot of this vCPU: its first byte, and as many
 * as are in use, both multiples of 8. */
struct vcpu_snapshot_extent {
    size_t offset, size;
};
struct vcpu_snapshot_extent vcpu_snapshot_extent(const struct kvm_cpu *cpu,
                                                 const struct vcpu_snapshot *state,
                                                 enum vcpu_part part);

#endif
