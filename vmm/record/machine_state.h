/* The whole machine at one moment, but for its disks: vCPUs, board, memory.
 *
 * All calls with all vCPUs parked. */
#ifndef VMM_RECORD_MACHINE_STATE_H
#define VMM_RECORD_MACHINE_STATE_H

#include "board/board_state.h"
#include "board/bus.h"
#include "board/interrupts.h"
#include "disks/drives.h"
#include "error.h"
#include "memory/memory.h"
#include "record/ram_copy.h"
#include "vcpu/vcpu.h"
#include "vcpu/vcpu_snapshot.h"

/* What a machine is made of, for who takes its state. All outlives whoever has it. */
struct machine_parts {
    struct memory *memory;
    struct bus *bus;
    struct interrupts *interrupts;
    struct vcpu *const *cpus;
    unsigned count;
    struct drives *drives;
    struct board_parts board;
    /* All has gone back: who feeds devices from outside may find room in them. The bus lock is
     * held. */
    void (*restored)(void *context);
    /* In the board's state, NS is to be added to each time of the host's monotonic clock. */
    void (*shift_time)(void *context, int64_t ns);
    void *context;
};

struct machine_state {
    struct vcpu_snapshot *cpus; /* as many as there are in the machine */
    uint64_t *board;            /* board_parts_size */
    struct interrupts_kernel kernel;
    struct ram_copy *ram;
};

/* Room for the state of MACHINE, but for its RAM. 0 or -ENOMEM. */
int machine_state_init(struct machine_state *state, const struct machine_parts *machine);
void machine_state_free(struct machine_state *state); /* all zero is fine */

/* As ram_copy_save, of which MAP is. 0, or -errno with ERROR set. */
int machine_state_save(struct machine_state *state, const struct machine_parts *machine,
                       const struct pagemap *map, struct error *error);
/* STATE's RAM fits the machine's. 0, or -errno with ERROR set: then the machine is neither what it
 * was nor what it should be. */
int machine_state_restore(const struct machine_state *state, const struct machine_parts *machine,
                          const struct pagemap *map, struct error *error);

#endif
