/* Between what KVM holds of a vCPU and what the client sees. No ioctl is made here. */
#ifndef VMM_DEBUG_REG_VIEW_H
#define VMM_DEBUG_REG_VIEW_H

#include "debug/cpu/reg_file.h"
#include "memory/memory.h"
#include "vcpu/vcpu.h"

/* Fills what is of PARTS (GDB_PART_*), and always of the general and system registers, in VIEW. */
void reg_view_of(struct reg_file *f, const struct cpu_features *has, unsigned parts,
                 struct gdb_x86_regs *view);

/* Takes over into F what differs between OLD and VIEW: the base part, and of PARTS. 0, or -EINVAL
 * with WHY set; F is then not to be used. */
int reg_view_take(struct reg_file *f, const struct cpu_features *has, unsigned parts,
                  const struct memory *memory, const struct gdb_x86_regs *old,
                  const struct gdb_x86_regs *view, struct gdb_text *why);

/* Where things are in KVM's structs: a general register by its number, ES to GS by GDB_ES... */
__u64 *reg_file_gpr(struct kvm_regs *regs, unsigned number);
struct kvm_segment *reg_file_seg(struct kvm_sregs *sregs, unsigned seg);

#endif
