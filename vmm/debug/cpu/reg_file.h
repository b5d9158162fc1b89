/* All that KVM holds of a vCPU and the client may see, each part as its ioctl gives it. */
#ifndef VMM_DEBUG_REG_FILE_H
#define VMM_DEBUG_REG_FILE_H

#include "debug/cpu/cpu_features.h"

struct reg_file {
    struct kvm_regs regs;
    struct kvm_sregs sregs;
    struct kvm_debugregs debug;
    uint64_t xcr0;
    uint64_t k_gs_base;
    uint64_t msr[GDB_MSRS]; /* those that the CPU has */
    struct kvm_xsave_area xsave;
};

/* Reads PARTS (GDB_PART_*), and the general and system registers always; the rest is undefined. 0
 * or -errno. */
int reg_file_read(struct kvm_cpu *cpu, const struct cpu_features *has, unsigned parts,
                  struct reg_file *f);

/* Writes each of PARTS of F that differs from WAS; stops at the first that KVM refuses: -errno, and
 * *REFUSED names it. What came before it is then written. */
int reg_file_write(struct kvm_cpu *cpu, const struct cpu_features *has, unsigned parts,
                   const struct reg_file *f, const struct reg_file *was, const char **refused);

#endif
