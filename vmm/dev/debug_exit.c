#include "dev/debug_exit.h"

static uint64_t debug_exit_read(void *device, uint64_t offset, unsigned len)
{
    (void)device, (void)offset, (void)len;
    return 0;
}

static void debug_exit_write(void *device, uint64_t offset, uint64_t value, unsigned len)
{
    struct debug_exit *debug_exit = device;
    (void)offset, (void)len;
    debug_exit->exit(debug_exit->context, (uint32_t)value);
}

const struct bus_ops debug_exit_ops = {.read = debug_exit_read, .write = debug_exit_write};

void debug_exit_init(struct debug_exit *debug_exit, void (*exit)(void *context, uint32_t value),
                     void *context)
{
    *debug_exit = (struct debug_exit){.exit = exit, .context = context};
}
