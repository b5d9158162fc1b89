#include "dev/poweroff.h"

#include "dev/byte_registers.h"

/* In the register's high byte. */
#define SLP_TYP 0x1c
#define SLP_EN  0x20

static uint8_t poweroff_read(void *device, unsigned offset)
{
    const struct poweroff *poweroff = device;
    return poweroff->state.pm1_control[offset];
}

static void poweroff_write(void *device, unsigned offset, uint8_t value)
{
    struct poweroff *poweroff = device;
    poweroff->state.pm1_control[offset] = offset == 1 ? value & ~SLP_EN : value;
    if (offset == 1 && (value & (SLP_EN | SLP_TYP)) == SLP_EN)
        poweroff->poweroff(poweroff->context);
}

BYTE_REGISTER_OPS(poweroff_ops, 2, poweroff_read, poweroff_write);

void poweroff_init(struct poweroff *device, void (*poweroff)(void *context), void *context)
{
    *device = (struct poweroff){.poweroff = poweroff, .context = context};
}

void poweroff_reset(struct poweroff *device)
{
    device->state = (struct poweroff_state){0};
}
