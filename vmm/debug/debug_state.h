/* struct debug for the files of this folder that fill the table of target operations. */
#ifndef VMM_DEBUG_DEBUG_STATE_H
#define VMM_DEBUG_DEBUG_STATE_H

#include "debug/catch/catch.h"
#include "debug/cpu/cpu_features.h"
#include "debug/cpu/gva.h"
#include "debug/debug.h"
#include "debug/travel/travel.h"

/* As what code the client is shown the CPUs: if not FIXED, as what each executes. */
struct client_arch {
    bool fixed;
    enum gdb_arch arch;
};

/* Owned. No image: name is NULL, and fd not open. */
struct debug_image {
    char *name; /* absolute */
    int fd;     /* of the file as it was loaded; it may have been written to since */
    enum gdb_arch arch;
};

/* `monitor next16`; see step_over.c. */
struct step_over {
    bool armed;  /* the next resume, if it steps a CPU, shall begin one */
    bool active; /* one is under way */
    unsigned cpu;
    uint64_t addr; /* linear: behind the instruction */
    bool planted;  /* a breakpoint of ours is there */
    uint64_t stack, stack_base;
    struct run_order run[RUN_MAX_CPUS]; /* how it was begun */
};

struct debug {
    struct debug_config config;
    struct host_debug host;
    struct breakpoints *breakpoints;
    struct catches *catches;
    struct run_control *run_control;
    struct vcpu *cpus[RUN_MAX_CPUS];
    unsigned count;
    unsigned current; /* the vCPU that stopped last */
    unsigned chosen;  /* what monitor commands are about: `monitor cpu`, else the same */
    struct cpu_features features; /* of the CPUs, from when the first client asks */
    bool features_known;
    struct client_arch client_arch;
    struct debug_image image;
    struct step_over over;
    struct travel travel;
    bool non_stop;
    bool step_interrupts;
    bool raw_offsets;     /* pc and sp are shown without the segment's base */
    bool physical_memory; /* what read_memory and write_memory take; off again when a client goes */
};

/* client_arch.c */

/* The names "auto", "i8086", "i386", "x86-64". 0, or -EINVAL if NAME is none, and *ARCH stays. */
int client_arch_parse(const char *name, struct client_arch *arch);
/* As what the client is shown the vCPU of index CPU. One that waits to be started executes no code:
 * it is shown as the one that stopped last. */
enum gdb_arch client_arch_of(struct debug *d, unsigned cpu);

/* memory_ops.c: target operations; see gdbstub.h. */
int64_t debug_read_memory(void *target, int thread, uint64_t addr, void *buf, size_t len);
int64_t debug_write_memory(void *target, int thread, uint64_t addr, const void *buf, size_t len);
bool debug_physical_memory(void *target);
void debug_set_physical_memory(void *target, bool on);
int debug_memory_region(void *target, int thread, uint64_t addr, struct gdb_region *region);
bool debug_physical_region(void *target, size_t index, struct gdb_region *region);

/* The system registers of the vCPU of index CPU where it is: parked, on its own thread, or on a
 * journey. 0, or -errno of KVM. */
int debug_sregs(const struct debug *d, unsigned cpu, struct kvm_sregs *sregs);
/* What the linear addresses of the vCPU of index CPU mean now. 0, or -errno of KVM. */
int debug_space(const struct debug *d, unsigned cpu, struct gva_space *space);

/* breakpoint_ops.c: the same. */
int debug_insert_breakpoint(void *target, enum gdb_breakpoint_type type, uint64_t addr,
                            uint64_t kind, struct gdb_text *why);
int debug_remove_breakpoint(void *target, enum gdb_breakpoint_type type, uint64_t addr,
                            uint64_t kind, struct gdb_text *why);

/* image.c: target operations; see gdbstub.h. */
const char *debug_image_name(void *target, int thread);
int64_t debug_image_size(void *target);
int64_t debug_read_image(void *target, uint64_t offset, void *buf, size_t len);

/* step_interrupts.c: the same. */
bool debug_step_interrupts(void *target);
void debug_set_step_interrupts(void *target, bool let_in);

/* step_over.c */

/* The client resumes as RUN says, of RUN_MAX_CPUS: changes it for a step that is to take an
 * instruction as one. */
void step_over_begin(struct debug *d, struct run_order *run);
/* Ends what was armed or begun. All vCPUs are parked. */
void step_over_end(struct debug *d);

/* raw_offsets.c */

/* REGS, with linear pc and sp, as they are shown with raw offsets. */
void raw_offsets_show(struct gdb_x86_regs *regs);
/* REGS as the client has changed them, WAS as they were shown: what it changed of pc and sp is in
 * raw_ip and raw_sp then, and pc and sp are as in WAS. */
void raw_offsets_take(const struct gdb_x86_regs *was, struct gdb_x86_regs *regs);

/* monitor.c */
int debug_monitor(void *target, const char *command, struct gdb_text *out);

#endif
