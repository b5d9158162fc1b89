/* `monitor in|out`: ports, through the bus, as an access of the guest's goes. */
#include "debug/monitor/monitor.h"

#include "debug/number.h"

#include <inttypes.h>
#include <string.h>

struct port_access {
    uint16_t port;
    unsigned len; /* 1, 2 or 4 */
    uint64_t value;
};

static unsigned len_of(char letter)
{
    return letter == 'l' ? 4 : letter == 'w' ? 2 : 1;
}

/* "PORT[/SIZE]" or "/SIZE PORT", and VALUE if WITH_VALUE. */
static bool parse(const char *args, bool with_value, struct port_access *access)
{
    char letter = 0;
    uint64_t port;
    if (!number_suffix(&args, "bwl", &letter) || !number_word(&args, UINT16_MAX, &port) ||
        (!letter && !number_suffix(&args, "bwl", &letter)))
        return false;
    access->port = (uint16_t)port;
    access->len = len_of(letter);
    return (!with_value || number_word(&args, UINT32_MAX, &access->value)) && !*args;
}

struct owner {
    uint16_t port;
    const char *name;
};

static void visit_range(void *context, enum bus_space space, uint64_t base, uint64_t size,
                        const char *name)
{
    struct owner *owner = context;
    if (space == BUS_PIO && owner->port >= base && owner->port - base < size)
        owner->name = name;
}

/* Who serves the port: NULL if nobody does. */
static const char *device_at(const struct debug *d, uint16_t port)
{
    struct owner owner = {.port = port};
    bus_each(d->config.bus, visit_range, &owner);
    return owner.name;
}

/* KVM keeps these accesses from everyone but the guest's instructions: no ioctl makes one. */
static bool refuse_kernel(const char *what, uint16_t port, struct gdb_text *out)
{
    const char *name = interrupts_port(port);
    if (name)
        gdb_text_printf(out,
                        "%s: port 0x%x is the %s, which is in the kernel: KVM lets only the "
                        "guest's own instructions reach it (monitor info pic, info pit show it)\n",
                        what, port, name);
    return name;
}

void monitor_in(struct debug *d, const char *args, struct gdb_text *out)
{
    struct port_access access;
    if (!parse(args, false, &access)) {
        monitor_usage("in", "PORT[/b|/w|/l]", out);
        return;
    }
    if (refuse_kernel("in", access.port, out))
        return;
    const char *device = device_at(d, access.port);
    const uint64_t value = bus_read(d->config.bus, BUS_PIO, access.port, access.len);
    gdb_text_printf(out, "port 0x%x: 0x%0*" PRIx64 " (%s)\n", access.port, 2 * (int)access.len,
                    value, device ? device : "no device there");
}

void monitor_out(struct debug *d, const char *args, struct gdb_text *out)
{
    struct port_access access;
    if (!parse(args, true, &access)) {
        monitor_usage("out", "PORT[/b|/w|/l] VALUE", out);
        return;
    }
    if (access.len < 4 && access.value >> (8 * access.len)) {
        gdb_text_printf(out,
                        "out: 0x%" PRIx64 " does not fit in %u byte%s (PORT/b, PORT/w or "
                        "PORT/l: 1, 2 or 4 bytes)\n",
                        access.value, access.len, access.len == 1 ? "" : "s");
        return;
    }
    if (refuse_kernel("out", access.port, out))
        return;
    const char *device = device_at(d, access.port);
    bus_write(d->config.bus, BUS_PIO, access.port, access.value, access.len);
    gdb_text_printf(out, "port 0x%x <- 0x%0*" PRIx64 " (%s)\n", access.port, 2 * (int)access.len,
                    access.value, device ? device : "no device there");
    if (run_control_requested(d->run_control))
        gdb_text_printf(out, "What the device asks for, a reset or the machine's end, is done "
                             "when the machine runs on.\n");
}
