/* A CPU's architectural state as plain data, for those who load guests, serve BIOS calls or print
 * registers without knowing KVM. vcpu.h reads and writes it.
 *
 * Offsets are raw here (rip is relative to CS), unlike in the debugger's view. */
#ifndef VMM_CPU_STATE_H
#define VMM_CPU_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* Register numbers as instructions encode them (SDM vol. 2, 3.1.1.1). */
enum { CPU_RAX, CPU_RCX, CPU_RDX, CPU_RBX, CPU_RSP, CPU_RBP, CPU_RSI, CPU_RDI };
enum { CPU_ES, CPU_CS, CPU_SS, CPU_DS, CPU_FS, CPU_GS, CPU_TR, CPU_LDTR, CPU_SEGS };

#define CPU_FLAG_CF (1u << 0)
#define CPU_FLAG_ZF (1u << 6)
#define CPU_FLAG_TF (1u << 8)
#define CPU_FLAG_IF (1u << 9)
#define CPU_FLAG_DF (1u << 10)

#define CPU_CR0_PE   (1u << 0)
#define CPU_CR0_ET   (1u << 4)
#define CPU_CR0_WP   (1u << 16)
#define CPU_CR0_PG   (1u << 31)
#define CPU_CR4_PSE  (1u << 4)
#define CPU_CR4_PAE  (1u << 5)
#define CPU_CR4_LA57 (1u << 12)
#define CPU_EFER_LME (1u << 8)
#define CPU_EFER_LMA (1u << 10)
#define CPU_EFER_NXE (1u << 11)

enum cpu_mode { CPU_REAL, CPU_PROTECTED, CPU_LONG };

/* A segment register with its hidden part (SDM vol. 3, 3.4.3 and 3.4.5). */
struct cpu_segment {
    uint64_t base;
    uint32_t limit; /* in bytes: the last valid offset */
    uint16_t selector;
    uint8_t type;
    bool s, present, l, db, g, avl;
    uint8_t dpl;
};

struct cpu_table {
    uint64_t base;
    uint16_t limit;
};

struct cpu_state {
    uint64_t gpr[16];
    uint64_t rip, rflags;
    struct cpu_segment seg[CPU_SEGS];
    struct cpu_table gdt, idt;
    uint64_t cr0, cr2, cr3, cr4, cr8, efer;
};

#endif
