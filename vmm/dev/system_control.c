#include "dev/system_control.h"

#include "dev/byte_registers.h"

#define FAST_RESET 0x01
#define A20        0x02

static uint8_t port_read(void *device, unsigned offset)
{
    const struct system_control *control = device;
    (void)offset;
    return control->state.a20 ? A20 : 0;
}

static void port_write(void *device, unsigned offset, uint8_t value)
{
    struct system_control *control = device;
    (void)offset;
    system_control_set_a20(control, value & A20);
    if (value & FAST_RESET)
        system_control_pulse_reset(control);
}

BYTE_REGISTER_OPS(system_control_ops, 1, port_read, port_write);

void system_control_init(struct system_control *control, void (*reset)(void *context),
                         void *context)
{
    *control = (struct system_control){.reset = reset, .context = context};
    system_control_reset(control);
}

void system_control_reset(struct system_control *control)
{
    control->state = (struct system_control_state){.a20 = true};
}

void system_control_set_a20(struct system_control *control, bool on)
{
    control->state.a20 = on;
}

void system_control_pulse_reset(struct system_control *control)
{
    control->reset(control->context);
}
