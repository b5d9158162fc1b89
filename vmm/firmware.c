#include "firmware.h"

#include <errno.h>
#include <time.h>

static int64_t wall_clock(void *context)
{
    (void)context;
    return time(NULL);
}

/* The BIOS's ports. It runs with the bus lock held, as its callers promise. */
static uint8_t port_in(void *bus, uint16_t port)
{
    return (uint8_t)bus_read_locked(bus, BUS_PIO, port, 1);
}

static void port_out(void *bus, uint16_t port, uint8_t value)
{
    bus_write_locked(bus, BUS_PIO, port, value, 1);
}

int firmware_init(struct firmware *f, const struct firmware_config *config, struct error *error)
{
    struct bios_config bios = {
        .memory = config->memory,
        .ram_size = config->options->memory,
        .serial_ports = {config->com1},
        .in = port_in,
        .out = port_out,
        .ports_context = config->bus,
        .console = config->console,
        .console_context = config->context,
        .clock = wall_clock,
    };
    for (unsigned i = 0; i < config->drives->count; i++)
        bios.drives[i] = &config->drives->disks[i];
    f->bios = bios_new(&bios);
    if (!f->bios)
        return error_set(error, -ENOMEM, "BIOS: out of memory (free some and start again)");
    return 0;
}

void firmware_free(struct firmware *f)
{
    bios_free(f->bios);
    f->bios = NULL;
}

void firmware_trap(struct firmware *f, struct vcpu *vcpu, bool *poweroff)
{
    struct cpu_state state;
    *poweroff = false;
    if (vcpu_read_state(vcpu, &state))
        return; /* the next KVM_RUN fails too, and says why */
    if (bios_call(f->bios, &state, poweroff))
        vcpu_write_state(vcpu, &state);
}
