#include "dev/reset_control.h"

#include "dev/byte_registers.h"

#include <stdbool.h>

#define RST_CPU 0x04
#define STORED  0x0e

static uint8_t reset_control_read(void *device, unsigned offset)
{
    const struct reset_control *control = device;
    (void)offset;
    return control->state.value;
}

static void reset_control_write(void *device, unsigned offset, uint8_t value)
{
    struct reset_control *control = device;
    (void)offset;
    bool rises = (value & RST_CPU) && !(control->state.value & RST_CPU);
    control->state.value = value & STORED;
    if (rises)
        control->reset(control->context);
}

BYTE_REGISTER_OPS(reset_control_ops, 1, reset_control_read, reset_control_write);

void reset_control_init(struct reset_control *device, void (*reset)(void *context), void *context)
{
    *device = (struct reset_control){.reset = reset, .context = context};
}

void reset_control_reset(struct reset_control *device)
{
    device->state = (struct reset_control_state){0};
}
