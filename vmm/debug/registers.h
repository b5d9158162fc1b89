/* A vCPU's registers as the client sees them, and back.
 *
 * gdb knows no segments: pc and sp are given as linear addresses (CS.base + IP, SS.base + SP), and
 * a write of either goes back into the offset. See struct gdb_x86_regs. */
#ifndef VMM_DEBUG_REGISTERS_H
#define VMM_DEBUG_REGISTERS_H

#include "gdbstub/gdbstub.h"
#include "memory.h"
#include "vcpu.h"

/* What the CPU executes: by CS's L and D bits, not by CR0.PE alone, because that is what decides
 * how bytes are decoded. */
enum gdb_arch registers_arch(const struct kvm_sregs *sregs);

/* The registers of a parked vCPU, at least those of PARTS (GDB_PART_*). 0 or -errno. */
int registers_read(struct vcpu *vcpu, unsigned parts, struct gdb_x86_regs *view);

/* Takes over each field of VIEW that differs from what the vCPU has now. A selector loads its
 * descriptor as the processor would (real mode: base = selector * 16). All or nothing: 0, or
 * -EINVAL or -errno with WHY set and nothing changed. */
int registers_write(struct vcpu *vcpu, const struct memory *memory, const struct gdb_x86_regs *view,
                    struct gdb_text *why);

#endif
