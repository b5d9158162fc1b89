/* The debugger's side of the machine: the stub's target operations over run control, breakpoints,
 * registers and guest memory. The one place where the two halves of the program meet. */
#ifndef VMM_DEBUG_DEBUG_H
#define VMM_DEBUG_DEBUG_H

#include "board/bus.h"
#include "board/interrupts.h"
#include "debug/host_probe.h"
#include "debug/run/run_control.h"
#include "gdbstub/gdbstub.h"
#include "memory/memory.h"
#include "screen/text_screen.h"
#include "traces.h"
#include "vcpu/vcpu.h"

struct pci;
struct machine_parts;
struct snapshots;

struct debug_config {
    struct kvm_host *host;
    struct memory *memory;
    struct bus *bus;
    struct interrupts *interrupts;
    const struct pci *pci;             /* looked at while all vCPUs are parked */
    const struct machine_parts *parts; /* for the recorder; outlives the debugger */
    struct snapshots *snapshots;
    const struct traces *traces;
    const char *sandbox; /* what confines the process, in words; true once a client is served */
    /* As what the client is shown the CPUs, as in `monitor arch`; NULL: auto. */
    const char *client_arch;
    void (*kill)(void *context); /* the client wants the machine to end */
    /* The client wants it as it was at power-on; all vCPUs are parked and stay so. 0 or -errno with
     * ERROR set. */
    int (*reset)(void *context, struct error *error);
    /* What the screen shows now. */
    void (*screen)(void *context, struct text_screen *screen);
    /* Whether consoles show what the machine, where it is after going back, has not printed yet. */
    bool (*has_unsaid)(void *context);
    void *context;
};

struct debug;

/* Probes the host and makes the parts. 0, or -errno with ERROR set and *OUT NULL. */
int debug_new(struct debug **out, const struct debug_config *config, struct error *error);
/* All vCPUs are destroyed already. NULL is fine. */
void debug_free(struct debug *debug);

/* The target operations, for gdb_server_config: ops and target. */
extern const struct gdb_target_ops debug_target_ops;

struct run_control *debug_run_control(struct debug *debug);
/* The vCPUs, made with run_control_hooks; once. */
void debug_set_cpus(struct debug *debug, struct vcpu *const *cpus, unsigned count);

/* The ELF file that the machine has just been loaded from, for 64-bit code or for 32-bit: FD is the
 * debugger's to close, NAME, its path from the root on, is copied; NULL: nobody can ask for it. FD
 * -1: it is no ELF file. */
void debug_set_image(struct debug *debug, const char *name, int fd, bool is64);

/* Whether EVENT, which is not a request, is not for the client: then all run on, and there will be
 * another one. If not, EVENT may have become another one. */
bool debug_goes_on(struct debug *debug, struct run_event *event);

/* EVENT as the client shall hear of it. RUN_EVENT_REQUEST is for the machine: it must not be given
 * here. */
void debug_stop_of(struct debug *debug, const struct run_event *event, struct gdb_stop *stop);

/* What killed the vCPU of EVENT (RUN_EVENT_DIED), in one or a few lines, into BUF of SIZE bytes. */
void debug_explain_death(struct debug *debug, const struct run_event *event, char *buf,
                         size_t size);

/* Begins to record, as `monitor record on`. All vCPUs are parked. 0 or -errno with ERROR set. */
int debug_record(struct debug *debug, size_t limit, struct error *error);
/* Ends it, as `monitor record off`: before the vCPUs, which it holds on to, are destroyed. */
void debug_forget(struct debug *debug);
/* Whether a journey through what was recorded is under way: then debug_travel_on is to be called,
 * again and again. */
bool debug_travels(const struct debug *debug);
void debug_travel_on(struct debug *debug);
/* The guest has ended, by EVENT, a request, and the client that is there may want to go back: true
 * if it is kept for that, and STOP is what the client is to hear. */
bool debug_keeps_end(struct debug *debug, const struct run_event *event, struct gdb_stop *stop);
/* The machine has been reset by the guest. */
void debug_note_reset(struct debug *debug);

#endif
