/* A vCPU's registers as the client sees them, and back.
 *
 * gdb knows no segments: pc and sp are given as linear addresses (CS.base + IP, SS.base + SP), and
 * a write of either goes back into the offset. See struct gdb_x86_regs. */
#ifndef VMM_DEBUG_REGISTERS_H
#define VMM_DEBUG_REGISTERS_H

#include "debug/cpu/cpu_features.h"
#include "gdbstub/gdbstub.h"
#include "memory/memory.h"
#include "vcpu/vcpu.h"

/* What the CPU executes: by CS's L and D bits, not by CR0.PE alone, because that is what decides
 * how bytes are decoded. */
enum gdb_arch registers_arch(const struct kvm_sregs *sregs);

/* The registers of a parked vCPU, at least those of PARTS (GDB_PART_*). 0 or -errno. */
int registers_read(struct vcpu *vcpu, const struct cpu_features *has, unsigned parts,
                   struct gdb_x86_regs *view);
/* Those that are in REGS and SREGS, which no vCPU need hold now: GDB_PART_GENERAL and BASE. */
void registers_of(const struct kvm_regs *regs, const struct kvm_sregs *sregs,
                  struct gdb_x86_regs *view);

/* Takes over each field of VIEW that differs from OLD, which is what the client saw. A selector
 * loads its descriptor (selector.h), then base, limit and attributes are taken if they differ too.
 * A vector register may be written whether the guest has turned its unit on in XCR0 or not: there
 * it is when it does. All or nothing: 0, or -EINVAL or -errno with WHY set and nothing changed; so
 * too if KVM takes a value silently but does not keep it. */
int registers_write(struct vcpu *vcpu, const struct cpu_features *has, const struct memory *memory,
                    const struct gdb_x86_regs *old, const struct gdb_x86_regs *view,
                    struct gdb_text *why);

#endif
