#include "record/machine_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int machine_state_init(struct machine_state *state, const struct machine_parts *machine)
{
    *state = (struct machine_state){
        .cpus = calloc(machine->count, sizeof *state->cpus),
        .board = calloc(1, board_parts_size(&machine->board)),
    };
    if (state->cpus && state->board)
        return 0;
    machine_state_free(state);
    return -ENOMEM;
}

void machine_state_free(struct machine_state *state)
{
    free(state->cpus);
    free(state->board);
    ram_copy_free(state->ram);
    *state = (struct machine_state){.cpus = NULL};
}

static int save_cpus(struct machine_state *state, const struct machine_parts *machine,
                     struct error *error)
{
    for (unsigned i = 0; i < machine->count; i++) {
        const int err =
            vcpu_snapshot_save(vcpu_kvm(machine->cpus[i]), VCPU_PARTS_ALL, &state->cpus[i]);
        if (err)
            return error_set(error, err, "reading the state of CPU %u: %s (see dmesg)", i,
                             strerror(-err));
    }
    return 0;
}

/* The CPUs first: asking them may let KVM finish something, as an INIT that has come in. */
int machine_state_save(struct machine_state *state, const struct machine_parts *machine,
                       const struct pagemap *map, struct error *error)
{
    const int rc = save_cpus(state, machine, error);
    if (rc)
        return rc;
    bus_lock(machine->bus);
    board_parts_save(&machine->board, state->board);
    const int err = interrupts_read(machine->interrupts, &state->kernel);
    bus_unlock(machine->bus);
    if (err)
        return error_set(error, err, "reading the interrupt controllers: %s (see dmesg)",
                         strerror(-err));
    state->ram = ram_copy_save(machine->memory, map);
    if (state->ram)
        return 0;
    return error_set(error, -ENOMEM,
                     "the host has no memory for a copy of the guest's (delete other snapshots, or "
                     "free some)");
}

/* Page tables may have gone back with the rest, which processors and shadowing KVMs have kept. */
static int restore_ram(const struct machine_state *state, const struct machine_parts *machine,
                       const struct pagemap *map, struct error *error)
{
    uint64_t changed;
    int err = ram_copy_restore(state->ram, machine->memory, map, &changed, error);
    if (err || !changed)
        return err;
    err = memory_forget_translations(machine->memory);
    return err ? error_set(error, err, "putting a memory slot back: %s (see dmesg)", strerror(-err))
               : 0;
}

static int restore_board(const struct machine_state *state, const struct machine_parts *machine,
                         struct error *error)
{
    bus_lock(machine->bus);
    board_parts_restore(&machine->board, state->board);
    const int err = interrupts_write(machine->interrupts, &state->kernel);
    bus_unlock(machine->bus);
    return err ? error_set(error, err, "setting the interrupt controllers: %s (see dmesg)",
                           strerror(-err))
               : 0;
}

/* The CPUs after the interrupt controllers, which may send their LAPICs something. */
int machine_state_restore(const struct machine_state *state, const struct machine_parts *machine,
                          const struct pagemap *map, struct error *error)
{
    int err = restore_ram(state, machine, map, error);
    if (!err)
        err = restore_board(state, machine, error);
    for (unsigned i = 0; !err && i < machine->count; i++) {
        err = vcpu_snapshot_restore(vcpu_kvm(machine->cpus[i]), VCPU_PARTS_ALL, &state->cpus[i]);
        if (err)
            error_set(error, err, "setting the state of CPU %u: %s (see dmesg)", i, strerror(-err));
    }
    if (err || !machine->restored)
        return err;
    bus_lock(machine->bus);
    machine->restored(machine->context);
    bus_unlock(machine->bus);
    return 0;
}
