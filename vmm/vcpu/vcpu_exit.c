#include "vcpu/vcpu_exit.h"

#include <string.h>

static bool hook_serves(const struct vcpu_exits *exits, const struct vcpu_access *access)
{
    const struct vcpu_hooks *hooks = exits->hooks;
    return hooks->access && hooks->access(hooks->context, exits->vcpu, access);
}

/* By the bus, which has accesses of 1, 2, 4 and 8 bytes. */
static void serve_by_bus(const struct vcpu_exits *exits, const struct vcpu_access *access)
{
    uint64_t value = 0;
    if (access->is_write) {
        memcpy(&value, access->data, access->len);
        bus_write(exits->bus, access->space, access->addr, value, access->len);
    } else {
        value = bus_read(exits->bus, access->space, access->addr, access->len);
        memcpy(access->data, &value, access->len);
    }
}

static void serve_string(const struct vcpu_exits *exits, const struct vcpu_access *access)
{
    if (access->is_write)
        bus_write_string(exits->bus, access->space, access->addr, access->data, access->len,
                         access->count);
    else
        bus_read_string(exits->bus, access->space, access->addr, access->data, access->len,
                        access->count);
}

/* KVM packs COUNT items of SIZE bytes, from or for one port (api.rst, KVM_EXIT_IO). */
static void serve_pio(const struct vcpu_exits *exits, struct kvm_run *run)
{
    const struct vcpu_access access = {
        .space = BUS_PIO,
        .addr = run->io.port,
        .data = (uint8_t *)run + run->io.data_offset,
        .len = run->io.size,
        .count = run->io.count,
        .is_write = run->io.direction == KVM_EXIT_IO_OUT,
    };
    if (hook_serves(exits, &access))
        return;
    if (access.count == 1)
        serve_by_bus(exits, &access);
    else
        serve_string(exits, &access);
}

static enum vcpu_next exit_io(const struct vcpu_exits *exits, struct kvm_run *run,
                              struct vcpu_stop *stop)
{
    const struct vcpu_hooks *hooks = exits->hooks;
    if (!hooks->trap || run->io.port != hooks->trap_port || run->io.direction != KVM_EXIT_IO_OUT) {
        serve_pio(exits, run);
        return NEXT_RUN;
    }
    const int err = hooks->trap(hooks->trap_context, exits->vcpu);
    if (!err)
        return NEXT_RUN;
    *stop = (struct vcpu_stop){.kind = VCPU_STOP_HOST_ERROR, .error = err};
    return NEXT_PARK;
}

/* An access that crosses a page comes as two exits, which may be of 3, 5, 6 or 7 bytes: such a one
 * is made in pieces that a bus has. */
static void serve_in_pieces(const struct vcpu_exits *exits, const struct vcpu_access *whole)
{
    unsigned done = 0;
    for (unsigned len = 8; len; len /= 2)
        if (whole->len - done >= len) {
            struct vcpu_access piece = *whole;
            piece.addr += done;
            piece.data += done;
            piece.len = len;
            serve_by_bus(exits, &piece);
            done += len;
        }
}

static enum vcpu_next exit_mmio(const struct vcpu_exits *exits, struct kvm_run *run,
                                struct vcpu_stop *stop)
{
    (void)stop;
    const struct vcpu_access access = {
        .space = BUS_MMIO,
        .addr = run->mmio.phys_addr,
        .data = run->mmio.data,
        .len = run->mmio.len,
        .count = 1,
        .is_write = run->mmio.is_write,
    };
    if (!hook_serves(exits, &access))
        serve_in_pieces(exits, &access);
    return NEXT_RUN;
}

static enum vcpu_next exit_debug(const struct vcpu_exits *exits, struct kvm_run *run,
                                 struct vcpu_stop *stop)
{
    const struct vcpu_debug_exit exit = {
        .exception = run->debug.arch.exception,
        .pc = run->debug.arch.pc,
        .dr6 = run->debug.arch.dr6,
    };
    stop->kind = VCPU_STOP_DEBUG;
    return exits->hooks->debug(exits->hooks->context, exits->vcpu, &exit) ? NEXT_PARK : NEXT_RUN;
}

static enum vcpu_next exit_again(const struct vcpu_exits *exits, struct kvm_run *run,
                                 struct vcpu_stop *stop)
{
    (void)exits, (void)run, (void)stop;
    return NEXT_RUN;
}

static enum vcpu_next exit_shutdown(const struct vcpu_exits *exits, struct kvm_run *run,
                                    struct vcpu_stop *stop)
{
    (void)exits, (void)run;
    stop->kind = VCPU_STOP_SHUTDOWN;
    return NEXT_PARK;
}

static enum vcpu_next exit_internal_error(const struct vcpu_exits *exits, struct kvm_run *run,
                                          struct vcpu_stop *stop)
{
    const struct vcpu_hooks *hooks = exits->hooks;
    if (hooks->not_emulated && run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION &&
        hooks->not_emulated(hooks->context, exits->vcpu)) {
        stop->kind = VCPU_STOP_ALONE;
        return NEXT_PARK;
    }
    stop->kind = VCPU_STOP_INTERNAL_ERROR;
    stop->suberror = run->internal.suberror;
    const bool has_bytes =
        run->internal.suberror == KVM_INTERNAL_ERROR_EMULATION &&
        run->emulation_failure.ndata >= 3 &&
        (run->emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES);
    if (has_bytes && run->emulation_failure.insn_size <= sizeof stop->insn) {
        stop->insn_len = run->emulation_failure.insn_size;
        memcpy(stop->insn, run->emulation_failure.insn_bytes, stop->insn_len);
    }
    return NEXT_PARK;
}

static enum vcpu_next exit_entry_failed(const struct vcpu_exits *exits, struct kvm_run *run,
                                        struct vcpu_stop *stop)
{
    (void)exits;
    stop->kind = VCPU_STOP_ENTRY_FAILED;
    stop->hardware_reason = run->fail_entry.hardware_entry_failure_reason;
    return NEXT_PARK;
}

/* Each exit that this VMM expects. KVM_EXIT_HLT cannot come: the LAPIC is in the kernel. */
static const struct {
    uint32_t reason;
    enum vcpu_next (*handle)(const struct vcpu_exits *exits, struct kvm_run *run,
                             struct vcpu_stop *stop);
} table[] = {
    {KVM_EXIT_IO, exit_io},
    {KVM_EXIT_MMIO, exit_mmio},
    {KVM_EXIT_DEBUG, exit_debug},
    {KVM_EXIT_INTR, exit_again},
    {KVM_EXIT_IRQ_WINDOW_OPEN, exit_again},
    {KVM_EXIT_SHUTDOWN, exit_shutdown},
    {KVM_EXIT_INTERNAL_ERROR, exit_internal_error},
    {KVM_EXIT_FAIL_ENTRY, exit_entry_failed},
};

static void count(struct vcpu_exit_counts *counts, uint32_t reason)
{
    if (reason < VCPU_EXIT_REASONS)
        counts->reason[reason]++;
    else
        counts->other_reasons++;
}

enum vcpu_next vcpu_exit_handle(struct vcpu_exits *exits, struct kvm_run *run,
                                struct vcpu_stop *stop)
{
    stop->exit_reason = run->exit_reason;
    count(&exits->counts, run->exit_reason);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].reason == run->exit_reason)
            return table[i].handle(exits, run, stop);
    stop->kind = VCPU_STOP_UNKNOWN_EXIT;
    return NEXT_PARK;
}
