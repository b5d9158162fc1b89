#include "vcpu_exit.h"

#include <string.h>

/* KVM packs COUNT items of SIZE bytes, from or for one port (api.rst, KVM_EXIT_IO). */
static void serve_pio(const struct vcpu_exits *exits, struct kvm_run *run)
{
    uint8_t *data = (uint8_t *)run + run->io.data_offset;
    for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
        uint64_t value = 0;
        if (run->io.direction == KVM_EXIT_IO_OUT) {
            memcpy(&value, data, run->io.size);
            bus_write(exits->bus, BUS_PIO, run->io.port, value, run->io.size);
        } else {
            value = bus_read(exits->bus, BUS_PIO, run->io.port, run->io.size);
            memcpy(data, &value, run->io.size);
        }
    }
}

static enum vcpu_next exit_io(const struct vcpu_exits *exits, struct kvm_run *run,
                              struct vcpu_stop *stop)
{
    (void)stop;
    const struct vcpu_hooks *hooks = exits->hooks;
    if (hooks->trap && run->io.port == hooks->trap_port && run->io.direction == KVM_EXIT_IO_OUT)
        hooks->trap(hooks->trap_context, exits->vcpu);
    else
        serve_pio(exits, run);
    return NEXT_RUN;
}

/* LEN is 1, 2, 4 or 8. */
static void access_mmio(const struct vcpu_exits *exits, uint64_t gpa, uint8_t *data, unsigned len,
                        bool is_write)
{
    uint64_t value = 0;
    if (is_write) {
        memcpy(&value, data, len);
        bus_write(exits->bus, BUS_MMIO, gpa, value, len);
    } else {
        value = bus_read(exits->bus, BUS_MMIO, gpa, len);
        memcpy(data, &value, len);
    }
}

/* An access that crosses a page comes as two exits, which may be of 3, 5, 6 or 7 bytes: such a one
 * is made in pieces that a bus has. */
static enum vcpu_next exit_mmio(const struct vcpu_exits *exits, struct kvm_run *run,
                                struct vcpu_stop *stop)
{
    (void)stop;
    unsigned done = 0;
    for (unsigned piece = sizeof run->mmio.data; piece; piece /= 2)
        if (run->mmio.len - done >= piece) {
            access_mmio(exits, run->mmio.phys_addr + done, run->mmio.data + done, piece,
                        run->mmio.is_write);
            done += piece;
        }
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
    (void)exits;
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

enum vcpu_next vcpu_exit_handle(const struct vcpu_exits *exits, struct kvm_run *run,
                                struct vcpu_stop *stop)
{
    stop->exit_reason = run->exit_reason;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].reason == run->exit_reason)
            return table[i].handle(exits, run, stop);
    stop->kind = VCPU_STOP_UNKNOWN_EXIT;
    return NEXT_PARK;
}
