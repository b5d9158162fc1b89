#include "dev/debugcon.h"

#include "dev/byte_registers.h"

#define SIGNATURE 0xe9

static uint8_t debugcon_read(void *device, unsigned offset)
{
    (void)device, (void)offset;
    return SIGNATURE;
}

static void debugcon_write(void *device, unsigned offset, uint8_t value)
{
    struct debugcon *debugcon = device;
    (void)offset;
    if (debugcon->write(debugcon->context, &value, 1) == 0)
        debugcon->state.dropped++;
}

BYTE_REGISTER_OPS(debugcon_ops, 1, debugcon_read, debugcon_write);

void debugcon_init(struct debugcon *debugcon,
                   size_t (*write)(void *context, const uint8_t *bytes, size_t len), void *context)
{
    *debugcon = (struct debugcon){.write = write, .context = context};
}

void debugcon_reset(struct debugcon *debugcon)
{
    debugcon->state = (struct debugcon_state){0};
}
